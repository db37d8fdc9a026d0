"""Relative errors of cotangents as the kernels compute them, and the sum of slopes over every mantissa.

True partials are float64 formulas: their rounding, 2^-52 of the value, is a millionth of the smallest
confidence interval that a sample of a million can give. `true_factor` is the same formula in mpmath.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pamcheck.formats import FloatFormat, get_format
from pamcheck.kernels.launch import run_codes
from pamcheck.kernels.words import make_words
from pamcheck.lookup import lookup
from pamcheck.measure import sampling
from pamcheck.measure.gradients.factors import FLOAT64, MPMATH, Mode, Numbers, Values
from pamcheck.measure.gradients.ranges import End
from pamcheck.measure.gradients.samples import Drawn
from pamcheck.measure.values import Codes, Floats, code_dtype, decode
from pamcheck.policy import get_policy

_KIND = {"exact": "slope", "mimic": "mimic"}
_LETTER = {"a": "a", "b": "b", "x": "a", "y": "b"}

Partial = Callable[[Numbers, tuple[Values, ...]], Values]


def _log(numbers: Numbers, x: Values) -> Values:
    return np.log(x) if numbers is FLOAT64 else np.frompyfunc(lambda v: v.context.ln(v), 1, 1)(x)


TRUE: dict[tuple[str, str], Partial] = {
    ("pam", "a"): lambda _n, x: x[1],
    ("pam", "b"): lambda _n, x: x[0],
    ("padiv", "a"): lambda _n, x: 1 / x[1],
    ("padiv", "b"): lambda _n, x: -x[0] / x[1] ** 2,
    ("palog2", "x"): lambda n, x: 1 / (x[0] * n.ln2),
    ("paexp2", "x"): lambda n, x: n.exp2(x[0]) * n.ln2,
    ("pasqrt", "x"): lambda n, x: 1 / (2 * n.sqrt(x[0])),
    ("palog", "x"): lambda _n, x: 1 / x[0],
    ("paexp", "x"): lambda n, x: n.exp(x[0]),
    ("papow", "a"): lambda n, x: x[1] * n.exp2((x[1] - 1) * _log(n, x[0]) / n.ln2),
    ("papow", "y"): lambda n, x: n.exp2(x[1] * _log(n, x[0]) / n.ln2) * _log(n, x[0]),
}
"""The true partial derivatives: operation and operand's letter to a formula."""


@dataclass(frozen=True)
class Sampled:
    """Relative errors of one cotangent over a sample: those that are compared, and their statistics.

    An entry is compared if its true cotangent is a normal number that is not zero.
    total is the sum of the cotangents' sizes over that of the true ones, minus 1; total_error its standard
    error.
    """

    relative: Floats
    n: int
    offset: int
    total: float
    total_error: float
    worst_low: tuple[float, ...]  # cotangent and operands where the error is smallest
    worst_high: tuple[float, ...]

    @property
    def bias(self) -> float:
        """The mean."""
        return float(np.mean(self.relative))

    @property
    def deviation(self) -> float:
        """The standard deviation."""
        return float(np.std(self.relative, ddof=1))

    @property
    def error(self) -> float:
        """The standard error of the mean."""
        return self.deviation / float(np.sqrt(self.relative.size))


def true_partial(op: str, partial: str, *values: Floats) -> Floats:
    """Return the true partial derivative of what an operation approximates, in float64."""
    found: Floats = lookup("partial", f"{op}/{partial}", _TRUE)(FLOAT64, values)
    return found


def true_factor(op: str, partial: str, *values: float) -> Any:
    """Return the same in mpmath, good to some 30 digits, at one point."""
    exact = tuple(np.array([MPMATH.number(0) + value]) for value in values)
    return lookup("partial", f"{op}/{partial}", _TRUE)(MPMATH, exact)[0]


_TRUE = {"/".join(key): formula for key, formula in TRUE.items()}


def cotangents(
    op: str, partial: str, mode: Mode, drawn: Drawn, policy: str = "ftz", offset: int = 0
) -> Codes:
    """Return the cotangent codes of one operand; `offset` is in codes."""
    words = make_words(drawn.fmt, get_policy(policy), offset)
    name = f"{op}_{_KIND[mode]}_{_LETTER[partial]}"
    return run_codes(name, [drawn.cotangent, *drawn.operands], words)


def sample_errors(op: str, partial: str, mode: Mode, drawn: Drawn, offset: int = 0) -> Sampled:
    """Return the relative errors of the cotangents of one operand against the true partials."""
    fmt = drawn.fmt
    values = drawn.values
    delta = decode(drawn.cotangent, fmt)
    with np.errstate(all="ignore"):
        truth = delta * true_partial(op, partial, *values)
        size = np.abs(truth)
        kept = (size >= fmt.to_float(fmt.tiny)) & (size <= fmt.to_float(fmt.largest))
        found = decode(cotangents(op, partial, mode, drawn, offset=offset), fmt)
        relative = ((found - truth) / truth)[kept]
    weight = size[kept]
    total = float(np.mean(weight * relative) / np.mean(weight))
    spread = float(np.std(weight * (relative - total), ddof=1)) if relative.size > 1 else float("nan")
    where = np.flatnonzero(kept)
    low, high = int(where[np.argmin(relative)]), int(where[np.argmax(relative)])
    columns = (delta, *values)
    return Sampled(
        relative,
        int(kept.size),
        offset,
        total,
        spread / float(np.mean(weight)) / float(np.sqrt(relative.size)),
        tuple(float(column[low]) for column in columns),
        tuple(float(column[high]) for column in columns),
    )


def witness_error(key: tuple[str, str, Mode], end: End) -> float:
    """Return the relative error that the float64 kernel makes at the witness of an end."""
    fmt = get_format("float64")
    codes = [np.array([fmt.encode(x)], dtype=np.uint64) for x in (end.cotangent, *end.operands)]
    drawn = Drawn(fmt, tuple(codes[1:]), codes[0], "witness")
    return float(sample_errors(*key, drawn).relative[0])


def slope_sums(fmt: FloatFormat, op: str = "pam", partial: str = "a") -> tuple[npt.NDArray[Any], ...]:
    """Return for each mantissa i of one operand the sum of exact slopes over every mantissa of the other.

    The sum is over the mantissas of the operand that is differentiated, both exponents are 0, and it is in
    steps of half a unit: an integer array of 2^m entries, and beside it the sum that has no bias, 2^m times
    what the operation makes of the ends of the binade.

    Raises ValueError for another operand than pam's a and padiv's a and b, and for more than 2^26 pairs.
    """
    i = np.arange(fmt.tiny)
    # pam: b (2 - 1);  padiv: of a, padiv(1, b);  of b, a - a/2
    ideals = {"pam/a": 2 * (fmt.tiny + i), "padiv/a": 2 * fmt.tiny - i, "padiv/b": fmt.tiny + i}
    ideal = lookup("partial", f"{op}/{partial}", ideals)
    a, b = sampling.mantissa_grid(fmt, (0, 0)).operands
    one = np.full(a.shape, fmt.one, dtype=code_dtype(fmt))
    slopes = decode(cotangents(op, partial, "exact", Drawn(fmt, (a, b), one, "grid")), fmt)
    units = (2 * np.abs(slopes)).astype(np.int64).reshape(fmt.tiny, fmt.tiny)
    return units.sum(axis=1 if partial == "b" else 0), ideal
