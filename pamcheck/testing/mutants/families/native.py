"""Exact derivatives in a processor's own arithmetic: fields read without guards, cotangents multiplied."""

from __future__ import annotations

from pamcheck.testing.mutants.families.precision import number
from pamcheck.testing.mutants.family import Family, modes, ops
from pamcheck.testing.mutants.unit import Unit

family = Family("Derivatives in native arithmetic")
EXACT = modes("exact")
FIELDS = "test operands for zero, subnormal numbers, infinities and NaN before their fields are used"
SCALE = "add the exponent of the slope to that of the cotangent, under the policy that is judged by"


def _pam_da(u: Unit, delta: int, a: int, b: int) -> int:
    return u.scale(u.signed(delta, b), u.exponent(b) + u.carry(a, b))


def _padiv_db(u: Unit, delta: int, a: int, b: int) -> int:
    k = u.divisor_octaves(u.exponent(a), u.exponent(b)) + u.borrow(a, b)
    return u.scale(u.negated(u.signed(delta, a)), k)


family.add(
    "slope_fields",
    "no operand is tested: the fields of zeros, subnormal numbers, infinities and NaN are taken for a number's",
    FIELDS,
    when=EXACT,
    undefined=lambda *_: False,
    no_quotient=lambda *_: False,
    no_logarithm=lambda *_: False,
    pam_da=_pam_da,
    padiv_db=_padiv_db,
    exponent=lambda u, x: ((x & u.w.magnitude) >> u.w.mant_bits) - u.w.bias,
    mantissa=lambda u, x: x & (u.w.tiny - 1),
)


def _times(u: Unit, delta: int, k: int, inverse: bool) -> int:
    """Return a cotangent times 2^k, or by 2^-k, the power of two being a number of the format."""
    sign, size, w = delta & u.w.sign, delta & u.w.magnitude, u.w
    if size > w.inf:
        return u.quiet(delta)
    power = -k if inverse else k
    over = power > (w.largest >> w.mant_bits) - w.bias
    under = power < 1 - w.bias - w.mant_bits
    grows, vanishes = (under, over) if inverse else (over, under)
    infinite = size > w.largest
    if (infinite and vanishes) or (size == 0 and grows):
        return u.invalid()
    if infinite or grows:
        return u.infinite(sign)
    if size == 0 or vanishes:
        return sign
    places = max(w.mant_bits + 1 - size.bit_length(), 0)
    total = (size << places) - (places << w.mant_bits) + (k << w.mant_bits)
    if total > w.largest:
        return u.overflow(sign, total)
    return sign | total if total >= w.tiny else u.denormal(sign, total << 1)


family.add(
    "slope_multiplied",
    "the cotangent is multiplied by the slope as numbers of the format: underflow is gradual, and a slope"
    " out of range is 0 or infinite",
    SCALE,
    kind="deviation",
    when=EXACT,
    scale=lambda u, delta, k: _times(u, delta, k, inverse=False),
)
family.add(
    "slope_divided",
    "the cotangent is divided by a power of two as numbers of the format: underflow is gradual, and a power"
    " out of range is 0 or infinite",
    SCALE,
    kind="deviation",
    when=EXACT,
    scale=lambda u, delta, k: _times(u, delta, k, inverse=True),
)
family.add(
    "exp_slope_one_outside",
    "at infinities and NaN the slope of paexp2 is taken for 1",
    "the cotangent is NaN at +inf and NaN, and +0 at -inf",
    when=ops("paexp2", mode="exact"),
    paexp2_dx=lambda u, delta, x: u.scale(delta, 0 if u.no_number(x) else u.floor(x)),
)


def _product(u: Unit, a: int, b: int) -> int:
    """Return the product of two codes as the processor has it, underflow gradual."""
    if any(x & u.w.magnitude > u.w.inf for x in (a, b)):
        return u.quiet(a, b)
    sign, sizes = (a ^ b) & u.w.sign, (a & u.w.magnitude, b & u.w.magnitude)
    if max(sizes) > u.w.largest:
        return u.infinite(sign) if min(sizes) else u.invalid()
    if not min(sizes):
        return sign
    value = number(u, sizes[0]) * number(u, sizes[1])
    code = u.subject.fmt.encode(value) if value else 0
    return sign | code if code <= u.w.largest else u.overflow(sign, code)


@family.part(
    "cotangents",
    "native_products",
    "the derivatives are delta b and delta a in ordinary arithmetic: those of a product, not of PAM",
    "return the slope of the affine piece, or apply PAM operations in the rule",
    kind="deviation",
    when=lambda subject: subject.op == "pam" and subject.mode != "",
)
def _native_products(u: Unit, delta: int, a: int, b: int) -> tuple[int, ...]:
    return _product(u, delta, b), _product(u, delta, a)
