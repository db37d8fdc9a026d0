// Matrices as the product kernels read them: one row of the result's side after the other, for each step of
// the sum, padded to whole tiles, with codes lifted to the accumulator. On the way they are scanned.
//
// The loader writes before this text: PAM_CODE (the type that stores a code), PAM_WORD (int or long long).

#include "lift.cuh"
#include "scan.cuh"

using namespace pamcheck;

typedef PAM_CODE Code;
typedef PAM_WORD Word;

constexpr int SIDE = 32, ROWS = 8;

// in      matrices of `lines` by `depth`, element (line, step) at offsets[matrix] + line * by_line + step * by_step
// out     matrices of depth by `padded`, contiguous; columns beyond `lines` are zero
// raw     1: codes stay as they are, nothing is scanned; 0: lifted, subnormals become zeros
// across  1 where neighbouring steps are neighbours in memory, 0 where lines are
// Launch: blocks of 32 x 8 threads over (padded / 32, ceil(depth / 32), matrices).
extern "C" __global__ void __launch_bounds__(256)
    pack(const Code* __restrict__ in, Word* __restrict__ out, Scan* scan, const long long* __restrict__ offsets,
         long long by_line, long long by_step, int lines, int depth, int padded, int raw, int across,
         const Words<Word>* __restrict__ words) {
    __shared__ Word tile[SIDE][SIDE + 1];
    __shared__ Scan found;
    const int first = threadIdx.x == 0 && threadIdx.y == 0;
    if (first) {
        found.smallest = 0x7fffffff;
        found.greatest = found.zeros = found.specials = 0;
    }
    __syncthreads();
    const Words<Word> w = *words;
    const Code* matrix = in + offsets[blockIdx.z];
    for (int r = threadIdx.y; r < SIDE; r += ROWS) {
        // threads of a warp read neighbours in memory, whichever index that is
        const int line = blockIdx.x * SIDE + (across ? r : threadIdx.x);
        const int step = blockIdx.y * SIDE + (across ? threadIdx.x : r);
        Word value = 0;
        if (line < lines && step < depth) {
            value = Word(matrix[line * by_line + step * by_step]);
            if (!raw) {
                const Word magnitude = value & w.magnitude;
                const int zero = magnitude < w.least, special = magnitude > w.largest;
                value = Word(lift(zero ? Word(value & w.sign) : value, w));
                const int lifted = int(value & ~Word(Accumulator<Word>::SIGN));
                if (zero) found.zeros = 1;
                if (special) found.specials = 1;
                if (!zero && !special) {
                    if (lifted < found.smallest) atomicMin(&found.smallest, lifted);
                    if (lifted > found.greatest) atomicMax(&found.greatest, lifted);
                }
            }
        }
        tile[line % SIDE][step % SIDE] = value;
    }
    __syncthreads();
    for (int r = threadIdx.y; r < SIDE; r += ROWS) {
        const int line = blockIdx.x * SIDE + threadIdx.x, step = blockIdx.y * SIDE + r;
        if (step < depth)
            out[((long long)blockIdx.z * depth + step) * padded + line] = tile[threadIdx.x][r];
    }
    if (first && !raw) {
        atomicMin(&scan->smallest, found.smallest);
        atomicMax(&scan->greatest, found.greatest);
        if (found.zeros) atomicMax(&scan->zeros, 1);
        if (found.specials) atomicMax(&scan->specials, 1);
    }
}
