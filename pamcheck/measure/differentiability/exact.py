"""The pieces that meet at a point, in fractions, from nothing but the values of the real functions.

A piecewise affine function is affine on each cell of a fan of rays around a point, so its values on the rays give
the gradient of every adjacent piece. Clarke's subdifferential is the convex hull of these gradients [Clarke 1983].
At a zero operand infinitely many pieces meet; they repeat themselves, halved, so two binades hold all gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from pamcheck import spec
from pamcheck.formats import FORMATS
from pamcheck.lookup import lookup
from pamcheck.spec.real import floor_log2

Gradient = tuple[Fraction, ...]
ZERO = Fraction(0)
_WIDE = FORMATS["float64"]

# In units of the operands' powers of two every border between pieces of pam and padiv runs along one of
# these, in counter-clockwise order; neighbours span a parallelogram of area 1.
RAYS = (
    (1, 0), (2, 1), (1, 1), (1, 2), (0, 1), (-1, 2), (-1, 1), (-2, 1),
    (-1, 0), (-2, -1), (-1, -1), (-1, -2), (0, -1), (1, -2), (1, -1), (2, -1),
)  # fmt: skip


def adjacent(op: str, operands: Sequence[Fraction]) -> tuple[Gradient, ...]:
    """Return the gradients of the pieces that meet at the operands; at a zero operand, all their limits.

    op        "pam", "padiv", "palog2", "paexp2" or "pasqrt"
    operands  where the function is defined, and no zero for palog2 and pasqrt

    One operand: left and right. Two: the 16 cells between RAYS, repeated where no border separates them.
    Raises ValueError for another operation, or where the function or every slope is undefined.
    """
    function = lookup("operation", op, _FUNCTIONS)
    if len(operands) == 1:
        return _sides(function, op, operands[0])
    a, b = operands
    if b == 0 and op == "padiv":
        raise ValueError("b is 0; the piecewise affine quotient needs b != 0")
    if a and b:
        return _cells(function, a, b)
    if not a and not b:
        return ((ZERO, ZERO),)
    if a:
        return tuple(gradient[::-1] for gradient in _beside_zero(function, op, a))
    return _beside_zero(function, op, b)


def differentiable(op: str, operands: Sequence[Fraction]) -> bool:
    """Return whether the function has a (Fréchet) derivative at the operands.

    Where finitely many pieces meet: whether they agree. At a zero a: whether the function is linear in a, since b
    adds no more than 2|a| |b - b0|, which is of second order.
    """
    if len(operands) == 2 and not all(operands):
        other = operands[0] or operands[1]
        first = operands[0] == 0
        if other == 0:
            return True
        function = lookup("operation", op, _FUNCTIONS)
        pairs = [((node, other) if first else (other, node), node) for node in _nodes(op, other)]
        return len({function(*pair) / node for pair, node in pairs}) == 1
    return len(set(adjacent(op, operands))) == 1


def returned(op: str, operands: Sequence[Fraction]) -> Gradient:
    """Return the derivative as the definition gives it for the cotangent 1, in float64.

    The operands and slopes have to be float64 numbers, and the slopes normal ones.
    """
    codes = [_WIDE.encode(value) for value in operands]
    return tuple(_WIDE.decode(code) for code in spec.vjp(op, codes, _WIDE.one, _WIDE))


def in_hull(point: Sequence[Any], points: Sequence[Sequence[Any]]) -> bool:
    """Return whether a point of one or two coordinates lies in the convex hull of others. Exact if they are.

    It does not exactly if an open half plane holds all differences: if one of them has all others on its left.
    """
    if len(point) == 1:
        along = [x for [x] in points]
        return bool(min(along) <= point[0] <= max(along))
    apart = {(x - point[0], y - point[1]) for x, y in points}
    if (0, 0) in apart:
        return True
    return not any(all(_left(one, other) for other in apart) for one in apart)


def _left(one: tuple[Any, Any], other: tuple[Any, Any]) -> bool:
    cross = one[0] * other[1] - one[1] * other[0]
    return bool(cross > 0 or (cross == 0 and one[0] * other[0] + one[1] * other[1] > 0))


def _sides(function: Callable[..., Fraction], op: str, x: Fraction) -> tuple[Gradient, ...]:
    step = _short(x) if op == "paexp2" else _short(x / _unit(x)) * _unit(x)
    middle = function(x)
    return ((middle - function(x - step)) / step,), ((function(x + step) - middle) / step,)


def _cells(function: Callable[..., Fraction], a: Fraction, b: Fraction) -> tuple[Gradient, ...]:
    unit_a, unit_b = _unit(a), _unit(b)
    step = min(_short(a / unit_a), _short(b / unit_b))
    middle = function(a, b)
    rise = [(function(a + step * p * unit_a, b + step * q * unit_b) - middle) / step for p, q in RAYS]
    return tuple(
        ((one * s - two * q) / unit_a, (two * p - one * r) / unit_b)
        for (p, q), (r, s), one, two in zip(
            RAYS, (*RAYS[1:], RAYS[0]), rise, (*rise[1:], rise[0]), strict=True
        )
    )


def _beside_zero(function: Callable[..., Fraction], op: str, b: Fraction) -> tuple[Gradient, ...]:
    """Return the limits of gradients at (0, b): slopes of a from a whole binade, while those of b vanish."""
    cells = [gradient for end in _nodes(op, b) for gradient in _cells(function, end, b)]
    return tuple((slope, ZERO) for slope, _ in cells)


def _nodes(op: str, b: Fraction) -> tuple[Fraction, Fraction]:
    """Return where the pieces of pam or padiv meet in the binade of a from 1 to 2, for this b."""
    mantissa = abs(b) / _unit(b) - 1
    return Fraction(1), 2 - mantissa if op == "pam" else 1 + mantissa


def _unit(x: Fraction) -> Fraction:
    return Fraction(2) ** floor_log2(abs(x))


def _short(x: Fraction) -> Fraction:
    """Return a step so short that no border lies within four of it, but where x itself is on one.

    Borders lie a whole number of last places from x, or halves of one below a power of two.
    """
    return Fraction(1, 16 * x.denominator)


_FUNCTIONS: dict[str, Callable[..., Fraction]] = {
    "pam": spec.pam,
    "padiv": spec.padiv,
    "palog2": spec.palog2,
    "paexp2": spec.paexp2,
    "pasqrt": spec.pasqrt,
}
