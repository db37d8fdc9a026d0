"""The matrix product as a contraction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from pamcheck.formats import FloatFormat
from pamcheck.kernels import matmul_cpu
from pamcheck.kernels.values import accumulator
from pamcheck.kernels.words import make_words
from pamcheck.operands import dtype_of, matmul_shape
from pamcheck.policy import POLICIES
from pamcheck.testing.contractions.adding import Numbers, numbers_of
from pamcheck.testing.contractions.kind import Contraction, Mask, Parts, Way, canonical
from pamcheck.testing.contractions.orders import CANONICAL
from pamcheck.testing.subject import Codes, Subject

TRULY = Way(
    "multiplies truly: results are those of products of floats, not of pams",
    "Add the operands' bit patterns in place of the product.",
)
POLICY = {
    name: Way(
        f"the terms are those of policy {name!r}",
        f"Judge it with policy={name!r} if that is meant.",
        "deviation",
    )
    for name, policy in POLICIES.items()
    if not policy.reference_only
}
NO_OFFSET = {
    "no offset": Way("the terms have no offset", "Add the offset to the sum of bit patterns.", "deviation")
}
LAYOUTS = {
    "a transposed": Way("takes a for its transpose", "Look at which axis of a is summed over."),
    "b transposed": Way("takes b for its transpose", "Look at which axis of b is summed over."),
    "result transposed": Way("gives the transpose of the result", "Exchange the result's axes."),
    "operands exchanged": Way("multiplies b by a", "Exchange the operands."),
}


@dataclass(frozen=True)
class Product(Contraction):
    """A b, every product a pam; see Contraction."""

    name: ClassVar[str] = "matmul"
    order: ClassVar[str] = CANONICAL["matmul"]
    operands: ClassVar[tuple[str, ...]] = ("a", "b")
    outputs: ClassVar[tuple[str, ...]] = ("result",)
    layouts: ClassVar[dict[str, Way]] = LAYOUTS

    @property
    def ways(self) -> dict[str, Way]:  # noqa: D102
        others = {name: way for name, way in POLICY.items() if name != self.policy.name}
        return {**others, **(NO_OFFSET if self.offset else {})}

    def expected(self, operands: Sequence[Codes]) -> tuple[Codes, ...]:  # noqa: D102
        return (product(operands[0], operands[1], self),)

    def parts(self, operands: Sequence[Codes], output: int, places: Any) -> Parts:  # noqa: ARG002, D102
        a, b = as_matrices(*operands)
        batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        at = np.unravel_index(places, (*batch, a.shape[-2], b.shape[-1]))
        rows, columns = (
            np.broadcast_to(a, (*batch, *a.shape[-2:])),
            np.broadcast_to(b, (*batch, *b.shape[-2:])),
        )
        return rows[(*at[:-2], at[-2])], columns.swapaxes(-1, -2)[(*at[:-2], at[-1])]

    def names(self, parts: Parts, output: int) -> tuple[str, ...]:  # noqa: ARG002, D102
        return tuple(
            f"{letter}[{i}]" for letter, x in zip("ab", parts, strict=True) for i in range(x.shape[1])
        )

    def terms(self, parts: Parts, output: int) -> Codes:  # noqa: ARG002, D102
        [found] = Subject("pam", self.fmt, self.policy, self.offset).expected(parts)
        return found

    def other_terms(  # noqa: D102
        self,
        parts: Parts,
        output: int,  # noqa: ARG002
        way: str,
        wide: FloatFormat,
    ) -> Numbers | None:
        policy, offset = (self.policy, 0) if way == "no offset" else (POLICIES[way], self.offset)
        [found] = Subject("pam", self.fmt, policy, offset).expected(parts)
        return numbers_of(found, self.fmt, wide)

    def truly(self, parts: Parts, output: int, got: Codes) -> Mask:  # noqa: ARG002, D102
        return near_truth(parts, self.fmt, got)

    def alone(self, parts: Parts, output: int) -> tuple[Codes, ...]:  # noqa: ARG002, D102
        return parts[0], parts[1].T

    def rearranged(self, operands: Sequence[Codes]) -> dict[str, tuple[Codes, ...]]:  # noqa: D102
        a, b = operands
        if min(a.ndim, b.ndim) < 2 or self.policy.reference_only:
            return {}
        [right] = self.expected(operands)
        turned = {"a transposed": (a.swapaxes(-1, -2), b), "b transposed": (a, b.swapaxes(-1, -2))}
        turned["operands exchanged"] = (b, a)
        found = {"result transposed": right.swapaxes(-1, -2)}
        for name, (left, other) in turned.items():
            if left.shape[-1] == other.shape[-2]:
                found[name] = product(left, other, self)
        return {name: (codes,) for name, codes in found.items() if codes.shape == right.shape}


def product(a: Codes, b: Codes, what: Product) -> Codes:
    """Return the matrix product of codes in the canonical order, of operands as numpy.matmul takes them."""
    shape = matmul_shape("matmul", [a, b])
    left, right = as_matrices(a, b)
    if not what.policy.reference_only:
        words = make_words(what.fmt, what.policy, what.offset)
        return matmul_cpu.matmul_codes(left, right, what.fmt, words).reshape(shape)
    size = int(np.prod(shape))
    if not left.shape[-1] or not size:
        return np.zeros(shape, a.dtype)
    terms = what.terms(what.parts((a, b), 0, np.arange(size)), 0)
    return canonical(what, terms, accumulator(what.fmt)).reshape(shape)


def as_matrices(a: Codes, b: Codes) -> tuple[Codes, Codes]:
    """Return operands of one axis as a row and a column."""
    return (a if a.ndim > 1 else a[np.newaxis]), (b if b.ndim > 1 else b[:, np.newaxis])


def near_truth(factors: Parts, fmt: FloatFormat, got: Codes) -> Mask:
    """Return where answers are what products of floats sum up to, in whatever order, fused or not, as far as seen.

    A diagnosis and no proof: float64 sums, with room for some twice the rounding of any order.
    """
    with np.errstate(all="ignore"):
        a, b, found = (
            x.view(dtype_of(fmt)).astype(np.float64) for x in map(np.ascontiguousarray, (*factors, got))
        )
        true, sizes = (a * b).sum(axis=1), np.abs(a * b).sum(axis=1)
        narrow = 2.0 ** -(accumulator(fmt).mant_bits + 1)
        room = (2 * (a.shape[1] + 2) * narrow + 2.0**-fmt.mant_bits) * sizes + fmt.to_float(fmt.tiny)
        beyond = ~np.isfinite(found) & (~np.isfinite(true) | (sizes > fmt.to_float(fmt.largest) / 2))
        near: Mask = beyond | (np.abs(found - true) <= room)
        return near
