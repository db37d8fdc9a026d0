"""Other roundings than to nearest, ties to even."""

from __future__ import annotations

from collections.abc import Callable

from pamcheck.testing.mutants.family import Family
from pamcheck.testing.mutants.unit import Unit

family = Family("Roundings")
ADVICE = "round to nearest, ties to even: add half of the last place less one, and its last bit"


def _rounding(name: str, words: str, rounded: Callable[[int, int, bool], int]) -> None:
    """Register a unit that rounds n / 2^places otherwise, places > 0."""

    def part(_: Unit, n: int, places: int, negative: bool) -> int:
        return rounded(n, places, negative) if places > 0 else n << -places

    family.add(name, words, ADVICE, kind="deviation", round=part)


def _lost(n: int, places: int) -> bool:
    return n & ((1 << places) - 1) != 0


_rounding("rounds_to_zero", "rounds toward zero: the bits below are cut off", lambda n, p, _: n >> p)
_rounding("rounds_down", "rounds down, toward -inf", lambda n, p, s: (n >> p) + (s and _lost(n, p)))
_rounding("rounds_up", "rounds up, toward +inf", lambda n, p, s: (n >> p) + (not s and _lost(n, p)))
_rounding("rounds_away", "rounds away from zero whatever is lost", lambda n, p, _: (n >> p) + _lost(n, p))
_rounding("ties_away", "rounds to nearest, ties away from zero", lambda n, p, _: (n + (1 << p - 1)) >> p)
_rounding(
    "ties_up",
    "rounds to nearest, ties up: floor(x + 1/2)",
    lambda n, p, s: (n + (1 << p - 1) - (1 if s else 0)) >> p,
)
_rounding(
    "ties_to_zero", "rounds to nearest, ties toward zero", lambda n, p, _: (n + (1 << p - 1) - 1) >> p
)
_rounding(
    "ties_to_odd",
    "rounds to nearest, ties to odd",
    lambda n, p, _: (n + (1 << p - 1) - ((n >> p) & 1)) >> p,
)
_rounding(
    "rounds_to_odd",
    "rounds to odd: what is lost is ORed into the last bit",
    lambda n, p, _: n >> p | _lost(n, p),
)


@family.part(
    "round",
    "rounding_carry_lost",
    "where rounding carries into the next binade, the exponent stays as it was",
    "let the carry from rounding run on into the exponent",
)
def _rounding_carry_lost(u: Unit, n: int, places: int, negative: bool) -> int:
    rounded = Unit.round(u, n, places, negative)
    return rounded >> 1 if rounded == u.w.tiny << 1 else rounded


@family.part(
    "round",
    "sticky_forgotten",
    "a remainder above one half is taken for a tie: only the first lost bit is looked at",
    ADVICE,
)
def _sticky_forgotten(_: Unit, n: int, places: int, __: bool) -> int:
    if places <= 0:
        return n << -places
    kept = n >> places
    return kept + (n >> (places - 1) & 1 & kept)
