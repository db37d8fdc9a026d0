"""An interpretation on rows of exact fractions: what a composite of the real operations returns, to the last digit."""

# ruff: noqa: D102, as what the methods do is said in the protocol of an Arithmetic

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from pamcheck import spec


class Row(tuple[Fraction, ...]):
    """Fractions with the shape of an array of one axis."""

    __slots__ = ()

    @property
    def shape(self) -> tuple[int]:
        """The length, as arrays have it."""
        return (len(self),)


@dataclass(frozen=True)
class OnRows:
    """The real operations of spec section 1 on Rows; a row of one entry goes with any."""

    name: str = "exact rows"

    def mul(self, a: Any, b: Any) -> Row:
        return _each(spec.pam, a, b)

    def div(self, a: Any, b: Any) -> Row:
        return _each(spec.padiv, a, b)

    def exp2(self, x: Any) -> Row:
        return _each(spec.X, x)

    def log2(self, x: Any) -> Row:
        return _each(spec.L, x)

    def sqrt(self, x: Any) -> Row:
        return _each(spec.pasqrt, x)

    def add(self, a: Any, b: Any) -> Row:
        return _each(lambda p, q: p + q, a, b)

    def sub(self, a: Any, b: Any) -> Row:
        return _each(lambda p, q: p - q, a, b)

    def sum(self, x: Any, axis: Any = None, keepdims: bool = False) -> Row:  # noqa: ARG002
        return Row([sum(x, Fraction(0))])

    def max(self, x: Any, axis: Any = None, keepdims: bool = False) -> Row:  # noqa: ARG002
        return Row([max(x)])

    def value(self, x: Any) -> Any:
        """Return x: there is nothing around it."""
        return x

    def floor(self, x: Any) -> Row:
        return _each(lambda p: Fraction(math.floor(p)), x)


def _each(function: Callable[..., Fraction], *operands: Any) -> Row:
    rows = [x if isinstance(x, Row) else Row([Fraction(x)]) for x in operands]
    length = max(map(len, rows))
    stretched = [row if len(row) == length else Row(row * length) for row in rows]
    return Row([function(*entries) for entries in zip(*stretched, strict=True)])
