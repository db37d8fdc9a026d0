"""Product and quotient, decision by decision  [spec section 2]."""

from __future__ import annotations

from fractions import Fraction

from pamcheck.testing.mutants.unit.edges import Edges


class Products(Edges):
    """The operations that add codes."""

    def pam(self, a: int, b: int) -> int:
        """Return the product."""
        sign = self.sign(a, b)
        if self.is_nan(a) or self.is_nan(b):
            return self.quiet(a, b)
        if self.thresholds:
            return self.published(sign, a, b, self.true_product, self.sum)
        zero = self.zero_left(a) or self.zero_right(b)
        if self.is_inf(a) or self.is_inf(b):
            return self.inf_times_zero(sign) if zero else self.infinite(sign)
        if zero:
            return self.zero(sign)
        return self.finish(sign, self.sum(self.extended(a), self.extended(b)))

    def padiv(self, a: int, b: int) -> int:
        """Return the quotient."""
        sign = self.sign(a, b)
        if self.is_nan(a) or self.is_nan(b):
            return self.quiet(a, b)
        if self.thresholds:
            return self.published(sign, a, b, self.true_quotient, self.difference)
        if self.zero_left(a):
            return self.zero_by_zero(sign) if self.zero_right(b) else self.zero(sign)
        if self.is_inf(a):
            return self.inf_by_inf(sign) if self.is_inf(b) else self.infinite(sign)
        if self.zero_right(b):
            return self.by_zero(sign)
        if self.is_inf(b):
            return self.by_inf(sign)
        return self.finish(sign, self.difference(self.extended(a), self.extended(b)))

    def sign(self, a: int, b: int) -> int:
        """Return the sign bit of a product or quotient."""
        return (a ^ b) & self.w.sign

    def zero_left(self, a: int) -> bool:
        """Whether the first operand is taken for a zero."""
        return self.is_zero(a)

    def zero_right(self, b: int) -> bool:
        """Whether the second operand is taken for a zero."""
        return self.is_zero(b)

    def sum(self, a: int, b: int) -> int:
        """Return the extended code of a product."""
        return a + b - self.w.shift

    def difference(self, a: int, b: int) -> int:
        """Return the extended code of a quotient."""
        return a - b + self.w.shift

    def inf_times_zero(self, _sign: int) -> int:
        """Return inf * 0."""
        return self.invalid()

    def zero_by_zero(self, _sign: int) -> int:
        """Return 0 / 0."""
        return self.invalid()

    def inf_by_inf(self, _sign: int) -> int:
        """Return inf / inf."""
        return self.invalid()

    def by_zero(self, sign: int) -> int:
        """Return x / 0."""
        return self.infinite(sign)

    def by_inf(self, sign: int) -> int:
        """Return x / inf."""
        return self.zero(sign)

    # the policy that decides by real arithmetic

    def published(self, sign: int, a: int, b: int, true, codes) -> int:  # type: ignore[no-untyped-def]
        """Return a product or quotient under thresholds on the true result."""
        assert self.thresholds is not None
        low, high = self.thresholds
        size = true(a, b)
        if size is None or size >= high:
            return self.invalid()
        if size < low:
            return 0
        total: int = codes(a & self.w.magnitude, b & self.w.magnitude)
        return sign | total & self.w.magnitude

    def true_product(self, a: int, b: int) -> Fraction | None:
        """Return |a b|; None where an operand is infinite."""
        if self.is_inf(a) or self.is_inf(b):
            return None
        return abs(self.subject.fmt.decode(a) * self.subject.fmt.decode(b))

    def true_quotient(self, a: int, b: int) -> Fraction | None:
        """Return |a / b|; None where that is infinite or undefined."""
        if self.is_inf(a):
            return None
        if self.is_inf(b):
            return Fraction(0)
        divisor = self.subject.fmt.decode(b)
        return abs(self.subject.fmt.decode(a) / divisor) if divisor else None
