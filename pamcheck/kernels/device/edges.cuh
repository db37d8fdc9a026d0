// Operands below the normal range, results outside it, integer rounding: pamcheck/kernels/edges.py.
#pragma once

#include "words.cuh"

namespace pamcheck {

// n / 2^places for n >= 0, rounded to nearest, ties to even; n itself for places <= 0.
template <typename Word>
PAM_FN Word shift_round(Word n, Word places) {
    if (places <= 0) return n;
    const Word half_less_one = (Word(1) << (places - 1)) - 1;
    return (n + half_less_one + ((n >> places) & 1)) >> places;
}

// The extended code of a nonzero finite magnitude: below `tiny` it goes on as if the exponent had no end.
template <typename Word>
PAM_FN Word extended(Word magnitude, const Words<Word>& w) {
    if (w.gradual && magnitude < w.tiny) {
        const Word places = w.mant_bits - top_bit(magnitude);
        return (magnitude << places) - (places << w.mant_bits);
    }
    return magnitude;
}

// The subnormal code (or `tiny`) nearest to an extended code below `tiny`, given in halves: the extra bit
// lets a result that is itself half way between two codes be rounded once, not twice.
template <typename Word>
PAM_FN Word subnormal(Word halves, const Words<Word>& w) {
    const Word hidden = w.tiny << 1;
    const Word significand = (halves & (hidden - 1)) | hidden;
    const Word places = 2 - (halves >> (w.mant_bits + 1));
    return shift_round(significand, smaller(places, w.mant_bits + 3));
}

// The code for an extended code at or below `largest`, with underflow as the policy has it.
template <typename Word>
PAM_FN Word finish(Word sign, Word total, const Words<Word>& w) {
    if (total >= w.tiny) return sign | total;
    if (w.gradual) return sign | subnormal(shift_left(larger(total, w.bottom), Word(1)), w);
    return sign;
}

// What a finite result above `largest` becomes.
template <typename Word>
PAM_FN Word overflowed(Word sign, const Words<Word>& w) {
    return w.overflow | (sign & w.overflow_sign);
}

// What an infinite result becomes.
template <typename Word>
PAM_FN Word infinite(Word sign, const Words<Word>& w) {
    return w.infinite | (sign & w.infinite_sign);
}

}  // namespace pamcheck
