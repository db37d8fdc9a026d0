// Scaling by a power of two, in which every exact derivative ends: pamcheck/kernels/scale.py.
#pragma once

#include "edges.cuh"

namespace pamcheck {

// The code of delta * 2^k for any integer k that fits the word. As in `product`, without branches.
template <typename Word>
PAM_FN Word scale(Word delta, Word k, const Words<Word>& w) {
    const Word sign = delta & w.sign, magnitude = delta & w.magnitude;
    const Word code = extended(magnitude, w);
    const Word highest = w.largest >> w.mant_bits, lowest = w.bottom >> w.mant_bits;
    // both exponents are small, so their sum cannot leave the word; the shifted one could
    const Word field = (code >> w.mant_bits) + smaller(larger(k, -w.reach), w.reach);
    const Word total = shift_left(larger(field, lowest), w.mant_bits) | (code & (w.tiny - 1));
    const bool above = field > highest || total > w.largest;
    const Word finite = above ? overflowed(sign, w) : finish(sign, total, w);
    const Word result = magnitude > w.largest ? infinite(sign, w) : magnitude < w.least ? sign : finite;
    return magnitude > w.inf ? w.nan : result;
}

// E of a nonzero finite magnitude 2^E (1 + M).
template <typename Word>
PAM_FN Word exponent(Word magnitude, const Words<Word>& w) {
    return (extended(magnitude, w) >> w.mant_bits) - w.bias;
}

// M of a finite magnitude, in units of 2^-mant_bits; 0 for a zero.
template <typename Word>
PAM_FN Word mantissa(Word magnitude, const Words<Word>& w) {
    return magnitude < w.least ? Word(0) : extended(magnitude, w) & (w.tiny - 1);
}

}  // namespace pamcheck
