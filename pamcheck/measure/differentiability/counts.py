"""On how many operands of a format a derivative fails to exist: closed forms, for every width.

What counts of a pair are its mantissas, so the number of operands with each mantissa is all that is needed:
2B for a format of B binades and two signs, and under gradual underflow one more a sign for every trailing zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from pamcheck.formats import FloatFormat
from pamcheck.policy import Policy, get_policy
from pamcheck.spec.real import floor_log2, power_of_two


@dataclass(frozen=True)
class Count:
    """How many of `operands` lack the derivative: jointly, and for a pair the partial ones in a and in b."""

    operands: int
    joint: int
    first: int | None = None
    second: int | None = None

    @property
    def density(self) -> Fraction:
        """Share of operands without a (joint) derivative."""
        return Fraction(self.joint, self.operands)


@dataclass(frozen=True)
class Census:
    """The nonzero operands of a format, both signs: all, those that are powers of two, and two sums over mantissas.

    same      pairs whose mantissas are equal and not zero
    opposite  pairs whose mantissas add to one
    """

    nonzero: int
    powers: int
    same: int
    opposite: int


def census(fmt: FloatFormat, policy: str | Policy = "ftz") -> Census:
    """Return the census of the finite operands; under "ftz" those that are not normal are all the one zero."""
    gradual, m = get_policy(policy).gradual, fmt.mant_bits
    binades, full = _binades(fmt), 1 << m
    nonzero = 2 * (fmt.largest - fmt.tiny + 1)
    if not gradual:
        powers, pairs = 2 * binades, (full - 1) * (2 * binades) ** 2
    else:
        nonzero += 2 * (full - 1)
        powers = 2 * (binades + m)
        pairs = sum((1 << (m - 1 - zeros)) * (2 * (binades + zeros)) ** 2 for zeros in range(m))
    # one code in the top binade of each sign is NaN: the mantissa of all ones has two operands fewer
    most, less = 2 * binades, 2 * (binades - 1)
    lost = fmt.specials == "nan"
    same = pairs - lost * (most**2 - less**2)
    opposite = pairs - lost * (most**2 - less**2 if m == 1 else 2 * (most**2 - most * less))
    return Census(nonzero, powers, same, opposite)


def count(op: str, fmt: FloatFormat, policy: str | Policy = "ftz") -> Count:
    """Return how many finite operands of a format lack a derivative, by the theorems of the documentation.

    op  "pam": all pairs. "padiv": those with b != 0. "palog2", "pasqrt": all above zero. "paexp2": all.

    Numbers are counted, not codes: zero is one operand.
    """
    n = census(fmt, policy)
    odd = n.nonzero - n.powers  # operands that are no power of two
    both = 2 * n.nonzero * n.powers - n.powers**2  # pairs with a power of two among them
    if op == "pam":
        partial = odd * (n.powers + 1) + n.opposite
        return Count((n.nonzero + 1) ** 2, both + n.opposite + 2 * odd, partial, partial)
    if op == "padiv":
        first, second = odd * (n.powers + 1) + n.same, n.nonzero * n.powers + n.same
        return Count((n.nonzero + 1) * n.nonzero, both + n.same + odd, first, second)
    if op == "palog2":
        return Count(n.nonzero // 2, n.powers // 2)
    if op == "pasqrt":
        lowest = 1 - fmt.bias - (fmt.mant_bits if get_policy(policy).gradual else 0)
        return Count(n.nonzero // 2, _odd(lowest, lowest + n.powers // 2 - 1))
    if op == "paexp2":
        return Count(n.nonzero + 1, _integers(fmt))
    raise ValueError(f"op is {op!r}; it can be pam, padiv, palog2, pasqrt or paexp2")


def in_range(fmt: FloatFormat) -> Count:
    """Return the count of paexp2 on those normal operands and zero whose result is normal, without underflow."""
    highest = Fraction(fmt.largest - fmt.one, 1 << fmt.mant_bits)  # L of the largest number
    spans = [highest, Fraction(fmt.bias - 1)]
    integers = sum(_integers_to(int(span), fmt.mant_bits) for span in spans)
    return Count(sum(_numbers_to(span, fmt) for span in spans) + 1, integers + 1)


def removable(fmt: FloatFormat) -> int:
    """Return on how many operands the chain rule misses the derivative of palog, and so of paexp.

    They are x = 2^-n for palog and X(x') = 2^-n for paexp, n a power of two, 2^-n normal.
    """
    return (fmt.bias - 1).bit_length()


def _binades(fmt: FloatFormat) -> int:
    return (1 << fmt.exp_bits) - (2 if fmt.specials == "ieee" else 1)


def _odd(low: int, high: int) -> int:
    """Return the number of odd integers from low to high."""
    return (high + 1) // 2 - low // 2


def _integers(fmt: FloatFormat) -> int:
    """Return how many finite numbers are integers, zero among them."""
    return 2 * _integers_to(int(fmt.decode(fmt.largest)), fmt.mant_bits) + 1


def _integers_to(last: int, mant_bits: int) -> int:
    """Return how many integers from 1 to `last` have a mantissa of so many bits."""
    total = 0
    for exponent in range(last.bit_length()):
        start = 1 << exponent
        total += ((min(last, 2 * start - 1) - start) >> max(exponent - mant_bits, 0)) + 1
    return total


def _numbers_to(last: Fraction, fmt: FloatFormat) -> int:
    """Return how many positive normal numbers are at most `last`."""
    if last < fmt.decode(fmt.tiny):
        return 0
    exponent = floor_log2(last)
    mantissa = int((last / power_of_two(exponent) - 1) * (1 << fmt.mant_bits))
    return min(fmt.one + (exponent << fmt.mant_bits) + mantissa, fmt.largest) - fmt.tiny + 1
