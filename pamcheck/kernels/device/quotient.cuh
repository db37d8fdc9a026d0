// PAM quotient: divide by subtracting bit patterns: pamcheck/kernels/quotient.py.
#pragma once

#include "product.cuh"
#include "scale.cuh"

namespace pamcheck {

// Every case is computed and one chosen, so that threads with different operands need no branch.
template <typename Word>
PAM_FN Word quotient(Word a, Word b, const Words<Word>& w) {
    const Word sign = (a ^ b) & w.sign;
    const Word ma = a & w.magnitude, mb = b & w.magnitude;
    const bool vanishes = ma < w.least || mb > w.largest, diverges = ma > w.largest || mb < w.least;
    const bool undefined = larger(ma, mb) > w.inf || (vanishes && diverges);
    const Word dividend = extended(ma, w), divisor = extended(mb, w);
    // in this order no difference leaves a signed word, whatever the operands
    const bool above = dividend - (w.largest - w.shift) > divisor;
    const Word total = wrapping_sum(w.shift - divisor, dividend);
    const Word finite = above ? overflowed(sign, w) : finish(sign, total, w);
    const Word result = diverges ? infinite(sign, w) : vanishes ? sign : finite;
    return undefined ? w.nan : result;
}

// Whether no cotangent exists: a NaN, an infinite operand, a division by zero.
template <typename Word>
PAM_FN bool quotient_has_no_slope(Word delta, Word ma, Word mb, const Words<Word>& w) {
    return larger(ma, mb) > w.largest || mb < w.least || (delta & w.magnitude) > w.inf;
}

// floor(Ma - Mb - offset): what the mantissas take from the exponent of the result, or add to it.
template <typename Word>
PAM_FN Word quotient_carry(Word ma, Word mb, const Words<Word>& w) {
    return (mantissa(ma, w) - mantissa(mb, w) - (w.one - w.shift)) >> w.mant_bits;
}

// The exact cotangent of a: sgn b * delta * 2^(-Eb + carry)  [spec section 3].
template <typename Word>
PAM_FN Word quotient_slope_a(Word delta, Word a, Word b, const Words<Word>& w) {
    const Word ma = a & w.magnitude, mb = b & w.magnitude;
    const Word slope = scale(delta ^ (b & w.sign), quotient_carry(ma, mb, w) - exponent(mb, w), w);
    return quotient_has_no_slope(delta, ma, mb, w) ? w.nan : slope;
}

// The exact cotangent of b: -sgn a * delta * 2^(Ea - 2 Eb + carry), +0 where a is 0.
template <typename Word>
PAM_FN Word quotient_slope_b(Word delta, Word a, Word b, const Words<Word>& w) {
    const Word ma = a & w.magnitude, mb = b & w.magnitude;
    const Word k = exponent(ma, w) - exponent(mb, w) - exponent(mb, w) + quotient_carry(ma, mb, w);
    const Word slope = scale(delta ^ ((a & w.sign) ^ w.sign), k, w);
    return quotient_has_no_slope(delta, ma, mb, w) ? w.nan : ma < w.least ? Word(0) : slope;
}

// The mimic cotangent of a: padiv(delta, b); NaN where the exact one is  [spec section 3].
template <typename Word>
PAM_FN Word quotient_mimic_a(Word delta, Word a, Word b, const Words<Word>& w) {
    const Word mimic = quotient(delta, b, w);
    return quotient_has_no_slope(delta, a & w.magnitude, b & w.magnitude, w) ? w.nan : mimic;
}

// The mimic cotangent of b: -padiv(pam(a, delta), pam(b, b)).
template <typename Word>
PAM_FN Word quotient_mimic_b(Word delta, Word a, Word b, const Words<Word>& w) {
    const Word size = quotient(product(a, delta, w), product(b, b, w), w);
    const bool undefined = quotient_has_no_slope(delta, a & w.magnitude, b & w.magnitude, w);
    return undefined || (size & w.magnitude) > w.inf ? w.nan : size ^ w.sign;
}

}  // namespace pamcheck
