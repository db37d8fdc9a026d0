"""Section 2 of the definition: every operation on codes, its special values, one rounding a primitive.

Read the codes, apply the row of the table or the real function, round once, treat the edges as the
policy says. Source: arXiv 2305.17190; docs/explanation/spec.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from pamcheck.formats import FloatFormat, get_format
from pamcheck.lookup import lookup
from pamcheck.policy import Policy, get_policy
from pamcheck.spec import real
from pamcheck.spec.kosson2023 import thresholded
from pamcheck.spec.numbers import INF, ZERO, Number, checked, clamp, nan, read, round_to

OPERATIONS: dict[str, int] = {
    "pam": 2,
    "padiv": 2,
    "palog2": 1,
    "paexp2": 1,
    "pasqrt": 1,
    "palog": 1,
    "paexp": 1,
    "papow": 2,
}
"""Every operation and its number of operands."""

LOG2_E = Fraction("1.442695040888963407359924681001892137426645954152985934")
"""log2 e to 54 decimals; to reproduce: `mpmath.mp.dps = 60; 1 / mpmath.log(2)`."""

_OFFSETTABLE = ("pam", "padiv")


def evaluate(
    op: str,
    codes: Sequence[int],
    fmt: str | FloatFormat,
    policy: str | Policy = "ftz",
    offset: int = 0,
) -> int:
    """Return the code of one operation on the codes of its operands.

    op      a key of OPERATIONS
    codes   that many codes of `fmt`; every code is in the domain, special values as in spec section 2
    policy  "ftz", "gradual", "saturate", or "kosson2023", which knows pam and padiv only, in formats
            of 8 exponent bits or more
    offset  compensation of pam (added) or padiv (subtracted), in codes: units of 2^-mant_bits in log2

    Raises ValueError for an unknown operation, a wrong number of operands, a code wider than the
    format, an offset the operation does not take, or a policy that does not fit.
    Source: arXiv 2305.17190; spec section 2.
    """
    f, p = get_format(fmt), get_policy(policy)
    codes = operands_of(op, codes, f)
    check_offset(op, offset)
    _check(op, f, p)
    if op in _COMPOSITES:
        return _COMPOSITES[op](codes, f, p)
    if p.thresholds is not None:
        return thresholded(op, codes, f, p.thresholds, offset)
    operands = [number for code in codes if (number := read(code, f, p.gradual)) is not None]
    if len(operands) < len(codes):
        return nan(f)
    result = _PRIMITIVES[op](operands, in_octaves(offset, f), f)
    return nan(f) if result is None else round_to(result, f, p)


def operands_of(op: str, codes: Sequence[int], f: FloatFormat) -> list[int]:
    """Return the codes as Python integers. Raises ValueError unless they are the operands of an `op`."""
    count = lookup("op", op, OPERATIONS)
    if len(codes) != count:
        raise ValueError(f"codes has {len(codes)} entries; {op} takes {count}")
    return checked(codes, f)


def check_offset(op: str, offset: int) -> None:
    """Raise ValueError for an offset of an operation that takes none."""
    if offset and op not in _OFFSETTABLE:
        raise ValueError(f"offset is {offset}; {op} takes none, only {' and '.join(_OFFSETTABLE)} do")


def in_octaves(offset: int, f: FloatFormat) -> Fraction:
    """Return an offset in codes as the constant c of pam and padiv, in units of log2."""
    return clamp(Fraction(offset, f.tiny), f) if offset else ZERO


def _check(op: str, f: FloatFormat, p: Policy) -> None:
    if p.thresholds is not None and op not in _OFFSETTABLE:
        raise ValueError(f"policy {p.name!r} is published for pam and padiv only, not for {op}; use 'ftz'")
    if p.thresholds is not None and f.exp_bits < 8:
        raise ValueError(
            f"policy {p.name!r} compares with 1e-37 and 1e37, out of reach of the {f.exp_bits} exponent "
            f"bits of {f.name}; use a format with 8 or more, such as 'float32'"
        )


# Special values, row by row of the table in section 2; the last line of each is the real function


def _pam(operands: list[Number], c: Fraction, _: FloatFormat) -> Number | None:
    a, b = operands
    negative = a.negative != b.negative
    if a.size is None or b.size is None:
        return None if a.size == 0 or b.size == 0 else Number(negative, None)
    return Number(negative, real.pam(a.size, b.size, c))


def _padiv(operands: list[Number], c: Fraction, _: FloatFormat) -> Number | None:
    a, b = operands
    negative = a.negative != b.negative
    if (a.size is None and b.size is None) or a.size == b.size == 0:
        return None
    if a.size is None or b.size == 0:
        return Number(negative, None)
    if b.size is None:
        return Number(negative, ZERO)
    return Number(negative, real.padiv(a.size, b.size, c))


def _palog2(operands: list[Number], _: Fraction, __: FloatFormat) -> Number | None:
    [x] = operands
    if x.size == 0:
        return Number(True, None)
    if x.negative:
        return None
    if x.size is None:
        return INF
    y = real.palog2(x.size)
    return Number(y < 0, abs(y))


def _paexp2(operands: list[Number], _: Fraction, f: FloatFormat) -> Number | None:
    [y] = operands
    if y.size is None:
        return Number(False, ZERO) if y.negative else INF
    return Number(False, real.paexp2(clamp(-y.size if y.negative else y.size, f)))


def _pasqrt(operands: list[Number], _: Fraction, __: FloatFormat) -> Number | None:
    [a] = operands
    if a.size == 0:
        return a
    if a.negative:
        return None
    return INF if a.size is None else Number(False, real.pasqrt(a.size))


_PRIMITIVES: dict[str, Callable[[list[Number], Fraction, FloatFormat], Number | None]] = {
    "pam": _pam,
    "padiv": _padiv,
    "palog2": _palog2,
    "paexp2": _paexp2,
    "pasqrt": _pasqrt,
}


def _palog(codes: Sequence[int], f: FloatFormat, p: Policy) -> int:
    return evaluate("padiv", (evaluate("palog2", codes, f, p), f.encode(LOG2_E)), f, p)


def _paexp(codes: Sequence[int], f: FloatFormat, p: Policy) -> int:
    return evaluate("paexp2", (evaluate("pam", (*codes, f.encode(LOG2_E)), f, p),), f, p)


def _papow(codes: Sequence[int], f: FloatFormat, p: Policy) -> int:
    a, y = codes
    return evaluate("paexp2", (evaluate("pam", (evaluate("palog2", (a,), f, p), y), f, p),), f, p)


_COMPOSITES: dict[str, Callable[[Sequence[int], FloatFormat, Policy], int]] = {
    "palog": _palog,
    "paexp": _paexp,
    "papow": _papow,
}
