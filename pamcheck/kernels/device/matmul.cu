// The matrix product and the exact-derivative product, in the canonical order.
//
// A block of 128 threads makes a tile of the result, each thread DOWN x ALONG of its elements. Operands come
// packed (pack.cu). Inside 256 steps of the sum a thread adds term after term from +0; then the block's sum
// is added to the total. All variants of the inner loop are launched one after the other, and each looks at
// the scan and leaves unless it is the leanest exact one: no wait for the host, one result.
//
// What is written are sums in the accumulator's format; fold.cu adds those of the blocks, if they were kept
// apart, and rounds. So this text, the longest to compile, does not depend on the format.
//
// The loader writes before this text: PAM_WORD; PAM_FAST: 1 where the fast variants exist, in 32 bits; and
// PAM_SLOPE: 0 for the product sum_k pam(a, b), 1 for sum_j of the cotangent that pam(own, b) sends back to
// `own` when it receives a.

#include "lift.cuh"
#include "flush.cuh"
#include "scan.cuh"

using namespace pamcheck;

typedef PAM_WORD Word;
typedef Accumulator<Word> A;
typedef A::Real Real;
typedef A::Bits Bits;

constexpr int THREADS = 128, STEP = 8, BLOCK = 256;
constexpr int VECTOR = 16 / sizeof(Word);  // words in the widest load
constexpr int ACROSS = 8, DOWN = THREADS / ACROSS;
constexpr int GENERAL = FULL + 1;  // the scalar body on codes as they are: wide words, gradual underflow

// A thread makes a square of side x side elements, a block of threads a tile of lines x columns. Where a
// term is a whole scalar body a square of 8 x 8 would be code without end.
__host__ __device__ constexpr bool is_body(int v) { return v >= FULL; }
__host__ __device__ constexpr int side(int v) { return is_body(v) ? 4 : 8; }
__host__ __device__ constexpr int lines(int v) { return DOWN * side(v); }
__host__ __device__ constexpr int columns(int v) { return ACROSS * side(v); }

struct alignas(16) Vector {
    Word word[VECTOR];
};

__device__ __forceinline__ constexpr Bits mantissa_mask() { return (Bits(1) << A::MANT_BITS) - 1; }

// A step's operands, as the inner loop wants them: ready to add, signs apart where a clamp comes between.
// Rows are whole vectors, so that the alignment of the first is that of all.
template <int V>
struct alignas(16) Panel {
    static constexpr bool SPLIT = V == ZEROS || V == UNDERFLOW;
    Word a[2][STEP][lines(V)], b[2][STEP][columns(V)];
    Word a_sign[SPLIT ? 2 : 1][SPLIT ? STEP : 1][SPLIT ? lines(V) : VECTOR];
    Word b_sign[SPLIT ? 2 : 1][SPLIT ? STEP : 1][SPLIT ? columns(V) : VECTOR];
};

// What every thread of a launch has in common.
struct Problem {
    int lines, columns, depth;    // of the product: m, n, k
    int lines_padded, columns_padded;
    int split;                    // 1 where every block of 256 steps has a result of its own, to be folded
    int block;                    // which one, if so
    long long result;             // place of the result among its like
    int a_zero, b_zero;           // codes that stand for a zero: any sum with them is at most 0
    int shift;                    // what a is lowered by
    int offset;                   // of the product whose slope is taken, in the codes that are packed
};

template <int V>
__device__ __forceinline__ Real term(Word a, Word a_sign, Word b, Word b_sign, Word own, const Words<Word>& w) {
    if constexpr (is_body(V)) {
#if PAM_SLOPE
        return A::real(lift(product_slope_a(a, own, b, w), w));
#else
        return A::real(lift(product(a, b, w), w));
#endif
    } else {
#if PAM_SLOPE
        // own is a mantissa and the offset: their carry into the exponent of b is all that they decide
        b = Word((Bits(b) + Bits(own)) & ~mantissa_mask());
#endif
        if constexpr (V == LEAN) return A::real(Bits(a) + Bits(b));
        const Real size = A::real(Bits(__viaddmax_s32(a, b, 0)) ^ Bits(a_sign) ^ Bits(b_sign));
        return V == UNDERFLOW ? flushed(size) : size;
    }
}

// A code of the left operand in the form the variant adds.
template <int V>
__device__ __forceinline__ Word left_form(Word code, const Problem& p) {
    if (is_body(V)) return code;
    if (V == LEAN) return Word(Bits(code) - Bits(p.shift));
    const Word magnitude = Word(Bits(code) & ~A::SIGN);
    return magnitude == 0 ? p.a_zero : magnitude - p.shift;
}

template <int V>
__device__ __forceinline__ Word right_form(Word code, const Problem& p) {
    if (is_body(V) || V == LEAN) return code;
    const Word magnitude = Word(Bits(code) & ~A::SIGN);
    return magnitude == 0 ? p.b_zero : magnitude;
}

// Column of a tile that element `e` of a thread's vector loads is at.
__device__ __forceinline__ int spread(int thread, int threads, int e) {
    return e / VECTOR * (VECTOR * threads) + thread * VECTOR + e % VECTOR;
}

template <int SIDE>
__device__ __forceinline__ void load(Word (&to)[SIDE], const Word* row, int thread, int threads) {
#pragma unroll
    for (int e = 0; e < SIDE; e += VECTOR) {
        const Vector v = *reinterpret_cast<const Vector*>(row + spread(thread, threads, e));
#pragma unroll
        for (int i = 0; i < VECTOR; i++) to[e + i] = v.word[i];
    }
}

template <int V, int SIDE>
__device__ __forceinline__ void one_step(Real (&sum)[SIDE][SIDE], const Word (&own)[SIDE][SIDE],
                                         const Panel<V>& panel, int half, int step, int down, int across,
                                         const Words<Word>& w) {
    Word a[SIDE], b[SIDE], a_sign[SIDE] = {}, b_sign[SIDE] = {};
    load(a, panel.a[half][step], down, DOWN);
    load(b, panel.b[half][step], across, ACROSS);
    if constexpr (Panel<V>::SPLIT) {
        load(a_sign, panel.a_sign[half][step], down, DOWN);
        load(b_sign, panel.b_sign[half][step], across, ACROSS);
    }
#pragma unroll
    for (int i = 0; i < SIDE; i++)
#pragma unroll
        for (int j = 0; j < SIDE; j++)
            sum[i][j] = A::add(sum[i][j], term<V>(a[i], a_sign[i], b[j], b_sign[j], own[i][j], w));
}

template <int V, int SIDE>
__device__ __forceinline__ void steps(Real (&sum)[SIDE][SIDE], const Word (&own)[SIDE][SIDE], const Panel<V>& panel,
                                      int half, int down, int across, const Words<Word>& w) {
    constexpr int UNROLL = is_body(V) ? 1 : STEP;
#pragma unroll UNROLL
    for (int s = 0; s < STEP; s++) one_step<V>(sum, own, panel, half, s, down, across, w);
}

// Rows of a packed operand on their way from global to shared memory, in registers: STEP rows of WIDTH words.
template <int WIDTH>
struct Stage {
    static constexpr int VECTORS = STEP * WIDTH / VECTOR, LOADS = (VECTORS + THREADS - 1) / THREADS;
    static constexpr bool WHOLE = VECTORS % THREADS == 0;
    Vector load[LOADS];

    static __device__ __forceinline__ bool mine(int r) { return WHOLE || threadIdx.x + r * THREADS < VECTORS; }
    static __device__ __forceinline__ int row(int r) { return (threadIdx.x + r * THREADS) / (WIDTH / VECTOR); }
    static __device__ __forceinline__ int column(int r) {
        return (threadIdx.x + r * THREADS) % (WIDTH / VECTOR) * VECTOR;
    }
};

template <int WIDTH>
__device__ __forceinline__ void fetch(Stage<WIDTH>& to, const Word* from, int padded, int step, int depth) {
    typedef Stage<WIDTH> S;
#pragma unroll
    for (int r = 0; r < S::LOADS; r++) {
        to.load[r] = Vector{};
        if (S::mine(r) && step + S::row(r) < depth)
            to.load[r] = *reinterpret_cast<const Vector*>(from + (long long)(step + S::row(r)) * padded + S::column(r));
    }
}

template <int V, int WIDTH, int SIGNS>
__device__ __forceinline__ void store(Word (&to)[STEP][WIDTH], Word (*signs)[SIGNS], const Stage<WIDTH>& stage,
                                      const Problem& p, Word (*form)(Word, const Problem&)) {
    typedef Stage<WIDTH> S;
#pragma unroll
    for (int r = 0; r < S::LOADS; r++) {
        if (!S::mine(r)) continue;
        Vector ready, sign;
#pragma unroll
        for (int i = 0; i < VECTOR; i++) {
            ready.word[i] = form(stage.load[r].word[i], p);
            sign.word[i] = Word(Bits(stage.load[r].word[i]) & A::SIGN);
        }
        *reinterpret_cast<Vector*>(&to[S::row(r)][S::column(r)]) = ready;
        if constexpr (Panel<V>::SPLIT) *reinterpret_cast<Vector*>(&signs[S::row(r)][S::column(r)]) = sign;
    }
}

template <int V>
__device__ __forceinline__ void store(Panel<V>& panel, int half, const Stage<lines(V)>& a,
                                      const Stage<columns(V)>& b, const Problem& p) {
    constexpr int which = Panel<V>::SPLIT;
    store<V>(panel.a[half], panel.a_sign[half * which], a, p, left_form<V>);
    store<V>(panel.b[half], panel.b_sign[half * which], b, p, right_form<V>);
}

// own[i][j]: the code that the exact derivative is taken at, or of it only the mantissa, and the offset.
template <int V, int SIDE>
__device__ __forceinline__ void load_own(Word (&own)[SIDE][SIDE], const Word* matrix, const Problem& p, int down,
                                         int across) {
#pragma unroll
    for (int i = 0; i < SIDE; i++)
#pragma unroll
        for (int j = 0; j < SIDE; j++) {
            own[i][j] = 0;
#if PAM_SLOPE
            const int line = blockIdx.y * lines(V) + spread(down, DOWN, i);
            const int column = blockIdx.x * columns(V) + spread(across, ACROSS, j);
            if (line < p.lines && column < p.columns) {
                const Word code = matrix[(long long)column * p.lines_padded + line];
                own[i][j] = is_body(V) ? code : Word(Bits(code) & mantissa_mask()) + p.offset;
            }
#endif
        }
}

// Add sum to total, or make it the total where it is the first, and start the next sum.
template <int SIDE>
__device__ __forceinline__ void close_block(Real (&total)[SIDE][SIDE], Real (&sum)[SIDE][SIDE], bool first) {
#pragma unroll
    for (int i = 0; i < SIDE; i++)
#pragma unroll
        for (int j = 0; j < SIDE; j++) {
            total[i][j] = first ? sum[i][j] : A::add(total[i][j], sum[i][j]);
            sum[i][j] = 0;
        }
}

template <int V>
__device__ __forceinline__ void tile(const Word* a, const Word* b, const Word* own_matrix, Real* sums,
                                     const Problem& p, const Words<Word>& w) {
    constexpr int SIDE = side(V);
    static_assert(alignof(Panel<V>) == alignof(Vector), "vectors are loaded from it");
    __shared__ Panel<V> panel;
    const int across = threadIdx.x % ACROSS, down = threadIdx.x / ACROSS;
    const int begin = p.split ? p.block * BLOCK : 0;
    const int end = p.split ? min(begin + BLOCK, p.depth) : p.depth;
    a += blockIdx.y * lines(V);
    b += blockIdx.x * columns(V);
    Word own[SIDE][SIDE];
    load_own<V>(own, own_matrix, p, down, across);
    Real sum[SIDE][SIDE] = {}, total[SIDE][SIDE] = {};
    Stage<lines(V)> next_a;
    Stage<columns(V)> next_b;
    fetch(next_a, a, p.lines_padded, begin, end);
    fetch(next_b, b, p.columns_padded, begin, end);
    store<V>(panel, 0, next_a, next_b, p);
    __syncthreads();
    int half = 0;
    for (int step = begin; step < end;) {
        const int start = step, stop = min(step + BLOCK, end);
        for (; step + STEP <= stop; step += STEP) {
            fetch(next_a, a, p.lines_padded, step + STEP, end);
            fetch(next_b, b, p.columns_padded, step + STEP, end);
            steps<V>(sum, own, panel, half, down, across, w);
            store<V>(panel, half ^ 1, next_a, next_b, p);
            __syncthreads();
            half ^= 1;
        }
        // fewer than STEP are left of the last block only
#pragma unroll 1
        for (int s = 0; s < stop - step; s++) one_step<V>(sum, own, panel, half, s, down, across, w);
        step = stop;
        close_block(total, sum, start == begin);
    }
    const long long area = (long long)p.lines * p.columns;
#pragma unroll
    for (int i = 0; i < SIDE; i++)
#pragma unroll
        for (int j = 0; j < SIDE; j++) {
            const int line = blockIdx.y * lines(V) + spread(down, DOWN, i);
            const int column = blockIdx.x * columns(V) + spread(across, ACROSS, j);
            if (line >= p.lines || column >= p.columns) continue;
            sums[p.result * area + (long long)line * p.columns + column] = total[i][j];
        }
}

// a, b, own   packed operands
// plan        four numbers for every z of the grid: which matrix of a, of b, of own, and which block of the sum
// scans       of a, b, own; GENERAL reads none
// words       of the codes that are packed: lifted, or raw for GENERAL
// Launch: 128 threads over (columns / columns(V), lines / lines(V), results).
template <int V>
__device__ __forceinline__ void launch(const Word* a, const Word* b, const Word* own, Real* sums,
                                       const Scan* scans, const int* plan, Problem p, const Words<Word>* words) {
    Words<Word> w = *words;
    if constexpr (V != GENERAL) {
        w.gradual = 0;
#if PAM_SLOPE
        p.offset = int(w.one - w.shift);
        const int tiny = int(w.tiny);
        if (slope_variant(scans[0], scans[2], scans[1], int(w.one), p.offset, tiny, int(w.largest)) != V) return;
        p.shift = int(w.one);
        // a multiple of 2^23, so that the carry leaves it so; a zero has no mantissa, so its carry is one less
        p.b_zero = -int(unsigned(max(scans[0].greatest - p.shift, 0) + (1 << 23) - 1) & 0xff800000u) -
                   (most_carry(p.offset, tiny) - tiny);
        p.a_zero = -int(unsigned(scans[1].greatest) & 0xff800000u) - most_carry(p.offset, tiny);
#else
        if (product_variant(scans[0], scans[1], int(w.shift), int(w.tiny), int(w.largest)) != V) return;
        p.shift = int(w.shift);
        p.a_zero = -scans[1].greatest;
        p.b_zero = min(p.shift - scans[0].greatest, 0);
#endif
    }
    const int* entry = plan + blockIdx.z * 4;
    a += (long long)entry[0] * p.depth * p.lines_padded;
    b += (long long)entry[1] * p.depth * p.columns_padded;
    own += (long long)entry[2] * p.columns * p.lines_padded;
    p.block = entry[3];
    p.result = blockIdx.z;
    tile<V>(a, b, own, sums, p, w);
}

#define KERNEL(name, V)                                                                                          \
    extern "C" __global__ void __launch_bounds__(THREADS)                                                        \
        name(const Word* __restrict__ a, const Word* __restrict__ b, const Word* __restrict__ own, Real* sums,   \
             const Scan* __restrict__ scans, const int* __restrict__ plan, int lines, int columns, int depth,    \
             int lines_padded, int columns_padded, int split, const Words<Word>* __restrict__ words) {           \
        const Problem p = {lines, columns, depth, lines_padded, columns_padded, split, 0, 0, 0, 0, 0, 0};           \
        launch<V>(a, b, own, sums, scans, plan, p, words);                                                       \
    }

KERNEL(general, GENERAL)
#if PAM_FAST
KERNEL(lean, LEAN)
KERNEL(zeros, ZEROS)
KERNEL(underflow, UNDERFLOW)
KERNEL(full, FULL)
#endif
