"""Compensation: the subject's offset left out or applied wrongly, and published ones added."""

from __future__ import annotations

from pamcheck.kernels.words import Words
from pamcheck.measure.compensation import MOGAMI, l_mul_offset
from pamcheck.testing.mutant import Mutant
from pamcheck.testing.mutants.family import Family, make_mutant, ops
from pamcheck.testing.mutants.unit import Unit
from pamcheck.testing.subject import Subject

family = Family("Offsets")
TAKES = ops("pam", "padiv")


def with_offset(codes: int, subject: Subject) -> Mutant:
    """Return a unit that applies an offset of so many codes: a diagnosis with a number in it."""
    octaves = codes / subject.fmt.tiny
    instead = f" instead of {subject.offset}" if subject.offset else ""
    return make_mutant(
        f"offset_{codes}_codes",
        f"an offset of {codes} code{'s' * (abs(codes) != 1)} is applied{instead}: {octaves:.4g} octaves",
        f"leave it out, or judge with --offset {octaves!r}",
        "deviation",
        TAKES,
        {"landmarks": lambda _, w: w._replace(shift=w.one - codes)},
    )


def _instead(name: str, words: str, advice: str, codes: object, kind: str = "bug") -> None:
    """Register a unit that applies another offset than the subject's."""

    def landmarks(u: Unit, w: Words) -> Words:
        return w._replace(shift=w.one - codes(u.subject))  # type: ignore[operator]

    family.add(name, words, advice, kind=kind, when=TAKES, landmarks=landmarks)  # type: ignore[arg-type]


_instead("offset_forgotten", "the offset is forgotten", "add it in pam, subtract it in padiv", lambda _: 0)
_instead(
    "offset_wrong_sign",
    "the offset has the wrong sign",
    "add it in pam, subtract it in padiv",
    lambda subject: -subject.offset,
)
_instead(
    "offset_doubled", "the offset is applied twice", "apply it once", lambda subject: 2 * subject.offset
)
_instead(
    "offset_l_mul",
    "L-Mul's constant 2^-l(m) is added to the mantissas",
    "leave it out, or judge with that offset",
    lambda subject: round(l_mul_offset(subject.fmt.mant_bits) * subject.fmt.tiny),
    "deviation",
)
_instead(
    "offset_mogami",
    "Mogami's constant is added to the codes",
    "leave it out, or judge with that offset",
    lambda subject: round(MOGAMI * subject.fmt.tiny),
    "deviation",
)


@family.part(
    "sum",
    "offset_into_mantissa",
    "the offset is added to the mantissa only: its carry into the exponent is lost",
    "add the offset to the whole code",
    when=TAKES,
)
def _offset_into_mantissa(u: Unit, a: int, b: int) -> int:
    plain = a + b - u.w.one
    mask = u.w.tiny - 1
    return plain & ~mask | (plain + u.w.one - u.w.shift) & mask


@family.part(
    "difference",
    "offset_into_mantissa_of_quotient",
    "the offset is taken from the mantissa only: its borrow from the exponent is lost",
    "subtract the offset from the whole code",
    when=TAKES,
)
def _offset_into_mantissa_of_quotient(u: Unit, a: int, b: int) -> int:
    plain = a - b + u.w.one
    mask = u.w.tiny - 1
    return plain & ~mask | (plain - u.w.one + u.w.shift) & mask


@family.part(
    "squared",
    "offset_not_in_square",
    "the square of the divisor in the rule of padiv is taken without the offset",
    "compensate every product and quotient of the rule",
    when=ops("padiv", mode="mimic"),
)
def _offset_not_in_square(u: Unit, b: int) -> int:
    kept, u.w = u.w, u.w._replace(shift=u.w.one)
    try:
        return Unit.squared(u, b)
    finally:
        u.w = kept
