"""Subnormal operands."""

from __future__ import annotations

from pamcheck.kernels.words import Words
from pamcheck.testing.mutants.family import Family
from pamcheck.testing.mutants.unit import Unit

family = Family("Subnormal operands")
POLICY = "treat operands as the policy says: zeros of their sign under 'ftz', their value under 'gradual'"


def _counted(_: Unit, w: Words) -> Words:
    return w._replace(least=1)


family.add(
    "operands_gradual",
    "subnormal operands keep their value, though results are flushed",
    "flush operands too, or judge under the policy 'gradual' if results are not flushed",
    kind="deviation",
    landmarks=lambda _, w: w._replace(least=1, gradual=1),
    underflow=lambda u, sign, _: u.flushed(sign),
)
family.add(
    "operands_flushed",
    "subnormal operands are taken for zeros, though underflow is gradual",
    "keep their value, or judge under the policy 'ftz' if results are flushed too",
    kind="deviation",
    landmarks=lambda _, w: w._replace(least=w.tiny),
)
family.add(
    "subnormal_raw",
    "the codes of subnormal operands are added as they are, as if they had an implicit one",
    POLICY,
    landmarks=_counted,
    extended=lambda u, code: code & u.w.magnitude,
)


def _with_hidden_bit(u: Unit, code: int) -> int:
    magnitude = code & u.w.magnitude
    return magnitude | u.w.tiny if magnitude < u.w.tiny else magnitude


family.add(
    "subnormal_hidden_bit",
    "subnormal operands are taken for normal ones of the lowest binade, an implicit one put before them",
    POLICY,
    landmarks=_counted,
    extended=_with_hidden_bit,
)
family.add(
    "subnormal_left_unguarded",
    "a subnormal operand on the left is taken as its code, not as a zero",
    f"{POLICY}, on both sides",
    zero_left=lambda u, code: code & u.w.magnitude == 0,
    when=lambda subject: not subject.policy.gradual,
)
family.add(
    "subnormal_right_unguarded",
    "a subnormal operand on the right is taken as its code, not as a zero",
    f"{POLICY}, on both sides",
    zero_right=lambda u, code: code & u.w.magnitude == 0,
    when=lambda subject: not subject.policy.gradual,
)
family.add(
    "subnormal_left_flushed",
    "a subnormal operand on the left is taken for a zero, though underflow is gradual",
    f"{POLICY}, on both sides",
    kind="deviation",
    zero_left=lambda u, code: code & u.w.magnitude < u.w.tiny,
)
family.add(
    "subnormal_right_flushed",
    "a subnormal operand on the right is taken for a zero, though underflow is gradual",
    f"{POLICY}, on both sides",
    kind="deviation",
    zero_right=lambda u, code: code & u.w.magnitude < u.w.tiny,
)
family.add(
    "cotangent_subnormal_raw",
    "a subnormal cotangent is scaled by its code, not taken for a zero",
    POLICY,
    zero_cotangent=lambda u, code: code & u.w.magnitude == 0,
    when=lambda subject: not subject.policy.gradual,
)


@family.part(
    "arrive",
    "subnormal_unsigned",
    "a negative subnormal operand is taken for +0: its sign is lost",
    "flush it to a zero of its sign",
    kind="deviation",
)
def _subnormal_unsigned(u: Unit, code: int) -> int:
    return 0 if 0 < code & u.w.magnitude < u.w.least else code


@family.part(
    "is_zero",
    "tiny_is_zero",
    "the smallest normal number is taken for a zero",
    "only what is below the smallest normal number is subnormal",
)
def _tiny_is_zero(u: Unit, code: int) -> bool:
    return Unit.is_zero(u, code) or code & u.w.magnitude == u.w.tiny


@family.part(
    "is_zero",
    "lowest_binade_is_zero",
    "operands in the lowest normal binade are taken for zeros",
    "an exponent field of 1 is normal; only 0 is not",
)
def _lowest_binade_is_zero(u: Unit, code: int) -> bool:
    return Unit.is_zero(u, code) or u.w.tiny <= code & u.w.magnitude < u.w.tiny << 1


@family.part(
    "extended",
    "subnormal_shift_short",
    "subnormal operands are normalised one place too little",
    "count the places up to the hidden bit",
)
def _subnormal_shift_short(u: Unit, code: int) -> int:
    lost = u.w.tiny if code & u.w.magnitude < u.w.tiny else 0
    return Unit.extended(u, code) + lost


@family.part(
    "extended",
    "subnormal_mantissa_raw",
    "subnormal operands have the right exponent but are not shifted: their leading one is left in the mantissa",
    "shift the leading one into the hidden place",
)
def _subnormal_mantissa_raw(u: Unit, code: int) -> int:
    magnitude, right = code & u.w.magnitude, Unit.extended(u, code)
    return (right >> u.w.mant_bits << u.w.mant_bits) + magnitude if magnitude < u.w.tiny else right
