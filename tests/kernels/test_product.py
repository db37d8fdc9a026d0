"""The PAM product: the facts of spec sections 1 and 2, and its CONTRACT."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from pamcheck.formats import FloatFormat, get_format
from pamcheck.kernels.product import CONTRACT
from pamcheck.policy import POLICIES
from pamcheck.testing.strategies import codes, normal_codes, normal_pairs, offsets, policies

NAMES = ["float32", "float16", "bfloat16", "float8_e5m2", "float64"]
KERNEL_POLICIES = [name for name, policy in POLICIES.items() if not policy.reference_only]
Kernel = Callable[..., Any]
Case = tuple[str, tuple[float, float]]

every_format = pytest.mark.parametrize("fmt", NAMES)
every_policy = pytest.mark.parametrize("policy", KERNEL_POLICIES)
normal_cases = st.sampled_from(NAMES).flatmap(lambda fmt: st.tuples(st.just(fmt), normal_pairs(fmt)))


def code_pairs(count: int = 2) -> st.SearchStrategy[Any]:
    """Return a format's name with that many of its codes."""
    return st.sampled_from(NAMES).flatmap(lambda fmt: st.tuples(st.just(fmt), *[codes(fmt)] * count))


def pam(kernel: Kernel, fmt: str, a: float, b: float) -> Fraction:
    f = get_format(fmt)
    return f.decode(kernel("pam", (f.encode(a), f.encode(b)), fmt))


def parts(value: float) -> tuple[int, Fraction]:
    """Return E and M of |value| = 2^E (1 + M)."""
    size = abs(Fraction(value))
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    exponent -= Fraction(2) ** exponent > size
    return exponent, size / Fraction(2) ** exponent - 1


def rel_error(kernel: Kernel, fmt: str, a: float, b: float) -> Fraction:
    truth = Fraction(a) * Fraction(b)
    return (pam(kernel, fmt, a, b) - truth) / truth


def shown(f: FloatFormat, *found: int) -> str:
    return " ".join(f.hex(code) for code in found)


# The contract


@given(normal_cases)
@example(("float32", (1.5, 1.5)))  # both mantissas one half: the worst case
@example(("float16", (1.5, -1.5)))
@example(("bfloat16", (1.5, 1.4921875)))  # one code below the carry
@example(("float32", (1.0, 2.0**-60)))  # powers of two are exact
@example(("float32", (1.9999998807907104, 1.9999998807907104)))
def test_relative_error_stays_inside_the_contract(kernel: Kernel, case: Case) -> None:
    fmt, (a, b) = case
    error = rel_error(kernel, fmt, a, b)
    assert CONTRACT.lower <= error <= CONTRACT.upper, f"{fmt} {a.hex()} {b.hex()}: {float(error)}"


@every_format
def test_the_witness_attains_the_lower_bound(kernel: Kernel, fmt: str) -> None:
    assert CONTRACT.attained
    assert rel_error(kernel, fmt, *CONTRACT.operands) == CONTRACT.extreme == CONTRACT.lower


@every_format
def test_a_power_of_two_attains_the_upper_bound(kernel: Kernel, fmt: str) -> None:
    assert rel_error(kernel, fmt, 1.75, 2.0) == CONTRACT.upper


# Section 1


@given(normal_cases)
@example(("float32", (1.5, 1.5)))  # the carry, exactly
@example(("float32", (1.5, 1.4999998807907104)))
@example(("float32", (1.5, 1.5000001192092896)))
def test_the_product_is_the_one_spelled_out_by_cases(kernel: Kernel, case: Case) -> None:
    fmt, (a, b) = case
    (ea, ma), (eb, mb) = parts(a), parts(b)
    scale = Fraction(2) ** (ea + eb)
    size = scale * (1 + ma + mb) if ma + mb < 1 else 2 * scale * (ma + mb)
    expected = size if (a < 0) == (b < 0) else -size
    assert pam(kernel, fmt, a, b) == expected, f"{fmt} {a.hex()} {b.hex()}"


@given(normal_cases)
@example(("float32", (2.0**-126, 1.0)))
@example(("float16", (2.0**-14, 1.9990234375)))
def test_the_product_is_exact_where_either_operand_is_a_power_of_two(kernel: Kernel, case: Case) -> None:
    fmt, (a, b) = case
    exponent, _ = parts(b)
    f, power = get_format(fmt), Fraction(2) ** exponent
    truth = Fraction(a) * power
    assume(f.decode(f.tiny) <= abs(truth) <= f.decode(f.largest))
    assert pam(kernel, fmt, a, float(power)) == truth, f"{a.hex()} {float(power).hex()}"
    assert pam(kernel, fmt, float(power), a) == truth, f"{float(power).hex()} {a.hex()}"


@given(code_pairs(), policies())
@example(("float32", 0x80000001, 0x7F800000), "gradual")
def test_the_product_commutes_to_the_bit(kernel: Kernel, case: tuple[str, int, int], policy: str) -> None:
    fmt, a, b = case
    one, other = kernel("pam", (a, b), fmt, policy), kernel("pam", (b, a), fmt, policy)
    assert one == other, shown(get_format(fmt), a, b, one, other)


@given(code_pairs(), policies())
@example(("float16", 0x0000, 0x3C00), "ftz")
@example(("float16", 0x7BFF, 0x7BFF), "saturate")
def test_the_product_is_odd_in_each_operand(
    kernel: Kernel, case: tuple[str, int, int], policy: str
) -> None:
    fmt, a, b = case
    f = get_format(fmt)
    plain = kernel("pam", (a, b), fmt, policy)
    expected = plain if f.is_nan(plain) else plain ^ f.sign
    for pair in ((a ^ f.sign, b), (a, b ^ f.sign)):
        got = kernel("pam", pair, fmt, policy)
        assert got == expected, shown(f, *pair, got, expected)


@given(code_pairs(3), policies())
@example(("float32", 0x007FFFFF, 0x00800000, 0x3F800000), "gradual")
@example(("float32", 0x7F7FFFFF, 0x7F800000, 0x00800000), "saturate")
def test_the_product_is_monotone_in_each_operand(
    kernel: Kernel, case: tuple[str, int, int, int], policy: str
) -> None:
    fmt, *drawn = case
    f = get_format(fmt)
    low, high, other = (code & f.magnitude for code in drawn)
    low, high = sorted((low, high))
    results = [kernel("pam", (code, other), fmt, policy) for code in (low, high)]
    assume(not any(f.is_nan(code) for code in (low, high, other, *results)))
    assert results[0] <= results[1], shown(f, low, high, other, *results)


@given(normal_cases)
@example(("float32", (1.5, 1.5)))
@example(("float32", (2.0**-126, 1.9999998807907104)))
def test_dividing_the_product_by_an_operand_gives_the_other_one(kernel: Kernel, case: Case) -> None:
    fmt, (a, b) = case
    f = get_format(fmt)
    x, y = f.encode(a), f.encode(b)
    got = kernel("padiv", (kernel("pam", (x, y), fmt), y), fmt)
    assert got == x, shown(f, x, y, got)


@every_format
def test_one_code_to_either_side_of_the_carry_is_one_code_in_the_result(kernel: Kernel, fmt: str) -> None:
    f = get_format(fmt)
    a, b = f.encode(1.5), f.encode(1.5)
    around = [kernel("pam", (a + step, b), fmt) for step in (-1, 0, 1)]
    assert around == [f.encode(2.0) + step for step in (-1, 0, 1)], shown(f, *around)
    below, above = (abs(f.decode(around[i]) - 2) for i in (0, 2))
    assert above == 2 * below  # the slope doubles at the carry


# Section 2: offsets


@given(st.data(), normal_cases)
def test_an_offset_moves_the_result_by_as_many_codes(
    kernel: Kernel, data: st.DataObject, case: Case
) -> None:
    fmt, (a, b) = case
    f, offset = get_format(fmt), data.draw(offsets(fmt), label="offset")
    pair = f.encode(abs(a)), f.encode(abs(b))
    plain, moved = kernel("pam", pair, fmt), kernel("pam", pair, fmt, "ftz", offset)
    expected = plain + offset
    expected = 0 if expected < f.tiny else f.too_large(0) if expected > f.largest else expected
    assert moved == expected, f"offset {offset}: {shown(f, *pair, moved, expected)}"


@every_format
@every_policy
def test_a_zero_stays_a_zero_and_an_infinity_one_under_any_offset(
    kernel: Kernel, fmt: str, policy: str
) -> None:
    f = get_format(fmt)
    for offset in (1 - f.tiny, -1, 1, f.tiny - 1):
        assert kernel("pam", (0, f.one), fmt, policy, offset) == 0
        assert kernel("pam", (f.inf, f.one), fmt, policy, offset) == f.inf


# Section 2: the edges


def edge_cases(f: FloatFormat) -> dict[str, tuple[int, int, dict[str, int]]]:
    """Return for each name the operands and the result, by policy where it depends on one."""
    two, half, inf, nan, sign = f.one + f.tiny, f.one - f.tiny, f.inf, f.nan, f.sign
    return {
        "NaN with a number": (nan, f.one, {"": nan}),
        "a NaN with sign and payload": (sign | (inf + 1), f.one, {"": nan}),
        "NaN with zero": (0, nan, {"": nan}),
        "infinity with zero": (inf, 0, {"": nan}),
        "infinity with minus zero": (inf, sign, {"": nan}),
        "infinity with a subnormal": (inf, 1, {"": nan, "gradual": inf}),
        "infinity with a number": (inf, sign | f.one, {"": sign | inf}),
        "infinity with infinity": (sign | inf, sign | inf, {"": inf}),
        "zero with a number": (0, sign | f.one, {"": sign}),
        "minus zero with minus zero": (sign, sign, {"": 0}),
        "the largest doubled": (f.largest, two, {"": inf, "saturate": f.largest}),
        "minus the largest doubled": (
            sign | f.largest,
            two,
            {"": sign | inf, "saturate": sign | f.largest},
        ),
        "the largest times one": (f.largest, f.one, {"": f.largest}),
        "the largest times one and a code": (f.largest, f.one + 1, {"": inf, "saturate": f.largest}),
        "the largest squared": (f.largest, f.largest, {"": inf, "saturate": f.largest}),
        "tiny halved": (f.tiny, half, {"": 0, "gradual": f.tiny >> 1}),
        "minus tiny halved": (sign | f.tiny, half, {"": sign, "gradual": sign | (f.tiny >> 1)}),
        "tiny times one": (f.tiny, f.one, {"": f.tiny}),
        "tiny less a code": (f.tiny, f.one - 1, {"": 0, "gradual": f.tiny}),  # half a step short: a tie
        "tiny squared": (f.tiny, f.tiny, {"": 0}),
        "a subnormal times one": (f.tiny - 1, f.one, {"": 0, "gradual": f.tiny - 1}),
        "the smallest subnormal times two": (1, two, {"": 0, "gradual": 2}),
        "the smallest subnormal halved": (1, half, {"": 0}),  # a tie, to even
        "three halves of the smallest subnormal": (1, f.encode(1.5), {"": 0, "gradual": 2}),
    }


@every_format
@every_policy
@pytest.mark.parametrize("edge", edge_cases(get_format("float32")))
def test_the_edges_are_as_the_table_of_section_2_says(
    kernel: Kernel, fmt: str, policy: str, edge: str
) -> None:
    f = get_format(fmt)
    a, b, results = edge_cases(f)[edge]
    got, expected = kernel("pam", (a, b), fmt, policy), results.get(policy, results[""])
    assert got == expected, shown(f, a, b, got, expected)


@given(
    st.sampled_from(NAMES).flatmap(
        lambda fmt: st.tuples(st.just(fmt), normal_codes(fmt), normal_codes(fmt))
    )
)
def test_no_policy_changes_a_normal_result_of_normal_operands(
    kernel: Kernel, case: tuple[str, int, int]
) -> None:
    fmt, a, b = case
    f = get_format(fmt)
    plain = kernel("pam", (a, b), fmt)
    assume(f.tiny <= plain & f.magnitude <= f.largest)
    assert {kernel("pam", (a, b), fmt, policy) for policy in KERNEL_POLICIES} == {plain}, shown(f, a, b)
