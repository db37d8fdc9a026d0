"""PAM quotient: divide by subtracting bit patterns.

(1 + f) / (1 + g) becomes 1 + f - g, or (2 + f - g) / 2 where f < g  [spec section 1].
"""

from __future__ import annotations

from fractions import Fraction

from pamcheck.contracts import Contract
from pamcheck.kernels.edges import extended, finish, infinite, overflowed
from pamcheck.kernels.words import Words


def quotient(a: int, b: int, w: Words) -> int:
    """Return the PAM quotient a / b of two codes, as a code.

    Every code is in the domain; zeros, infinities and NaN as in spec section 2. Error: see CONTRACT.
    """
    sign = (a ^ b) & w.sign
    ma, mb = a & w.magnitude, b & w.magnitude
    if ma > w.inf or mb > w.inf:
        return w.nan
    if ma < w.least:
        return w.nan if mb < w.least else sign
    if ma > w.largest:
        return w.nan if mb > w.largest else infinite(sign, w)
    if mb < w.least:
        return infinite(sign, w)
    if mb > w.largest:
        return sign
    dividend, divisor = extended(ma, w), extended(mb, w)
    # in this order no difference leaves a signed word, whatever the operands
    if dividend - (w.largest - w.shift) > divisor:
        return overflowed(sign, w)
    return finish(sign, (w.shift - divisor) + dividend, w)


CONTRACT = Contract(
    approximates="div",
    kind="relative",
    lower=Fraction(0),
    upper=Fraction(1, 8),
    witness=("0x1p+0", "0x1.8p+0"),
    attained=True,
    source="spec section 1; the case split printed in kosson2023 is inconsistent",
)
