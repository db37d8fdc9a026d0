"""The compiled loops around the matrix product, and the types they are called with."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from numba import types

from pamcheck.formats import FORMATS, FloatFormat, get_format
from pamcheck.kernels import cpu, matmul_general, matmul_loops, matmul_scan, sums_cpu, team, values
from pamcheck.kernels.matmul_plan import Plan
from pamcheck.kernels.matmul_tile import VARIANTS
from pamcheck.kernels.words import make_words
from pamcheck.measure.audit.kernels import CpuKernel, unsigned, words_type
from pamcheck.policy import POLICIES

CUSTOM = ("e8m18", "e9m5", "e9m10", "e5m26")
"""Formats that reach what no named one does: sums in float64, codes read bit by bit, 64-bit words."""


def matmul_kernels() -> Iterator[CpuKernel]:
    """Return the fast products, the general ones, the sums, the scan and the conversions of codes to numbers.

    What depends on the format comes once for each way in which it can be compiled.
    """
    formats = [*FORMATS.values(), *(get_format(name) for name in CUSTOM)]
    several = [
        *(fast(name, bits) for name in VARIANTS for bits in (32, 64)),
        *(general(fmt, slope) for fmt in formats for slope in (False, True)),
        *(conversion(fmt, name) for fmt in formats for name in ("decode", "encode")),
        *(scan(size) for size in (8, 16, 32, 64)),
        *(summation(bits, across) for bits in (32, 64) for across in (False, True)),
    ]
    yield from {kernel.name: kernel for kernel in several}.values()


def fast(name: str, bits: int) -> CpuKernel:
    """Return a fast product on codes of float32 or float64."""
    return CpuKernel(
        "matmul_slope" if name.startswith("slope") else "matmul",
        f"{name} float{bits}",
        lambda: matmul_loops.loop(name, bits)._function,
        team.SIGNATURE,
        representative=bits == 32,
    )


def general(fmt: FloatFormat, slope: bool) -> CpuKernel:
    """Return the product through the scalar bodies for formats such as this one."""
    bits = cpu.word_bits(make_words(fmt, POLICIES["gradual"]))
    wide, how = values.accumulator(fmt).name, matmul_general.reading(fmt)
    operand = _flat(types.Integer.from_bitwidth(fmt.storage_bits, signed=False), readonly=True)
    number = _flat(_number(wide))
    signature = (*[operand] * 3, number, *_plan(), words_type(bits), number, words_type(64), number)
    return CpuKernel(
        "matmul_slope" if slope else "matmul",
        f"general uint{fmt.storage_bits}, {bits}-bit words, {wide} sums, codes read by {how}",
        lambda: matmul_general.loop(slope, bits, wide, how)._function,
        signature,
        representative=fmt.name == "float32",
    )


def conversion(fmt: FloatFormat, name: str) -> CpuKernel:
    """Return the loop that reads codes as numbers of the accumulator's format, or rounds such to codes."""
    codes, number = unsigned(fmt.storage_bits), _flat(_number(values.accumulator(fmt).name))
    given = (codes, number) if name == "decode" else (number, codes)
    variant = f"uint{fmt.storage_bits}, {values.accumulator(fmt).name}"
    ours = fmt.name in ("float16", "bfloat16")
    return CpuKernel(name, variant, partial(_loop, name), (*given, words_type(64)), ours)


def scan(size: int) -> CpuKernel:
    """Return the loop that looks for the range of codes of so many bits."""
    code = types.Integer.from_bitwidth(size, signed=False)
    signature = (unsigned(size), unsigned(size), code, code)
    return CpuKernel("scan", f"uint{size}", lambda: matmul_scan.range_loop, signature, size == 32)


def summation(bits: int, across: bool) -> CpuKernel:
    """Return the sum along contiguous rows, or across them on a part of the columns."""
    layout = "A" if across else "C"
    number = _number(f"float{bits}")
    signature = (types.Array(number, 3, layout, readonly=True), types.Array(number, 2, layout))
    function = sums_cpu.across_loop if across else sums_cpu.along_loop
    return CpuKernel(
        "sum", f"{'across' if across else 'along'} float{bits}", lambda: function, signature, bits == 32
    )


def _loop(name: str) -> Any:
    return values._loop(name)._function


def _number(name: str) -> Any:
    return {"float32": types.float32, "float64": types.float64}[name]


def _flat(element: Any, readonly: bool = False) -> Any:
    return types.Array(element, 1, "C", readonly=readonly)


def _plan() -> tuple[Any, Any]:
    """Return the types of `starts` and `plan`."""
    return types.Array(types.int64, 2, "C"), types.NamedUniTuple(types.int64, len(Plan._fields), Plan)
