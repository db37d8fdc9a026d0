// PAM natural exponential: paexp2 of the PAM product with log2 e: pamcheck/kernels/exp.py.
#pragma once

#include "exp2.cuh"
#include "product.cuh"

namespace pamcheck {

template <typename Word>
PAM_FN Word exp(Word x, const Words<Word>& w) {
    return exp2(product(x, w.log2e, w), w);
}

// The exact cotangent of x, by the chain rule through both primitives.
template <typename Word>
PAM_FN Word exp_slope(Word delta, Word x, const Words<Word>& w) {
    const Word through = exp2_slope(delta, product(x, w.log2e, w), w);
    return product_slope_a(through, x, w.log2e, w);
}

// The mimic cotangent of x: pam(e^x, delta); NaN where x is NaN or infinite  [spec section 3].
template <typename Word>
PAM_FN Word exp_mimic(Word delta, Word x, const Words<Word>& w) {
    if ((x & w.magnitude) > w.largest) return w.nan;
    return product(exp(x, w), delta, w);
}

}  // namespace pamcheck
