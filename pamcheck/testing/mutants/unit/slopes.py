"""Exact derivatives, decision by decision  [spec section 3]."""

from __future__ import annotations

from pamcheck.testing.mutants.unit.values import Values


class Slopes(Values):
    """The slope of the affine piece times the cotangent."""

    def pam_da(self, delta: int, a: int, b: int) -> int:
        """Return the cotangent of the first factor."""
        if self.undefined(delta, a, b):
            return self.quiet(delta, a, b)
        if self.is_zero(b):
            return self.no_slope(delta)
        return self.scale(self.signed(delta, b), self.exponent(b) + self.carry(a, b))

    def pam_db(self, delta: int, a: int, b: int) -> int:
        """Return the cotangent of the second factor."""
        return self.pam_da(delta, b, a)

    def padiv_da(self, delta: int, a: int, b: int) -> int:
        """Return the cotangent of the dividend."""
        if self.undefined(delta, a, b) or self.no_quotient(b):
            return self.quiet(delta, a, b)
        return self.scale(self.denominator_signed(delta, b), self.borrow(a, b) - self.exponent(b))

    def padiv_db(self, delta: int, a: int, b: int) -> int:
        """Return the cotangent of the divisor."""
        if self.undefined(delta, a, b) or self.no_quotient(b):
            return self.quiet(delta, a, b)
        if self.is_zero(a):
            return self.no_slope(delta)
        k = self.divisor_octaves(self.exponent(a), self.exponent(b)) + self.borrow(a, b)
        return self.scale(self.negated(self.signed(delta, a)), k)

    def palog2_dx(self, delta: int, x: int) -> int:
        """Return the cotangent of palog2's operand."""
        if self.undefined(delta, x) or self.no_logarithm(x):
            return self.quiet(delta, x)
        return self.scale(delta, -self.exponent(x))

    def paexp2_dx(self, delta: int, x: int) -> int:
        """Return the cotangent of paexp2's operand."""
        if self.is_nan(delta) or self.is_nan(x):
            return self.quiet(delta, x)
        if self.is_inf(x):
            return self.no_slope(delta) if x & self.w.sign else self.beyond()
        return self.scale(delta, self.floor(x))

    def pasqrt_dx(self, delta: int, x: int) -> int:
        """Return the cotangent of pasqrt's operand."""
        if self.undefined(delta, x) or self.no_logarithm(x):
            return self.quiet(delta, x)
        e = self.exponent(x)
        return self.scale(delta, self.half(e) - e - 1)

    def palog_dx(self, delta: int, x: int) -> int:
        """Return the cotangent of palog's operand, by the chain rule."""
        return self.palog2_dx(self.padiv_da(delta, self.palog2(x), self.w.log2e), x)

    def paexp_dx(self, delta: int, x: int) -> int:
        """Return the cotangent of paexp's operand, by the chain rule."""
        return self.pam_da(self.paexp2_dx(delta, self.pam(x, self.w.log2e)), x, self.w.log2e)

    def papow_da(self, delta: int, a: int, y: int) -> int:
        """Return the cotangent of the base, by the chain rule."""
        base = self.palog2(a)
        return self.palog2_dx(self.pam_da(self.paexp2_dx(delta, self.pam(base, y)), base, y), a)

    def papow_dy(self, delta: int, a: int, y: int) -> int:
        """Return the cotangent of the exponent, by the chain rule."""
        base = self.palog2(a)
        return self.pam_db(self.paexp2_dx(delta, self.pam(base, y)), base, y)

    # where there is none

    def undefined(self, delta: int, *operands: int) -> bool:
        """Whether the cotangent is NaN, or an operand NaN or infinite."""
        return self.is_nan(delta) or any(self.no_number(x) for x in operands)

    def no_number(self, x: int) -> bool:
        """Whether an operand is NaN or infinite."""
        return x & self.w.magnitude > self.w.largest

    def no_quotient(self, b: int) -> bool:
        """Whether a divisor is zero."""
        return self.is_zero(b)

    def no_logarithm(self, x: int) -> bool:
        """Whether an operand is outside the domain of palog2 and pasqrt."""
        return self.is_zero(x) or x & self.w.sign != 0

    def beyond(self) -> int:
        """Return the cotangent at paexp2(+inf)."""
        return self.invalid()

    def no_slope(self, _delta: int) -> int:
        """Return the cotangent where the slope is zero."""
        return 0

    # the slope

    def exponent(self, x: int) -> int:
        """Return E of a nonzero number."""
        return (self.extended(x) >> self.w.mant_bits) - self.w.bias

    def mantissa(self, x: int) -> int:
        """Return M of a number, in units of 2^-mant_bits; 0 for a zero."""
        return 0 if self.is_zero(x) else self.extended(x) & (self.w.tiny - 1)

    def carry(self, a: int, b: int) -> int:
        """Return floor(Ma + Mb + offset)."""
        return (self.mantissa(a) + self.mantissa(b) + self.w.one - self.w.shift) >> self.w.mant_bits

    def borrow(self, a: int, b: int) -> int:
        """Return floor(Ma - Mb - offset)."""
        return (self.mantissa(a) - self.mantissa(b) - self.w.one + self.w.shift) >> self.w.mant_bits

    def divisor_octaves(self, ea: int, eb: int) -> int:
        """Return Ea - 2 Eb."""
        return ea - 2 * eb

    def signed(self, delta: int, x: int) -> int:
        """Return delta with the sign of a numerator or factor applied; a NaN stays as it is."""
        return delta if delta & self.w.magnitude > self.w.inf else delta ^ (x & self.w.sign)

    def denominator_signed(self, delta: int, b: int) -> int:
        """Return delta with the sign of a denominator applied."""
        return self.signed(delta, b)

    def negated(self, code: int) -> int:
        """Return -code; a NaN stays as it is."""
        return code if code & self.w.magnitude > self.w.inf else code ^ self.w.sign

    def floor(self, x: int) -> int:
        """Return floor(x) of a finite number."""
        if self.is_zero(x):
            return 0
        magnitude = x & self.w.magnitude
        field = magnitude >> self.w.mant_bits
        significand = magnitude & (self.w.tiny - 1) | (self.w.tiny if field else 0)
        places = max(field, 1) - self.w.bias - self.w.mant_bits
        n = -significand if x & self.w.sign else significand
        return n << places if places >= 0 else n >> -places

    def half(self, e: int) -> int:
        """Return floor(E / 2)."""
        return e >> 1

    def scale(self, delta: int, k: int) -> int:
        """Return delta * 2^k."""
        sign = delta & self.w.sign
        if self.is_nan(delta):
            return self.quiet(delta)
        if self.zero_cotangent(delta):
            return self.zero(sign)
        if self.is_inf(delta):
            return self.infinite(sign)
        return self.finish(sign, self.extended(delta) + (k << self.w.mant_bits))

    def zero_cotangent(self, delta: int) -> bool:
        """Whether an incoming cotangent is taken for a zero."""
        return self.is_zero(delta)
