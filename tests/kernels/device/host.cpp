// The scalar bodies of pamcheck/kernels/device/pam.cuh in loops over arrays, for the tests to call by ctypes.
//
// Built by the fixtures in conftest.py with the host's compiler; the same headers that CUDA kernels include.

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "pam.cuh"

using pamcheck::Words;

namespace {

struct Call {
    const char* name;
    int code_bits, word_bits;
    const void* operands[3];
    void* out;
    std::size_t size;
    const long long* words;
    long long k;
};

template <typename Word>
Words<Word> words_of(const long long* fields) {
    Words<Word> w;
    static_assert(sizeof w == 21 * sizeof(Word), "conftest.py sends 21 fields");
    Word narrow[21];
    for (int i = 0; i < 21; i++) narrow[i] = Word(fields[i]);
    std::memcpy(&w, narrow, sizeof w);
    return w;
}

// With `gradual` a constant, as in the kernels; the words keep what else the policy set.
template <typename Code, typename Word, bool GRADUAL, typename Body>
void loop(Body body, const Call& call) {
    const Code* a = static_cast<const Code*>(call.operands[0]);
    const Code* b = static_cast<const Code*>(call.operands[1]);
    const Code* c = static_cast<const Code*>(call.operands[2]);
    Code* out = static_cast<Code*>(call.out);
    Words<Word> w = words_of<Word>(call.words);
    w.gradual = GRADUAL;
    for (std::size_t i = 0; i < call.size; i++) out[i] = Code(body(Word(a[i]), Word(b[i]), Word(c[i]), w));
}

template <typename Code, typename Word, typename Body>
int run_as(Body body, const Call& call) {
    if (words_of<Word>(call.words).gradual) {
        loop<Code, Word, true>(body, call);
    } else {
        loop<Code, Word, false>(body, call);
    }
    return 0;
}

// The widths that pamcheck has: cpu.word_bits gives 64 to 64-bit codes and to some of 32 bits.
template <typename Body>
int run(Body body, const Call& call) {
    switch (call.code_bits * 100 + call.word_bits) {
        case 832: return run_as<std::uint8_t, int>(body, call);
        case 1632: return run_as<std::uint16_t, int>(body, call);
        case 3232: return run_as<std::uint32_t, int>(body, call);
        case 3264: return run_as<std::uint32_t, long long>(body, call);
        case 6464: return run_as<std::uint64_t, long long>(body, call);
        default: return 2;
    }
}

#define NAMED(function) if (std::strcmp(call.name, #function) == 0) return run
#define ONE(function) NAMED(function)([](auto a, auto, auto, const auto& w) { return pamcheck::function(a, w); }, call)
#define TWO(function) NAMED(function)([](auto a, auto b, auto, const auto& w) { return pamcheck::function(a, b, w); }, call)
#define THREE(function) \
    NAMED(function)([](auto a, auto b, auto c, const auto& w) { return pamcheck::function(a, b, c, w); }, call)

int run_named(const Call& call) {
    TWO(product);
    TWO(quotient);
    ONE(log2);
    ONE(exp2);
    ONE(sqrt);
    ONE(log);
    ONE(exp);
    TWO(power);
    THREE(product_slope_a);
    THREE(product_slope_b);
    THREE(quotient_slope_a);
    THREE(quotient_slope_b);
    TWO(log2_slope);
    TWO(exp2_slope);
    TWO(sqrt_slope);
    TWO(log_slope);
    TWO(exp_slope);
    THREE(power_slope_a);
    THREE(power_slope_y);
    THREE(product_mimic_a);
    THREE(product_mimic_b);
    THREE(quotient_mimic_a);
    THREE(quotient_mimic_b);
    TWO(log2_mimic);
    TWO(exp2_mimic);
    TWO(sqrt_mimic);
    TWO(log_mimic);
    TWO(exp_mimic);
    THREE(power_mimic_a);
    THREE(power_mimic_y);
    const long long k = call.k;
    NAMED(scale)([k](auto a, auto, auto, const auto& w) { return pamcheck::scale(a, decltype(a)(k), w); }, call);
    return 1;
}

}  // namespace

// Apply a body by its name. Returns 0, 1 for an unknown name, 2 for a pair of widths that no format has.
// Operands that the body does not take may be any array; k is the exponent of `scale`.
extern "C" int pamcheck_run(const char* name, int code_bits, int word_bits, const void* a, const void* b,
                            const void* c, void* out, std::size_t size, const long long* words, long long k) {
    return run_named({name, code_bits, word_bits, {a, b, c}, out, size, words, k});
}
