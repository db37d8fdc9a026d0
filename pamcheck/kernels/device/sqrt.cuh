// PAM square root: halve the bit pattern about one: pamcheck/kernels/sqrt.py.
#pragma once

#include "quotient.cuh"
#include "scale.cuh"

namespace pamcheck {

template <typename Word>
PAM_FN Word sqrt(Word x, const Words<Word>& w) {
    const Word magnitude = x & w.magnitude;
    const Word code = extended(magnitude, w);
    // (code + one) / 2 without the carry that the sum might have; one is even
    const Word whole = (code >> 1) + (w.one >> 1), half = code & 1;
    const Word rounded = whole + (half & whole);
    const Word normal = rounded >= w.tiny ? rounded : Word(0);
    const bool below = w.gradual && whole < w.tiny;
    const Word root = below ? subnormal(shift_left(whole, Word(1)) + half, w) : normal;
    const Word positive = magnitude > w.largest ? infinite(Word(0), w) : root;
    const Word result = (x & w.sign) != 0 ? w.nan : positive;
    return magnitude > w.inf ? w.nan : magnitude < w.least ? x & w.sign : result;
}

// The exact cotangent delta * 2^(floor(E/2) - E - 1); NaN unless 0 < x < inf  [spec section 3].
template <typename Word>
PAM_FN Word sqrt_slope(Word delta, Word x, const Words<Word>& w) {
    if (x < w.least || x > w.largest) return w.nan;
    const Word e = exponent(x, w);
    return scale(delta, (e >> 1) - e - 1, w);
}

// The mimic cotangent padiv(delta, 2 sqrt x); NaN where the exact one is  [spec section 3].
template <typename Word>
PAM_FN Word sqrt_mimic(Word delta, Word x, const Words<Word>& w) {
    if (x < w.least || x > w.largest) return w.nan;
    const Word root = sqrt(x, w);
    // scale(root, 1) of what is no infinity and not near the largest number; twice a subnormal is a shift
    const Word twice = root >= w.tiny ? root + w.tiny : shift_left(root, Word(1));
    return quotient(delta, twice > w.largest ? overflowed(Word(0), w) : twice, w);
}

}  // namespace pamcheck
