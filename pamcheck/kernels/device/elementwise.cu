// One scalar body over whole arrays.
//
// The loader writes before this text:
//
//   PAM_CODE    unsigned type that stores a code        PAM_WORD   signed type it is computed in
//   PAM_WORDS   initializer of Words<PAM_WORD>          PAM_BODY   the body's name
//   PAM_ARITY   how many codes it takes: 1, 2 or 3
//
// The words are compile-time constants, so whatever a format or policy does not need is not in the machine
// code; only `shift` is an argument, because offsets are what people sweep.

#include "ieee.cuh"
#include "index.cuh"
#include "pam.cuh"

using namespace pamcheck;

typedef PAM_CODE Code;
typedef PAM_WORD Word;

// 16 bytes: the widest load there is
struct alignas(16) Vector {
    Code code[16 / sizeof(Code)];
};

__device__ __forceinline__ Code apply(Code a, Code b, Code c, const Words<Word>& w) {
#if PAM_ARITY == 1
    return Code(PAM_BODY(Word(a), w));
#elif PAM_ARITY == 2
    return Code(PAM_BODY(Word(a), Word(b), w));
#else
    return Code(PAM_BODY(Word(a), Word(b), Word(c), w));
#endif
}

__device__ __forceinline__ Words<Word> words(Word shift) {
    constexpr Words<Word> constants = PAM_WORDS;
    Words<Word> w = constants;
    w.shift = shift;
    return w;
}

__device__ __forceinline__ long long position() {
    return (long long)blockIdx.x * blockDim.x + threadIdx.x;
}

// Operands that lie as the result does, aligned to 16 bytes, or are a single element (step 0).
// `n` counts whole vectors.
extern "C" __global__ void __launch_bounds__(256)
    vectors(const Code* __restrict__ a, const Code* __restrict__ b, const Code* __restrict__ c, Code* out,
            long long n, int step_a, int step_b, int step_c, Word shift) {
    const long long i = position();
    if (i >= n) return;
    const Words<Word> w = words(shift);
    constexpr int WIDTH = 16 / sizeof(Code);
    const Code* operands[3] = {a, b, c};
    const int steps[3] = {step_a, step_b, step_c};
    Vector in[3], result;
#pragma unroll
    for (int o = 0; o < PAM_ARITY; o++) {
        if (steps[o]) {
            in[o] = reinterpret_cast<const Vector*>(operands[o])[i];
        } else {
#pragma unroll
            for (int k = 0; k < WIDTH; k++) in[o].code[k] = operands[o][0];
        }
    }
#pragma unroll
    for (int k = 0; k < WIDTH; k++) {
        result.code[k] = apply(in[0].code[k], PAM_ARITY > 1 ? in[1].code[k] : Code(0),
                               PAM_ARITY > 2 ? in[2].code[k] : Code(0), w);
    }
    reinterpret_cast<Vector*>(out)[i] = result;
}

// Operands as they come, one element a thread: any strides, in elements, over at most 8 axes.
//
// layout holds 6 numbers an axis, the last axis first: its length, the two constants that divide by it
// (see quotient_by), and the strides of a, b, c. The result is contiguous.
extern "C" __global__ void __launch_bounds__(256)
    strided(const Code* __restrict__ a, const Code* __restrict__ b, const Code* __restrict__ c, Code* out,
            int n, int axes, const long long* __restrict__ layout, Word shift) {
    const long long i = position();
    if (i >= n) return;
    const Words<Word> w = words(shift);
    long long at_a = 0, at_b = 0, at_c = 0;
    unsigned rest = unsigned(i);
    for (int axis = 0; axis < axes; axis++) {
        const long long* entry = layout + axis * 6;
        const unsigned whole = quotient_by(rest, unsigned(entry[1]), int(entry[2]));
        const long long index = rest - whole * unsigned(entry[0]);
        at_a += index * entry[3];
        if (PAM_ARITY > 1) at_b += index * entry[4];
        if (PAM_ARITY > 2) at_c += index * entry[5];
        rest = whole;
    }
    out[i] = apply(a[at_a], PAM_ARITY > 1 ? b[at_b] : Code(0), PAM_ARITY > 2 ? c[at_c] : Code(0), w);
}
