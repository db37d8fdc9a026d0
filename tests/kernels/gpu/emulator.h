// CUDA on one host thread: enough of it to run this project's kernels in tests where there is no GPU.
//
// Every CUDA thread of a block is a coroutine. __syncthreads and a shuffle hand over to the next one, so all
// of them reach a barrier before any goes on. Blocks run one after the other. Threads can be resumed in
// ascending or descending order; a result that depends on it means that a barrier is missing.
#pragma once

#include <csetjmp>
#include <cstdint>
#include <cstring>
#include <ucontext.h>
#include <vector>

#define __device__
#define __host__
#define __global__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __shared__ static

struct Index {
    unsigned x, y, z;
};

inline Index threadIdx, blockIdx, blockDim, gridDim;

namespace emulator {

// A coroutine that lives on from block to block. A context starts it on its own stack; from then on it is
// switched by jumps, which save no signal mask and so make no call of the system.
struct Thread {
    ucontext_t start;
    jmp_buf here;
    std::vector<char> stack;
    Index index;
    bool begun, done;
};

inline std::vector<Thread> threads;
inline jmp_buf scheduler;
inline unsigned running;
inline uint64_t exchanged[1024];
inline void (*kernel)();
inline long long arguments[16];

inline void yield() {
    if (!_setjmp(threads[running].here)) _longjmp(scheduler, 1);
}

inline void resume(unsigned t) {
    running = t;
    threadIdx = threads[t].index;
    if (_setjmp(scheduler)) return;
    if (threads[t].begun) _longjmp(threads[t].here, 1);
    threads[t].begun = true;
    setcontext(&threads[t].start);
}

inline void body() {
    // pointers and whole numbers take one slot each on the hosts that this is meant for
    typedef long long L;
    const L* a = arguments;
    typedef void (*Kernel)(L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L);
    for (;;) {
        reinterpret_cast<Kernel>(kernel)(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10], a[11],
                                         a[12], a[13], a[14], a[15]);
        threads[running].done = true;
        yield();
    }
}

inline void make_threads(unsigned count) {
    if (threads.size() < count) threads = std::vector<Thread>(count);  // all anew: contexts cannot be moved
    for (unsigned t = 0; t < count; t++) {
        Thread& thread = threads[t];
        thread.index = {t % blockDim.x, t / blockDim.x % blockDim.y, t / blockDim.x / blockDim.y};
        if (thread.begun) continue;
        thread.stack.resize(1 << 16);
        getcontext(&thread.start);
        thread.start.uc_stack.ss_sp = thread.stack.data();
        thread.start.uc_stack.ss_size = thread.stack.size();
        thread.start.uc_link = nullptr;
        makecontext(&thread.start, body, 0);
    }
}

inline void run_block(bool descending) {
    const unsigned count = blockDim.x * blockDim.y * blockDim.z;
    for (unsigned t = 0; t < count; t++) threads[t].done = false;
    for (bool alive = true; alive;) {
        alive = false;
        for (unsigned i = 0; i < count; i++) {
            const unsigned t = descending ? count - 1 - i : i;
            if (threads[t].done) continue;
            resume(t);
            alive = alive || !threads[t].done;
        }
    }
}

}  // namespace emulator

extern "C" inline __attribute__((used)) void emulate(void (*kernel)(), const unsigned* grid, const unsigned* block,
                                                     const long long* arguments, int count, int descending) {
    emulator::kernel = kernel;
    std::memset(emulator::arguments, 0, sizeof emulator::arguments);
    std::memcpy(emulator::arguments, arguments, count * sizeof(long long));
    gridDim = {grid[0], grid[1], grid[2]};
    blockDim = {block[0], block[1], block[2]};
    emulator::make_threads(block[0] * block[1] * block[2]);
    for (blockIdx.z = 0; blockIdx.z < gridDim.z; blockIdx.z++)
        for (blockIdx.y = 0; blockIdx.y < gridDim.y; blockIdx.y++)
            for (blockIdx.x = 0; blockIdx.x < gridDim.x; blockIdx.x++) emulator::run_block(descending);
}

inline void __syncthreads() {
    emulator::yield();
}

template <typename T>
inline T __shfl_down_sync(unsigned, T value, unsigned step) {
    static_assert(sizeof(T) <= 8, "a word");
    const unsigned me = threadIdx.x;
    std::memcpy(&emulator::exchanged[me], &value, sizeof(T));
    emulator::yield();
    T result = value;
    if (me % 32 + step < 32) std::memcpy(&result, &emulator::exchanged[me + step], sizeof(T));
    emulator::yield();
    return result;
}

template <typename To, typename From>
inline To bits_as(From from) {
    static_assert(sizeof(To) == sizeof(From), "one size");
    To to;
    std::memcpy(&to, &from, sizeof(To));
    return to;
}

inline float __int_as_float(int x) { return bits_as<float>(x); }
inline int __float_as_int(float x) { return bits_as<int>(x); }
inline double __longlong_as_double(long long x) { return bits_as<double>(x); }
inline long long __double_as_longlong(double x) { return bits_as<long long>(x); }
inline float __fadd_rn(float a, float b) { return a + b; }
inline double __dadd_rn(double a, double b) { return a + b; }
inline unsigned __umulhi(unsigned a, unsigned b) { return unsigned((uint64_t(a) * b) >> 32); }
inline int min(int a, int b) { return a < b ? a : b; }
inline int max(int a, int b) { return a < b ? b : a; }
inline int __viaddmax_s32(int a, int b, int c) { return max(int(unsigned(a) + unsigned(b)), c); }
inline int atomicMin(int* at, int value) { return *at = min(*at, value); }
inline int atomicMax(int* at, int value) { return *at = max(*at, value); }
