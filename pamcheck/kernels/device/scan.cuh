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

// For the exact slope: terms are delta times a power of two, from the exponent of b to one above it.
__device__ __forceinline__ int slope_variant(const Scan& delta, const Scan& own, const Scan& b, int one,
                                             int tiny, int largest) {
    const int exponents = ~(tiny - 1);
    const long long least = (long long)delta.smallest + (b.smallest & exponents) - one;
    const long long most = (long long)delta.greatest + (b.greatest & exponents) + tiny - one;
    return own.specials ? FULL : variant(delta, b, least, most, tiny, largest);
}

}  // namespace pamcheck
