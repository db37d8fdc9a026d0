// Where a thread finds its element. Division by a run-time number would use the reciprocal unit, so the
// host sends two constants a divisor and the quotient is a high product, a sum and a shift.
#pragma once

namespace pamcheck {

// n / d for 0 <= n < 2^31 and the constants of d that pamcheck.kernels.gpu.divisor gives.
__device__ __forceinline__ unsigned quotient_by(unsigned n, unsigned magic, int places) {
    return (__umulhi(magic, n) + n) >> places;
}

}  // namespace pamcheck
