// Where the mimic derivative of a matrix product does not exist: NaN wherever the product met an infinity or a
// NaN in what it was taken at. Without one, and that the packing has seen, this leaves at once.
//
// The loader writes before this text: PAM_CODE (the type that stores a code), PAM_WORD (int or long long).

#include "pam.cuh"
#include "scan.cuh"

using namespace pamcheck;

typedef PAM_CODE Code;
typedef PAM_WORD Word;

__device__ __forceinline__ int special(Word code, const Words<Word>& w) { return (code & w.magnitude) > w.largest; }

// b        packed: depth x columns_padded, a column of it for a column of the result
// own      packed: columns x lines_padded, the operand whose cotangent is taken
// out      results of lines x columns, in codes
// scans    of delta, b, own; scanned is 0 where the packing has not looked
// plan     which matrix of b and of own each result takes
// words    of the codes that are packed; given, of the codes of the result
// Launch: 256 threads over (columns / 256, 1, results); a thread has a column.
extern "C" __global__ void __launch_bounds__(256)
    undefined(const Word* __restrict__ b, const Word* __restrict__ own, Code* out, const Scan* __restrict__ scans,
              int scanned, const int* __restrict__ plan, int lines, int columns, int depth, int lines_padded,
              int columns_padded, const Words<Word>* __restrict__ words, const Words<Word>* __restrict__ given) {
    if (scanned && !scans[1].specials && !scans[2].specials) return;
    const int column = blockIdx.x * 256 + threadIdx.x;
    if (column >= columns) return;
    const Words<Word> w = *words;
    const Word nan = given->nan;
    b += (long long)plan[blockIdx.z * 2] * depth * columns_padded + column;
    own += ((long long)plan[blockIdx.z * 2 + 1] * columns + column) * lines_padded;
    out += (long long)blockIdx.z * lines * columns + column;
    int everywhere = 0;
    for (int step = 0; step < depth; step++) everywhere |= special(b[(long long)step * columns_padded], w);
    for (int line = 0; line < lines; line++)
        if (everywhere || special(own[line], w)) out[(long long)line * columns] = Code(nan);
}
