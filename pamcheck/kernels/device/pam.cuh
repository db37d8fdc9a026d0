// The scalar bodies of pamcheck.kernels.table.BODIES in C++17, for NVRTC, nvcc and host compilers.
//
//     constexpr pamcheck::Words<int> w = {...};   // the fields of kernels.words.Words, in its order
//     c = pamcheck::product(a, b, w);             // codes in, a code out
//
// Each file here mirrors the Python file of the same name, function by function, and that file says what is
// computed and why. Names are those of the Python functions. Nothing is included from outside this folder,
// there is no floating-point type, and no value is multiplied or divided.
//
// `Word` is a signed integer as wide as cpu.word_bits says. Operands are codes zero-extended from their
// storage, and results are cut to it; a code as wide as the word is taken as the signed number of the same
// bits, which is what C++ conversions between the two types do. No body leaves its word
// (tests/kernels/test_word.py, test_slopes.py), so no sum overflows.
//
// Where w is a compile-time constant, what its format and policy do not need is not in the machine code.
#pragma once

#include "exp.cuh"
#include "exp2.cuh"
#include "log.cuh"
#include "log2.cuh"
#include "power.cuh"
#include "product.cuh"
#include "quotient.cuh"
#include "scale.cuh"
#include "sqrt.cuh"
