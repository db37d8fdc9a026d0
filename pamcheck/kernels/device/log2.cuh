// PAM base-2 logarithm: the bit pattern, read as a fixed-point number: pamcheck/kernels/log2.py.
#pragma once

#include "quotient.cuh"
#include "scale.cuh"

namespace pamcheck {

// The code nearest to n / 2^mant_bits, ties to even.
template <typename Word>
PAM_FN Word from_fixed(Word n, const Words<Word>& w) {
    const Word sign = n < 0 ? w.sign : Word(0);
    const Word size = n < 0 ? -n : n;
    const Word places = top_bit(size) - w.mant_bits;
    // the hidden bit is left in, so it adds one to the exponent field, as a carry from rounding does
    const Word significand = places < 0 ? size << -places : shift_round(size, places);
    const Word total = shift_left(places + w.bias - 1, w.mant_bits) + significand;
    const Word result = total > w.largest ? overflowed(sign, w) : finish(sign, total, w);
    return n == 0 ? Word(0) : result;
}

template <typename Word>
PAM_FN Word log2(Word x, const Words<Word>& w) {
    const Word magnitude = x & w.magnitude;
    const Word logarithm = from_fixed(extended(magnitude, w) - w.one, w);
    const Word positive = magnitude > w.largest ? infinite(Word(0), w) : logarithm;
    const Word result = (x & w.sign) != 0 ? w.nan : positive;
    return magnitude > w.inf ? w.nan : magnitude < w.least ? infinite(w.sign, w) : result;
}

// The exact cotangent delta * 2^-E; NaN unless 0 < x < inf and delta is no NaN  [spec section 3].
template <typename Word>
PAM_FN Word log2_slope(Word delta, Word x, const Words<Word>& w) {
    if (x < w.least || x > w.largest) return w.nan;
    return scale(delta, -exponent(x, w), w);
}

// The mimic cotangent padiv(padiv(delta, x), ln 2); NaN where the exact one is  [spec section 3].
template <typename Word>
PAM_FN Word log2_mimic(Word delta, Word x, const Words<Word>& w) {
    if (x < w.least || x > w.largest) return w.nan;
    return quotient(quotient(delta, x, w), w.ln2, w);
}

}  // namespace pamcheck
