"""Floating-point formats as data: field widths, integer masks, exact decode and encode.

A format is a sign bit, `exp_bits` of exponent with the IEEE bias, and `mant_bits` of stored mantissa.
What differs between the narrow formats is only which codes are infinite or NaN, and `specials` says so:

    "ieee"    the top exponent is reserved: infinity, then NaNs           float32, float8_e5m2, ...
    "nan"     only the all-ones magnitude is NaN, no infinity             float8_e4m3fn
    "finite"  every code is a number                                      float6_*, float4_e2m1fn

Names and codes are those of NumPy and ml_dtypes. The magnitude of a code, its sign bit removed, is an
integer that grows with the value; spec section 2 calls its landmarks `one`, `tiny` and `largest`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Literal

from pamcheck.lookup import lookup

Specials = Literal["ieee", "nan", "finite"]

_CUSTOM = re.compile(r"e(?P<exp>0|[1-9][0-9]?)m(?P<mant>0|[1-9][0-9]?)(?P<suffix>fn|f)?")
_SUFFIX: dict[str | None, Specials] = {None: "ieee", "fn": "nan", "f": "finite"}


@dataclass(frozen=True)
class FloatFormat:
    """One binary floating-point format. All masks are Python integers over the `width` low bits."""

    name: str
    exp_bits: int
    mant_bits: int
    specials: Specials = "ieee"

    def __post_init__(self) -> None:
        widest = 11 if self.specials == "ieee" else 10
        if not (2 <= self.exp_bits <= widest and 1 <= self.mant_bits <= 52):
            raise ValueError(
                f"format {self.name!r} has {self.exp_bits} exponent and {self.mant_bits} mantissa bits; "
                f"2 to {widest} and 1 to 52 are supported, so that every value is a float64"
            )

    @cached_property
    def width(self) -> int:
        """Bits in a code: sign, exponent, mantissa."""
        return 1 + self.exp_bits + self.mant_bits

    @cached_property
    def storage_bits(self) -> int:
        """Bits of the smallest unsigned integer that holds a code: 8, 16, 32 or 64."""
        return next(bits for bits in (8, 16, 32, 64) if bits >= self.width)

    @cached_property
    def bias(self) -> int:
        """Exponent field of 1.0."""
        return (1 << (self.exp_bits - 1)) - 1

    @cached_property
    def sign(self) -> int:
        """The sign bit, which is also the code of -0."""
        return 1 << (self.width - 1)

    @cached_property
    def magnitude(self) -> int:
        """Every bit but the sign."""
        return self.sign - 1

    @cached_property
    def one(self) -> int:
        """Code of 1.0."""
        return self.bias << self.mant_bits

    @cached_property
    def tiny(self) -> int:
        """Code of the smallest normal number."""
        return 1 << self.mant_bits

    @cached_property
    def largest(self) -> int:
        """Code of the largest finite number."""
        if self.specials == "ieee":
            return (((1 << self.exp_bits) - 1) << self.mant_bits) - 1
        return self.magnitude - (self.specials == "nan")

    @cached_property
    def inf(self) -> int | None:
        """Code of +infinity, or None where the format has none."""
        return self.largest + 1 if self.specials == "ieee" else None

    @cached_property
    def nan(self) -> int | None:
        """Code of the quiet NaN with sign clear, or None where the format has none."""
        if self.specials == "ieee":
            return self.largest + 1 + (1 << (self.mant_bits - 1))
        return self.magnitude if self.specials == "nan" else None

    def is_nan(self, code: int) -> bool:
        """Whether `code` is a NaN, of either sign and any payload."""
        above = self.largest + (self.specials == "ieee")
        return code & self.magnitude > above

    def is_inf(self, code: int) -> bool:
        """Whether `code` is an infinity of either sign."""
        return code & self.magnitude == self.inf

    def is_finite(self, code: int) -> bool:
        """Whether `code` is a number."""
        return code & self.magnitude <= self.largest

    def decode(self, code: int) -> Fraction:
        """Return the exact value of a finite code; both zeros give 0.

        Raises ValueError for a code that is infinite, NaN, or wider than the format.
        """
        if not 0 <= code < 2 * self.sign:
            raise ValueError(f"code {code:#x} does not fit the {self.width} bits of {self.name}")
        magnitude = code & self.magnitude
        if magnitude > self.largest:
            raise ValueError(f"code {code:#x} of {self.name} is not a finite number")
        field, mantissa = magnitude >> self.mant_bits, magnitude & (self.tiny - 1)
        significand = mantissa + self.tiny if field else mantissa
        value = significand * Fraction(2) ** (max(field, 1) - self.bias - self.mant_bits)
        return -value if code & self.sign else value

    def encode(self, value: Fraction | float) -> int:
        """Return the code nearest to a finite value, ties to even, with gradual underflow.

        Beyond the largest finite number the result is infinity, or NaN, or the largest number: the first
        that the format has, which is how ml_dtypes casts. A NaN gives the quiet NaN, else -0.
        """
        if isinstance(value, float):
            if value != value:
                return self.sign if self.nan is None else self.nan
            if value in (float("inf"), float("-inf")):
                return self.too_large(self.sign if value < 0 else 0)
        exact = Fraction(value)
        negative = exact < 0 or (isinstance(value, float) and str(value).startswith("-"))
        sign = self.sign if negative else 0
        field = max(_floor_log2(abs(exact)) + self.bias, 1) if exact else 1
        steps = round(abs(exact) / Fraction(2) ** (field - self.bias - self.mant_bits))
        code = ((field - 1) << self.mant_bits) + steps
        return self.too_large(sign) if code > self.largest else sign | code

    def too_large(self, sign: int) -> int:
        """Return the code that stands for an infinite result of this sign bit."""
        if self.inf is not None:
            return sign | self.inf
        return self.nan if self.nan is not None else sign | self.largest

    def to_float(self, code: int) -> float:
        """Return any code as a Python float: exact, and total on zeros, infinities and NaN."""
        if self.is_nan(code):
            return float("nan")
        sign = -1.0 if code & self.sign else 1.0
        return sign * (float("inf") if self.is_inf(code) else abs(float(self.decode(code))))

    def hex(self, code: int) -> str:
        """Return the code in hexadecimal, padded to the width of the format."""
        return f"0x{code:0{(self.width + 3) // 4}x}"


def _floor_log2(value: Fraction) -> int:
    """Return the exponent E with 2^E <= value < 2^(E+1), for value > 0."""
    exponent = value.numerator.bit_length() - value.denominator.bit_length()
    return exponent if value >= Fraction(2) ** exponent else exponent - 1


FORMATS: dict[str, FloatFormat] = {
    fmt.name: fmt
    for fmt in (
        FloatFormat("float64", 11, 52),
        FloatFormat("float32", 8, 23),
        FloatFormat("float16", 5, 10),
        FloatFormat("bfloat16", 8, 7),
        FloatFormat("float8_e5m2", 5, 2),
        FloatFormat("float8_e4m3", 4, 3),
        FloatFormat("float8_e4m3fn", 4, 3, "nan"),
        FloatFormat("float6_e3m2fn", 3, 2, "finite"),
        FloatFormat("float6_e2m3fn", 2, 3, "finite"),
        FloatFormat("float4_e2m1fn", 2, 1, "finite"),
    )
}


def get_format(name: str | FloatFormat) -> FloatFormat:
    """Return a format by its ml_dtypes name, or build a custom one from "eXmY".

    "e5m3" has infinities and NaNs as IEEE 754 has; "e5m3fn" has one NaN and no infinity; "e5m3f" is
    finite throughout. Raises ValueError, naming the nearest known format, for any other name.
    """
    if isinstance(name, FloatFormat):
        return name
    custom = _CUSTOM.fullmatch(name)
    if custom:
        return FloatFormat(name, int(custom["exp"]), int(custom["mant"]), _SUFFIX[custom["suffix"]])
    return lookup("format", name, FORMATS, "custom eXmY, eXmYfn or eXmYf")
