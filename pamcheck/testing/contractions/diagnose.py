"""What is the matter with a contraction: failures matched with recipes for being wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pamcheck.formats import FloatFormat
from pamcheck.kernels.values import accumulator
from pamcheck.testing.contractions.adding import codes_of
from pamcheck.testing.contractions.enclosure import enclosures
from pamcheck.testing.contractions.kind import Contraction, Mask
from pamcheck.testing.contractions.products import TRULY
from pamcheck.testing.contractions.recipe import Recipe, double_recipes, single_recipes, ways
from pamcheck.testing.contractions.seen import Seen, count, sample, shortest
from pamcheck.testing.subject import Codes

SAMPLE = 160  # failures that recipes are tried on
SCREEN = (
    16  # of them, short ones, of which a recipe of two changes must explain one to be tried on the others
)
CAUSES = 6


@dataclass(frozen=True)
class Cause:
    """Failures with one explanation.

    recipe  what does the same; None where nothing known does
    """

    name: str
    kind: str
    words: str
    advice: str
    recipe: Recipe | None
    failures: tuple[Seen, ...]


def diagnose(what: Contraction, failures: Sequence[Seen], agreeing: Sequence[Seen]) -> list[Cause]:
    """Return the causes of failures, most frequent first. No cause contradicts what agreed."""
    left, found = list(failures), []
    agreed = sample(agreeing, SAMPLE)
    if _multiplies_truly(what, sample(left, SAMPLE), agreed):
        mine, left = _split(left, [one.truly(what) for one in left])
        found.append(Cause("true products", "bug", TRULY.words, TRULY.advice, None, mine))
    while left and len(found) < CAUSES:
        recipe = _best(what, sample(left, SAMPLE), agreed)
        if recipe is None:
            break
        mine, left = _split(left, [one.fits(what, recipe, False) for one in left])
        found.append(_known(what, recipe, mine))
    if left:
        found.append(_unknown(what, tuple(left)))
    return sorted(found, key=lambda cause: -count(cause.failures))


def _split(seen: Sequence[Seen], masks: Sequence[Mask]) -> tuple[tuple[Seen, ...], list[Seen]]:
    """Return the elements that are marked, and the others."""
    pairs = list(zip(seen, masks, strict=True))
    marked = tuple(one.where(mask) for one, mask in pairs if mask.any())
    return marked, [one.where(~mask) for one, mask in pairs if not mask.all()]


def _multiplies_truly(what: Contraction, left: list[Seen], agreed: list[Seen]) -> bool:
    """Whether most failures look like sums of true products, none of what agreed does not, and PAM's do not."""
    near = sum(int(one.truly(what).sum()) for one in left)
    if 2 * near <= count(left) or not all(one.truly(what).all() for one in agreed):
        return False
    return not _enclosed(what, left, accumulator(what.fmt)) and not _enclosed(what, left, what.fmt)


def _best(what: Contraction, left: list[Seen], agreed: list[Seen]) -> Recipe | None:
    """Return the recipe that explains most failures of a sample; of equals, the simplest and first."""
    return _first_of(what, single_recipes(what), left, agreed, []) or _first_of(
        what, double_recipes(what), left, agreed, shortest(left, SCREEN)
    )


def _first_of(
    what: Contraction, recipes: Iterable[Recipe], left: list[Seen], agreed: list[Seen], screen: list[Seen]
) -> Recipe | None:
    best, most, total = None, 0, count(left)
    for recipe in recipes:
        if screen and not any(one.fits(what, recipe, False).any() for one in screen):
            continue
        explained = _explained(what, recipe, left, most)
        if explained > most and all(one.fits(what, recipe, True).all() for one in agreed):
            best, most = recipe, explained
        if most == total:
            break
    return best


def _explained(what: Contraction, recipe: Recipe, left: list[Seen], most: int) -> int:
    """Return how many failures a recipe explains; fewer once it cannot beat `most`."""
    explained, open_ = 0, count(left)
    for one in left:
        explained += int(one.fits(what, recipe, False).sum())
        open_ -= one.size
        if explained + open_ <= most:
            break
    return explained


def _known(what: Contraction, recipe: Recipe, failures: tuple[Seen, ...]) -> Cause:
    found = [ways(what)[field][name] for field, name in recipe.changed.items()]
    kind = "bug" if any(way.kind == "bug" for way in found) else "deviation"
    words = "; ".join(way.words for way in found)
    advice = " ".join(dict.fromkeys(way.advice for way in found))
    return Cause(recipe.name, kind, words, advice, recipe, failures)


def _unknown(what: Contraction, failures: tuple[Seen, ...]) -> Cause:
    """Return the cause of what no recipe explains: what may be said by enclosures alone."""
    some, wide = sample(failures, SAMPLE), accumulator(what.fmt)
    if _enclosed(what, some, wide):
        words = "the order of additions is none of those known; every sum is one that some order may give"
        return Cause(
            "other order", "deviation", words, "Judge it with order='any' if that is meant.", None, failures
        )
    if wide != what.fmt and _enclosed(what, some, what.fmt):
        words = f"sums are no better than those of an accumulator as narrow as {what.fmt.name}"
        advice = f"Accumulate in {wide.name} and round once, at the end."
        return Cause("narrow accumulator", "bug", words, advice, None, failures)
    for name, way in what.ways.items():
        if _enclosed(what, some, wide, name):
            words = f"{way.words}; the order of additions is none of those known"
            return Cause(name, way.kind, words, way.advice, None, failures)
    words = (
        "not explained: the result is none that PAM terms give in any order, nor that of a known mistake"
    )
    if what.name == "sum":
        words = "not explained: the result is none that any order gives, nor that of a known mistake"
    return Cause("unexplained", "unexplained", words, "", None, failures)


def _enclosed(what: Contraction, some: list[Seen], wide: FloatFormat, way: str = "") -> bool:
    """Whether every element lies where some order of additions, of these terms, may get."""
    for one in some:
        terms = _terms(what, one, way)
        if terms is None:
            return False
        found = enclosures(terms, what.fmt, wide)
        if not all(enclosure.holds(code) for enclosure, code in zip(found, one.got.tolist(), strict=True)):
            return False
    return True


def _terms(what: Contraction, one: Seen, way: str) -> Codes | None:
    parts = one.parts(what)
    if not way:
        return what.terms(parts, one.output)
    wide = accumulator(what.fmt)
    numbers = what.other_terms(parts, one.output, way, wide)
    return None if numbers is None else np.ascontiguousarray(codes_of(numbers, what.fmt, wide))
