"""Section 3 of the definition: cotangents of every operation, exact or mimic, and where there are none.

Source: Kosson & Jaggi, NeurIPS 2023, arXiv 2305.17190; docs/explanation/spec.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pamcheck.formats import FloatFormat, get_format
from pamcheck.lookup import lookup
from pamcheck.policy import Policy, get_policy
from pamcheck.spec.exact import SLOPES, Slope, differentiable, scale
from pamcheck.spec.mimic import COMPENSATED, RULES
from pamcheck.spec.numbers import Number, checked, nan, negated, read
from pamcheck.spec.rounded import LOG2_E, check_offset, evaluate, in_octaves, operands_of


def vjp(
    op: str,
    codes: Sequence[int],
    cotangent: int,
    fmt: str | FloatFormat,
    policy: str | Policy = "ftz",
    mode: str = "exact",
    offset: int = 0,
) -> tuple[int, ...]:
    """Return the cotangent of each operand, as codes, given the cotangent of the result.

    op         a key of OPERATIONS
    codes      that many codes of `fmt`
    cotangent  a code of `fmt`; every code is in the domain, a NaN makes every cotangent NaN
    policy     "ftz", "gradual" or "saturate"; which operands are zeros follows it
    mode       "exact", the slope of the affine piece, or "mimic", calculus with PAM operations in it
    offset     compensation of pam or padiv, in codes, as `evaluate` takes it: exact mode takes the piece
               of the compensated operation, mimic mode compensates every pam and padiv of the rule

    Every cotangent is NaN where the derivative does not exist: at a NaN operand, an infinite one
    except paexp2 at -inf, a division by zero, and palog2, palog or pasqrt at or below zero. A slope
    defined to be 0 gives +0. papow, and in exact mode palog and paexp, follow the chain rule through
    the rounded primitives they are composed of.

    Raises ValueError for an unknown operation or mode, a wrong number of operands, a code wider than
    the format, an offset the operation does not take, or a policy that has no derivatives.
    Source: arXiv 2305.17190; spec section 3.
    """
    f, p = get_format(fmt), differentiable(get_policy(policy))
    by_table = lookup("mode", mode, _MODES)
    codes = operands_of(op, codes, f)
    [delta] = checked([cotangent], f)
    check_offset(op, offset)
    if op in _CHAINS and not (mode == "mimic" and op in RULES):
        return _CHAINS[op](codes, delta, f, p, mode)
    operands = [number for code in codes if (number := read(code, f, p.gradual)) is not None]
    if f.is_nan(delta) or len(operands) < len(codes) or _undefined(op, operands):
        return (nan(f),) * len(codes)
    return by_table(op, codes, delta, f, p, offset)


def _undefined(op: str, operands: Sequence[Number]) -> bool:
    """Return whether the derivative does not exist at operands that are not NaN."""
    if op == "paexp2":
        return operands[0] == Number(False, None)
    if any(number.size is None for number in operands):
        return True
    if op == "padiv":
        return operands[1].size == 0
    return op in ("palog2", "palog", "pasqrt") and (operands[0].negative or operands[0].size == 0)


def _exact(
    op: str, codes: Sequence[int], delta: int, f: FloatFormat, p: Policy, offset: int
) -> tuple[int, ...]:
    def times(slope: Slope | None) -> int:
        if slope is None:
            return 0
        return scale(negated(delta, f) if slope.negative else delta, slope.exponent, f, p)

    compensation = (in_octaves(offset, f),) if offset else ()
    return tuple(map(times, SLOPES[op](*(read(code, f, p.gradual) for code in codes), *compensation)))


def _mimic(
    op: str, codes: Sequence[int], delta: int, f: FloatFormat, p: Policy, offset: int
) -> tuple[int, ...]:
    return COMPENSATED[op](codes, delta, f, p, offset) if offset else RULES[op](codes, delta, f, p)


_MODES = {"exact": _exact, "mimic": _mimic}


# The chain rule: forward through the rounded primitives, then back


def _palog(codes: Sequence[int], delta: int, f: FloatFormat, p: Policy, mode: str) -> tuple[int, ...]:
    log = evaluate("palog2", codes, f, p)
    d_log, _ = vjp("padiv", (log, f.encode(LOG2_E)), delta, f, p, mode)
    return vjp("palog2", codes, d_log, f, p, mode)


def _paexp(codes: Sequence[int], delta: int, f: FloatFormat, p: Policy, mode: str) -> tuple[int, ...]:
    factors = (*codes, f.encode(LOG2_E))
    [d_power] = vjp("paexp2", (evaluate("pam", factors, f, p),), delta, f, p, mode)
    return vjp("pam", factors, d_power, f, p, mode)[:1]


def _papow(codes: Sequence[int], delta: int, f: FloatFormat, p: Policy, mode: str) -> tuple[int, ...]:
    a, y = codes
    factors = (evaluate("palog2", (a,), f, p), y)
    [d_power] = vjp("paexp2", (evaluate("pam", factors, f, p),), delta, f, p, mode)
    d_log, d_y = vjp("pam", factors, d_power, f, p, mode)
    return *vjp("palog2", (a,), d_log, f, p, mode), d_y


_CHAINS: dict[str, Callable[[Sequence[int], int, FloatFormat, Policy, str], tuple[int, ...]]] = {
    "palog": _palog,
    "paexp": _paexp,
    "papow": _papow,
}
