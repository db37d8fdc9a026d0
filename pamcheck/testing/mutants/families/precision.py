"""More or less precision than PAM has: true results, truncated mantissas, narrower formats."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable

from pamcheck.kernels.edges import shift_round
from pamcheck.kernels.values import from_binary64, to_binary64
from pamcheck.kernels.words import make_words
from pamcheck.policy import POLICIES
from pamcheck.testing.mutants.family import Family, Part, When
from pamcheck.testing.mutants.unit import Unit

family = Family("Precision")
PAM = "add codes: PAM is meant to differ from the true function"


def number(u: Unit, code: int) -> float:
    """Return the value of a nonzero finite magnitude."""
    bits = to_binary64(code, make_words(u.subject.fmt, POLICIES["gradual"]))
    result: float = struct.unpack("<d", struct.pack("<q", bits))[0]
    return result


def nearest(u: Unit, value: float) -> int:
    """Return the code nearest to a number of any size, with the edges of the unit."""
    if value == 0:
        return u.flushed(0)
    sign = u.w.sign if value < 0 else 0
    bits = struct.unpack("<q", struct.pack("<d", abs(value)))[0]
    code: int = from_binary64(bits, make_words(u.subject.fmt, POLICIES["gradual"])) & u.w.magnitude
    if code > u.w.largest:
        return u.overflow(sign, u.w.largest + 1)
    return sign | code if code >= u.w.least else u.flushed(sign)


@family.part(
    "pam",
    "exact_product",
    "the product is the true one, correctly rounded: not PAM at all",
    PAM,
    kind="deviation",
)
def _exact_product(u: Unit, a: int, b: int) -> int:
    return _instead(u, Unit.pam, a, b, lambda x, y: x * y)


@family.part(
    "padiv",
    "exact_quotient",
    "the quotient is the true one, correctly rounded: not PAM at all",
    PAM,
    kind="deviation",
)
def _exact_quotient(u: Unit, a: int, b: int) -> int:
    return _instead(u, Unit.padiv, a, b, lambda x, y: x / y)


def _instead(
    u: Unit, op: Callable[[Unit, int, int], int], a: int, b: int, true: Callable[[float, float], float]
) -> int:
    """Return the true result of two nonzero numbers, and the unit's own of anything else."""
    if u.is_zero(a) or u.is_zero(b) or u.no_number(a) or u.no_number(b):
        return op(u, a, b)
    size = nearest(u, true(number(u, a & u.w.magnitude), number(u, b & u.w.magnitude)))
    return size if size & u.w.magnitude > u.w.inf else size | u.sign(a, b)


@family.part(
    "palog2",
    "exact_log2",
    "the logarithm is the true one, correctly rounded: not PAM at all",
    PAM,
    kind="deviation",
)
def _exact_log2(u: Unit, x: int) -> int:
    if u.is_zero(x) or u.no_number(x) or x & u.w.sign:
        return Unit.palog2(u, x)
    value = math.log2(number(u, x))
    return nearest(u, value) if value else 0


@family.part(
    "paexp2",
    "exact_exp2",
    "the exponential is the true one, correctly rounded: not PAM at all",
    PAM,
    kind="deviation",
)
def _exact_exp2(u: Unit, x: int) -> int:
    if u.is_zero(x) or u.no_number(x):
        return Unit.paexp2(u, x)
    exponent = number(u, x)
    return nearest(u, 2.0**exponent if exponent < 1024 else math.inf)


@family.part(
    "pasqrt",
    "exact_sqrt",
    "the root is the true one, correctly rounded: not PAM at all",
    PAM,
    kind="deviation",
)
def _exact_sqrt(u: Unit, x: int) -> int:
    if u.is_zero(x) or u.no_number(x) or x & u.w.sign:
        return Unit.pasqrt(u, x)
    return nearest(u, math.sqrt(number(u, x)))


def _cut(u: Unit, code: int, bits: int) -> int:
    """Return a number with its low mantissa bits cleared."""
    return code >> bits << bits if u.w.least <= code & u.w.magnitude <= u.w.largest else code


def _shortened(u: Unit, code: int, bits: int) -> int:
    """Return a number rounded to fewer mantissa bits."""
    magnitude = code & u.w.magnitude
    if not u.w.least <= magnitude <= u.w.largest:
        return code
    short = shift_round(magnitude, bits) << bits
    return u.overflow(code & u.w.sign, short) if short > u.w.largest else code & u.w.sign | short


def _operands_cut(bits: int) -> Part:
    return lambda u, code: _cut(u, code, bits)


def _operands_rounded(mant_bits: int) -> Part:
    return lambda u, code: _shortened(u, code, u.w.mant_bits - mant_bits)


def _result_rounded(bits: int) -> Part:
    return lambda u, code: _shortened(u, code, bits)


def _more_than(bits: int, exp_bits: int = 0) -> When:
    """Return whether a format has more mantissa bits than so many, and so many exponent bits."""
    return lambda subject: subject.fmt.mant_bits > bits and subject.fmt.exp_bits >= exp_bits


for _bits in (1, 2, 3, 4, 6, 8, 12, 13, 16, 20):
    _lost = "the lowest mantissa bit" if _bits == 1 else f"the lowest {_bits} mantissa bits"
    _verb, _plural = ("is", "") if _bits == 1 else ("are", "s")
    family.add(
        f"operands_cut_{_bits}",
        f"{_lost} of every operand {_verb} cut off",
        "use every mantissa bit of the operands",
        kind="deviation",
        when=_more_than(_bits - 1),
        arrive=_operands_cut(_bits),
    )
    family.add(
        f"result_cut_{_bits}",
        f"{_lost} of the result {_verb} cut off",
        "return every mantissa bit of the result",
        kind="deviation",
        when=_more_than(_bits - 1),
        leave=_operands_cut(_bits),
    )
    family.add(
        f"result_rounded_{_bits}",
        f"the result is rounded to {_bits} mantissa bit{_plural} fewer than the format has",
        "return every mantissa bit of the result",
        kind="deviation",
        when=_more_than(_bits),
        leave=_result_rounded(_bits),
    )
for _name, _kept in (("bfloat16", 7), ("tf32", 10), ("float32", 23)):
    family.add(
        f"operands_as_{_name}",
        f"operands are rounded to {_kept} mantissa bits, as by a cast to {_name}",
        f"do not convert operands to {_name}",
        kind="deviation",
        when=_more_than(_kept, exp_bits=8),
        arrive=_operands_rounded(_kept),
    )
family.add(
    "operands_masked_16",
    "the lowest 16 bits of every operand's code are cut off, of a NaN's too, which may become an infinity",
    "use every mantissa bit of the operands, and test for NaN before",
    when=_more_than(15),
    arrive=lambda _, code: code >> 16 << 16,
)
