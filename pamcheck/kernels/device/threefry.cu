// Random words: Threefry-2x32 of 20 rounds, a counter a thread. Additions, rotations and exclusive ors.
//
// Source: Salmon, Moraes, Dror & Shaw, Parallel random numbers: as easy as 1, 2, 3, SC 2011.

struct alignas(8) Pair {
    unsigned first, second;
};

__device__ __forceinline__ void turn(Pair& x, int places) {
    x.first += x.second;
    x.second = (x.second << places | x.second >> (32 - places)) ^ x.first;
}

__device__ __forceinline__ void four_rounds(Pair& x, bool odd) {
    turn(x, odd ? 17 : 13);
    turn(x, odd ? 29 : 15);
    turn(x, odd ? 16 : 26);
    turn(x, odd ? 24 : 6);
}

// out    the two words of the counters 0 to blocks - 1, one pair after another
// key    of two words
// Launch: 256 threads over blocks / 256; a thread has a counter.
extern "C" __global__ void __launch_bounds__(256)
    threefry(Pair* out, long long blocks, unsigned key_first, unsigned key_second) {
    const long long at = (long long)blockIdx.x * 256 + threadIdx.x;
    if (at >= blocks) return;
    const unsigned keys[3] = {key_first, key_second, key_first ^ key_second ^ 0x1BD11BDAu};
    Pair x = {unsigned(at) + keys[0], keys[1]};
#pragma unroll
    for (int times = 1; times <= 5; times++) {
        four_rounds(x, times % 2 == 0);
        x.first += keys[times % 3];
        x.second += keys[(times + 1) % 3] + times;
    }
    out[at] = x;
}
