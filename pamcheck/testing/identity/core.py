"""What a unit computes of ordinary operands, before the edges of the format: the hypotheses.

A core takes extended codes to the extended code of the result, rounded or not, and its sign.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, Protocol

from pamcheck.formats import FloatFormat
from pamcheck.testing.identity.rounding import EVEN, TOWARD_ZERO, rounded

Extended = int | Fraction
Result = tuple[Extended | None, bool] | int | None


class Core(Protocol):
    """What every core has."""

    @property
    def mode(self) -> str:
        """How a result that is no code is rounded."""

    @property
    def places(self) -> int:
        """Low mantissa bits of the result that are always zero."""

    def result(self, extendeds: tuple[int, ...], signs: tuple[bool, ...]) -> Result:
        """Return the extended code and the sign of the result of nonzero operands.

        The extended code is None for a zero. A bare integer is a code that is final, None says nothing.
        """


@dataclass(frozen=True)
class PairCore:
    """A product or quotient.

    kind     pam; exact; or corrected: pam and a table by the leading mantissa bits of both operands
    swapped  of a quotient: b / a
    dropped  which operands lose `drop` low bits beforehand, by `drop_mode`: "", "a", "b", "both"
    sign     which rule of SIGNS
    """

    op: str
    fmt: FloatFormat
    kind: Literal["pam", "exact", "corrected"] = "pam"
    offset: int = 0
    swapped: bool = False
    dropped: str = ""
    drop: int = 0
    drop_mode: str = TOWARD_ZERO
    mode: str = EVEN
    places: int = 0
    table_bits: int = 0
    table: Mapping[tuple[int, int], int] = field(default_factory=dict, hash=False)
    sign: str = "xor of the operands' signs"

    def result(self, extendeds: tuple[int, ...], signs: tuple[bool, ...]) -> Result:
        """Return the extended code and the sign; None where a table has no entry."""
        t = self.size(*extendeds)
        return None if t is None else (t, SIGNS[self.sign](*signs))

    def size(self, a: int, b: int) -> Extended | None:
        """Return the extended code of the result of two; None where a table has no entry for them."""
        if self.drop and self.dropped != "b":
            a = rounded(a, False, self.drop_mode, self.drop)
        if self.drop and self.dropped != "a":
            b = rounded(b, False, self.drop_mode, self.drop)
        if self.swapped:
            a, b = b, a
        if self.kind == "exact":
            return exact_size(self.op, a, b, self.fmt)
        total = raw_size(self.op, a, b, self.fmt) + self.offset
        if self.kind == "pam":
            return total
        down = self.fmt.mant_bits - self.table_bits
        low = self.fmt.tiny - 1
        correction = self.table.get(((a & low) >> down, (b & low) >> down))
        return None if correction is None else total + correction


def raw_size(op: str, a: int, b: int, fmt: FloatFormat) -> int:
    """Return the sum or difference of two magnitudes that is the PAM result."""
    return a + b - fmt.one if op == "pam" else a - b + fmt.one


def exact_size(op: str, a: int, b: int, fmt: FloatFormat) -> Extended:
    """Return the extended code, not rounded, of the true product or quotient of two extended codes."""
    tiny = fmt.tiny
    (qa, ra), (qb, rb) = divmod(a, tiny), divmod(b, tiny)
    sa, sb = tiny + ra, tiny + rb
    if op == "pam":
        product, octaves = sa * sb, (qa + qb - fmt.bias) * tiny
        if product < 2 * tiny * tiny:
            return octaves + Fraction(product - tiny * tiny, tiny)
        return octaves + tiny + Fraction(product - 2 * tiny * tiny, 2 * tiny)
    octaves = (qa - qb + fmt.bias) * tiny
    if sa >= sb:
        return octaves + Fraction((sa - sb) * tiny, sb)
    return octaves - tiny + Fraction((2 * sa - sb) * tiny, sb)


SIGNS: dict[str, Callable[[bool, bool], bool]] = {
    "xor of the operands' signs": lambda a, b: a != b,
    "always positive": lambda *_: False,
    "always negative": lambda *_: True,
    "the sign of a": lambda a, _: a,
    "the sign of b": lambda _, b: b,
    "negative where either operand is": lambda a, b: a or b,
    "negative where both operands are": lambda a, b: a and b,
    "the opposite of the xor of the operands' signs": lambda a, b: a == b,
}
