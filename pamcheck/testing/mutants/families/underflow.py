"""Results below the smallest normal number."""

from __future__ import annotations

from pamcheck.testing.mutants.family import Family
from pamcheck.testing.mutants.unit import Unit

family = Family("Underflow")
COMPARE = "compare the sum with the smallest normal number as a signed integer"
FLUSH = "return a zero of the result's sign"


@family.part("underflow", "underflow_wraps_sign", "underflow wraps into the sign and exponent", COMPARE)
def _underflow_wraps_sign(u: Unit, sign: int, total: int) -> int:
    return (sign + total) & (u.w.sign | u.w.magnitude)


@family.part("underflow", "underflow_wraps_exponent", "underflow wraps the exponent", COMPARE)
def _underflow_wraps_exponent(u: Unit, sign: int, total: int) -> int:
    return sign | total & u.w.magnitude


@family.part(
    "underflow",
    "underflow_raw",
    "a sum below the smallest normal number is returned as it is: only a negative sum is flushed",
    "compare the sum with the smallest normal number, not with zero",
)
def _underflow_raw(_: Unit, sign: int, total: int) -> int:
    return sign | max(total, 0)


@family.part(
    "underflow",
    "underflow_negative_wraps",
    "a negative sum wraps around; results of exponent field zero are flushed",
    COMPARE,
)
def _underflow_negative_wraps(u: Unit, sign: int, total: int) -> int:
    return u.flushed(sign) if total >= 0 else sign | total & u.w.magnitude


@family.part("underflow", "underflow_tiny", "underflow gives the smallest normal number", FLUSH)
def _underflow_tiny(u: Unit, sign: int, _: int) -> int:
    return sign | u.w.tiny


@family.part(
    "underflow",
    "underflow_smallest",
    "underflow gives the smallest subnormal number",
    FLUSH,
    kind="deviation",
)
def _underflow_smallest(_: Unit, sign: int, __: int) -> int:
    return sign | 1


@family.part(
    "underflow",
    "underflow_unsigned",
    "underflow loses the sign: what is flushed becomes +0",
    FLUSH,
    kind="deviation",
)
def _underflow_unsigned(u: Unit, sign: int, total: int) -> int:
    code = Unit.underflow(u, sign, total)
    return code if code & u.w.magnitude else 0


@family.part("underflow", "underflow_nan", "underflow gives NaN", FLUSH)
def _underflow_nan(u: Unit, _: int, __: int) -> int:
    return u.w.nan


@family.part(
    "underflow",
    "results_gradual",
    "underflow of results is gradual: they are rounded to the subnormal grid instead of flushed",
    "flush results, or judge under the policy 'gradual' if operands keep their value too",
    kind="deviation",
)
def _results_gradual(u: Unit, sign: int, total: int) -> int:
    return u.denormal(sign, total << 1)


@family.part(
    "underflow",
    "results_flushed",
    "subnormal results are flushed to zero, though underflow is gradual; subnormal operands keep their value",
    "round to the subnormal grid, or judge under the policy 'ftz' if operands are flushed too",
    kind="deviation",
)
def _results_flushed(_: Unit, sign: int, __: int) -> int:
    return sign


@family.part(
    "underflow",
    "underflow_to_nearest",
    "results below the smallest normal number go to the nearer of it and zero",
    "flush them to zero",
    kind="deviation",
)
def _underflow_to_nearest(u: Unit, sign: int, total: int) -> int:
    return sign | (u.w.tiny if total > 0 else 0)


@family.part(
    "finish",
    "underflow_one_code_early",
    "the smallest normal number itself is flushed",
    "flush what is below the smallest normal number, not the number itself",
)
def _underflow_one_code_early(u: Unit, sign: int, total: int) -> int:
    return sign if total == u.w.tiny else Unit.finish(u, sign, total)


@family.part(
    "finish",
    "underflow_binade_early",
    "results in the lowest normal binade are flushed",
    "an exponent field of 1 is normal; only 0 is not",
)
def _underflow_binade_early(u: Unit, sign: int, total: int) -> int:
    return sign if u.w.tiny <= total < u.w.tiny << 1 else Unit.finish(u, sign, total)


@family.part(
    "denormal",
    "subnormal_result_truncated",
    "subnormal results are truncated",
    "round them to nearest, ties to even",
    kind="deviation",
)
def _subnormal_result_truncated(u: Unit, sign: int, halves: int) -> int:
    hidden = u.w.tiny << 1
    places = min(2 - (halves >> (u.w.mant_bits + 1)), u.w.mant_bits + 4)
    return sign | ((halves & (hidden - 1)) | hidden) >> places


@family.part(
    "denormal",
    "subnormal_result_shifted",
    "subnormal results are half of what they should be: shifted one place too far",
    "a subnormal number has the exponent of the smallest normal binade, not one below it",
)
def _subnormal_result_shifted(u: Unit, sign: int, halves: int) -> int:
    return Unit.denormal(u, sign, halves - (u.w.tiny << 1))
