"""Functions of one operand, and powers, made of whole words: shifted, converted, scaled, with few guards or none."""

from __future__ import annotations

from pamcheck.kernels.edges import shift_round
from pamcheck.testing.mutants.families.precision import number
from pamcheck.testing.mutants.family import Family, Part, ops
from pamcheck.testing.mutants.unit import Unit
from pamcheck.testing.subject import Subject

family = Family("Plain integers of one operand")
ADVICE = "test the operand before its code is used, and the result before it is returned"
LOG2_E = 1.4426950408889634


def signed(u: Unit, word: int) -> int:
    """Return a word as two's complement has it."""
    word &= u.w.sign | u.w.magnitude
    return word - 2 * u.w.sign if word & u.w.sign else word


def _root(arithmetic: bool, guards: str = "") -> Part:
    """Return a root that shifts whole words, with guards for nothing, for zeros, or for all but NaN."""

    def pasqrt(u: Unit, x: int) -> int:
        size = x & u.w.magnitude
        if guards and size == 0:
            return u.root_of_zero(x & u.w.sign)
        if guards == "numbers" and size <= u.w.inf:
            if x & u.w.sign:
                return u.root_of_negative(x)
            if u.is_inf(x):
                return u.infinite(0)
        word = signed(u, x) if arithmetic else x
        return (u.root_halves(word) >> 1) & (u.w.sign | u.w.magnitude)

    return pasqrt


def _register_roots() -> None:
    guarded = {
        "": "without any guard",
        "zeros": "with a guard for zeros only",
        "numbers": "with guards for zeros, infinities and negative numbers, but none for NaN and subnormal numbers",
    }
    for guards, told in guarded.items():
        for arithmetic, shift in ((True, "as a signed integer"), (False, "as an unsigned integer")):
            name = "root_words" + ("" if arithmetic else "_unsigned") + (f"_but_{guards}" if guards else "")
            family.add(name, f"the whole word is halved, {shift}, {told}", ADVICE, when=ops("pasqrt", mode=""),
                       pasqrt=_root(arithmetic, guards))  # fmt: skip


_register_roots()

family.add(
    "log_words",
    "the whole word less that of 1 is converted, sign and all, without any guard",
    ADVICE,
    when=ops("palog2", mode=""),
    palog2=lambda u, x: u.from_fixed(signed(u, x - u.w.one)),
)
family.add(
    "log_magnitudes",
    "the magnitude's code less that of 1 is converted, without any guard",
    ADVICE,
    when=ops("palog2", mode=""),
    palog2=lambda u, x: u.from_fixed((x & u.w.magnitude) - u.w.one),
)


def _exp_of(*, floor: bool = False, nearest: bool = False) -> Part:
    """Return an exponential that scales, converts to an integer of the word's width and adds the code of 1."""

    def paexp2(u: Unit, x: int) -> int:
        size, lost = x & u.w.magnitude, -u.w.sign  # what x86 converts numbers out of range to
        n = lost if size > u.w.largest else _scaled(u, x, floor, nearest)
        n = n if lost <= n < u.w.sign else lost
        return (n + u.w.one) & (u.w.sign | u.w.magnitude)

    return paexp2


def _scaled(u: Unit, x: int, floor: bool, nearest: bool) -> int:
    """Return a finite number in units of 2^-mant_bits as an integer."""
    size = x & u.w.magnitude
    field = size >> u.w.mant_bits
    significand = size & (u.w.tiny - 1) | (u.w.tiny if field else 0)
    places = max(field, 1) - u.w.bias
    n = -significand if x & u.w.sign else significand
    if places >= 0:
        return n << min(places, u.subject.fmt.width)
    if floor:
        return n >> -places
    cut = shift_round(significand, -places) if nearest else significand >> -places
    return -cut if n < 0 else cut


for _name, _how, _options in (
    ("truncated", "truncated to an integer", {}),
    ("floored", "rounded down to an integer", {"floor": True}),
    ("rounded", "rounded to an integer", {"nearest": True}),
):
    family.add(
        f"exp_words_{_name}",
        f"the operand is scaled, {_how} of the word's width, and the code of 1 added, without any guard",
        "decide overflow, underflow, infinities and NaN before converting",
        when=ops("paexp2", mode=""),
        paexp2=_exp_of(**_options),
    )


def _in_doubles(subject: Subject) -> bool:
    return not subject.mode and subject.fmt.mant_bits <= 23 and subject.fmt.exp_bits <= 8


def _value(u: Unit, x: int) -> float:
    """Return the value of a code that is no NaN."""
    size = x & u.w.magnitude
    value = float("inf") if size > u.w.largest else number(u, size) if size else 0.0
    return -value if x & u.w.sign else value


def _clamped(u: Unit, code: float) -> int:
    """Return a code that was computed as a number: cut off, and held between those of 0 and infinity."""
    if code != code:
        return u.invalid()
    return int(min(max(code, 0.0), float(u.w.inf)))


@family.part(
    "paexp",
    "exp_scaled_once",
    "the operand is multiplied by log2 e and scaled to codes in one step, in more precision, and cut off once",
    "round pam(x, log2 e) to the format, then round paexp2: the definition has two steps",
    kind="deviation",
    when=lambda subject: subject.op == "paexp" and _in_doubles(subject),
)
def _exp_scaled_once(u: Unit, x: int) -> int:
    if u.is_nan(x):
        return u.quiet(x)
    return _clamped(u, _value(u, x) * (LOG2_E * u.w.tiny) + u.w.one)


@family.part(
    "papow",
    "power_of_words",
    "the whole word of the base, less that of 1, is multiplied by the exponent in more precision and cut off once",
    "test the base first, and round every primitive's result to the format before the next one reads it",
    when=lambda subject: subject.op == "papow" and _in_doubles(subject),
)
def _power_of_words(u: Unit, a: int, y: int) -> int:
    if u.is_nan(y):
        return u.quiet(a, y)
    return _clamped(u, (signed(u, a) - u.w.one) * _value(u, y) + u.w.one)
