// PAM natural logarithm: palog2 over log2 e, by the PAM quotient: pamcheck/kernels/log.py.
#pragma once

#include "log2.cuh"
#include "quotient.cuh"

namespace pamcheck {

template <typename Word>
PAM_FN Word log(Word x, const Words<Word>& w) {
    return quotient(log2(x, w), w.log2e, w);
}

// The exact cotangent of x, by the chain rule through both primitives.
template <typename Word>
PAM_FN Word log_slope(Word delta, Word x, const Words<Word>& w) {
    const Word through = quotient_slope_a(delta, log2(x, w), w.log2e, w);
    return log2_slope(through, x, w);
}

// The mimic cotangent of x: padiv(delta, x); NaN unless 0 < x < inf  [spec section 3].
template <typename Word>
PAM_FN Word log_mimic(Word delta, Word x, const Words<Word>& w) {
    if (x < w.least || x > w.largest) return w.nan;
    return quotient(delta, x, w);
}

}  // namespace pamcheck
