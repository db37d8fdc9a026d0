"""What every operation shares: reading a code, rounding, and the edges of a format."""

from __future__ import annotations

from pamcheck.kernels.edges import shift_round, top_bit
from pamcheck.kernels.words import Words, make_words
from pamcheck.policy import POLICIES, Policy
from pamcheck.testing.subject import Subject


class Edges:
    """Reading operands and finishing results. All numbers are codes unless said otherwise.

    An *extended* code continues the magnitude below `tiny`, and above `largest`, as if the exponent had no end.
    """

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        policy = self.policy()
        known = POLICIES["ftz"] if policy.reference_only else policy
        self.thresholds = policy.thresholds
        self.w = self.landmarks(make_words(subject.fmt, known, subject.offset))

    # what the unit knows

    def policy(self) -> Policy:
        """Return the policy that the unit follows."""
        return self.subject.policy

    def landmarks(self, w: Words) -> Words:
        """Return the integers that the unit works with."""
        return w

    # operands

    def is_nan(self, code: int) -> bool:
        """Whether an operand is taken for NaN."""
        return code & self.w.magnitude > self.w.inf

    def is_inf(self, code: int) -> bool:
        """Whether an operand that is no NaN is taken for an infinity."""
        return code & self.w.magnitude > self.w.largest

    def is_zero(self, code: int) -> bool:
        """Whether an operand is taken for a zero."""
        return code & self.w.magnitude < self.w.least

    def extended(self, code: int) -> int:
        """Return the extended code of the magnitude of a nonzero number."""
        magnitude = code & self.w.magnitude
        if self.w.gradual and magnitude < self.w.tiny:
            places = self.w.mant_bits - top_bit(magnitude)
            return (magnitude << places) - (places << self.w.mant_bits)
        return magnitude

    # results

    def quiet(self, *_: int) -> int:
        """Return what a result of NaN is; the operands are there for those who pass them on."""
        return self.w.nan

    def invalid(self) -> int:
        """Return the result of an operation that has none, on operands that are no NaN."""
        return self.w.nan

    def infinite(self, sign: int) -> int:
        """Return what an infinite result becomes."""
        return self.w.infinite | (sign & self.w.infinite_sign)

    def zero(self, sign: int) -> int:
        """Return what a result of zero is."""
        return sign

    def finish(self, sign: int, total: int) -> int:
        """Return the result for an extended code."""
        if total > self.w.largest:
            return self.overflow(sign, total)
        if total < self.w.tiny:
            return self.underflow(sign, total)
        return sign | total

    def overflow(self, sign: int, _total: int) -> int:
        """Return what a result above `largest` becomes."""
        return self.w.overflow | (sign & self.w.overflow_sign)

    def underflow(self, sign: int, total: int) -> int:
        """Return what a result below `tiny` becomes."""
        return self.denormal(sign, total << 1) if self.w.gradual else self.flushed(sign)

    def flushed(self, sign: int) -> int:
        """Return what a result below `tiny` becomes where underflow is not gradual."""
        return sign

    def denormal(self, sign: int, halves: int) -> int:
        """Return the subnormal result (or `tiny`) for an extended code below it, given in halves."""
        hidden = self.w.tiny << 1
        significand = (halves & (hidden - 1)) | hidden
        # however far below, a result rounds as from the first place where every rounding gives the same
        places = min(2 - (halves >> (self.w.mant_bits + 1)), self.w.mant_bits + 4)
        return sign | self.round(significand, places, sign != 0)

    def round(self, n: int, places: int, negative: bool) -> int:  # noqa: ARG002
        """Return n / 2^places for n >= 0 and places > 0 as an integer; `negative` is the sign of the whole."""
        return shift_round(n, places)
