"""What a sum can be when its terms are added in any order: an enclosure, proven.

**The sums meant.** The terms t_1 ... t_n are numbers of a format. They are added by IEEE 754 additions to
nearest, with gradual underflow and without fused products, in any tree; terms that are zero do not count.
Every addition rounds once, to a binary format that holds both of its operands and every number of the
accumulator: the accumulator or a wider one. On its way from a term to the result a partial sum may be
narrowed once, from a wide format to the accumulator (sums of blocks in float64 that are kept in float32).
The result is rounded to the format once.

**Bound.** With p the bits of the accumulator's significand, u = 2^-p, s the exact sum and S the sum of |t_i|,
every such sum but for its last rounding is within

    g S of s,    g = (1 + u) (1 + (n - 1) u / 2)^2 - 1        about n u

of s, and exactly s where n <= 1, or where all terms are multiples of a power of two G with S <= 2^p G.

*Proof.* (1) One addition. Let r be x + y rounded to nearest in a set that holds x and y and that has every
number of p bits on the grid of the smallest subnormal. Then |r - (x + y)| <= u |x + y|: where x + y is normal
to that set by rounding, and below because x and y, and so x + y, lie on the grid, which there is in the set.
Also |r - (x + y)| <= min(|x|, |y|), for x and y are in the set and no nearer to x + y than r.

(2) Without narrowing the error is at most (n - 1) u S, for any tree [Jeannerod and Rump 2013]. By induction:
let the last addition take sums over n1 and n2 terms of sizes S1 and S2, e its own error. To (n1 - 1) u S1 +
(n2 - 1) u S2 it adds |e|, and (n1 + n2 - 1) u (S1 + S2) leaves room for u (n2 S1 + n1 S2). If S2 <= u S1 then
|e| is at most the smaller operand, S2 + (n2 - 1) u S2 <= u S1 + (n2 - 1) u S1. Likewise if S1 <= u S2.
Otherwise |e| <= u (S1 + (n1 - 1) u S1 + S2 + (n2 - 1) u S2) < u (S1 + (n1 - 1) S2 + S2 + (n2 - 1) S1).

(3) With narrowing: let it be applied to partial sums b = 1 ... m, over n_b terms of size S_b, which are then
added up. With q = n_b - 1 and r = m - 1 the errors below, by narrowing and above are at most q u S_b,
u (1 + q u) S_b and, of S_b's share, r u (1 + u)(1 + q u) S_b. Together (1 + u)(1 + q u)(1 + r u) - 1 times
S_b. As every other b has a term, q + r <= n - 1, and q r <= ((n - 1) / 2)^2.

(4) If all terms are multiples of G, a power of two, and S <= 2^p G, every partial sum is a multiple of G of size
at most 2^p G, hence in the accumulator, and nothing is rounded.

(5) The last rounding is monotone, so the result lies between the roundings of s - g S and s + g S. ∎

**Overflow.** A partial sum over terms J exceeds the sum of the positive terms of J by no more than g S, by
(1) to (3) applied to the tree below it. So none becomes +inf unless P + g S reaches the number that the
accumulator rounds to infinity, P the sum of the positive terms; -inf likewise. An infinity stays, and a NaN
comes about only from a NaN term or from both infinities. NaN results may have any sign and payload.

**Zeros.** A sum is -0 only where every term is: x + (-x) is +0, and nothing but zero rounds to zero.

Source for (2): C.-P. Jeannerod and S. M. Rump, Improved error bounds for inner products in floating-point
arithmetic, SIAM J. Matrix Anal. Appl. 34 (2013), 338-344.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from pamcheck.formats import FORMATS, FloatFormat
from pamcheck.kernels.values import accumulator as canonical
from pamcheck.testing.contractions.tally import Tally, tallies, unit
from pamcheck.testing.subject import Codes


@dataclass(frozen=True)
class Enclosure:
    """The results that some order gives.

    low, high  the least and the greatest finite one as places among the codes (see `place`); low > high where
               no finite one is possible
    plus       whether +infinity is possible; minus and nan likewise
    zero       whether -0 is
    """

    fmt: FloatFormat
    low: int
    high: int
    plus: bool
    minus: bool
    nan: bool
    zero: bool

    def holds(self, code: int) -> bool:
        """Whether a code is among them."""
        if self.fmt.is_nan(code):
            return self.nan
        if self.fmt.is_inf(code):
            return self.minus if code & self.fmt.sign else self.plus
        if code == self.fmt.sign:
            return self.zero
        return self.low <= place(code, self.fmt) <= self.high

    def __str__(self) -> str:
        words = []
        if self.low <= self.high:
            ends = [code_at(end, self.fmt) for end in (self.low, self.high)]
            told = [f"{self.fmt.hex(code)} ({self.fmt.to_float(code):.9g})" for code in ends]
            words.append(told[0] if ends[0] == ends[1] else " to ".join(told))
        words += [word for word, possible in (("inf", self.plus), ("-inf", self.minus)) if possible]
        words += [word for word, possible in (("NaN", self.nan), ("-0", self.zero)) if possible]
        return f"any order gives {', '.join(words)}"


def enclosures(terms: Codes, fmt: FloatFormat, wide: FloatFormat) -> list[Enclosure]:
    """Return the enclosure of the sum of every row of an array of codes (rows, terms), added up in `wide`."""
    return [enclose(tally, fmt, wide) for tally in tallies(terms, fmt)]


def enclose(t: Tally, fmt: FloatFormat, wide: FloatFormat) -> Enclosure:
    """Return what the sum of terms can be; wide is the accumulator and holds every number of fmt."""
    scale, size = unit(fmt), t.plus + t.minus
    slack = Fraction(0) if _is_exact(t, wide) else growth(t.many, wide.mant_bits + 1) * size
    beyond = overflow_at(wide) / scale
    over, under = t.plus + slack >= beyond, t.minus + slack >= beyond
    if wide.specials == "finite" and (over or under):  # it saturates: partial sums can be anything
        return Enclosure(fmt, -fmt.largest, fmt.largest, False, False, False, t.all_minus)
    ends = [_rounded((t.plus - t.minus + sign * slack) * scale, fmt) for sign in (-1, 1)]
    plus = t.plus_inf or over or ends[1] > fmt.largest
    minus = t.minus_inf or under or ends[0] < -fmt.largest
    impossible = t.nan or t.plus_inf or t.minus_inf
    low, high = (1, 0) if impossible else (max(ends[0], -fmt.largest), min(ends[1], fmt.largest))
    both = (t.plus_inf or over) and (t.minus_inf or under)
    nan = t.nan or both or (fmt.inf is None and fmt.nan is not None and (plus or minus))
    if t.nan:
        plus = minus = False
    elif t.plus_inf or t.minus_inf:  # an infinite term leaves the other infinity no chance but as a NaN
        plus, minus = t.plus_inf and not t.minus_inf, t.minus_inf and not t.plus_inf
    has = fmt.inf is not None
    return Enclosure(fmt, low, high, plus and has, minus and has, nan, t.all_minus)


@lru_cache(maxsize=4096)
def growth(n: int, bits: int) -> Fraction:
    """Return g for n terms and an accumulator of that many significant bits."""
    u = Fraction(1, 1 << bits)
    return (1 + u) * (1 + (n - 1) * u / 2) ** 2 - 1


@lru_cache(maxsize=64)
def overflow_at(fmt: FloatFormat) -> Fraction:
    """Return the least real number that might not be rounded to a finite one."""
    largest = fmt.decode(fmt.largest)
    return largest + (largest - fmt.decode(fmt.largest - 1)) / 2


def accumulator_of(fmt: FloatFormat, name: str | None) -> FloatFormat:
    """Return the accumulator "float32", "float64", "format", or by None the canonical one.

    Raises ValueError for another name and for one that does not hold every number of the format.
    """
    if name is None:
        return canonical(fmt)
    if name not in ("float32", "float64", "format"):
        raise ValueError(f"accumulator is {name!r}; it must be 'float32', 'float64', 'format' or None")
    if name == "float32" and canonical(fmt) != FORMATS["float32"]:
        raise ValueError(
            f"accumulator is 'float32', which does not hold the numbers of {fmt.name}; take 'float64'"
        )
    return fmt if name == "format" else FORMATS[name]


def place(code: int, fmt: FloatFormat) -> int:
    """Return where a number stands in the order of values; both zeros stand at 0."""
    return -(code - fmt.sign) if code >= fmt.sign else code


def code_at(number: int, fmt: FloatFormat) -> int:
    """Return the code at a place."""
    return fmt.sign - number if number < 0 else number


def _is_exact(t: Tally, wide: FloatFormat) -> bool:
    return t.many <= 1 or (t.plus + t.minus) >> t.grain <= 1 << (wide.mant_bits + 1)


def _rounded(value: Fraction, fmt: FloatFormat) -> int:
    """Return the place of a real number rounded to the format; beyond the largest, where infinity would be."""
    size = fmt.encode(
        abs(value)
    )  # what stands for infinity, or for NaN in its place, is the code above the largest
    return -size if value < 0 else size
