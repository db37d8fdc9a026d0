"""NaN operands, and which NaN results are."""

from __future__ import annotations

from pamcheck.kernels.words import Words
from pamcheck.testing.mutants.family import Family
from pamcheck.testing.mutants.unit import Unit

family = Family("NaN")
GUARD = "test for NaN before anything else"
CANON = "return the format's quiet NaN, sign clear, if NaNs are to be compared bit for bit"

family.add(
    "nan_as_inf",
    "a NaN operand is not guarded: it is taken for an infinity",
    GUARD,
    is_nan=lambda *_: False,
)
family.add(
    "nan_as_number",
    "a NaN operand is not guarded: it is taken for a number",
    GUARD,
    is_nan=lambda *_: False,
    is_inf=lambda u, code: u.w.inf > u.w.largest and code & u.w.magnitude == u.w.inf,
)


def _result_nan(words: str, name: str, change: object, *, bug: bool = False) -> None:
    """Register a unit whose NaN results are another code."""

    def landmarks(u: Unit, w: Words) -> Words:
        return w._replace(nan=change(u, w))  # type: ignore[operator]

    family.add(name, words, CANON, kind="bug" if bug else "deviation", landmarks=landmarks)


_result_nan("a result of NaN has its sign bit set", "nan_negative", lambda _, w: w.nan ^ w.sign)
_result_nan("a result of NaN has every mantissa bit set", "nan_all_ones", lambda _, w: w.magnitude)
_result_nan(
    "a result of NaN has every bit set, the sign too",
    "nan_all_ones_negative",
    lambda _, w: w.magnitude | w.sign,
)
_result_nan(
    "a result of NaN is a signalling NaN", "nan_signalling", lambda _, w: min(w.inf + 1, w.magnitude)
)
_result_nan("a result of NaN is +0", "nan_is_zero", lambda *_: 0, bug=True)
_result_nan("a result of NaN is an infinity", "nan_is_inf", lambda _, w: w.inf, bug=True)
_result_nan("a result of NaN is the largest number", "nan_is_largest", lambda _, w: w.largest, bug=True)
_result_nan("a result of NaN is 1", "nan_is_one", lambda _, w: w.one, bug=True)


def _first_nan(u: Unit, codes: tuple[int, ...]) -> int:
    return next((code for code in codes if code & u.w.magnitude > u.w.inf), u.w.nan)


@family.part("quiet", "nan_payload", "the first NaN operand is passed on as it is", CANON, kind="deviation")
def _nan_payload(u: Unit, *codes: int) -> int:
    return _first_nan(u, codes)


@family.part(
    "quiet", "nan_payload_last", "the last NaN operand is passed on as it is", CANON, kind="deviation"
)
def _nan_payload_last(u: Unit, *codes: int) -> int:
    return _first_nan(u, codes[::-1])


@family.part(
    "quiet",
    "nan_payload_quieted",
    "the first NaN operand is passed on, made quiet",
    CANON,
    kind="deviation",
)
def _nan_payload_quieted(u: Unit, *codes: int) -> int:
    quiet_bit = u.w.tiny >> 1 if u.w.inf > u.w.largest else 0
    return _first_nan(u, codes) | quiet_bit


family.add(
    "nan_as_x86",
    "NaNs are those of an x86 processor: operands are passed on quieted, new ones have their sign bit set",
    CANON,
    kind="deviation",
    quiet=_nan_payload_quieted,
    invalid=lambda u: u.w.nan | u.w.sign,
)


@family.part(
    "quiet",
    "nan_signed",
    "a NaN operand's result has the exclusive or of the signs",
    CANON,
    kind="deviation",
)
def _nan_signed(u: Unit, *codes: int) -> int:
    sign = 0
    for code in codes:
        sign ^= code & u.w.sign
    return u.w.nan | sign


@family.part("quiet", "nan_lost_at_zero", "NaN times zero, or zero by NaN, gives zero", GUARD)
def _nan_lost_at_zero(u: Unit, *codes: int) -> int:
    return 0 if any(u.is_zero(code) for code in codes) else u.w.nan


@family.part(
    "quiet", "nan_left_unguarded", "a NaN on the left is taken for an infinity", f"{GUARD}, on both sides"
)
def _nan_left_unguarded(u: Unit, *codes: int) -> int:
    lost = len(codes) == 2 and codes[1] & u.w.magnitude <= u.w.inf
    return u.infinite(u.sign(*codes)) if lost else u.w.nan


@family.part(
    "quiet", "nan_right_unguarded", "a NaN on the right is taken for an infinity", f"{GUARD}, on both sides"
)
def _nan_right_unguarded(u: Unit, *codes: int) -> int:
    lost = len(codes) == 2 and codes[0] & u.w.magnitude <= u.w.inf
    return u.infinite(u.sign(*codes)) if lost else u.w.nan


family.add(
    "invalid_zero",
    "an operation without a result (0 / 0, inf * 0, the logarithm or root of a negative) gives 0",
    "return NaN",
    invalid=lambda *_: 0,
)
family.add(
    "invalid_negative_nan",
    "an operation without a result gives a NaN with its sign bit set, though NaN operands do not",
    CANON,
    kind="deviation",
    invalid=lambda u: u.w.nan ^ u.w.sign,
)
