// PAM power: paexp2 of the PAM product of palog2 a and y: pamcheck/kernels/power.py.
#pragma once

#include "exp2.cuh"
#include "log2.cuh"
#include "product.cuh"

namespace pamcheck {

template <typename Word>
PAM_FN Word power(Word a, Word y, const Words<Word>& w) {
    return exp2(product(log2(a, w), y, w), w);
}

// The exact cotangent of a, by the chain rule through the three primitives.
template <typename Word>
PAM_FN Word power_slope_a(Word delta, Word a, Word y, const Words<Word>& w) {
    const Word base = log2(a, w);
    const Word through = exp2_slope(delta, product(base, y, w), w);
    return log2_slope(product_slope_a(through, base, y, w), a, w);
}

// The exact cotangent of y, by the chain rule.
template <typename Word>
PAM_FN Word power_slope_y(Word delta, Word a, Word y, const Words<Word>& w) {
    const Word base = log2(a, w);
    const Word through = exp2_slope(delta, product(base, y, w), w);
    return product_slope_b(through, base, y, w);
}

// The mimic cotangent of a, by the chain rule through the three primitives.
template <typename Word>
PAM_FN Word power_mimic_a(Word delta, Word a, Word y, const Words<Word>& w) {
    const Word base = log2(a, w);
    const Word through = exp2_mimic(delta, product(base, y, w), w);
    return log2_mimic(product_mimic_a(through, base, y, w), a, w);
}

// The mimic cotangent of y, by the chain rule.
template <typename Word>
PAM_FN Word power_mimic_y(Word delta, Word a, Word y, const Words<Word>& w) {
    const Word base = log2(a, w);
    const Word through = exp2_mimic(delta, product(base, y, w), w);
    return product_mimic_b(through, base, y, w);
}

}  // namespace pamcheck
