"""The CUDA sources as whole translation units: includes put in, constants written before them.

NVRTC takes one text and finds no file, so every quoted include is replaced by the file's own text, once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

from pamcheck.formats import FORMATS, FloatFormat
from pamcheck.kernels.cpu import word_bits
from pamcheck.kernels.table import BODIES, OPS
from pamcheck.kernels.words import Words, make_words
from pamcheck.policy import POLICIES

OPTIONS = ("-std=c++17", "--fmad=false")
"""What every kernel is compiled with: a product and a sum are never fused, for there is no product."""

AS_CUPY = (*OPTIONS, "-ftz=true")
"""The same as CuPy passes it on: it has NVRTC flush subnormals, so no kernel leaves an addition to NVRTC."""

CODE_TYPE = {8: "unsigned char", 16: "unsigned short", 32: "unsigned int", 64: "unsigned long long"}
WORD_TYPE = {32: "int", 64: "long long"}

IEEE = ("ieee_add", "ieee_subtract", "ieee_maximum")
"""Bodies of two operands that only a device needs: on a CPU NumPy has them."""

_INCLUDE = re.compile(r'^#include "([a-z0-9_]+\.cuh)"\n', re.MULTILINE)


@dataclass(frozen=True)
class Unit:
    """One translation unit.

    name     what it is for, as in "pam float32 ftz"
    source   complete CUDA C++
    kernels  names of the extern "C" kernels in it
    """

    name: str
    source: str
    kernels: tuple[str, ...]


@cache
def elementwise(body: str, w: Words, code_bits: int, label: str = "") -> Unit:
    """Return the kernels of a body of BODIES or IEEE. The offset in `w` does not matter: it is an argument."""
    bits = word_bits(w)
    names = ("vectors", "strided")
    defines = {
        "PAM_CODE": CODE_TYPE[code_bits],
        "PAM_WORD": WORD_TYPE[bits],
        "PAM_WORDS": "{" + ", ".join(_literal(value, bits) for value in w) + "}",
        "PAM_BODY": body if body in IEEE else BODIES[body][0].__name__,
        "PAM_ARITY": "2" if body in IEEE else str(BODIES[body][1]),
    }
    return Unit(f"{body} {label}".strip(), _source("elementwise.cu", defines), names)


@cache
def matmul(bits: int, slope: bool) -> Unit:
    """Return the matrix products for a word; the fast variants exist in 32 bits."""
    fast = bits == 32
    names = ("general", *(("lean", "zeros", "underflow", "full") if fast else ()))
    defines = {"PAM_WORD": WORD_TYPE[bits], "PAM_SLOPE": str(int(slope)), "PAM_FAST": str(int(fast))}
    kind = "matmul_slope" if slope else "matmul"
    return Unit(f"{kind} {bits}-bit words", _source("matmul.cu", defines), names)


@cache
def fold(code_bits: int, bits: int) -> Unit:
    """Return the kernel that adds the sums of blocks and rounds."""
    source = _source("fold.cu", _types(code_bits, bits))
    return Unit(f"fold {code_bits}-bit codes, {bits}-bit words", source, ("fold",))


@cache
def undefined(code_bits: int, bits: int) -> Unit:
    """Return the kernel that writes NaN where a mimic cotangent does not exist."""
    source = _source("undefined.cu", _types(code_bits, bits))
    return Unit(f"undefined {code_bits}-bit codes, {bits}-bit words", source, ("undefined",))


@cache
def pack(code_bits: int, bits: int) -> Unit:
    """Return the kernel that packs and scans matrices."""
    source = _source("pack.cu", _types(code_bits, bits))
    return Unit(f"pack {code_bits}-bit codes, {bits}-bit words", source, ("pack",))


@cache
def reduce(code_bits: int, bits: int) -> Unit:
    """Return sums and maxima over an axis."""
    names = ("sum_last", "sum_other", "maximum_last", "maximum_other")
    source = _source("reduce.cu", _types(code_bits, bits))
    return Unit(f"reduce {code_bits}-bit codes, {bits}-bit words", source, names)


@cache
def threefry() -> Unit:
    """Return the kernel of random words."""
    return Unit("threefry 32-bit words", _source("threefry.cu", {}), ("threefry",))


def sources() -> Iterator[Unit]:
    """Yield what the audit disassembles and the tests compile.

    Every body in float32 under every policy, in float16 and float64 under `ftz`, operations in the narrower
    formats too; additions and maxima; every matrix product; packing, folding and reductions for every storage
    size; random words. Another format or offset changes constants only.
    """
    kernel_policies = [policy for policy in POLICIES.values() if not policy.reference_only]
    for body in BODIES:
        for policy in kernel_policies:
            yield _of_format(body, FORMATS["float32"], policy.name)
        narrow = ("bfloat16", "float8_e5m2", "float8_e4m3fn") if body in OPS else ()
        for name in ("float16", *narrow, "float64"):
            yield _of_format(body, FORMATS[name], "ftz")
    for body in IEEE:
        for name in ("float32", "float16", "float64"):
            yield _of_format(body, FORMATS[name], "ftz")
    for bits in (32, 64):
        yield matmul(bits, False)
        yield matmul(bits, True)
    for code_bits, bits in ((8, 32), (16, 32), (32, 32), (64, 64)):
        yield pack(code_bits, bits)
        yield fold(code_bits, bits)
        yield undefined(code_bits, bits)
        yield reduce(code_bits, bits)
    yield threefry()


def _of_format(body: str, fmt: FloatFormat, policy: str) -> Unit:
    words = make_words(fmt, POLICIES[policy])
    return elementwise(body, words, fmt.storage_bits, f"{fmt.name} {policy}")


def _types(code_bits: int, bits: int) -> dict[str, str]:
    return {"PAM_CODE": CODE_TYPE[code_bits], "PAM_WORD": WORD_TYPE[bits]}


def _literal(value: int, bits: int) -> str:
    """Return an integer as a C++ expression of the signed word with the same bits."""
    signed = value - (1 << bits) if value >> (bits - 1) == 1 else value
    suffix = "" if bits == 32 else "ll"
    # the most negative number has no literal of its own type
    return f"(-{-signed - 1}{suffix} - 1)" if signed < 0 else f"{signed}{suffix}"


def _source(file: str, defines: dict[str, str]) -> str:
    head = "".join(f"#define {name} {value}\n" for name, value in defines.items())
    return head + _inlined(file, set())


def _inlined(file: str, seen: set[str]) -> str:
    if file in seen:
        return ""
    seen.add(file)
    text = _read(file).replace("#pragma once\n", "")
    return _INCLUDE.sub(lambda match: _inlined(match[1], seen), text)


@cache
def _read(file: str) -> str:
    return resources.files(__name__).joinpath(file).read_text(encoding="utf-8")
