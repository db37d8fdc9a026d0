"""The PAM square root: the facts of spec sections 1 and 2, and its CONTRACT."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from pamcheck import truth
from pamcheck.formats import FloatFormat, get_format
from pamcheck.kernels.sqrt import CONTRACT
from pamcheck.policy import POLICIES
from pamcheck.testing.strategies import codes, normal_codes, policies

NAMES = ["float32", "float16", "bfloat16", "float8_e5m2", "float64"]
KERNEL_POLICIES = [name for name, policy in POLICIES.items() if not policy.reference_only]
LOWER, UPPER = truth.closed_form(CONTRACT.lower), truth.closed_form(CONTRACT.upper)
Kernel = Callable[..., Any]
Case = tuple[str, int]

every_format = pytest.mark.parametrize("fmt", NAMES)
every_policy = pytest.mark.parametrize("policy", KERNEL_POLICIES)
positive_cases = st.sampled_from(NAMES).flatmap(
    lambda fmt: st.tuples(st.just(fmt), normal_codes(fmt, signed=False))
)


def shown(f: FloatFormat, *found: int) -> str:
    return " ".join(f.hex(code) for code in found)


# The contract


@given(positive_cases)
@example(("float32", 0x40000000))  # 2: the worst case
@example(("float32", 0x3FFFFFFF))  # one code below, rounded up to the same result
@example(("float32", 0x40000001))
@example(("bfloat16", 0x4000))
@example(("float16", 0x0400))
def test_the_square_of_the_error_stays_inside_the_contract_but_for_one_rounding(
    kernel: Kernel, case: Case
) -> None:
    fmt, x = case
    f = get_format(fmt)
    got = kernel("pasqrt", (x,), fmt)
    value, half_code = f.decode(got), Fraction(1, 2) * (f.decode(got) - f.decode(got - 1))
    # truth is a root, so squares are compared: (1 + bound)^2 x, without a rounding of our own
    low, high = ((value + side * half_code) ** 2 / f.decode(x) for side in (-2, 2))
    mp = truth.closed_form(low), truth.closed_form(high)
    assert mp[0] <= (1 + UPPER) ** 2, f"{fmt} {shown(f, x, got)}: {mp[0]}"
    assert mp[1] >= (1 + LOWER) ** 2, f"{fmt} {shown(f, x, got)}: {mp[1]}"


@given(positive_cases)
@example(("float32", 0x40000000))
@example(("bfloat16", 0x3F80))
def test_where_nothing_is_rounded_the_error_stays_strictly_inside_the_contract(
    kernel: Kernel, case: Case
) -> None:
    fmt, x = case
    f = get_format(fmt)
    x &= ~1  # an even code is halved exactly
    assume(x >= f.tiny)
    square = f.decode(kernel("pasqrt", (x,), fmt)) ** 2
    bound = truth.closed_form(square / f.decode(x))
    assert (1 + LOWER) ** 2 <= bound <= (1 + UPPER) ** 2 * (1 + mpmath.mpf(2) ** -110), (
        f"{fmt} {f.hex(x)}: {bound}"
    )


@every_format
def test_the_witness_attains_the_upper_bound(kernel: Kernel, fmt: str) -> None:
    assert CONTRACT.attained
    f, [x] = get_format(fmt), CONTRACT.operands
    got = f.decode(kernel("pasqrt", (f.encode(x),), fmt))
    error = truth.closed_form(got) / truth.evaluate("sqrt", x) - 1
    assert abs(error - UPPER) <= mpmath.mpf(2) ** -100, f"{x.hex()}: {error}"


@every_format
def test_a_power_of_four_attains_the_lower_bound(kernel: Kernel, fmt: str) -> None:
    f = get_format(fmt)
    for exponent in range((1 - f.bias) // 2 + 1, f.bias // 2):
        got = kernel("pasqrt", (f.encode(Fraction(4) ** exponent),), fmt)
        assert f.decode(got) == Fraction(2) ** exponent * (1 + CONTRACT.lower), f.hex(got)


# Section 1


@given(positive_cases)
@example(("float32", 0x3F7FFFFE))
@example(("float32", 0x3F800001))
@example(("float32", 0x00800001))
@example(("float32", 0x7F7FFFFF))
@example(("float16", 0x7BFF))
def test_the_code_is_halved_about_one_and_ties_go_to_the_even_code(kernel: Kernel, case: Case) -> None:
    fmt, x = case
    f = get_format(fmt)
    got, expected = kernel("pasqrt", (x,), fmt), round(Fraction(x + f.one, 2))
    assert got == expected, shown(f, x, got, expected)


@pytest.mark.parametrize(
    ("steps", "moved"), [(1, 0), (2, 1), (3, 2), (5, 2), (7, 4), (-1, 0), (-3, -2), (-5, -2)]
)
@every_format
def test_a_tie_goes_to_the_even_code(kernel: Kernel, fmt: str, steps: int, moved: int) -> None:
    f = get_format(fmt)
    got = kernel("pasqrt", (f.one + steps,), fmt)
    assert got == f.one + moved, shown(f, f.one + steps, got)


@given(
    st.sampled_from(NAMES).flatmap(lambda fmt: st.tuples(st.just(fmt), codes(fmt), codes(fmt))), policies()
)
@example(("float32", 0x007FFFFF, 0x00800000), "gradual")
@example(("float32", 0x007FFFFF, 0x00800000), "ftz")
@example(("float32", 0x7F7FFFFF, 0x7F800000), "saturate")
def test_the_root_is_monotone(kernel: Kernel, case: tuple[str, int, int], policy: str) -> None:
    fmt, *drawn = case
    f = get_format(fmt)
    low, high = sorted(code & f.magnitude for code in drawn)
    if not f.is_nan(high):
        first, second = (kernel("pasqrt", (code,), fmt, policy) for code in (low, high))
        assert first <= second, shown(f, low, high, first, second)


@given(positive_cases)
@example(("float32", 0x3FC00000))
@example(("float32", 0x1FC00000))
def test_the_root_of_the_product_with_itself_is_the_operand(kernel: Kernel, case: Case) -> None:
    fmt, x = case
    f = get_format(fmt)
    square = kernel("pam", (x, x), fmt)
    assume(f.tiny <= square <= f.largest)
    got = kernel("pasqrt", (square,), fmt)
    assert got == x, shown(f, x, square, got)


@given(positive_cases)
@example(("float32", 0x3F800001))
def test_the_product_of_the_root_with_itself_is_within_one_code_of_the_operand(
    kernel: Kernel, case: Case
) -> None:
    fmt, x = case
    f = get_format(fmt)
    root = kernel("pasqrt", (x,), fmt)
    square = kernel("pam", (root, root), fmt)
    assume(f.tiny <= square <= f.largest)  # the rounded root of tiny or largest may leave the range
    assert abs(square - x) <= x & 1, shown(f, x, root, square)


@every_format
def test_one_code_to_either_side_of_a_power_of_four_the_slope_halves(kernel: Kernel, fmt: str) -> None:
    f = get_format(fmt)
    around = [kernel("pasqrt", (f.one + step,), fmt) for step in (-2, 0, 2)]
    assert around == [f.one - 1, f.one, f.one + 1], shown(f, *around)
    # the operand's step doubles at one, and so does the result's: codes stay in step, values in ratio
    below, above = (abs(f.decode(around[i]) - 1) for i in (0, 2))
    assert above == 2 * below


# Section 2


@given(positive_cases, policies())
@example(("float32", 0x00800000), "ftz")
@example(("float32", 0x7F7FFFFF), "ftz")
def test_the_root_of_a_normal_number_is_normal_whatever_the_policy(
    kernel: Kernel, case: Case, policy: str
) -> None:
    fmt, x = case
    f = get_format(fmt)
    got = kernel("pasqrt", (x,), fmt, policy)
    assert f.tiny <= got <= f.largest, shown(f, x, got)
    assert got == kernel("pasqrt", (x,), fmt), shown(f, x, got)


def gradual_root(x: int, f: FloatFormat) -> int:
    """Return the code of X(L(x) / 2) for a subnormal code x: L of its value, halved, read as a code."""
    top = x.bit_length() - 1
    logarithm = 1 - f.bias - f.mant_bits + top + Fraction(x, 1 << top) - 1
    return f.one + round(logarithm / 2 * f.tiny)


def edge_cases(f: FloatFormat) -> dict[str, tuple[int, dict[str, int]]]:
    """Return for each name the operand and the result, by policy where it depends on one."""
    return {
        "NaN": (f.nan, {"": f.nan}),
        "a NaN with sign and payload": (f.sign | (f.inf + 1), {"": f.nan}),
        "zero": (0, {"": 0}),
        "minus zero": (f.sign, {"": f.sign}),
        "infinity": (f.inf, {"": f.inf}),
        "minus infinity": (f.sign | f.inf, {"": f.nan}),
        "a negative number": (f.sign | f.one, {"": f.nan}),
        "a negative subnormal": (f.sign | 1, {"": f.sign, "gradual": f.nan}),
        "the smallest subnormal": (1, {"": 0, "gradual": gradual_root(1, f)}),
        "the largest subnormal": (f.tiny - 1, {"": 0, "gradual": gradual_root(f.tiny - 1, f)}),
    }


@every_format
@every_policy
@pytest.mark.parametrize("edge", edge_cases(get_format("float32")))
def test_the_edges_are_as_the_table_of_section_2_says(
    kernel: Kernel, fmt: str, policy: str, edge: str
) -> None:
    f = get_format(fmt)
    x, results = edge_cases(f)[edge]
    got, expected = kernel("pasqrt", (x,), fmt, policy), results.get(policy, results[""])
    assert got == expected, shown(f, x, got, expected)
