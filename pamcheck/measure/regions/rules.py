"""The rules of products and quotients of two affine operands that each stay in a binade.

With F = |a| / 2^Ea and G = |b| / 2^Eb, both in [1, 2], section 1 of the definition reads
    pam    2^(Ea+Eb) (F + G - 1) where F + G <= 3, else 2^(Ea+Eb+1) (F + G - 2)
    padiv  2^(Ea-Eb) (F - G + 1) where F >= G, else 2^(Ea-Eb-1) (F - G + 2)
so within binades there is one line a pair, F + G = 3 or F = G.
"""

from __future__ import annotations

from typing import NamedTuple

from pamcheck.measure.regions.breaks import Sized, exponent
from pamcheck.measure.regions.forms import ZERO, Form, add, neg, plus, shifted, sub


class Choice(NamedTuple):
    """A result that is `low` where the line is at most zero, `high` where it is at least; the same without one."""

    line: Form | None
    low: Form
    high: Form


def simple(form: Form) -> bool:
    """Whether a form is zero or a constant power of two, by which products have no breaks."""
    return not (form[0] or form[1]) and not (size := abs(form[2])) & (size - 1)


def product(f: Form, g: Form, a: Sized, b: Sized) -> Choice:
    """Return pam(f, g) within binades."""
    for one, other in ((f, g), (g, f)):
        if simple(one):
            found = _scaled(other, one, 1)
            return Choice(None, found, found)
    # F 2^n and G 2^n for n = Ea + Eb are |a| 2^Eb and |b| 2^Ea
    n = a[1] + b[1]
    joined = add(shifted(_magnitude(f, a), b[1]), shifted(_magnitude(g, b), a[1]))
    sign = a[0] * b[0]
    low, high = plus(joined, -1, n), shifted(plus(joined, -2, n), 1)
    return Choice(plus(joined, -3, n), *((low, high) if sign > 0 else (neg(low), neg(high))))


def quotient(f: Form, g: Form, a: Sized, b: Sized) -> Choice:
    """Return padiv(f, g) within binades, for g other than zero."""
    if simple(g) or not any(f[:3]):
        found = _scaled(f, g, -1)
        return Choice(None, found, found)
    # (F - G) 2^n for n = Ea - Eb is |a| 2^-Eb - |b| 2^(Ea - 2 Eb)
    n = a[1] - b[1]
    joined = sub(shifted(_magnitude(f, a), -b[1]), shifted(_magnitude(g, b), n - b[1]))
    sign = a[0] * b[0]
    low, high = plus(shifted(joined, -1), 1, n), plus(joined, 1, n)
    return Choice(joined, *((low, high) if sign > 0 else (neg(low), neg(high))))


def _magnitude(form: Form, sized: Sized) -> Form:
    return form if sized[0] > 0 else neg(form)


def _scaled(form: Form, power: Form, direction: int) -> Form:
    """Return a form times (1) or by (-1) a constant that is a power of two; zero where either is zero."""
    if not power[2] or not any(form[:3]):
        return ZERO
    found = shifted(form, direction * exponent(power)[1])
    return found if power[2] > 0 else neg(found)
