"""Elements of results as they were answered, and the part of them that is looked at closely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pamcheck.testing.contractions.case import Case
from pamcheck.testing.contractions.kind import Contraction, Mask, Parts
from pamcheck.testing.contractions.recipe import Recipe, predict
from pamcheck.testing.subject import Codes


@dataclass(frozen=True)
class Seen:
    """Elements of one result of one case.

    places       where, as flat indices
    got, wanted  codes; wanted in the canonical order
    """

    case: Case
    output: int
    places: np.ndarray[Any, np.dtype[np.intp]]
    got: Codes
    wanted: Codes

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(self.places.size)

    def where(self, chosen: Any) -> Seen:
        """Return the elements at these places among them, or where a mask holds."""
        return Seen(self.case, self.output, self.places[chosen], self.got[chosen], self.wanted[chosen])

    def thinned(self, most: int) -> Seen:
        """Return at most so many of them, evenly."""
        some = np.linspace(0, self.size - 1, min(self.size, most)).astype(np.intp)
        return self.where(some)

    def parts(self, what: Contraction) -> Parts:
        """Return what the elements are made of."""
        return what.parts(self.case.operands, self.output, self.places)

    def fits(self, what: Contraction, recipe: Recipe, otherwise: bool) -> Mask:
        """Return which answers are those of a recipe; `otherwise` where it means nothing to them."""
        if recipe.layout:
            found = what.rearranged(self.case.operands).get(recipe.layout)
            predicted = None if found is None else found[self.output].reshape(-1)[self.places]
        else:
            predicted = predict(what, recipe, self.parts(what), self.output, self.got)
        return np.full(self.size, otherwise) if predicted is None else self.got == predicted

    def truly(self, what: Contraction) -> Mask:
        """Return which answers look like those of true products."""
        return what.truly(self.parts(what), self.output, self.got)


def sample(seen: Sequence[Seen], total: int) -> list[Seen]:
    """Return at most about `total` elements, as many of each case as can be."""
    share = max(total // max(len(seen), 1), 2)
    return [one.thinned(share) for one in seen[: total // 2] if one.size]


def shortest(seen: Sequence[Seen], total: int) -> list[Seen]:
    """Return about so many elements, of the cases with the fewest codes."""
    inner = sorted(seen, key=lambda one: max(x.size // max(x.shape[0], 1) for x in one.case.operands))
    return [one.thinned(2) for one in inner[: total // 2]]


def count(seen: Sequence[Seen]) -> int:
    """Return how many elements there are."""
    return sum(one.size for one in seen)
