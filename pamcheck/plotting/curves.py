"""One-operand operations: the function beside the true one, and below it the error with its bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from pamcheck import truth
from pamcheck.contracts import Bound, ClosedForm
from pamcheck.formats import FloatFormat, get_format
from pamcheck.kernels.table import Operation, get_operation
from pamcheck.measure.values import Floats, decode
from pamcheck.plotting.grids import (
    Axis,
    Range,
    Worst,
    check_domain,
    errors_on,
    find_worst,
    landmarks,
    make_axis,
)
from pamcheck.plotting.kinks import breakpoints
from pamcheck.plotting.style import (
    BLACK,
    BLUE,
    GREY,
    MARK,
    PALE,
    VERMILION,
    interval,
    new_figure,
    number,
    percent,
    settle,
    style,
)

DOMAINS: dict[str, Range] = {
    "palog2": (0.5, 8.0),
    "paexp2": (-2.0, 2.0),
    "pasqrt": (0.5, 8.0),
    "palog": (0.5, 8.0),
    "paexp": (-2.0, 2.0),
}
TRUTHS = {"log2": "log₂ x", "exp2": "2ˣ", "sqrt": "√x", "log": "ln x", "exp": "eˣ"}
_UNITS = {"log2": "octaves", "log": "nepers"}
_POINTS = 2001
_FEW = 80  # codes up to which each gets its own dot
_VISIBLE = 1 / 250  # share of the axis that a code must have to be drawn as a step


@dataclass(frozen=True)
class Curve:
    """What a curve shows, one entry a code of the axis; the error in percent where it is relative."""

    op: Operation
    fmt: FloatFormat
    domain: Range
    axis: Axis
    result: Floats
    error: Floats
    relative: bool
    worst: Worst | None
    breaks: list[float]

    @property
    def unit(self) -> str:
        """The unit of the result."""
        return _UNITS.get(self.op.approximates, "dimensionless")


def curve(name: str, *, fmt: str | FloatFormat = "float32", domain: Range | None = None) -> Figure:
    """Draw a one-operand operation over a domain, beside the true function, above its error.

    The error is absolute for the logarithms, which have a zero, and relative, in percent, for the others.
    domain  closed interval of the operand; None for one that shows several pieces
    Every code of the domain is drawn where the format has at most 2000, else a grid rounded to the format.
    Raises ValueError, naming the argument, for a name, format or domain that cannot be drawn.
    """
    drawn = _compute(name, get_format(fmt), domain)
    with style():
        figure = new_figure(5.4)
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[1.15, 1])
        _draw_function(upper, drawn)
        _draw_error(lower, drawn)
        lower.set_xlabel("operand x (dimensionless)")
        lower.set_xlim(*drawn.domain)
        _legends(figure, upper, drawn)
        figure.align_ylabels([upper, lower])
        settle(figure)
    return figure


def _compute(name: str, fmt: FloatFormat, domain: Range | None) -> Curve:
    op = get_operation(name)
    if op.arity != 1:
        raise ValueError(
            f"name is {name!r}, an operation of two operands; draw it with pamcheck.plotting.surface"
        )
    domain = check_domain("domain", DOMAINS[name] if domain is None else domain, op.approximates)
    breaks = breakpoints(name, domain, fmt)
    axis = make_axis("domain", domain, fmt, _POINTS, [*landmarks(*domain, fmt), *breaks])
    errors = errors_on(name, [axis])
    relative = op.contract.kind == "relative" if op.contract else op.approximates != "log"
    worst = find_worst(name, [axis], errors, "relative" if relative else "absolute")
    result = decode(errors.results, fmt)
    # a relative error has no meaning at a truth of zero, so it is left out of `errors`; an absolute one has
    absolute = np.where(errors.head == 0, result, errors.absolute)
    return Curve(
        op=op,
        fmt=fmt,
        domain=domain,
        axis=axis,
        result=np.where(np.isfinite(result), result, np.nan),
        error=100 * errors.relative if relative else absolute,
        relative=relative,
        worst=worst,
        breaks=breaks,
    )


def _draw_function(ax: Any, drawn: Curve) -> None:
    _pieces(ax, drawn)
    x = np.linspace(*drawn.domain, 1201)
    head, _ = truth.pairs(drawn.op.approximates, x)
    smooth = np.where(np.isfinite(head), head, np.nan)
    ax.plot(x, smooth, color=VERMILION, lw=1.3, ls=(0, (5, 2)), zorder=3, gid="truth")
    _steps(ax, drawn, drawn.result, gid="result")
    where = f"x ∈ {interval(*drawn.domain)}, " + (
        "every code" if drawn.axis.complete else "grid rounded to the format"
    )
    ax.set_title(f"{drawn.op.name}(x) and {TRUTHS[drawn.op.approximates]} in {drawn.fmt.name}\n{where}")
    ax.set_ylabel(f"value ({drawn.unit})")


def _draw_error(ax: Any, drawn: Curve) -> None:
    _pieces(ax, drawn)
    ax.axhline(0, color=BLACK, lw=0.6)
    _bounds(ax, drawn)
    _steps(ax, drawn, drawn.error, gid="error")
    if drawn.worst:
        size = 100 * drawn.worst.error if drawn.relative else drawn.worst.error
        ax.plot(drawn.worst.operands[0], size, gid="worst", **MARK)
    ax.set_ylabel("relative error (%)" if drawn.relative else f"absolute error ({drawn.unit})")
    ax.yaxis.set_major_locator(MaxNLocator(6))
    ax.margins(y=0.16)


def _steps(ax: Any, drawn: Curve, y: Floats, gid: str) -> None:
    """Draw one level a code where codes are far apart, with a dot where they are few; else a line."""
    widths = np.diff(drawn.axis.edges)
    visible = drawn.axis.complete and widths.max() > _VISIBLE * widths.sum()
    dots = {"marker": "o", "ms": 3} if drawn.axis.ordinals.size <= _FEW else {}
    ax.plot(
        drawn.axis.values,
        y,
        color=BLUE,
        lw=1.5,
        drawstyle="steps-mid" if visible else "default",
        zorder=4,
        gid=gid,
        **dots,
    )


def _pieces(ax: Any, drawn: Curve) -> None:
    for x in drawn.breaks:
        ax.axvline(x, color=PALE, lw=0.9, zorder=0.5, gid="breakpoint")


def _bounds(ax: Any, drawn: Curve) -> None:
    """Draw the contract's bounds, each with its name."""
    contract = drawn.op.contract
    if contract is None:
        return
    for side, bound in {"lower": contract.lower, "upper": contract.upper}.items():
        value = float(truth.closed_form(bound)) * (100 if drawn.relative else 1)
        at_left = _left_is_clearer(drawn, value, above=side == "upper")
        ax.axhline(value, color=GREY, lw=0.9, ls=(0, (4, 3)), zorder=2, gid=f"bound {side}")
        ax.annotate(
            _bound_text(side, bound, value, drawn.relative),
            (0 if at_left else 1, value),
            xycoords=("axes fraction", "data"),
            xytext=(4 if at_left else -4, 4 if side == "upper" else -4),
            textcoords="offset points",
            ha="left" if at_left else "right",
            va="bottom" if side == "upper" else "top",
            fontsize=8,
            color="#333333",
            bbox={"boxstyle": "round,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.8},
            zorder=6,
        )


def _left_is_clearer(drawn: Curve, value: float, above: bool) -> bool:
    """Return whether a text on a bound's line would hide less of the error at the left end."""
    away = (drawn.error - value) * (1 if above else -1)
    hidden = (away > 0) & (away < 0.15 * np.nanmax(np.abs(drawn.error), initial=0.0))
    middle = sum(drawn.domain) / 2
    left = drawn.axis.values < middle
    shares = [np.sum(np.diff(drawn.axis.edges)[hidden & side]) for side in (left, ~left)]
    worst = drawn.worst.operands[0] if drawn.worst else middle
    return bool(shares[0] < shares[1] if shares[0] != shares[1] else worst > middle)


def _bound_text(side: str, bound: Bound, value: float, relative: bool) -> str:
    text = f"{side} bound, before rounding: {number(value, 5)}" + ("%" if relative else "")
    return f"{text} = {bound.text}".replace(" - ", " − ") if isinstance(bound, ClosedForm) else text


def _legends(figure: Figure, ax: Any, drawn: Curve) -> None:
    """Name the lines where the function leaves room, and the worst point below the figure."""
    handles = [
        Line2D([], [], color=BLUE, lw=1.5, label=f"{drawn.op.name}(x)"),
        Line2D([], [], color=VERMILION, lw=1.3, ls=(0, (5, 2)), label=TRUTHS[drawn.op.approximates]),
    ]
    if drawn.breaks:
        handles.append(Line2D([], [], color=PALE, lw=1.6, label="slope jumps"))
    corner = "upper left" if drawn.op.approximates.startswith("exp") else "lower right"
    ax.legend(handles=handles, loc=corner, frameon=True, framealpha=0.9, edgecolor="none", handlelength=2.2)
    worst = drawn.worst
    if worst:
        size = percent(worst.error) if drawn.relative else f"{number(worst.error, 6)} {drawn.unit}"
        kind = "relative" if drawn.relative else "absolute"
        at = f"x = {number(worst.operands[0], 8)} ({drawn.fmt.hex(worst.codes[0])})"
        mark = Line2D([], [], label=f"worst {kind} error {size} at {at}", **MARK)
        figure.legend(handles=[mark], loc="outside lower center", handlelength=1.6)
