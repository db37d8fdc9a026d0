// Codes of a narrow format as codes of the float that sums accumulate in, and back.
//
// A code is *lifted* by shifting its magnitude left until the mantissas coincide. The exponent bias is not
// changed, so a lifted value is the true one times a fixed power of two: the format's smallest normal
// becomes the accumulator's smallest normal, subnormals become subnormals, and every sum of lifted values
// rounds exactly where the sum of the true values would (docs/explanation/fast-paths.md). Going back is
// one rounding of the magnitude to fewer bits.
#pragma once

#include "pam.cuh"

namespace pamcheck {

template <typename Word>
struct Accumulator;

template <>
struct Accumulator<int> {
    typedef float Real;
    typedef unsigned Bits;
    static constexpr int MANT_BITS = 23;
    static constexpr Bits SIGN = 0x80000000u, INF = 0x7f800000u, QUIET_NAN = 0x7fc00000u;
    static __device__ __forceinline__ Real real(Bits bits) { return __int_as_float(int(bits)); }
    static __device__ __forceinline__ Bits bits(Real value) { return Bits(__float_as_int(value)); }
    // CuPy compiles every module with -ftz=true, which __fadd_rn and + obey and would lose subnormal sums by;
    // an instruction that is spelled out obeys nobody
    static __device__ __forceinline__ Real add(Real a, Real b) {
#ifdef __CUDA_ARCH__
        Real sum;
        asm("add.rn.f32 %0, %1, %2;" : "=f"(sum) : "f"(a), "f"(b));
        return sum;
#else
        return __fadd_rn(a, b);
#endif
    }
};

template <>
struct Accumulator<long long> {
    typedef double Real;
    typedef unsigned long long Bits;
    static constexpr int MANT_BITS = 52;
    static constexpr Bits SIGN = 0x8000000000000000ull, INF = 0x7ff0000000000000ull,
                          QUIET_NAN = 0x7ff8000000000000ull;
    static __device__ __forceinline__ Real real(Bits bits) { return __longlong_as_double((long long)bits); }
    static __device__ __forceinline__ Bits bits(Real value) { return Bits(__double_as_longlong(value)); }
    static __device__ __forceinline__ Real add(Real a, Real b) { return __dadd_rn(a, b); }
};

// The accumulator's bits for a code of the format that w describes.
template <typename Word>
__device__ __forceinline__ typename Accumulator<Word>::Bits lift(Word code, const Words<Word>& w) {
    typedef Accumulator<Word> A;
    typedef typename A::Bits Bits;
    const Bits magnitude = Bits(code) & Bits(w.magnitude);
    const Bits sign = Bits(code) & Bits(w.sign) ? A::SIGN : Bits(0);
    if (magnitude > Bits(w.inf)) return A::QUIET_NAN;
    if (magnitude > Bits(w.largest)) return sign | A::INF;
    return sign | (magnitude << (A::MANT_BITS - int(w.mant_bits)));
}

// The code nearest to an accumulator's bits, ties to even.
template <typename Word>
__device__ __forceinline__ Word lower(typename Accumulator<Word>::Bits bits, const Words<Word>& w) {
    typedef Accumulator<Word> A;
    typedef typename A::Bits Bits;
    const Bits magnitude = bits & ~A::SIGN;
    const Bits sign = bits & A::SIGN ? Bits(w.sign) : Bits(0);
    if (magnitude > A::INF) return w.nan;
    const int places = A::MANT_BITS - int(w.mant_bits);
    const Bits half_less_one = places ? (Bits(1) << (places - 1)) - 1 : Bits(0);
    const Bits odd = places ? (magnitude >> places) & 1 : Bits(0);
    const Bits code = (magnitude + half_less_one + odd) >> places;
    return code > Bits(w.largest) ? Word(Bits(w.infinite) | (sign & Bits(w.infinite_sign))) : Word(sign | code);
}

}  // namespace pamcheck
