// PAM quotient: divide by subtracting bit patterns: pamcheck/kernels/quotient.py.
#pragma once

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

// The exact cotangent of a: sgn b * delta * 2^(-Eb - [Ma < Mb])  [spec section 3].
template <typename Word>
PAM_FN Word quotient_slope_a(Word delta, Word a, Word b, const Words<Word>& w) {
    const Word ma = a & w.magnitude, mb = b & w.magnitude;
    const Word borrow = mantissa(ma, w) < mantissa(mb, w) ? 1 : 0;
    const Word slope = scale(delta ^ (b & w.sign), -exponent(mb, w) - borrow, w);
    return quotient_has_no_slope(delta, ma, mb, w) ? w.nan : slope;
}

// The exact cotangent of b: -sgn a * delta * 2^(Ea - 2 Eb - [Ma < Mb]), +0 where a is 0.
template <typename Word>
PAM_FN Word quotient_slope_b(Word delta, Word a, Word b, const Words<Word>& w) {
    const Word ma = a & w.magnitude, mb = b & w.magnitude;
    const Word borrow = mantissa(ma, w) < mantissa(mb, w) ? 1 : 0;
    const Word k = exponent(ma, w) - exponent(mb, w) - exponent(mb, w) - borrow;
    const Word slope = scale(delta ^ ((a & w.sign) ^ w.sign), k, w);
    return quotient_has_no_slope(delta, ma, mb, w) ? w.nan : ma < w.least ? Word(0) : slope;
}

}  // namespace pamcheck
