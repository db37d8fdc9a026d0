// PAM base-2 exponential: a fixed-point number, read as a bit pattern: pamcheck/kernels/exp2.py.
#pragma once

#include "product.cuh"
#include "scale.cuh"

namespace pamcheck {

// The significand of a finite magnitude, an integer with the hidden bit where there is one.
template <typename Word>
PAM_FN Word significand_of(Word magnitude, const Words<Word>& w) {
    return magnitude < w.tiny ? magnitude : (magnitude & (w.tiny - 1)) | w.tiny;
}

template <typename Word>
PAM_FN Word exp2(Word x, const Words<Word>& w) {
    const Word magnitude = x & w.magnitude;
    const bool negative = (x & w.sign) != 0;
    if (magnitude > w.inf) return w.nan;
    if (magnitude > w.largest) return negative ? Word(0) : infinite(Word(0), w);
    if (magnitude < w.least) return w.one;
    const Word places = larger(magnitude >> w.mant_bits, Word(1)) - w.bias;
    if (places >= w.far) return negative ? Word(0) : overflowed(Word(0), w);
    // |x| * 2^mant_bits, to the nearest integer: an exponent change, then the bits below one are rounded off
    const Word significand = significand_of(magnitude, w);
    const Word n = places >= 0 ? significand << places
                               : shift_round(significand, smaller(-places, w.mant_bits + 2));
    if (negative) return finish(Word(0), w.one - n, w);
    return n > w.largest - w.one ? overflowed(Word(0), w) : w.one + n;
}

// The integer below or at a finite code's value; `reach`, with its sign, for one beyond it.
template <typename Word>
PAM_FN Word floor(Word x, const Words<Word>& w) {
    const Word magnitude = x & w.magnitude;
    const bool negative = (x & w.sign) != 0;
    if (magnitude < w.least) return 0;
    const Word places = larger(magnitude >> w.mant_bits, Word(1)) - w.bias - w.mant_bits;
    if (places + w.mant_bits > w.far) return negative ? -w.reach : w.reach;
    // |x| is below 2^(far + 1) here, so the shift to the left stays small
    const Word significand = significand_of(magnitude, w);
    const Word dropped = smaller(-places, w.mant_bits + 1);
    const Word below = places >= 0 ? significand << places : significand >> dropped;
    if (!negative) return below;
    const bool exact = places >= 0 || below << dropped == significand;
    return exact ? -below : -below - 1;
}

// The exact cotangent delta * 2^floor(x); +0 at -inf, NaN at +inf  [spec section 3].
template <typename Word>
PAM_FN Word exp2_slope(Word delta, Word x, const Words<Word>& w) {
    const Word magnitude = x & w.magnitude;
    if (magnitude > w.inf || (delta & w.magnitude) > w.inf) return w.nan;
    if (magnitude > w.largest) return (x & w.sign) == 0 ? w.nan : Word(0);
    return scale(delta, floor(x, w), w);
}

// The mimic cotangent pam(pam(2^x, ln 2), delta); NaN at +inf  [spec section 3].
template <typename Word>
PAM_FN Word exp2_mimic(Word delta, Word x, const Words<Word>& w) {
    const Word magnitude = x & w.magnitude;
    if (magnitude > w.inf || (magnitude > w.largest && (x & w.sign) == 0)) return w.nan;
    return product(product(exp2(x, w), w.ln2, w), delta, w);
}

}  // namespace pamcheck
