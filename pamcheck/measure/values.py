"""Codes to float64 and back, on arrays, for every format: exact decode, rounding encode, ordinals."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pamcheck.formats import FloatFormat

Codes = npt.NDArray[np.unsignedinteger[Any]]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def code_dtype(fmt: FloatFormat) -> np.dtype[Any]:
    """Return the unsigned integer dtype that holds the codes of a format."""
    return np.dtype(f"u{fmt.storage_bits // 8}")


def decode(codes: Codes, fmt: FloatFormat) -> Floats:
    """Return the exact values of codes as float64, with signed zeros, infinities and NaN."""
    wide = codes.astype(np.uint64)
    magnitude = (wide & np.uint64(fmt.magnitude)).astype(np.int64)
    field = magnitude >> fmt.mant_bits
    mantissa = magnitude & (fmt.tiny - 1)
    significand = np.where(field > 0, mantissa + fmt.tiny, mantissa).astype(np.float64)
    finite = magnitude <= fmt.largest
    exponent = np.where(finite, np.maximum(field, 1) - fmt.bias - fmt.mant_bits, 0)
    value = np.ldexp(significand, exponent)
    if fmt.inf is not None:
        value = np.where(magnitude == fmt.inf, np.inf, value)
    if fmt.nan is not None:
        value = np.where(magnitude > fmt.largest + (fmt.inf is not None), np.nan, value)
    return np.where((wide & np.uint64(fmt.sign)) != 0, -value, value)


def encode(values: npt.ArrayLike, fmt: FloatFormat) -> Codes:
    """Return the codes nearest to float64 values, ties to even, with gradual underflow.

    What is too large becomes what FloatFormat.encode makes of it; NaN becomes the quiet NaN, else -0.
    """
    value = np.asarray(values, dtype=np.float64)
    exponent, steps = on_grid(np.where(np.isfinite(value), value, 0.0), fmt)
    code = ((exponent + fmt.bias - 1) << fmt.mant_bits) + np.rint(steps).astype(np.int64)
    sign = np.where(np.signbit(value), np.uint64(fmt.sign), np.uint64(0))
    large = (code > fmt.largest) | np.isinf(value)
    too_large, keeps_sign = fmt.too_large(0), fmt.too_large(0) != fmt.nan
    signed = code.astype(np.uint64) | sign
    signed = np.where(large, np.uint64(too_large) | (sign if keeps_sign else np.uint64(0)), signed)
    nan = np.uint64(fmt.sign if fmt.nan is None else fmt.nan)
    return np.where(np.isnan(value), nan, signed).astype(code_dtype(fmt))


def on_grid(values: Floats, fmt: FloatFormat) -> tuple[Ints, Floats]:
    """Return the exponent of each finite value's binade, at least tiny's, and |value| in its steps, exactly."""
    mantissa, exponent = np.frexp(np.abs(values))
    # frexp gives a zero the exponent 0, which is that of a half
    exponent = np.where(mantissa == 0, 1 - fmt.bias, np.maximum(exponent - 1, 1 - fmt.bias))
    return exponent.astype(np.int64), np.ldexp(np.abs(values), fmt.mant_bits - exponent)


def ordinal(codes: Codes, fmt: FloatFormat) -> Ints:
    """Return each code's place among the values of the format: both zeros 0, neighbours 1 apart."""
    wide = codes.astype(np.uint64)
    magnitude = (wide & np.uint64(fmt.magnitude)).astype(np.int64)
    return np.where((wide & np.uint64(fmt.sign)) != 0, -magnitude, magnitude)
