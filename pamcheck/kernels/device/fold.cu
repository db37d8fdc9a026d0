// The last step of a matrix product: sums of blocks added up in ascending order, and rounded to the format.
//
// The loader writes before this text: PAM_CODE, PAM_WORD.

#include "lift.cuh"

using namespace pamcheck;

typedef PAM_CODE Code;
typedef PAM_WORD Word;
typedef Accumulator<Word> A;
typedef A::Real Real;

// sums is (results, blocks, elements); one block where the product has added them itself.
// Launch: 256 threads over (elements of a result / 256, results).
extern "C" __global__ void __launch_bounds__(256)
    fold(const Real* __restrict__ sums, Code* out, long long area, int blocks,
         const Words<Word>* __restrict__ words) {
    const long long at = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (at >= area) return;
    const Real* from = sums + (long long)blockIdx.y * blocks * area + at;
    Real total = from[0];
    for (int block = 1; block < blocks; block++) total = A::add(total, from[block * area]);
    out[blockIdx.y * area + at] = Code(lower(A::bits(total), *words));
}
