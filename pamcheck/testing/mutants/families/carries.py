"""Adding and subtracting codes wrongly: carries, borrows, adders that are none."""

from __future__ import annotations

from pamcheck.testing.mutants.family import Family
from pamcheck.testing.mutants.unit import Unit

family = Family("Carries and borrows")
RUN_ON = "add whole codes, so that the sum of the mantissas runs on into the exponent"


def _carry_of(u: Unit, a: int, b: int) -> int:
    mask = u.w.tiny - 1
    return ((a & mask) + (b & mask) + u.w.one - u.w.shift) >> u.w.mant_bits


def _borrow_of(u: Unit, a: int, b: int) -> int:
    mask = u.w.tiny - 1
    return ((a & mask) - (b & mask) - u.w.one + u.w.shift) >> u.w.mant_bits


@family.part("sum", "carry_dropped", "the carry between mantissa and exponent is dropped", RUN_ON)
def _carry_dropped(u: Unit, a: int, b: int) -> int:
    return Unit.sum(u, a, b) - (_carry_of(u, a, b) << u.w.mant_bits)


@family.part(
    "difference",
    "borrow_dropped",
    "the borrow of the mantissa from the exponent is dropped",
    "subtract whole codes, so that the difference of the mantissas borrows from the exponent",
)
def _borrow_dropped(u: Unit, a: int, b: int) -> int:
    return Unit.difference(u, a, b) - (_borrow_of(u, a, b) << u.w.mant_bits)


@family.part(
    "sum",
    "carry_shifts_mantissa",
    "where the mantissas carry, the fraction is shifted right once more",
    "leave Ma + Mb - 1 as it is on a carry: the code of the sum needs no normalisation",
)
def _carry_shifts_mantissa(u: Unit, a: int, b: int) -> int:
    total = Unit.sum(u, a, b)
    fraction = total & (u.w.tiny - 1)
    return total - fraction + (fraction >> 1) if _carry_of(u, a, b) else total


@family.part(
    "sum",
    "carry_saturates",
    "a sum of mantissas that carries is held at the largest mantissa instead",
    RUN_ON,
)
def _carry_saturates(u: Unit, a: int, b: int) -> int:
    total, mask = Unit.sum(u, a, b), u.w.tiny - 1
    return (total - u.w.tiny) | mask if _carry_of(u, a, b) else total


@family.part("sum", "mantissas_ored", "the mantissas are combined by OR instead of being added", RUN_ON)
def _mantissas_ored(u: Unit, a: int, b: int) -> int:
    mask = u.w.tiny - 1
    return Unit.sum(u, a & ~mask, b & ~mask) + (a & mask | b & mask)


@family.part("sum", "mantissas_xored", "the mantissas are combined by XOR instead of being added", RUN_ON)
def _mantissas_xored(u: Unit, a: int, b: int) -> int:
    mask = u.w.tiny - 1
    return Unit.sum(u, a & ~mask, b & ~mask) + (a & mask ^ b & mask)


@family.part(
    "sum",
    "low_half_ored",
    "the low half of the mantissa bits is combined by OR: a lower-part-OR adder",
    "use a full adder if the low bits are to be right",
    kind="deviation",
)
def _low_half_ored(u: Unit, a: int, b: int) -> int:
    mask = (1 << (u.w.mant_bits // 2)) - 1
    return Unit.sum(u, a & ~mask, b & ~mask) + (a & mask | b & mask)


@family.part(
    "sum",
    "carry_lost_at_half",
    "the carry from the low half of the word into the high half is lost",
    "chain the halves of the adder: add with carry",
)
def _carry_lost_at_half(u: Unit, a: int, b: int) -> int:
    half = u.subject.fmt.width // 2
    mask = (1 << half) - 1
    return Unit.sum(u, a, b) - (((a & mask) + (b & mask)) >> half << half)


@family.part(
    "sum",
    "carry_lost_at_bytes",
    "carries from one byte of the word into the next are lost",
    "chain the bytes of the adder: add with carry",
)
def _carry_lost_at_bytes(u: Unit, a: int, b: int) -> int:
    lost = sum(
        ((a & ((1 << k) - 1)) + (b & ((1 << k) - 1))) >> k << k for k in range(8, u.subject.fmt.width, 8)
    )
    return Unit.sum(u, a, b) - lost


@family.part(
    "difference",
    "borrow_taken_twice",
    "where Ma < Mb the exponent is lowered twice: by the subtraction, and by hand",
    "subtract whole codes and leave the exponent alone",
)
def _borrow_taken_twice(u: Unit, a: int, b: int) -> int:
    return Unit.difference(u, a, b) + (_borrow_of(u, a, b) << u.w.mant_bits)


@family.part(
    "difference",
    "mantissa_difference_absolute",
    "the mantissas are subtracted without their sign: |Ma - Mb|",
    "keep the sign of Ma - Mb: where it is negative the exponent is one lower",
)
def _mantissa_difference_absolute(u: Unit, a: int, b: int) -> int:
    mask = u.w.tiny - 1
    return Unit.difference(u, a & ~mask, b & ~mask) + abs((a & mask) - (b & mask))


@family.part(
    "difference",
    "quotient_split_of_product",
    "the case split of the product, Ma + Mb >= 1, decides the exponent of the quotient",
    "take the lower exponent where Ma < Mb; some printed case splits of the quotient are inconsistent",
)
def _quotient_split_of_product(u: Unit, a: int, b: int) -> int:
    fraction = Unit.difference(u, a, b) & (u.w.tiny - 1)
    exponent = ((a >> u.w.mant_bits) - (b >> u.w.mant_bits) + u.w.bias) << u.w.mant_bits
    return exponent + fraction - (_carry_of(u, a, b) << u.w.mant_bits)


@family.part(
    "difference",
    "quotient_split_strict",
    "where Ma = Mb the quotient takes the lower exponent: the case split has > for >=",
    "take the first case where Ma >= Mb",
)
def _quotient_split_strict(u: Unit, a: int, b: int) -> int:
    total = Unit.difference(u, a, b)
    return total - u.w.tiny if (a - b) & (u.w.tiny - 1) == 0 else total
