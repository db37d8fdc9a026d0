"""Codes to numbers that can be added, and back: float32 where it holds every value of a format, else float64.

Sums keep subnormals under every policy [spec section 4], so the words here are always those of `gradual`.
"""

from __future__ import annotations

from functools import cache, lru_cache, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from pamcheck.formats import FORMATS, FloatFormat
from pamcheck.kernels import cpu
from pamcheck.kernels.edges import extended, shift_round
from pamcheck.kernels.launch import side_by_side, split
from pamcheck.kernels.words import Words, make_words
from pamcheck.policy import POLICIES

Codes = npt.NDArray[np.unsignedinteger[Any]]
Values = npt.NDArray[np.floating[Any]]

MINUS = -(1 << 63)
MAGNITUDE = (1 << 63) - 1
INFINITY = 0x7FF << 52
NAN = 0xFFF << 51
HIDDEN = 1 << 52


def to_binary64(code: int, w: Words) -> int:
    """Return the float64 code, as a signed integer, of the value of any code."""
    size, sign = code & w.magnitude, (MINUS if code & w.sign else 0)
    if size > w.inf:
        return NAN
    if size > w.largest:
        return sign | INFINITY
    if size == 0:
        return sign
    if w.bias == 1023:  # subnormals of both lie on one grid
        return sign | (size << (52 - w.mant_bits))
    return sign | ((extended(size, w) << (52 - w.mant_bits)) + ((1023 - w.bias) << 52))


def from_binary64(bits: int, w: Words) -> int:
    """Return the code nearest to a float64 given as a signed integer: ties to even, gradual underflow."""
    size, sign = bits & MAGNITUDE, (w.sign if bits < 0 else 0)
    if size > INFINITY:
        return w.nan
    extra = 52 - w.mant_bits
    field = max(size >> 52, 1) - 1023 + w.bias
    if field >= 1:
        code = shift_round(size - ((1023 - w.bias) << 52), extra)
    else:
        significand = (size & (HIDDEN - 1)) | (HIDDEN if size >= HIDDEN else 0)
        code = shift_round(significand, min(extra + 1 - field, 60))
    return w.infinite | (sign & w.infinite_sign) if code > w.largest else sign | code


body: Any = None  # bound at compilation


def decode_loop(x: Any, out: Any, w: Words) -> None:
    """Read flat arrays of codes."""
    for i in range(out.size):
        out[i] = np.int64(body(np.int64(x[i]), w)).view(np.float64)


def encode_loop(x: Any, out: Any, w: Words) -> None:
    """Round flat arrays of numbers to codes."""
    for i in range(out.size):
        out[i] = body(np.float64(x[i]).view(np.int64), w)


@lru_cache(maxsize=64)
def accumulator(fmt: FloatFormat) -> FloatFormat:
    """Return float32 if it holds every value of the format, else float64: what its sums are taken in."""
    wide = FORMATS["float32"]
    fits = fmt.exp_bits <= wide.exp_bits and fmt.mant_bits <= wide.mant_bits
    return wide if fits and fmt.decode(fmt.largest) <= wide.decode(wide.largest) else FORMATS["float64"]


@lru_cache(maxsize=64)
def sum_type(fmt: FloatFormat) -> np.dtype[Any]:
    """Return the dtype of `accumulator(fmt)`."""
    return np.dtype(accumulator(fmt).name)


def values(codes: Codes, fmt: FloatFormat) -> Values:
    """Return the values of codes as an array of `accumulator(fmt)`: a view where the codes are its own."""
    if same_codes(fmt):
        return codes.view(sum_type(fmt))
    if fmt.width <= 16:
        return np.take(table(fmt), codes, mode="wrap")  # bits above the format's do not count
    return _through("decode", codes, sum_type(fmt), fmt)


def rounded(numbers: Values, fmt: FloatFormat) -> Codes:
    """Return numbers as codes, rounded once, a NaN as the format's own; may write into `numbers`."""
    code = np.dtype(f"u{fmt.storage_bits // 8}")
    if same_codes(fmt):
        codes = numbers.view(code)
        codes[np.isnan(numbers)] = fmt.nan
        return codes
    return _through("encode", numbers, code, fmt)


@lru_cache(maxsize=64)
def same_codes(fmt: FloatFormat) -> bool:
    """Whether the codes of a format are those of its accumulator."""
    wide = accumulator(fmt)
    return (fmt.exp_bits, fmt.mant_bits, fmt.specials) == (wide.exp_bits, wide.mant_bits, wide.specials)


@lru_cache(maxsize=64)
def table(fmt: FloatFormat) -> Values:
    """Return the value of every code of a format of at most 16 bits."""
    codes = np.arange(1 << fmt.width, dtype=f"u{fmt.storage_bits // 8}")
    return _through("decode", codes, sum_type(fmt), fmt)


@lru_cache(maxsize=64)
def value_words(fmt: FloatFormat) -> Words:
    """Return the machine words that to_binary64 and from_binary64 take."""
    return cpu.machine_words(make_words(fmt, POLICIES["gradual"]), 64)


def _through(name: str, x: npt.NDArray[Any], dtype: np.dtype[Any], fmt: FloatFormat) -> npt.NDArray[Any]:
    flat = np.require(x, requirements=["C", "A"]).reshape(-1)
    out, words, run = np.empty(flat.size, dtype), value_words(fmt), _loop(name)
    side_by_side([partial(run, flat[low:high], out[low:high], words) for low, high in split(flat.size)])
    return out.reshape(x.shape)


@cache
def _loop(name: str) -> cpu.Loop:
    template, body = {"decode": (decode_loop, to_binary64), "encode": (encode_loop, from_binary64)}[name]
    return cpu.Loop(cpu.rebind(template, name, body=cpu.compiled_body(body, 64)))
