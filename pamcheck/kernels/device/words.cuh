// The integers a body needs to know about a format, a policy and an offset: pamcheck/kernels/words.py.
#pragma once

// A body is a device function for CUDA compilers (nvcc, NVRTC) and an inline function for all others.
#ifdef __CUDACC__
#define PAM_FN __device__ __forceinline__
#else
#define PAM_FN inline
#endif

namespace pamcheck {

// Fields and their order are those of pamcheck.kernels.words.Words, which says what each one is. `Word` is
// the signed type that codes are computed in: int where cpu.word_bits gives 32, else long long.
template <typename Word>
struct Words {
    Word sign, magnitude, mant_bits, bias, one, shift, least, tiny, largest, inf, nan;
    Word overflow, overflow_sign, infinite, infinite_sign;
    Word gradual, bottom, reach, far, log2e, ln2;
};

template <typename Word>
PAM_FN Word smaller(Word a, Word b) {
    return a < b ? a : b;
}

template <typename Word>
PAM_FN Word larger(Word a, Word b) {
    return a < b ? b : a;
}

// n << places, for negative n as well: before C++20 the operator leaves that undefined.
PAM_FN int shift_left(int n, int places) {
    return int(unsigned(n) << places);
}

PAM_FN long long shift_left(long long n, long long places) {
    return (long long)((unsigned long long)n << places);
}

// a + b, wrapped around where it leaves the word: for totals that the caller then does not use.
PAM_FN int wrapping_sum(int a, int b) {
    return int(unsigned(a) + unsigned(b));
}

PAM_FN long long wrapping_sum(long long a, long long b) {
    return (long long)((unsigned long long)a + (unsigned long long)b);
}

// The position of the highest set bit of n > 0; 0 for n = 0.
PAM_FN int top_bit(int n) {
#ifdef __CUDACC__
    return 31 - __clz(n | 1);
#else
    return 31 - __builtin_clz(unsigned(n | 1));
#endif
}

PAM_FN long long top_bit(long long n) {
#ifdef __CUDACC__
    return 63 - __clzll(n | 1);
#else
    return 63 - __builtin_clzll((unsigned long long)(n | 1));
#endif
}

}  // namespace pamcheck
