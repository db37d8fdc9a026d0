// Additions and maxima of two codes, which are no part of PAM and are the same under every policy.
//
// A library's own kernels would do, if CuPy did not compile them to count subnormals as zeros: a network's
// gradients must have the same bits on every device.
#pragma once

#include "lift.cuh"

namespace pamcheck {

// a + b: to nearest, ties to even, gradual underflow.
template <typename Word>
__device__ __forceinline__ Word ieee_add(Word a, Word b, const Words<Word>& w) {
    typedef Accumulator<Word> A;
    return lower(A::bits(A::add(A::real(lift(a, w)), A::real(lift(b, w)))), w);
}

// a - b, likewise.
template <typename Word>
__device__ __forceinline__ Word ieee_subtract(Word a, Word b, const Words<Word>& w) {
    return ieee_add(a, Word(b ^ w.sign), w);
}

// The greater one; NaN where either is, and +0 exceeds -0.
template <typename Word>
__device__ __forceinline__ Word ieee_maximum(Word a, Word b, const Words<Word>& w) {
    const Word ma = a & w.magnitude, mb = b & w.magnitude;
    const Word left = a & w.sign ? -ma - 1 : ma, right = b & w.sign ? -mb - 1 : mb;
    return ma > w.inf || mb > w.inf ? w.nan : left > right ? a : b;
}

}  // namespace pamcheck
