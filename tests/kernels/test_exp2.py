"""The PAM base-2 exponential: the facts of spec sections 1 and 2, and its CONTRACT."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pamcheck import truth
from pamcheck.formats import FloatFormat, get_format
from pamcheck.kernels.exp2 import CONTRACT
from pamcheck.policy import POLICIES
from pamcheck.testing.strategies import codes, policies

NAMES = ["float32", "float16", "bfloat16", "float8_e5m2", "float64"]
KERNEL_POLICIES = [name for name, policy in POLICIES.items() if not policy.reference_only]
LOWER, UPPER = truth.closed_form(CONTRACT.lower), truth.closed_form(CONTRACT.upper)
Kernel = Callable[..., Any]
Case = tuple[str, int]

every_format = pytest.mark.parametrize("fmt", NAMES)
every_policy = pytest.mark.parametrize("policy", KERNEL_POLICIES)


def in_range(fmt: str) -> st.SearchStrategy[int]:
    """Return a strategy for codes whose PAM power of two is normal: 1 - bias <= x <= bias."""
    f = get_format(fmt)
    low, high = f.encode(Fraction(1 - f.bias)), f.encode(Fraction(f.bias))
    near_one = st.integers(f.one - 8 * f.tiny if f.bias > 8 else f.tiny, f.one + 3 * f.tiny)
    return st.one_of(
        st.integers(0, high), st.integers(f.sign, low), near_one, near_one.map(lambda code: code | f.sign)
    ).filter(lambda code: 1 - f.bias <= f.decode(code) <= f.bias)


cases = st.sampled_from(NAMES).flatmap(lambda fmt: st.tuples(st.just(fmt), in_range(fmt)))


def real(y: Fraction) -> Fraction:
    """Return X(y) of section 1."""
    n = math.floor(y)
    return Fraction(2) ** n * (1 + y - n)


def shown(f: FloatFormat, *found: int) -> str:
    return " ".join(f.hex(code) for code in found)


# The contract


@given(cases)
@example(("float32", 0x3EE2A8ED))  # 1 / ln 2 - 1: the worst case
@example(("bfloat16", 0x3EE3))
@example(("float16", 0x3715))
@example(("float32", 0xBF0EAB8A))  # the same fraction, one octave lower
@example(("float32", 0x33800000))  # half a code above one: a tie
@example(("float32", 0xC2FC0000))  # -126: tiny
def test_relative_error_stays_inside_the_contract_but_for_one_rounding(kernel: Kernel, case: Case) -> None:
    fmt, y = case
    f = get_format(fmt)
    got = kernel("paexp2", (y,), fmt)
    error = truth.closed_form(f.decode(got)) / truth.evaluate("exp2", f.decode(y)) - 1
    slack = mpmath.mpf(2) ** -(f.mant_bits + 1) * (1 + UPPER)  # half a code of a result 2^n (1 + f)
    assert LOWER - slack <= error <= UPPER + slack, f"{fmt} {shown(f, y, got)}: {error}"


@given(st.sampled_from(NAMES), st.data())
def test_where_nothing_is_rounded_the_error_stays_strictly_inside_the_contract(
    kernel: Kernel, fmt: str, data: st.DataObject
) -> None:
    f = get_format(fmt)
    y = f.encode(Fraction(data.draw(st.integers(0, f.tiny), label="steps"), f.tiny))  # in [0, 1]
    got = f.decode(kernel("paexp2", (y,), fmt))
    assert got == 1 + f.decode(y), shown(f, y)
    error = truth.closed_form(got) / truth.evaluate("exp2", f.decode(y)) - 1
    assert LOWER <= error <= UPPER, f"{fmt} {f.hex(y)}: {error}"


def test_the_witness_comes_as_near_to_the_upper_bound_as_a_float64_can(kernel: Kernel) -> None:
    assert not CONTRACT.attained
    f, [y] = get_format("float64"), CONTRACT.operands
    got = f.decode(kernel("paexp2", (f.encode(y),), "float64"))
    error = truth.closed_form(got) / truth.evaluate("exp2", y) - 1
    assert abs(error - UPPER) <= 1e-12 * UPPER, f"{y.hex()}: {error}"


# Section 1


@every_format
@every_policy
def test_an_integer_gives_its_power_of_two_exactly(kernel: Kernel, fmt: str, policy: str) -> None:
    f = get_format(fmt)
    for n in range(1 - f.bias, f.bias + 1):
        y = f.encode(Fraction(n))
        if f.decode(y) == n:  # bfloat16 and narrower skip integers
            got = kernel("paexp2", (y,), fmt, policy)
            assert f.decode(got) == Fraction(2) ** n, shown(f, y, got)


@given(
    st.sampled_from(NAMES).flatmap(lambda fmt: st.tuples(st.just(fmt), codes(fmt), codes(fmt))), policies()
)
@example(("float32", 0xC2FC0001, 0xC2FC0000), "ftz")
@example(("float32", 0x42FFFFFF, 0x43000000), "saturate")
@example(("float32", 0xC3150000, 0xC3140000), "gradual")
def test_the_exponential_is_monotone(kernel: Kernel, case: tuple[str, int, int], policy: str) -> None:
    fmt, *drawn = case
    f = get_format(fmt)
    if any(map(f.is_nan, drawn)):
        return
    low, high = sorted(drawn, key=f.to_float)
    first, second = (kernel("paexp2", (code,), fmt, policy) for code in (low, high))
    assert first <= second, shown(f, low, high, first, second)


@given(st.sampled_from(["float32", "float64", "float16"]), st.data())
def test_an_integer_added_to_the_operand_is_an_exponent_change(
    kernel: Kernel, fmt: str, data: st.DataObject
) -> None:
    f = get_format(fmt)
    fraction = Fraction(data.draw(st.integers(0, 63), label="64ths"), 64)
    n = data.draw(st.integers(1 - f.bias, f.bias - 1), label="n")
    got = kernel("paexp2", (f.encode(n + fraction),), fmt)
    assert f.decode(got) == Fraction(2) ** n * (1 + fraction), f"{fmt} {n} + {fraction}: {f.hex(got)}"


@given(cases)
@example(("float32", 0x42FDFFFF))
@example(("bfloat16", 0xBF80))
def test_the_logarithm_of_the_exponential_is_the_operand_but_for_both_roundings(
    kernel: Kernel, case: Case
) -> None:
    fmt, y = case
    f = get_format(fmt)
    result = kernel("paexp2", (y,), fmt)
    back = kernel("palog2", (result,), fmt)
    fixed = round(f.decode(y) * f.tiny)  # what the exponential keeps of its operand
    expected = f.encode(Fraction(fixed, f.tiny))
    assert back == expected, shown(f, y, result, back, expected)


@every_format
@pytest.mark.parametrize("n", [-1, 0, 1])
def test_one_code_to_either_side_of_an_integer_the_slope_changes_by_two(
    kernel: Kernel, fmt: str, n: int
) -> None:
    f = get_format(fmt)
    step = Fraction(2, f.tiny)
    values = [f.decode(kernel("paexp2", (f.encode(n + k * step),), fmt)) for k in (-1, 0, 1)]
    assert values[2] - values[1] == 2 * (values[1] - values[0]) == Fraction(2) ** n * step


# Section 2


@given(cases)
@example(("float32", 0x33800000))  # 2^-24: half a code above one, to the even one
@example(("float32", 0x33800001))
@example(("float32", 0x34400000))  # one and a half codes: up to the even two
@example(("float32", 0xB3800000))
@example(("float16", 0x9400))
@example(("bfloat16", 0x3C40))
def test_the_fixed_point_number_is_rounded_once_to_nearest_even(kernel: Kernel, case: Case) -> None:
    fmt, y = case
    f = get_format(fmt)
    got, expected = kernel("paexp2", (y,), fmt), f.one + round(f.decode(y) * f.tiny)
    assert got == expected, shown(f, y, got, expected)


@pytest.mark.parametrize(
    ("halves", "moved"), [(1, 0), (2, 1), (3, 2), (5, 2), (7, 4), (-1, 0), (-3, -2), (-5, -2)]
)
@every_format
def test_a_tie_goes_to_the_even_code(kernel: Kernel, fmt: str, halves: int, moved: int) -> None:
    f = get_format(fmt)
    y = f.encode(Fraction(halves, 2 * f.tiny))
    assert f.decode(y) == Fraction(halves, 2 * f.tiny)
    got = kernel("paexp2", (y,), fmt)
    assert got == f.one + moved, shown(f, y, got)


@given(st.sampled_from(NAMES).flatmap(lambda fmt: st.tuples(st.just(fmt), codes(fmt))))
@example(("float32", 0xC3158000))  # -149.5: a quarter above the last tie
@example(("float32", 0xC3160000))  # -150: half the smallest subnormal, to the even zero
@example(("float16", 0xCE41))
def test_gradual_underflow_rounds_the_real_power_to_the_subnormal_grid(kernel: Kernel, case: Case) -> None:
    fmt, y = case
    f = get_format(fmt)
    if f.is_finite(y) and -2 * f.bias < f.decode(y) < 1 - f.bias:
        got = kernel("paexp2", (y,), fmt, "gradual")
        assert got == f.encode(real(f.decode(y))), shown(f, y, got)
        assert kernel("paexp2", (y,), fmt) in (0, f.tiny), f.hex(y)


def edge_cases(f: FloatFormat) -> dict[str, tuple[int, dict[str, int]]]:
    """Return for each name the operand and the result, by policy where it depends on one."""
    over, lowest = f.encode(Fraction(f.bias + 1)), f.encode(Fraction(1 - f.bias))
    return {
        "NaN": (f.nan, {"": f.nan}),
        "a NaN with sign and payload": (f.sign | (f.inf + 1), {"": f.nan}),
        "infinity": (f.inf, {"": f.inf}),
        "minus infinity": (f.sign | f.inf, {"": 0}),
        "zero": (0, {"": f.one}),
        "minus zero": (f.sign, {"": f.one}),
        "the smallest subnormal": (1, {"": f.one}),
        "minus the largest subnormal": (f.sign | (f.tiny - 1), {"": f.one}),
        "tiny": (f.tiny, {"": f.one}),
        "the exponent of infinity": (over, {"": f.inf, "saturate": f.largest}),
        "the largest": (f.largest, {"": f.inf, "saturate": f.largest}),
        "minus the largest": (f.sign | f.largest, {"": 0}),
        "the exponent of tiny": (lowest, {"": f.tiny}),
    }


@pytest.mark.parametrize("fmt", [fmt for fmt in NAMES if fmt != "float8_e5m2"])  # its small numbers round
@every_policy
@pytest.mark.parametrize("edge", edge_cases(get_format("float32")))
def test_the_edges_are_as_the_table_of_section_2_says(
    kernel: Kernel, fmt: str, policy: str, edge: str
) -> None:
    f = get_format(fmt)
    y, results = edge_cases(f)[edge]
    got, expected = kernel("paexp2", (y,), fmt, policy), results.get(policy, results[""])
    assert got == expected, shown(f, y, got, expected)


@pytest.mark.parametrize("fmt", ["float32", "float16", "float64"])
def test_one_code_below_the_exponent_of_infinity_is_finite(kernel: Kernel, fmt: str) -> None:
    f = get_format(fmt)
    y = f.encode(Fraction(f.bias + 1)) - 1
    got = kernel("paexp2", (y,), fmt)
    assert f.decode(got) == real(f.decode(y)), shown(f, y, got)
    assert got <= f.largest
