// What an operand of a matrix product holds, and which inner loop is still exact for it.
//
// Magnitudes are lifted codes (lift.cuh); 64-bit sums keep the host's and these tests from overflowing.
#pragma once

namespace pamcheck {

// Written by pack.cu through atomics, one for each operand.
struct Scan {
    int smallest;  // smallest magnitude that is neither zero nor special; INT_MAX where there is none
    int greatest;  // greatest finite magnitude; 0 where there is none
    int zeros;     // 1 where a zero occurs, or a subnormal that counts as one
    int specials;  // 1 where an infinity or a NaN occurs
};

enum Variant {
    LEAN,       // nothing special, no result outside the normal range
    ZEROS,      // zeros occur; what is not zero stays in range
    UNDERFLOW,  // products may fall below the normal range
    FULL        // infinities, NaN, overflow: the scalar body itself
};

// least and most: the sums of exponents that the nonzero terms span, as magnitudes.
__device__ __forceinline__ int variant(const Scan& a, const Scan& b, long long least, long long most, int tiny,
                                       int largest) {
    if (a.specials || b.specials || most > largest) return FULL;
    if (least < tiny) return UNDERFLOW;
    return a.zeros || b.zeros ? ZEROS : LEAN;
}

// For the product: terms are a + b - shift.
__device__ __forceinline__ int product_variant(const Scan& a, const Scan& b, int shift, int tiny, int largest) {
    const long long least = (long long)a.smallest + b.smallest - shift;
    const long long most = (long long)a.greatest + b.greatest - shift;
    return variant(a, b, least, most, tiny, largest);
}

// What floor(Ma + Mb + offset), the carry of an exact slope, lies between; in codes, as the offset is.
__device__ __forceinline__ int least_carry(int offset, int tiny) { return offset < 0 ? -tiny : 0; }
__device__ __forceinline__ int most_carry(int offset, int tiny) { return offset > 0 ? tiny << 1 : tiny; }

// For the exact slope: terms are delta times a power of two, the exponent of b and a carry.
//
// With an offset what stands for a zero lies up to two octaves lower (matmul.cu), so a word is left sooner.
__device__ __forceinline__ int slope_variant(const Scan& delta, const Scan& own, const Scan& b, int one,
                                             int offset, int tiny, int largest) {
    const int exponents = ~(tiny - 1);
    const int room = offset ? tiny : 0;
    const long long greatest = b.greatest & exponents;
    const long long least = (long long)delta.smallest + (b.smallest & exponents) + least_carry(offset, tiny) - one;
    const long long most = delta.greatest + greatest + most_carry(offset, tiny) + room - one;
    const bool deep = offset && greatest + (1LL << 25) > 0x7fffffff;
    return own.specials || deep ? FULL : variant(delta, b, least, most, tiny, largest);
}

}  // namespace pamcheck
