// PAM product: multiply by adding bit patterns: pamcheck/kernels/product.py.
#pragma once

#include "scale.cuh"

namespace pamcheck {

// Every case is computed and one chosen, so that threads with different operands need no branch.
template <typename Word>
PAM_FN Word product(Word a, Word b, const Words<Word>& w) {
    const Word sign = (a ^ b) & w.sign;
    const Word ma = a & w.magnitude, mb = b & w.magnitude;
    const bool vanishes = smaller(ma, mb) < w.least, diverges = larger(ma, mb) > w.largest;
    const bool undefined = larger(ma, mb) > w.inf || (vanishes && diverges);
    const Word excess = extended(ma, w) - w.shift;
    const Word other = extended(mb, w);
    // the sum of two magnitudes may not fit a signed word, so overflow is decided before adding
    const bool above = other > w.largest - larger(excess, Word(0));
    const Word total = wrapping_sum(excess, other);
    const Word finite = above ? overflowed(sign, w) : finish(sign, total, w);
    const Word result = diverges ? infinite(sign, w) : vanishes ? sign : finite;
    return undefined ? w.nan : result;
}

// The exact cotangent of a: sgn b * delta * 2^(Eb + carry), +0 where b is 0  [spec section 3]. The carry is
// floor(Ma + Mb + offset).
template <typename Word>
PAM_FN Word product_slope_a(Word delta, Word a, Word b, const Words<Word>& w) {
    const Word ma = a & w.magnitude, mb = b & w.magnitude;
    const bool undefined = larger(ma, mb) > w.largest || (delta & w.magnitude) > w.inf;
    const Word carry = (mantissa(ma, w) + mantissa(mb, w) + (w.one - w.shift)) >> w.mant_bits;
    const Word slope = scale(delta ^ (b & w.sign), exponent(mb, w) + carry, w);
    return undefined ? w.nan : mb < w.least ? Word(0) : slope;
}

template <typename Word>
PAM_FN Word product_slope_b(Word delta, Word a, Word b, const Words<Word>& w) {
    return product_slope_a(delta, b, a, w);
}

// The mimic cotangent of a: pam(delta, b); NaN where the exact one is  [spec section 3].
template <typename Word>
PAM_FN Word product_mimic_a(Word delta, Word a, Word b, const Words<Word>& w) {
    const bool undefined = larger(a & w.magnitude, b & w.magnitude) > w.largest;
    const Word mimic = product(delta, b, w);
    return undefined ? w.nan : mimic;
}

template <typename Word>
PAM_FN Word product_mimic_b(Word delta, Word a, Word b, const Words<Word>& w) {
    return product_mimic_a(delta, b, a, w);
}

}  // namespace pamcheck
