"""The PAM base-2 logarithm: the facts of spec sections 1 and 2, and its CONTRACT."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pamcheck import truth
from pamcheck.formats import FloatFormat, get_format
from pamcheck.kernels.log2 import CONTRACT
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


def fixed(code: int, f: FloatFormat) -> Fraction:
    """Return L of a positive normal code: the code read as a fixed-point number."""
    return Fraction(code - f.one, f.tiny)


def half_step(code: int, f: FloatFormat) -> Fraction:
    """Return half the distance of a finite code's neighbours, its rounding error at most."""
    field = max((code & f.magnitude) >> f.mant_bits, 1)
    return Fraction(2) ** (field - f.bias - f.mant_bits - 1)


def shown(f: FloatFormat, *found: int) -> str:
    return " ".join(f.hex(code) for code in found)


# The contract


@given(positive_cases)
@example(("float32", 0x3FB8AA3B))  # 1 / ln 2: the worst case
@example(("float32", 0x3FB8AA3C))
@example(("bfloat16", 0x3FB9))
@example(("float16", 0x3DC5))
@example(("float32", 0x3F7FFFFF))  # one code below one, where log2 is all cancellation
@example(("float32", 0x3F800001))
def test_absolute_error_stays_inside_the_contract_but_for_one_rounding(kernel: Kernel, case: Case) -> None:
    fmt, x = case
    f = get_format(fmt)
    got = kernel("palog2", (x,), fmt)
    error = truth.closed_form(f.decode(got)) - truth.evaluate("log2", f.decode(x))
    slack = mpmath.mpf(float(half_step(got, f)))
    assert LOWER - slack <= error <= UPPER + slack, f"{fmt} {shown(f, x, got)}: {error}"


@given(positive_cases)
@example(("float64", 0x3FF0000000000001))
def test_where_nothing_is_rounded_the_error_stays_strictly_inside_the_contract(
    kernel: Kernel, case: Case
) -> None:
    fmt, x = case
    f = get_format(fmt)
    x = f.one + (x & (f.tiny - 1))  # within the binade of one L has no more bits than the mantissa
    got = f.decode(kernel("palog2", (x,), fmt))
    assert got == fixed(x, f), shown(f, x)
    error = truth.closed_form(got) - truth.evaluate("log2", f.decode(x))
    assert LOWER <= error <= UPPER, f"{fmt} {f.hex(x)}: {error}"


def test_the_witness_comes_as_near_to_the_lower_bound_as_a_float64_can(kernel: Kernel) -> None:
    assert not CONTRACT.attained
    f, [x] = get_format("float64"), CONTRACT.operands
    got = f.to_float(kernel("palog2", (f.encode(x),), "float64"))
    error = truth.closed_form(Fraction(got)) - truth.evaluate("log2", x)
    assert abs(error - LOWER) <= 1e-12 * abs(LOWER), f"{x.hex()}: {error}"


# Section 1


@every_format
@every_policy
def test_the_logarithm_of_a_power_of_two_is_its_exponent(kernel: Kernel, fmt: str, policy: str) -> None:
    f = get_format(fmt)
    for field in range(1, (f.largest >> f.mant_bits) + 1):
        got = kernel("palog2", (field << f.mant_bits,), fmt, policy)
        assert got == f.encode(Fraction(field - f.bias)), shown(f, field << f.mant_bits, got)


@given(
    st.sampled_from(NAMES).flatmap(lambda fmt: st.tuples(st.just(fmt), codes(fmt), codes(fmt))), policies()
)
@example(("float32", 0x007FFFFF, 0x00800000), "gradual")
@example(("float32", 0x3F7FFFFF, 0x3F800001), "ftz")
@example(("float32", 0x7F7FFFFF, 0x7F800000), "saturate")
def test_the_logarithm_is_monotone(kernel: Kernel, case: tuple[str, int, int], policy: str) -> None:
    fmt, *drawn = case
    f = get_format(fmt)
    low, high = sorted(code & f.magnitude for code in drawn)
    if not f.is_nan(high):
        first, second = (kernel("palog2", (code,), fmt, policy) for code in (low, high))
        assert f.to_float(first) <= f.to_float(second), shown(f, low, high, first, second)


@given(positive_cases)
@example(("float32", 0x00800000))
@example(("float32", 0x7F7FFFFF))
@example(("bfloat16", 0x3F7F))
def test_the_exponential_of_the_logarithm_is_the_operand_but_for_one_rounding(
    kernel: Kernel, case: Case
) -> None:
    fmt, x = case
    f = get_format(fmt)
    logarithm = kernel("palog2", (x,), fmt)
    back = kernel("paexp2", (logarithm,), fmt, "gradual")
    if back > f.largest or back < f.tiny:
        return  # rounding took it out of the range
    allowed = half_step(logarithm, f) * f.tiny  # in codes
    assert abs(back - x) <= (allowed if allowed >= 1 else 0), shown(f, x, logarithm, back)


@every_format
def test_one_code_to_either_side_of_a_power_of_two_the_slope_changes_by_two(
    kernel: Kernel, fmt: str
) -> None:
    f = get_format(fmt)
    below, at, above = (f.decode(kernel("palog2", (f.one + step,), fmt)) for step in (-1, 0, 1))
    step = Fraction(1, f.tiny)
    assert (below, at, above) == (-step, 0, step)
    assert f.decode(f.one + 1) - 1 == 2 * (1 - f.decode(f.one - 1))  # same rise over twice the run


# Section 2


@given(positive_cases)
@example(("float32", 0x3F800000 + 2**24 + 1))  # a tie: 2 + 2^-23 lies half way
@example(("float32", 0x3F800000 + 2**24 + 3))
@example(("float32", 0x3F800000 - 2**24 - 1))
@example(("bfloat16", 0x3F80 + 2**10 - 1))  # a carry into the next binade
def test_the_fixed_point_number_is_rounded_once_to_nearest_even(kernel: Kernel, case: Case) -> None:
    fmt, x = case
    f = get_format(fmt)
    got, expected = kernel("palog2", (x,), fmt), f.encode(fixed(x, f))
    assert got == expected, shown(f, x, got, expected)


@pytest.mark.parametrize(("steps", "rounded"), [(1, 0), (2, 2), (3, 4), (5, 4), (7, 8)])
@pytest.mark.parametrize("fmt", ["float32", "bfloat16"])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_tie_goes_to_the_even_code(kernel: Kernel, fmt: str, steps: int, rounded: int, sign: int) -> None:
    f = get_format(fmt)
    whole = 2 * f.tiny  # from 2 on the logarithm has one bit more than the format
    got = kernel("palog2", (f.one + sign * (whole + steps),), fmt)
    assert f.decode(got) == Fraction(sign * (whole + rounded), f.tiny), f.hex(got)


def edge_cases(f: FloatFormat) -> dict[str, tuple[int, dict[str, int]]]:
    """Return for each name the operand and the result, by policy where it depends on one."""
    lowest = f.encode(Fraction(1 - f.bias - f.mant_bits))
    return {
        "NaN": (f.nan, {"": f.nan}),
        "a NaN with sign and payload": (f.sign | (f.inf + 1), {"": f.nan}),
        "zero": (0, {"": f.sign | f.inf}),
        "minus zero": (f.sign, {"": f.sign | f.inf}),
        "infinity": (f.inf, {"": f.inf}),
        "minus infinity": (f.sign | f.inf, {"": f.nan}),
        "a negative number": (f.sign | f.one, {"": f.nan}),
        "minus tiny": (f.sign | f.tiny, {"": f.nan}),
        "a negative subnormal": (f.sign | 1, {"": f.sign | f.inf, "gradual": f.nan}),
        "the smallest subnormal": (1, {"": f.sign | f.inf, "gradual": lowest}),
        "tiny": (f.tiny, {"": f.encode(Fraction(1 - f.bias))}),
        "one": (f.one, {"": 0}),
    }


@every_format
@every_policy
@pytest.mark.parametrize("edge", edge_cases(get_format("float32")))
def test_the_edges_are_as_the_table_of_section_2_says(
    kernel: Kernel, fmt: str, policy: str, edge: str
) -> None:
    f = get_format(fmt)
    x, results = edge_cases(f)[edge]
    got, expected = kernel("palog2", (x,), fmt, policy), results.get(policy, results[""])
    assert got == expected, shown(f, x, got, expected)


@given(st.data(), st.sampled_from(NAMES))
@example(data=None, fmt="float32")
def test_the_logarithm_of_a_subnormal_is_that_of_its_value(kernel: Kernel, data: Any, fmt: str) -> None:
    f = get_format(fmt)
    x = 1 if data is None else data.draw(st.integers(1, f.tiny - 1), label="x")
    exponent = 1 - f.bias - f.mant_bits + x.bit_length() - 1
    expected = f.encode(exponent + Fraction(x, 1 << (x.bit_length() - 1)) - 1)
    got = kernel("palog2", (x,), fmt, "gradual")
    assert got == expected, shown(f, x, got, expected)
