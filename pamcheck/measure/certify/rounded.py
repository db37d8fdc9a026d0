"""Functions of one variable in a format: every operand of a narrow one, the real bound and the rounding of a wide."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from pamcheck import functional, spec
from pamcheck.arithmetic import Pam
from pamcheck.formats import FloatFormat
from pamcheck.kernels.launch import run_codes
from pamcheck.kernels.words import make_words
from pamcheck.measure import values
from pamcheck.measure.certify.certificate import Certificate, Interval, Kind, Witness
from pamcheck.measure.certify.functions import certify_function
from pamcheck.measure.certify.search import TRUTHS, context, fraction, to_iv
from pamcheck.measure.certify.subjects import SUBJECTS
from pamcheck.operands import dtype_of
from pamcheck.policy import get_policy
from pamcheck.spec.real import power_of_two

ACTIVATIONS = ("sigmoid", "silu", "gelu")
_KEPT = 16
_FLOAT_ERROR = 1e-12


def certify_rounded(op: str, fmt: FloatFormat, kind: Kind, domain: Interval | None = None) -> Certificate:
    """Return the certificate of an operation with one operand in a format, on normal operands and results.

    Formats of 16 bits and fewer: every operand. Wider ones: the real function, with its constants rounded as the
    format rounds them, and what rounding adds; ULP errors follow from relative ones.
    Raises ValueError for an absolute error of a wide format, which is certified for palog2 only.
    """
    if fmt.width <= 16:
        return _tried(op, fmt, kind, domain)
    return _wide(op, fmt, kind, domain)


# Every operand


def _tried(op: str, fmt: FloatFormat, kind: Kind, domain: Interval | None) -> Certificate:
    subject = SUBJECTS[op]
    chosen = domain or (
        ((None, None)) if subject.scopes.get(kind) or kind == "ulp" else subject.domains[kind]
    )
    operands = _operands(fmt, chosen, positive=subject.positive)
    results = apply(op, fmt, operands)
    errors, kept = _screened(subject.truth, kind, fmt, operands, results)
    if not kept.any():
        raise ValueError(f"no operand of {fmt.name} in the domain of {op} has a normal result and truth")
    operands, results, errors = operands[kept], results[kept], errors[kept]
    order = np.argsort(errors, kind="stable")
    ends = []
    for chosen_at, sign in ((order, 1), (order[::-1], -1)):
        best = []
        for k in chosen_at[:_KEPT]:
            x, y = int(operands[k]), int(results[k])
            low, high = error_of(subject.truth, kind, fmt, fmt.decode(x), fmt.decode(y))
            best.append((low if sign > 0 else -high, high if sign > 0 else -low, x))
        outer, (_, inner, x) = min(b[0] for b in best), min(best, key=lambda b: b[1])
        if len(order) > _KEPT:  # what was not settled is at least as far inside as float64 says
            next_one = sign * Fraction(float(errors[chosen_at[_KEPT]]))
            outer = min(outer, next_one - Fraction(_FLOAT_ERROR) * (1 + abs(next_one)))
        ends.append((sign * outer, Witness((fmt.decode(x),), sign * inner, (fmt.hex(x),))))
    (lower, low_at), (upper, high_at) = ends
    lower = max(lower, Fraction(0)) if kind == "ulp" else lower
    return Certificate(
        op=op, format=fmt.name, offset=Fraction(0), kind=kind, domain=(chosen,),
        scope="every normal operand whose result and truth are normal", lower=lower, upper=upper,
        at_lower=low_at, at_upper=high_at, closed_forms=("", ""), boxes=(), evidence="exhaustive", holds=True,
        reason=f"all {len(order):,} such operands were tried, those near the extremes rigorously",
    )  # fmt: skip


def apply(op: str, fmt: FloatFormat, codes: Any) -> Any:
    """Return the codes of the results, from the kernels."""
    if op in ACTIVATIONS:
        dtype = np.dtype(dtype_of(fmt))
        return getattr(functional, op)(codes.view(dtype), Pam()).view(codes.dtype)
    operands = (codes,) if op != "papow" else (codes, np.array([fmt.encode(Fraction(1, 2))], codes.dtype))
    return run_codes(op, operands, make_words(fmt, get_policy("ftz"), 0))


def _operands(fmt: FloatFormat, domain: Interval, *, positive: bool) -> Any:
    codes = np.arange(fmt.tiny, fmt.largest + 1, dtype=values.code_dtype(fmt))
    if not positive:
        codes = np.concatenate([codes, codes | codes.dtype.type(fmt.sign)])
    x = values.decode(codes, fmt)
    low, high = (float(end) if end is not None else None for end in domain)
    return codes[
        (x >= (low if low is not None else -np.inf)) & (x <= (high if high is not None else np.inf))
    ]


def _screened(truth: str, kind: Kind, fmt: FloatFormat, operands: Any, results: Any) -> Any:
    """Return errors in float64, and which of them count."""
    x, y = values.decode(operands, fmt), values.decode(results, fmt)
    with np.errstate(all="ignore"):
        true = _FLOAT64[truth](x)
        size = np.abs(true)
        least, most = float(fmt.decode(fmt.tiny)), float(fmt.decode(fmt.largest))
        kept = np.isfinite(y) & (np.abs(y) >= least) & (size >= least) & (size <= most)
        if kind == "relative":
            return y / true - 1, kept
        if kind == "absolute":
            return y - true, kept
        return np.ldexp(np.abs(y - true), fmt.mant_bits + 1 - np.frexp(size)[1]), kept


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


_FLOAT64: dict[str, Any] = {
    "log2": np.log2,
    "exp2": np.exp2,
    "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "log": np.log,
    "exp": np.exp,
    "sigmoid": _sigmoid,
    "silu": lambda x: x * _sigmoid(x),
    "gelu": lambda x: x * _sigmoid(1.702 * x),
}


def error_of(
    truth: str, kind: Kind, fmt: FloatFormat, x: Fraction, y: Fraction
) -> tuple[Fraction, Fraction]:
    """Return an interval that holds the error of a result at an operand."""
    iv = context()
    true, result = TRUTHS[truth].whole(iv, to_iv(iv, x)), to_iv(iv, y)
    if kind == "relative":
        error = result / true - 1
        return fraction(error.a), fraction(error.b)
    error = result - true
    if kind == "absolute":
        return fraction(error.a), fraction(error.b)
    ends = sorted(abs(fraction(end)) for end in (true.a, true.b))
    binade = max(spec.real.floor_log2(ends[0]), 1 - fmt.bias)
    sizes = sorted(abs(fraction(end)) for end in (error.a, error.b))
    unit = power_of_two(fmt.mant_bits - binade)
    return sizes[0] * unit, sizes[1] * unit


# Wide formats


def slack_of(op: str, fmt: FloatFormat) -> Fraction:
    """Return by what share rounding may change a result: its exponent moves by less, and X'/X is at most 1.

    In units u of half a code. A primitive rounds once: 1. palog rounds palog2 only: 1. papow rounds the logarithm,
    whose last place is worth up to 2^(exp_bits - 2) u, and halves it: then once more. sigmoid rounds an exponential
    and a sum, at most 2 u each in the logarithm of the sum; silu and gelu double that in a product  [docs: proofs].
    """
    units = {"papow": 2 + 2 ** max(fmt.exp_bits - 3, 0), "sigmoid": 5, "silu": 11, "gelu": 11}.get(op, 1)
    share = Fraction(units, 2 * fmt.tiny)
    return share * (1 + share)


def widened(
    op: str, fmt: FloatFormat, kind: Kind, lower: Fraction, upper: Fraction
) -> tuple[Fraction, Fraction]:
    """Return the range of the rounded operation's error from that of the real one's."""
    if kind == "absolute":
        half = power_of_two(fmt.exp_bits - 3 - fmt.mant_bits)  # of a ULP of the largest logarithm
        return lower - half, upper + half
    slack = slack_of(op, fmt)
    lower, upper = (1 + lower) * (1 - slack) - 1, (1 + upper) * (1 + slack) - 1
    if kind == "relative":
        return lower, upper
    return Fraction(0), 2 * fmt.tiny * max(-lower, upper)


def _wide(op: str, fmt: FloatFormat, kind: Kind, domain: Interval | None) -> Certificate:
    if kind == "absolute" and op != "palog2":
        raise ValueError(
            f"the absolute error of {op} is certified in formats of 16 bits and fewer, not in {fmt.name}"
        )
    base: Kind = "relative" if kind == "ulp" else kind
    real = certify_function(op, base, domain, fmt)
    lower, upper = widened(op, fmt, kind, real.lower, real.upper)
    slack = (real.lower - lower, upper - real.upper) if kind != "ulp" else (Fraction(0), Fraction(0))
    tried = [
        (*error_of(SUBJECTS[op].truth, kind, fmt, fmt.decode(x), fmt.decode(y)), x)
        for witness in (real.at_lower, real.at_upper)
        for x, y in _neighbours(
            op, kind, fmt, witness.operands[0], shift=domain is None and bool(real.scope)
        )
    ]
    low, high = min(tried, key=lambda entry: entry[1]), max(tried, key=lambda entry: entry[0])
    found = real.but(
        format=fmt.name, kind=kind, lower=lower, upper=upper, slack=slack,
        at_lower=Witness((fmt.decode(low[2]),), low[1], (fmt.hex(low[2]),)),
        at_upper=Witness((fmt.decode(high[2]),), high[0], (fmt.hex(high[2]),)),
        closed_forms=("", ""), scope=real.scope or "normal operands and results",
    )  # fmt: skip
    boxes, gap = len(real.boxes), f"{float(found.gap):.1e}"
    reason = f"the real function in {boxes} boxes, and rounding; outer and inner range differ by {gap}"
    return found.but(reason=reason, holds=True)


def _neighbours(
    op: str, kind: Kind, fmt: FloatFormat, x: Fraction, *, shift: bool
) -> list[tuple[int, int]]:
    """Return (operand, result) codes near a point, and near the points that self-similarity makes of it."""
    far = 2 * (fmt.bias // 2 - 1)
    moved, reach = [x], 24
    if shift and op == "paexp2":
        moved = [x + k for k in (-far, -1, 0, 1, far)]
    elif shift and op in ("palog", "palog2") and kind != "absolute":  # both ends are approached next to 1
        reach = 1
        moved = [1 + turn * mantissa * power_of_two(-k) for k in range(1, fmt.mant_bits + 1)
                 for turn in (1, -1) for mantissa in (Fraction(1), fmt.decode(fmt.encode(spec.LOG2_E)))]  # fmt: skip
    elif shift:
        moved = [x * power_of_two(k) for k in (-2 * far, -far, -2, 0, 2, far, 2 * far)]
    found = []
    for point in moved:
        centre = fmt.encode(point)
        for code in range(centre - reach, centre + reach + 1):
            size = code & fmt.magnitude
            if fmt.tiny <= size <= fmt.largest:
                result = _by_definition(op, fmt, code)
                if fmt.tiny <= result & fmt.magnitude <= fmt.largest:
                    found.append((code, result))
    return found


def _by_definition(op: str, fmt: FloatFormat, code: int) -> int:
    if op in ACTIVATIONS:
        return int(apply(op, fmt, np.array([code], values.code_dtype(fmt)))[0])
    operands = (code,) if op != "papow" else (code, fmt.encode(Fraction(1, 2)))
    return spec.evaluate(op, operands, fmt)
