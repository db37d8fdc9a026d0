"""Mimic derivatives: the ordinary rules with PAM operations in them  [spec section 3]."""

from __future__ import annotations

from pamcheck.testing.mutants.unit.slopes import Slopes


class Rules(Slopes):
    """The rules, each a method, in the names of `Slopes` with `mimic_` before them."""

    def mimic_pam_da(self, delta: int, a: int, b: int) -> int:
        """Return pam(delta, b)."""
        return self.quiet(delta, a, b) if self.undefined(delta, a, b) else self.pam(delta, b)

    def mimic_pam_db(self, delta: int, a: int, b: int) -> int:
        """Return pam(delta, a)."""
        return self.mimic_pam_da(delta, b, a)

    def mimic_padiv_da(self, delta: int, a: int, b: int) -> int:
        """Return padiv(delta, b)."""
        if self.undefined(delta, a, b) or self.no_quotient(b):
            return self.quiet(delta, a, b)
        return self.padiv(delta, b)

    def mimic_padiv_db(self, delta: int, a: int, b: int) -> int:
        """Return -padiv(pam(a, delta), pam(b, b))."""
        if self.undefined(delta, a, b) or self.no_quotient(b):
            return self.quiet(delta, a, b)
        return self.negated(self.padiv(self.pam(a, delta), self.squared(b)))

    def squared(self, b: int) -> int:
        """Return pam(b, b), the denominator of the cotangent of a divisor."""
        return self.pam(b, b)

    def mimic_palog2_dx(self, delta: int, x: int) -> int:
        """Return padiv(padiv(delta, x), ln 2)."""
        if self.undefined(delta, x) or self.no_logarithm(x):
            return self.quiet(delta, x)
        return self.over_ln2(self.padiv(delta, x))

    def mimic_paexp2_dx(self, delta: int, x: int) -> int:
        """Return pam(pam(paexp2(x), ln 2), delta)."""
        if self.is_nan(delta) or self.is_nan(x):
            return self.quiet(delta, x)
        if self.is_inf(x) and x & self.w.sign == 0:
            return self.beyond()
        return self.pam(self.times_ln2(self.paexp2(x)), delta)

    def mimic_pasqrt_dx(self, delta: int, x: int) -> int:
        """Return padiv(delta, 2 pasqrt(x))."""
        if self.undefined(delta, x) or self.no_logarithm(x):
            return self.quiet(delta, x)
        return self.padiv(delta, self.twice(self.pasqrt(x)))

    def mimic_palog_dx(self, delta: int, x: int) -> int:
        """Return padiv(delta, x)."""
        if self.undefined(delta, x) or self.no_logarithm(x):
            return self.quiet(delta, x)
        return self.padiv(delta, x)

    def mimic_paexp_dx(self, delta: int, x: int) -> int:
        """Return pam(paexp(x), delta)."""
        return self.quiet(delta, x) if self.undefined(delta, x) else self.pam(self.paexp(x), delta)

    def mimic_papow_da(self, delta: int, a: int, y: int) -> int:
        """Return the cotangent of the base, by the chain rule of mimic primitives."""
        base = self.palog2(a)
        through = self.mimic_paexp2_dx(delta, self.pam(base, y))
        return self.mimic_palog2_dx(self.mimic_pam_da(through, base, y), a)

    def mimic_papow_dy(self, delta: int, a: int, y: int) -> int:
        """Return the cotangent of the exponent, likewise."""
        base = self.palog2(a)
        return self.mimic_pam_db(self.mimic_paexp2_dx(delta, self.pam(base, y)), base, y)

    def over_ln2(self, code: int) -> int:
        """Return the quotient by ln 2 in the rule of palog2."""
        return self.padiv(code, self.w.ln2)

    def times_ln2(self, code: int) -> int:
        """Return the product with ln 2 in the rule of paexp2."""
        return self.pam(code, self.w.ln2)

    def twice(self, root: int) -> int:
        """Return twice a root: a change of its exponent."""
        return Slopes.scale(self, root, 1)
