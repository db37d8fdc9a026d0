"""Real numbers of a format in exact integers: what the oracle computes with.

A nonzero number is ±2^n (1 + f / 2^60) with integers n and 0 <= f < 2^60, so that L of its size is n + f / 2^60
and X of that is the number again. Where bits are lost the lowest bit of f is set, which no rounding to 52 bits
or fewer confuses with a tie. Nothing here is shared with the kernels: no code, no constant, no integer sum of
two codes. Source: docs/explanation/spec.md, sections 1 and 2.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic

from pamcheck.formats import FloatFormat
from pamcheck.measure.sweep.compiling import inlined
from pamcheck.policy import Policy
from pamcheck.spec.rounded import LOG2_E

UNIT = 60
ONE = 1 << UNIT

# What a code stands for, before its value is looked at.
NUMBER, ZERO, INFINITE, NAN = 0, 1, 2, 3


class Facts(NamedTuple):
    """A format, a policy and an offset as the oracle reads them."""

    sign: int  # the sign bit, as an int64: negative in a format of 64 bits
    top: int  # its place
    magnitude: int  # every other bit
    mant_bits: int
    bias: int
    largest: int  # magnitude of the largest number
    has_inf: int
    nan: int  # what a result of NaN is
    infinity: int  # what an infinite result is, and whether it keeps its sign
    infinity_signed: int
    gradual: int
    saturate: int
    whole: int  # the offset in octaves: whole + part / 2^60
    part: int
    log2_e: int  # code of log2 e
    first: int = 0  # the first operand, where all tuples have the same


def facts(fmt: FloatFormat, policy: Policy, offset: int = 0) -> Facts:
    """Return the facts; `offset` is in codes."""
    infinity = fmt.too_large(0)
    whole, part = divmod(offset << (UNIT - fmt.mant_bits), ONE)
    return Facts(
        sign=_signed(fmt.sign),
        top=fmt.width - 1,
        magnitude=fmt.magnitude,
        mant_bits=fmt.mant_bits,
        bias=fmt.bias,
        largest=fmt.largest,
        has_inf=int(fmt.inf is not None),
        nan=_signed(fmt.sign if fmt.nan is None else fmt.nan),
        infinity=infinity,
        infinity_signed=int(not fmt.is_nan(infinity)),
        gradual=int(policy.gradual),
        saturate=int(policy.saturate),
        whole=whole,
        part=part,
        log2_e=fmt.encode(LOG2_E),
    )


def _signed(code: int) -> int:
    return code - (1 << 64) if code >> 63 else code


@intrinsic
def leading_zeros(_typing, _n):  # type: ignore[no-untyped-def]
    """Return how many bits of an int64 other than 0 come before its first 1."""

    def emit(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctlz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), emit


@inlined
def read(code: Any, t: Any) -> Any:
    """Return (kind, negative, n, f) of a code; n and f mean nothing but for a NUMBER."""
    negative = (code >> t.top) & 1
    size = code & t.magnitude
    if size > t.largest:
        return (INFINITE if t.has_inf == 1 and size == t.largest + 1 else NAN), negative, 0, 0
    field = size >> t.mant_bits
    mantissa = size - (field << t.mant_bits)
    if field > 0:
        return NUMBER, negative, field - t.bias, mantissa << (UNIT - t.mant_bits)
    if mantissa == 0 or t.gradual == 0:
        return ZERO, negative, 0, 0
    n = 1 - t.bias
    f = mantissa << (UNIT - t.mant_bits)
    short = leading_zeros(f) - leading_zeros(ONE)
    return NUMBER, negative, n - short, (f << short) - ONE


@inlined
def nearest(n: Any, places: Any) -> Any:
    """Return the integer nearest to n / 2^places, ties to even, for 0 <= n < 2^61 and places > 0."""
    if places > 62:
        return 0
    below = n >> places
    rest, half = n - (below << places), 1 << (places - 1)
    return below + 1 if rest > half or (rest == half and below & 1 == 1) else below


@inlined
def infinity(negative: Any, t: Any) -> Any:
    """Return the code of an infinite result."""
    return t.infinity + t.sign if negative == 1 and t.infinity_signed == 1 else t.infinity


@inlined
def write(negative: Any, n: Any, f: Any, t: Any) -> Any:
    """Return the code of ±2^n (1 + f / 2^60): rounded once, then the edges of the format."""
    sign = t.sign if negative == 1 else 0
    lowest = 1 - t.bias
    if n > t.bias + 1:
        return sign + t.largest if t.saturate == 1 else infinity(negative, t)
    if n < lowest and t.gradual == 1:
        return sign + nearest(ONE + f, UNIT - t.mant_bits + min(lowest - n, 64))
    hidden = 1 << t.mant_bits
    steps = nearest(ONE + f, UNIT - t.mant_bits)
    if steps == hidden << 1:
        n, steps = n + 1, hidden
    if n < lowest:
        return sign
    size = ((n + t.bias) << t.mant_bits) + (steps - hidden)
    if size > t.largest:
        return sign + t.largest if t.saturate == 1 else infinity(negative, t)
    return sign + size
