"""The derivatives of a matrix product as contractions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from pamcheck.formats import FloatFormat
from pamcheck.kernels import matmul_cpu, matmul_mimic
from pamcheck.kernels.launch import run_codes
from pamcheck.kernels.words import make_words
from pamcheck.policy import POLICIES, Policy
from pamcheck.testing.contractions.adding import Numbers, numbers_of
from pamcheck.testing.contractions.kind import Contraction, Mask, Parts, Way
from pamcheck.testing.contractions.orders import CANONICAL
from pamcheck.testing.contractions.products import LAYOUTS, NO_OFFSET, POLICY, as_matrices, near_truth
from pamcheck.testing.subject import Codes


@dataclass(frozen=True)
class ProductDerivative(Contraction):
    """The cotangents of A and B, of operands A, B and the cotangent of A B; see Contraction. No broadcasting."""

    name: ClassVar[str] = "matmul"
    order: ClassVar[str] = CANONICAL["matmul"]
    operands: ClassVar[tuple[str, ...]] = ("a", "b", "cotangent")
    outputs: ClassVar[tuple[str, ...]] = ("da", "db")
    layouts: ClassVar[dict[str, Way]] = LAYOUTS

    @property
    def ways(self) -> dict[str, Way]:  # noqa: D102
        others = {name: way for name, way in POLICY.items() if name != self.policy.name}
        other = "mimic" if self.mode == "exact" else "exact"
        mode = {
            other: Way(
                f"gives {other} derivatives", f"Judge it with mode={other!r} if that is meant.", "deviation"
            )
        }
        signs = {
            "sign dropped": Way(
                "the sign of the other operand is dropped", "A slope has the sign of the other operand."
            )
        }
        return {**mode, **signs, **others, **(NO_OFFSET if self.offset else {})}

    def expected(self, operands: Sequence[Codes]) -> tuple[Codes, ...]:  # noqa: D102
        a, b, delta = operands
        words = make_words(self.fmt, self.policy, self.offset)
        run = matmul_cpu.slope_matmul_codes if self.mode == "exact" else matmul_mimic.mimic_matmul_codes
        left, right = as_matrices(a, b)
        delta = delta.reshape(*left.shape[:-2], left.shape[-2], right.shape[-1])
        da = run(delta, left, right, self.fmt, words)
        turned = [x.swapaxes(-1, -2) for x in (delta, right, left)]
        db = run(turned[0], turned[1], turned[2], self.fmt, words).swapaxes(-1, -2)
        return da.reshape(a.shape), db.reshape(b.shape)

    def parts(self, operands: Sequence[Codes], output: int, places: Any) -> Parts:  # noqa: D102
        left, right = as_matrices(*operands[:2])
        delta = operands[2].reshape(*left.shape[:-1], right.shape[-1])
        if output:  # db of A, B is the transpose of da of B', A'
            at = np.unravel_index(places, right.shape)
            own, others, deltas = right, left, delta.swapaxes(-1, -2)
            row, column = at[-1], at[-2]
            return own[at][:, None], others.swapaxes(-1, -2)[(*at[:-2], column)], deltas[(*at[:-2], row)]
        at = np.unravel_index(places, left.shape)
        return left[at][:, None], right[(*at[:-2], at[-1])], delta[(*at[:-2], at[-2])]

    def names(self, parts: Parts, output: int) -> tuple[str, ...]:  # noqa: D102
        own, other = "ba" if output else "ab"
        many = (
            f"{name}[{i}]"
            for name, x in zip((other, "cotangent"), parts[1:], strict=True)
            for i in range(x.shape[1])
        )
        return (own, *many)

    def terms(self, parts: Parts, output: int) -> Codes:  # noqa: ARG002, D102
        return self._terms(parts, self.mode, self.policy, self.offset)

    def other_terms(  # noqa: D102
        self,
        parts: Parts,
        output: int,  # noqa: ARG002
        way: str,
        wide: FloatFormat,
    ) -> Numbers | None:
        mode, policy, offset = self.mode, self.policy, self.offset
        if way == "sign dropped":
            parts = (parts[0], parts[1] & parts[1].dtype.type(self.fmt.magnitude), parts[2])
        elif way == "no offset":
            offset = 0
        elif way in POLICIES:
            policy = POLICIES[way]
        else:
            mode = way  # type: ignore[assignment]
        return numbers_of(self._terms(parts, mode, policy, offset), self.fmt, wide)

    def truly(self, parts: Parts, output: int, got: Codes) -> Mask:  # noqa: ARG002, D102
        return near_truth((parts[1], parts[2]), self.fmt, got)

    def alone(self, parts: Parts, output: int) -> tuple[Codes, ...]:  # noqa: D102
        own, other, delta = parts
        return (other.T, own, delta.T) if output else (own, other, delta)

    def rearranged(self, operands: Sequence[Codes]) -> dict[str, tuple[Codes, ...]]:  # noqa: D102
        da, db = self.expected(operands)
        if da.ndim < 2 or db.ndim < 2:
            return {}
        found = {
            "result transposed": (da.swapaxes(-1, -2), db.swapaxes(-1, -2)),
            "operands exchanged": (db, da),
        }
        return {
            k: v
            for k, v in found.items()
            if all(x.shape == y.shape for x, y in zip(v, (da, db), strict=True))
        }

    def _terms(self, parts: Parts, mode: str, policy: Policy, offset: int) -> Codes:
        own, other, delta = parts
        body = f"pam_{'slope' if mode == 'exact' else 'mimic'}_a"
        words = make_words(self.fmt, policy, offset)
        return run_codes(
            body,
            [np.ascontiguousarray(x) for x in (delta, np.broadcast_to(own, other.shape), other)],
            words,
        )
