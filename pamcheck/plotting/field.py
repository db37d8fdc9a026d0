"""What a surface shows, before it is drawn: values or errors on a grid, kinks, worst point, words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from pamcheck.formats import FloatFormat, get_format
from pamcheck.kernels.launch import run_codes
from pamcheck.kernels.table import Operation, get_operation
from pamcheck.kernels.words import make_words
from pamcheck.measure.errors import measure
from pamcheck.measure.sampling import Sample
from pamcheck.measure.values import Floats, decode
from pamcheck.operands import offset_codes
from pamcheck.plotting.grids import (
    Axis,
    Range,
    Worst,
    check_domain,
    codes_of,
    errors_on,
    find_worst,
    landmarks,
    make_axis,
    ordinals_of,
)
from pamcheck.plotting.kinks import Line, surface_kinks
from pamcheck.plotting.style import interval, number, percent
from pamcheck.policy import get_policy

Quantity = Literal["value", "error"]
OPERANDS = {"pam": ("a", "b"), "padiv": ("a", "b"), "papow": ("a", "y")}
TRUTHS = {"pam": "a · b", "padiv": "a / b", "papow": "aʸ"}
_PLANE, _SPACE = 401, 81  # points an axis; in space more facets would hide the shape
_TABULATED = 241  # and no more where the truth is computed point by point


@dataclass(frozen=True)
class Field:
    """What a surface shows: `shown[i, j]` belongs to the i-th first and the j-th second operand.

    Errors are in percent. NaN is where the truth or the result is no normal number.
    """

    op: Operation
    fmt: FloatFormat
    quantity: Quantity
    offset: float  # octaves, as the format rounds it
    domains: tuple[Range, Range]
    axes: tuple[Axis, Axis]
    shown: Floats
    worst: Worst | None
    kinks: list[Line]

    @property
    def span(self) -> Range:
        """The smallest and the largest number shown; (0, 0) where there is none."""
        finite = self.shown[np.isfinite(self.shown)]
        return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)

    @property
    def limits(self) -> Range:
        """The colour limits: symmetric for errors; without the outer 4 % of values beside a pole."""
        low, high = self.span
        if self.quantity == "error":
            worst = max(abs(low), abs(high), abs(100 * self.worst.error) if self.worst else 0.0) or 1.0
            return -worst, worst
        finite = self.shown[np.isfinite(self.shown)]
        inner_low, inner_high = (
            (float(x) for x in np.percentile(finite, [2, 98])) if finite.size else (0.0, 0.0)
        )
        if high - low > 8 * (inner_high - inner_low) > 0:
            return inner_low, inner_high
        return (low, high) if low < high else (low - 0.5, high + 0.5)

    def height(self, a: Floats, b: Floats) -> Floats:
        """Return what the operation shows at real operands of one shape, NaN outside the domain."""
        fmt = get_format("float64")
        codes = round(self.offset * fmt.tiny)
        operands = tuple(codes_of(ordinals_of(np.nan_to_num(x), fmt), fmt) for x in (a, b))
        if self.quantity == "error":
            shown = 100 * measure(self.op.name, Sample(fmt, operands, "kinks"), offset=codes).relative
        else:
            shown = decode(
                run_codes(self.op.name, operands, make_words(fmt, get_policy("ftz"), codes)), fmt
            )
        inside = np.isfinite(shown)
        for x, (lo, hi) in zip((a, b), self.domains, strict=True):
            inside &= (lo <= x) & (x <= hi)
        return np.where(inside, shown, np.nan)


def compute(
    name: str, quantity: Quantity, fmt: FloatFormat, domain: Any, offset: float, in_space: bool
) -> Field:
    """Return the field of a surface. Raises ValueError as `surface` does."""
    op = get_operation(name)
    if op.arity != 2:
        raise ValueError(
            f"name is {name!r}, an operation of one operand; draw it with pamcheck.plotting.curve"
        )
    if quantity not in ("value", "error"):
        raise ValueError(f"quantity is {quantity!r}; it must be 'value' or 'error'")
    codes = offset_codes(offset, fmt)
    if offset and not op.takes_offset:
        raise ValueError(f"offset is {offset}; {name} takes none, only pam and padiv do")
    domains = _check_domains(domain, op)
    points = min(_SPACE if in_space else _PLANE, _TABULATED if op.approximates == "pow" else _PLANE)
    first, second = (
        make_axis(f"domain[{i}]", part, fmt, points, landmarks(*part, fmt, codes / fmt.tiny))
        for i, part in enumerate(domains)
    )
    errors = errors_on(name, (first, second), codes)
    shown = 100 * errors.relative if quantity == "error" else decode(errors.results, fmt)
    shown = np.where(np.isfinite(shown), shown, np.nan).reshape(first.ordinals.size, second.ordinals.size)
    worst = find_worst(name, (first, second), errors, "relative", codes)
    exact = codes / fmt.tiny
    kinks = surface_kinks(name, domains, fmt, exact)
    return Field(op, fmt, quantity, exact, domains, (first, second), shown, worst, kinks)


def _check_domains(domain: Any, op: Operation) -> tuple[Range, Range]:
    try:
        first, second = domain
    except (TypeError, ValueError):
        raise ValueError(f"domain is {domain!r}; it must be two intervals ((lo, hi), (lo, hi))") from None
    return check_domain("domain[0]", first, op.approximates), check_domain("domain[1]", second)


def operand_label(field: Field, i: int) -> str:
    """Return the label of the axis of the i-th operand."""
    return f"operand {OPERANDS[field.op.name][i]} (dimensionless)"


def shown_label(field: Field) -> str:
    """Return the label of the colour scale or of the vertical axis."""
    if field.quantity == "value":
        return f"{_expression(field)} (dimensionless)"
    return f"relative error against {TRUTHS[field.op.name]} (%)"


def title(field: Field) -> str:
    """Return operation, quantity and format, and in a second line the domain and the offset."""
    what = "value" if field.quantity == "value" else "relative error"
    names = OPERANDS[field.op.name]
    where = ", ".join(
        f"{name} ∈ {interval(*part)}" for name, part in zip(names, field.domains, strict=True)
    )
    offset = f", offset {number(field.offset)} octaves" if field.op.takes_offset else ""
    codes = ", every code" if all(axis.complete for axis in field.axes) else ""
    return f"{_expression(field)}: {what} in {field.fmt.name}\n{where}{offset}{codes}"


def worst_label(field: Field, worst: Worst) -> str:
    """Return the worst relative error and, in a second line, its operands as values and as bits."""
    names = OPERANDS[field.op.name]
    operands = zip(names, worst.operands, worst.codes, strict=True)
    at = ", ".join(f"{name} = {number(x, 8)} ({field.fmt.hex(code)})" for name, x, code in operands)
    others = f", one of {len(worst.places)} equal points" if len(worst.places) > 1 else ""
    return f"worst relative error {percent(worst.error)}{others}\nat {at}"


def _expression(field: Field) -> str:
    return f"{field.op.name}({', '.join(OPERANDS[field.op.name])})"
