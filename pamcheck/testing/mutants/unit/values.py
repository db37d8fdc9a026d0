"""Functions of one operand, and composites, decision by decision  [spec section 2]."""

from __future__ import annotations

from pamcheck.kernels.edges import top_bit
from pamcheck.testing.mutants.unit.products import Products


class Values(Products):
    """Every operation on codes."""

    def palog2(self, x: int) -> int:
        """Return the base-2 logarithm."""
        if self.is_nan(x):
            return self.quiet(x)
        if self.is_zero(x):
            return self.log_of_zero()
        if x & self.w.sign:
            return self.log_of_negative(x)
        if self.is_inf(x):
            return self.infinite(0)
        return self.from_fixed(self.log_codes(self.extended(x)))

    def paexp2(self, x: int) -> int:
        """Return two to the power of x."""
        if self.is_nan(x):
            return self.quiet(x)
        if self.is_inf(x):
            return self.zero(0) if x & self.w.sign else self.infinite(0)
        if self.is_zero(x):
            return self.subject.fmt.one
        return self.exp_codes(x & self.w.sign, x & self.w.magnitude)

    def pasqrt(self, x: int) -> int:
        """Return the square root."""
        if self.is_nan(x):
            return self.quiet(x)
        if self.is_zero(x):
            return self.root_of_zero(x & self.w.sign)
        if x & self.w.sign:
            return self.root_of_negative(x)
        if self.is_inf(x):
            return self.infinite(0)
        halves = self.root_halves(self.extended(x))
        if halves < self.w.tiny << 1 and self.w.gradual:
            return self.denormal(0, halves)
        return self.finish(0, self.round(halves, 1, False))

    def palog(self, x: int) -> int:
        """Return the natural logarithm."""
        return self.padiv(self.palog2(x), self.w.log2e)

    def paexp(self, x: int) -> int:
        """Return e to the power of x."""
        return self.paexp2(self.pam(x, self.w.log2e))

    def papow(self, a: int, y: int) -> int:
        """Return a to the power of y."""
        return self.paexp2(self.pam(self.palog2(a), y))

    def log_of_zero(self) -> int:
        """Return palog2(0)."""
        return self.infinite(self.w.sign)

    def log_of_negative(self, _x: int) -> int:
        """Return palog2 of a negative number or -inf."""
        return self.invalid()

    def log_codes(self, code: int) -> int:
        """Return log2 in units of 2^-mant_bits, given an extended code."""
        return code - self.w.one

    def from_fixed(self, n: int) -> int:
        """Return the code nearest to n / 2^mant_bits."""
        if n == 0:
            return 0
        sign = self.w.sign if n < 0 else 0
        places = top_bit(abs(n)) - self.w.mant_bits
        significand = abs(n) << -places if places <= 0 else self.round(abs(n), places, n < 0)
        # the hidden bit is left in, so it adds one to the exponent field
        return self.finish(sign, ((places + self.w.bias - 1) << self.w.mant_bits) + significand)

    def exp_codes(self, sign: int, magnitude: int) -> int:
        """Return paexp2 of a nonzero number."""
        n = self.fixed(sign, magnitude)
        return self.finish(0, self.w.one - n if sign else self.w.one + n)

    def fixed(self, sign: int, magnitude: int) -> int:
        """Return |x| in units of 2^-mant_bits, as an integer."""
        field = magnitude >> self.w.mant_bits
        significand = magnitude & (self.w.tiny - 1) | (self.w.tiny if field else 0)
        places = max(field, 1) - self.w.bias
        return significand << places if places >= 0 else self.round(significand, -places, sign != 0)

    def root_of_zero(self, sign: int) -> int:
        """Return pasqrt(0)."""
        return sign

    def root_of_negative(self, _x: int) -> int:
        """Return pasqrt of a negative number or -inf."""
        return self.invalid()

    def root_halves(self, code: int) -> int:
        """Return twice the extended code of a root."""
        return code + self.w.one
