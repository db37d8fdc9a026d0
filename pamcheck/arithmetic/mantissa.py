"""Rounding numbers to fewer mantissa bits, on their codes: integer additions and masks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from pamcheck.formats import FloatFormat
from pamcheck.operands import format_of, is_weak

WIDEST = 23  # the stored mantissa bits of float32


def narrow_all(operands: Sequence[Any], mantissa_bits: int) -> list[Any]:
    """Return operands of one call rounded by `narrow`; Python numbers are of the others' format first."""
    fmt = next((format_of(x.dtype) for x in operands if not is_weak(x)), format_of(np.float64))
    return [
        _narrow_number(x, mantissa_bits, fmt) if is_weak(x) else narrow(x, mantissa_bits) for x in operands
    ]


def narrow(x: Any, mantissa_bits: int) -> Any:
    """Return an array of floats rounded to so many mantissa bits, ties to even; NaN stay as they are.

    Raises TypeError for a format without infinities, which has nothing to carry into.
    """
    fmt = format_of(x.dtype)
    drop = fmt.mant_bits - mantissa_bits
    if drop <= 0:
        return x
    codes = x.view(f"u{x.dtype.itemsize}")
    rounded = _round(codes, drop, fmt, codes.dtype.type)
    return np.where(x != x, x, rounded.view(x.dtype))


@lru_cache(maxsize=256)
def _narrow_number(number: float, mantissa_bits: int, fmt: FloatFormat) -> float:
    drop, code = fmt.mant_bits - mantissa_bits, fmt.encode(float(number))
    if drop <= 0 or math.isnan(number):
        return float(number)
    return float(fmt.to_float(_round(code, drop, fmt, int)))


def _round(code: Any, drop: int, fmt: FloatFormat, integer: Callable[[int], Any]) -> Any:
    """Return codes with the last `drop` bits rounded off: half less one is added, and one more to an odd rest."""
    if fmt.inf is None:
        raise TypeError(
            f"operands are {fmt.name}, which has no infinities; use float32, float64 or bfloat16"
        )
    odd = (code >> integer(drop)) & integer(1)
    every = (1 << fmt.storage_bits) - 1
    return (code + (odd + integer((1 << (drop - 1)) - 1))) & integer(every ^ ((1 << drop) - 1))
