// Sums over an axis in the canonical order, and maxima.
//
// 32 lanes: lane l takes x[l], x[l + 32], ... from +0, then lanes are folded 16, 8, 4, 2, 1. Where the axis is
// the last one a warp is one sum and its threads are the lanes; elsewhere a thread is a whole sum and holds
// the lanes in registers, so that neighbouring threads read neighbours in memory. Either way the order of
// the additions is the definition's. A maximum needs no order; it shares the loops.
//
// The loader writes before this text: PAM_CODE, PAM_WORD.

#include "lift.cuh"

using namespace pamcheck;

typedef PAM_CODE Code;
typedef PAM_WORD Word;

constexpr int LANES = 32;

struct Sum {
    typedef Accumulator<Word> A;
    typedef A::Real State;
    static __device__ __forceinline__ State start() { return State(0); }
    static __device__ __forceinline__ State read(Word code, const Words<Word>& w) { return A::real(lift(code, w)); }
    static __device__ __forceinline__ State join(State a, State b) { return A::add(a, b); }
    static __device__ __forceinline__ Word write(State s, const Words<Word>& w) { return lower(A::bits(s), w); }
};

// Codes as integers that are ordered as their values are: -0 below +0, a NaN of either sign above all.
struct Maximum {
    typedef Word State;
    static __device__ __forceinline__ State start() { return -Word(~(Word(1) << (8 * sizeof(Word) - 1))) - 1; }
    static __device__ __forceinline__ State read(Word code, const Words<Word>& w) {
        const Word magnitude = code & w.magnitude;
        if (magnitude > w.inf) return w.magnitude;
        return code & w.sign ? -magnitude - 1 : magnitude;
    }
    static __device__ __forceinline__ State join(State a, State b) { return a > b ? a : b; }
    static __device__ __forceinline__ Word write(State s, const Words<Word>& w) {
        if (s > w.inf) return w.nan;
        return s < 0 ? (-s - 1) | w.sign : s;
    }
};

// x is (outer, length) and contiguous. Launch: 8 warps a block, over (ceil(outer / 8)).
template <typename R>
__device__ __forceinline__ void last_axis(const Code* x, Code* out, long long outer, long long length,
                                          const Words<Word>& w) {
    const int lane = threadIdx.x % LANES;
    const long long row = (long long)blockIdx.x * (blockDim.x / LANES) + threadIdx.x / LANES;
    if (row >= outer) return;
    typename R::State state = R::start();
    for (long long i = lane; i < length; i += LANES) state = R::join(state, R::read(Word(x[row * length + i]), w));
    for (int step = LANES / 2; step > 0; step /= 2) state = R::join(state, __shfl_down_sync(~0u, state, step));
    if (lane == 0) out[row] = Code(R::write(state, w));
}

// x is (outer, length, inner) and contiguous. Launch: 128 threads over (ceil(inner / 128), outer).
template <typename R>
__device__ __forceinline__ void other_axis(const Code* x, Code* out, long long length, long long inner,
                                           const Words<Word>& w) {
    const long long column = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (column >= inner) return;
    const Code* from = x + blockIdx.y * length * inner + column;
    typename R::State lanes[LANES];
#pragma unroll
    for (int l = 0; l < LANES; l++) lanes[l] = R::start();
    for (long long i = 0; i < length; i += LANES) {
#pragma unroll
        for (int l = 0; l < LANES; l++)
            if (i + l < length) lanes[l] = R::join(lanes[l], R::read(Word(from[(i + l) * inner]), w));
    }
#pragma unroll
    for (int step = LANES / 2; step > 0; step /= 2)
#pragma unroll
        for (int l = 0; l < step; l++) lanes[l] = R::join(lanes[l], lanes[l + step]);
    out[blockIdx.y * inner + column] = Code(R::write(lanes[0], w));
}

#define KERNELS(name, R)                                                                                       \
    extern "C" __global__ void __launch_bounds__(256)                                                          \
        name##_last(const Code* __restrict__ x, Code* out, long long outer, long long length, long long inner, \
                    const Words<Word>* __restrict__ words) {                                                   \
        last_axis<R>(x, out, outer, length, *words);                                                           \
    }                                                                                                          \
    extern "C" __global__ void __launch_bounds__(128)                                                          \
        name##_other(const Code* __restrict__ x, Code* out, long long outer, long long length,                 \
                     long long inner, const Words<Word>* __restrict__ words) {                                 \
        other_axis<R>(x, out, length, inner, *words);                                                          \
    }

KERNELS(sum, Sum)
KERNELS(maximum, Maximum)
