"""Functions of one variable in a format: every operand of a narrow one, the real bound and the rounding of a wide."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from pamcheck.formats import FloatFormat
from pamcheck.measure import values
from pamcheck.measure.certify.certificate import Certificate, Interval, Kind, Witness
from pamcheck.measure.certify.evaluation import apply, error_of
from pamcheck.measure.certify.subjects import SUBJECTS
from pamcheck.measure.certify.wide import certify_wide

_KEPT = 16
_FLOAT_ERROR = 1e-12


def certify_rounded(op: str, fmt: FloatFormat, kind: Kind, domain: Interval | None = None) -> Certificate:
    """Return the certificate of an operation with one operand in a format, on normal operands and results.

    Formats of 16 bits and fewer: every operand. Wider ones: the real function, with its constants rounded as the
    format rounds them, and what rounding adds; ULP errors binade by binade, or from relative ones where there are
    infinitely many: of logarithms beside 1, where that is no loss  [docs: proofs].
    """
    if fmt.width <= 16:
        return _tried(op, fmt, kind, domain)
    return certify_wide(op, fmt, kind, domain)


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
