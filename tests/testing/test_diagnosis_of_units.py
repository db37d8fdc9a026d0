"""Diagnoses of whole units, as they are written in NumPy: several mistakes at once, each of them named."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from pamcheck.testing.diagnosis import Diagnosis, diagnose
from pamcheck.testing.mutants import CATALOGUE
from pamcheck.testing.mutants.family import parts_of, together
from pamcheck.testing.session import Session
from pamcheck.testing.subject import Codes, Subject, make_subject

Floats = npt.NDArray[np.float32]
ONE = 0x3F800000
MAGNITUDE = 0x7FFFFFFF


class Floating:
    """A target that is a function of float32 arrays; any NaN of its answers is the quiet one."""

    name = "floating"

    def __init__(self, function: Callable[..., object]) -> None:
        self.function = function

    def answer(self, _: Subject, inputs: tuple[Codes, ...]) -> tuple[Codes, ...]:
        with np.errstate(all="ignore"):
            found = self.function(*(codes.view("f4") for codes in inputs))
        outputs = found if isinstance(found, tuple) else (found,)
        return tuple(np.where(np.isnan(out), np.uint32(0x7FC00000), out.view("u4")) for out in outputs)

    def notices(self) -> tuple[str, ...]:
        return ()

    def close(self) -> None:
        pass


class Words(Floating):
    """The same, its NaNs as they come."""

    def answer(self, _: Subject, inputs: tuple[Codes, ...]) -> tuple[Codes, ...]:
        with np.errstate(all="ignore"):
            return (self.function(*(codes.view("f4") for codes in inputs)).view("u4"),)


def groups(target: Floating, op: str, mode: str = "", size: int = 1300) -> list[Diagnosis]:
    subject = make_subject(op, "float32", mode=mode)
    f, rng = subject.fmt, np.random.default_rng(4)
    edges = np.array(
        [0, 1, f.tiny - 1, f.tiny, f.one, f.one + (f.tiny >> 1), f.largest, f.inf, f.nan, 0x43020000], "u4"
    )
    columns = []
    for _ in subject.inputs:
        codes = rng.integers(0, 1 << 32, size, dtype="u4")
        near = rng.random(size) < 0.5
        codes[near] = codes[near] % (8 * f.tiny) + f.one - 4 * f.tiny
        at_edge = rng.random(size) < 0.25
        codes[at_edge] = rng.choice(edges, at_edge.sum())
        codes ^= rng.integers(0, 2, size, dtype="u4") << np.uint32(31)
        columns.append(codes)
    session = Session(target, subject)
    session.hold(*columns)
    found = diagnose(subject, session.found, session.agreed)
    assert sum(d.members[0].size for d in found) == sum(one.size for one in session.found)
    return found


def names(found: list[Diagnosis]) -> set[str]:
    return {name for d in found for name in (d.mutant.name if d.mutant else "unexplained").split(" + ")}


def _bits(x: Floats) -> npt.NDArray[np.int32]:
    return x.view(np.int32)


def _sign(*xs: Floats) -> npt.NDArray[np.int64]:
    return np.bitwise_xor.reduce([_bits(x).astype(np.int64) for x in xs]) & 0x80000000


def _sum(a: Floats, b: Floats) -> npt.NDArray[np.int64]:
    return (_bits(a) & MAGNITUDE).astype(np.int64) + (_bits(b) & MAGNITUDE) - ONE


def _coded(codes: npt.NDArray[np.int64]) -> Floats:
    return codes.astype(np.uint32).view(np.float32)


def mogami(a: Floats, b: Floats) -> Floats:
    return (_bits(a) + _bits(b) - np.int32(ONE - (1 << 19))).view(np.float32)


def zeros_only(a: Floats, b: Floats) -> Floats:
    return np.where((a == 0) | (b == 0), np.float32(0), _coded(_sum(a, b) | _sign(a, b)))


def subnormals_added(a: Floats, b: Floats) -> Floats:
    size = np.clip(_sum(a, b), 0, 0x7F800000)
    infinite, zero = np.isinf(a) | np.isinf(b), (a == 0) | (b == 0)
    size = np.where(zero, 0, np.where(infinite, 0x7F800000, size))
    invalid = np.isnan(a) | np.isnan(b) | (infinite & zero)
    return _coded(np.where(invalid, 0x7FC00000, size | _sign(a, b)))


def logarithm(x: Floats) -> Floats:
    mantissa, exponent = np.frexp(np.abs(x))
    return ((exponent - 1) + (2 * mantissa - 1)).astype(np.float32)


def power_of_two(x: Floats) -> Floats:
    whole = np.floor(x)
    steps = np.where(np.isfinite(whole), np.clip(whole, -2000, 2000), 0).astype(np.int32)
    return np.ldexp((1 + (x - whole)).astype(np.float32), steps)


def root(x: Floats) -> Floats:
    return ((_bits(x) >> 1) + np.int32(ONE >> 1)).view(np.float32)


def guarded_root(x: Floats) -> Floats:
    found = np.where(x < 0, np.float32(np.nan), root(x))
    return np.where(np.isinf(x) & (x > 0), x, np.where(x == 0, np.float32(0), found))


def schraudolph(x: Floats) -> Floats:
    code = np.clip(x.astype(np.float64) * (2**23 * np.log2(np.e)) + ONE, 0, 0x7F800000)
    return _coded(np.where(np.isnan(code), 0x7FC00000, code).astype(np.int64))


def power(a: Floats, y: Floats) -> Floats:
    code = np.clip((_bits(a).astype(np.float64) - ONE) * y + ONE, 0, 0x7F800000)
    return _coded(np.where(np.isnan(code), 0x7FC00000, code).astype(np.int64))


def slopes(a: Floats, b: Floats, delta: Floats) -> tuple[Floats, Floats]:
    def scale(x: Floats) -> Floats:
        field = (_bits(x) >> 23 & 255) - 127
        return np.ldexp(np.float32(1), field + carry)

    carry = ((_bits(a) & 0x7FFFFF) + (_bits(b) & 0x7FFFFF) > 0x800000).astype(np.int32)
    return delta * scale(b), delta * scale(a)


@pytest.mark.parametrize(
    ("op", "target", "causes"),
    [
        ("pam", Words(mogami), {"offset_l_mul", "raw_words"}),
        ("pam", Floating(lambda a, b: a * b), {"exact_product", "operands_gradual"}),
        (
            "pam",
            Words(zeros_only),
            {"raw_without_specials_subnormals_underflow_overflow_or", "zero_sign_lost"},
        ),
        ("pam", Words(subnormals_added), {"subnormal_raw", "underflow_raw"}),
        (
            "palog2",
            Floating(logarithm),
            {"log_of_negative_absolute", "policy_gradual", "log_of_zero_minus_two"},
        ),
        (
            "paexp2",
            Floating(power_of_two),
            {"policy_gradual", "exp_fraction_rounded_twice", "exp_of_inf_nan"},
        ),
        ("pasqrt", Words(root), {"root_words"}),
        ("pasqrt", Words(guarded_root), {"root_words_but_numbers", "zeros_unsigned"}),
        ("paexp", Words(schraudolph), {"exp_scaled_once"}),
        ("papow", Words(power), {"power_of_words"}),
    ],
)
def test_every_mistake_of_a_unit_is_named(op: str, target: Floating, causes: set[str]) -> None:
    found = groups(target, op)
    assert names(found) == causes, [d.words for d in found]
    assert not [d.words for d in found if d.words.startswith("partly: ")]
    assert len(found) <= 8


def test_every_mistake_of_derivatives_is_named() -> None:
    found = groups(Floating(slopes), "pam", "exact")
    assert names(found) == {"slope_sign_dropped", "slope_left_of_carry", "slope_fields", "slope_multiplied"}
    assert found[0].words.startswith("the slope's sign is dropped")


def test_mutants_that_only_together_give_an_answer_are_named_together() -> None:
    first = groups(Words(mogami), "pam")
    [both] = [d for d in first if d.mutant and " + " in d.mutant.name]
    assert both.mutant is not None
    assert set(both.mutant.name.split(" + ")) == {"offset_l_mul", "raw_words"}
    assert set(both.words.split("; and ")) == {
        CATALOGUE[name].words for name in ("offset_l_mul", "raw_words")
    }
    assert both.kind == "bug"


def test_a_kind_of_failures_has_its_own_cause_where_the_others_have_none() -> None:
    def noisy_below_one(x: Floats) -> Floats:
        right = make_subject("pasqrt").expected([x.view("u4")])[0]
        cut = CATALOGUE["rounds_to_zero"].answer(make_subject("pasqrt"), [x.view("u4")])[0]
        noise = np.random.default_rng(1).integers(0, 1 << 30, x.size, dtype="u4")
        return np.where(np.isnan(x), noise, np.where(x < 0, right, cut)).view("f4")

    found = groups(Words(noisy_below_one), "pasqrt")
    assert names(found) == {"rounds_to_zero", "unexplained"}
    [unexplained] = [d for d in found if d.mutant is None]
    assert "NaN" in unexplained.words


def test_a_joint_unit_has_the_parts_of_all_and_changes_landmarks_in_turn() -> None:
    subject = make_subject("pam", "float32")
    unit = together([CATALOGUE[name] for name in ("offset_l_mul", "subnormal_raw", "sign_ored")])
    assert set(parts_of(unit)) == {"landmarks", "extended", "sign"}
    row = [np.array([code], "u4") for code in (0x80000001, 0xC0400000)]
    [[got]] = unit.answer(subject, row)
    assert got == 0x80000000 | (0x1 + 0x40400000 - ONE + (1 << 19)), hex(got)


def test_a_joint_unit_answers_with_codes_whatever_its_parts_give_each_other() -> None:
    subject = make_subject("palog2", "float32")
    unit = together([CATALOGUE[name] for name in ("exact_log2", "zero_unguarded")])  # log2(0) raises
    [codes] = unit.answer(subject, [np.zeros(1, "u4")])
    assert codes.tolist() == [subject.fmt.nan], hex(int(codes[0]))
