"""The sum over the last axis as a contraction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from pamcheck.contractions import sum_codes_over
from pamcheck.formats import FloatFormat
from pamcheck.testing.contractions.adding import Numbers, numbers_of
from pamcheck.testing.contractions.kind import Contraction, Mask, Parts, Way
from pamcheck.testing.contractions.orders import CANONICAL
from pamcheck.testing.subject import Codes

FLUSHED = {
    "terms flushed": Way(
        "subnormal terms count as zero", "Sums keep subnormals under every policy; turn flushing off."
    )
}
LAYOUTS = {"first axis": Way("sums over the first axis", "Sum over the last axis.")}


@dataclass(frozen=True)
class Sum(Contraction):
    """The sum over the last axis; see Contraction. No policy touches it."""

    name: ClassVar[str] = "sum"
    order: ClassVar[str] = CANONICAL["sum"]
    operands: ClassVar[tuple[str, ...]] = ("x",)
    outputs: ClassVar[tuple[str, ...]] = ("result",)
    layouts: ClassVar[dict[str, Way]] = LAYOUTS

    @property
    def ways(self) -> dict[str, Way]:  # noqa: D102
        return FLUSHED

    def expected(self, operands: Sequence[Codes]) -> tuple[Codes, ...]:  # noqa: D102
        return (sum_codes_over(False, operands[0], self.fmt, -1, False),)

    def parts(self, operands: Sequence[Codes], output: int, places: Any) -> Parts:  # noqa: ARG002, D102
        x = operands[0]
        return (
            x[np.unravel_index(places, x.shape[:-1])]
            if x.ndim > 1
            else x[np.newaxis].repeat(len(places), 0),
        )

    def names(self, parts: Parts, output: int) -> tuple[str, ...]:  # noqa: ARG002, D102
        return tuple(f"x[{i}]" for i in range(parts[0].shape[1]))

    def terms(self, parts: Parts, output: int) -> Codes:  # noqa: ARG002, D102
        return parts[0]

    def other_terms(  # noqa: D102
        self,
        parts: Parts,
        output: int,  # noqa: ARG002
        way: str,  # noqa: ARG002
        wide: FloatFormat,
    ) -> Numbers | None:
        sizes = parts[0] & parts[0].dtype.type(self.fmt.magnitude)
        return numbers_of(
            np.where(sizes < self.fmt.tiny, 0, parts[0]).astype(parts[0].dtype), self.fmt, wide
        )

    def truly(self, parts: Parts, output: int, got: Codes) -> Mask:  # noqa: ARG002, D102
        return np.zeros(got.size, bool)

    def alone(self, parts: Parts, output: int) -> tuple[Codes, ...]:  # noqa: ARG002, D102
        return parts

    def rearranged(self, operands: Sequence[Codes]) -> dict[str, tuple[Codes, ...]]:  # noqa: D102
        x = operands[0]
        if x.ndim < 2 or x.shape[0] != x.shape[-1]:
            return {}
        return {"first axis": (sum_codes_over(False, x, self.fmt, 0, False),)}
