"""The PAM quotient: the facts of spec sections 1 and 2, and its CONTRACT."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from pamcheck.formats import FloatFormat, get_format
from pamcheck.kernels.quotient import CONTRACT
from pamcheck.policy import POLICIES
from pamcheck.testing.strategies import codes, normal_pairs, offsets, policies

NAMES = ["float32", "float16", "bfloat16", "float8_e5m2", "float64"]
KERNEL_POLICIES = [name for name, policy in POLICIES.items() if not policy.reference_only]
Kernel = Callable[..., Any]
Case = tuple[str, tuple[float, float]]

every_format = pytest.mark.parametrize("fmt", NAMES)
every_policy = pytest.mark.parametrize("policy", KERNEL_POLICIES)
normal_cases = st.sampled_from(NAMES).flatmap(
    lambda fmt: st.tuples(st.just(fmt), normal_pairs(fmt, "padiv"))
)


def code_pairs(count: int = 2) -> st.SearchStrategy[Any]:
    """Return a format's name with that many of its codes."""
    return st.sampled_from(NAMES).flatmap(lambda fmt: st.tuples(st.just(fmt), *[codes(fmt)] * count))


def padiv(kernel: Kernel, fmt: str, a: float, b: float) -> Fraction:
    f = get_format(fmt)
    return f.decode(kernel("padiv", (f.encode(a), f.encode(b)), fmt))


def parts(value: float) -> tuple[int, Fraction]:
    """Return E and M of |value| = 2^E (1 + M)."""
    size = abs(Fraction(value))
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    exponent -= Fraction(2) ** exponent > size
    return exponent, size / Fraction(2) ** exponent - 1


def rel_error(kernel: Kernel, fmt: str, a: float, b: float) -> Fraction:
    truth = Fraction(a) / Fraction(b)
    return (padiv(kernel, fmt, a, b) - truth) / truth


def shown(f: FloatFormat, *found: int) -> str:
    return " ".join(f.hex(code) for code in found)


# The contract


@given(normal_cases)
@example(("float32", (1.0, 1.5)))  # the worst case
@example(("float16", (-1.0, 1.5)))
@example(("bfloat16", (1.5, 1.5)))  # equal mantissas: exact
@example(("bfloat16", (1.5, 1.5078125)))  # and one code beside
@example(("float32", (1.0, 1.9999998807907104)))
def test_relative_error_stays_inside_the_contract(kernel: Kernel, case: Case) -> None:
    fmt, (a, b) = case
    error = rel_error(kernel, fmt, a, b)
    assert CONTRACT.lower <= error <= CONTRACT.upper, f"{fmt} {a.hex()} {b.hex()}: {float(error)}"


@every_format
def test_the_witness_attains_the_upper_bound(kernel: Kernel, fmt: str) -> None:
    assert CONTRACT.attained
    assert rel_error(kernel, fmt, *CONTRACT.operands) == CONTRACT.extreme == CONTRACT.upper


@every_format
def test_a_power_of_two_attains_the_lower_bound(kernel: Kernel, fmt: str) -> None:
    assert rel_error(kernel, fmt, 1.75, 2.0) == CONTRACT.lower


# Section 1


@given(normal_cases)
@example(("float32", (1.5, 1.5)))
@example(("float32", (1.5, 1.4999998807907104)))
@example(("float32", (1.5, 1.5000001192092896)))
def test_the_quotient_is_the_one_spelled_out_by_cases(kernel: Kernel, case: Case) -> None:
    fmt, (a, b) = case
    (ea, ma), (eb, mb) = parts(a), parts(b)
    scale = Fraction(2) ** (ea - eb)
    size = scale * (1 + ma - mb) if ma >= mb else scale / 2 * (2 + ma - mb)
    expected = size if (a < 0) == (b < 0) else -size
    assert padiv(kernel, fmt, a, b) == expected, f"{fmt} {a.hex()} {b.hex()}"


@given(normal_cases)
@example(("float32", (1.9999998807907104, 2.0**-120)))
def test_the_quotient_by_a_power_of_two_is_exact(kernel: Kernel, case: Case) -> None:
    fmt, (a, b) = case
    f, power = get_format(fmt), Fraction(2) ** parts(b)[0]
    truth = Fraction(a) / power
    assume(f.decode(f.tiny) <= abs(truth) <= f.decode(f.largest))
    assert padiv(kernel, fmt, a, float(power)) == truth, f"{fmt} {a.hex()} {float(power).hex()}"


@given(normal_cases)
@example(("float32", (1.9999998807907104, 1.0)))
def test_a_number_over_itself_is_one(kernel: Kernel, case: Case) -> None:
    fmt, (a, _) = case
    assert padiv(kernel, fmt, a, a) == 1, f"{fmt} {a.hex()}"


@given(code_pairs(), policies())
@example(("float16", 0x0000, 0x3C00), "ftz")
@example(("float16", 0x7BFF, 0x0400), "saturate")
def test_the_quotient_is_odd_in_each_operand(
    kernel: Kernel, case: tuple[str, int, int], policy: str
) -> None:
    fmt, a, b = case
    f = get_format(fmt)
    plain = kernel("padiv", (a, b), fmt, policy)
    expected = plain if f.is_nan(plain) else plain ^ f.sign
    for pair in ((a ^ f.sign, b), (a, b ^ f.sign)):
        got = kernel("padiv", pair, fmt, policy)
        assert got == expected, shown(f, *pair, got, expected)


@given(code_pairs(3), policies())
@example(("float32", 0x007FFFFF, 0x00800000, 0x3F800000), "gradual")
@example(("float32", 0x00000000, 0x00000001, 0x7F7FFFFF), "gradual")
def test_the_quotient_grows_with_the_dividend_and_falls_with_the_divisor(
    kernel: Kernel, case: tuple[str, int, int, int], policy: str
) -> None:
    fmt, *drawn = case
    f = get_format(fmt)
    low, high, other = (code & f.magnitude for code in drawn)
    low, high = sorted((low, high))
    growing = [kernel("padiv", (code, other), fmt, policy) for code in (low, high)]
    falling = [kernel("padiv", (other, code), fmt, policy) for code in (high, low)]
    # x / 0 is infinite and no overflow, so `saturate` keeps it: still the largest there is
    for results in (growing, falling):
        if not any(f.is_nan(code) for code in (low, high, other, *results)):
            assert results[0] <= results[1], shown(f, low, high, other, *results)


@given(normal_cases)
@example(("float32", (1.0, 1.5)))
@example(("float32", (2.0**-126, 1.0)))
def test_multiplying_the_quotient_by_the_divisor_gives_the_dividend(kernel: Kernel, case: Case) -> None:
    fmt, (a, b) = case
    f = get_format(fmt)
    x, y = f.encode(a), f.encode(b)
    got = kernel("pam", (kernel("padiv", (x, y), fmt), y), fmt)
    assert got == x, shown(f, x, y, got)


@every_format
def test_one_code_to_either_side_of_equal_mantissas_is_one_code_in_the_result(
    kernel: Kernel, fmt: str
) -> None:
    f = get_format(fmt)
    a = f.encode(1.5)
    around = [kernel("padiv", (a + step, a), fmt) for step in (-1, 0, 1)]
    assert around == [f.one - 1, f.one, f.one + 1], shown(f, *around)
    below, above = (abs(f.decode(around[i]) - 1) for i in (0, 2))
    assert above == 2 * below  # the slope doubles where the mantissas are equal


# Section 2: offsets


@given(st.data(), normal_cases)
def test_an_offset_is_taken_away_in_codes(kernel: Kernel, data: st.DataObject, case: Case) -> None:
    fmt, (a, b) = case
    f, offset = get_format(fmt), data.draw(offsets(fmt), label="offset")
    pair = f.encode(abs(a)), f.encode(abs(b))
    plain, moved = kernel("padiv", pair, fmt), kernel("padiv", pair, fmt, "ftz", offset)
    expected = plain - offset
    expected = 0 if expected < f.tiny else f.too_large(0) if expected > f.largest else expected
    assert moved == expected, f"offset {offset}: {shown(f, *pair, moved, expected)}"


@given(st.data(), normal_cases)
def test_the_product_with_the_same_offset_undoes_the_quotient(
    kernel: Kernel, data: st.DataObject, case: Case
) -> None:
    fmt, (a, b) = case
    f, offset = get_format(fmt), data.draw(offsets(fmt), label="offset")
    x, y = f.encode(a), f.encode(b)
    quotient = kernel("padiv", (x, y), fmt, "ftz", offset)
    assume(f.tiny <= quotient & f.magnitude <= f.largest)
    got = kernel("pam", (quotient, y), fmt, "ftz", offset)
    assert got == x, f"offset {offset}: {shown(f, x, y, quotient, got)}"


# Section 2: the edges


def edge_cases(f: FloatFormat) -> dict[str, tuple[int, int, dict[str, int]]]:
    """Return for each name the operands and the result, by policy where it depends on one."""
    two, half, inf, nan, sign = f.one + f.tiny, f.one - f.tiny, f.inf, f.nan, f.sign
    return {
        "NaN over a number": (nan, f.one, {"": nan}),
        "a number over a NaN with sign and payload": (f.one, sign | (inf + 1), {"": nan}),
        "zero over NaN": (0, nan, {"": nan}),
        "zero over zero": (0, 0, {"": nan}),
        "zero over minus zero": (0, sign, {"": nan}),
        "a subnormal over zero": (1, 0, {"": nan, "gradual": inf}),
        "zero over a subnormal": (sign, 1, {"": nan, "gradual": sign}),
        "subnormal over itself": (1, 1, {"": nan, "gradual": f.one}),
        "infinity over infinity": (inf, sign | inf, {"": nan}),
        "a number over zero": (f.one, 0, {"": inf}),
        "a number over minus zero": (f.one, sign, {"": sign | inf}),
        "the largest over a subnormal": (sign | f.largest, 1, {"": sign | inf}),  # x / 0, or overflow
        "infinity over a number": (sign | inf, f.one, {"": sign | inf}),
        "infinity over zero": (inf, sign, {"": sign | inf}),
        "zero over a number": (sign, f.one, {"": sign}),
        "zero over infinity": (0, sign | inf, {"": sign}),
        "a number over infinity": (sign | f.one, inf, {"": sign}),
        "the largest over a half": (f.largest, half, {"": inf, "saturate": f.largest}),
        "minus the largest over a half": (
            sign | f.largest,
            half,
            {"": sign | inf, "saturate": sign | f.largest},
        ),
        "the largest over one": (f.largest, f.one, {"": f.largest}),
        "the largest over one less a code": (f.largest, f.one - 1, {"": inf, "saturate": f.largest}),
        "the largest over tiny": (f.largest, f.tiny, {"": inf, "saturate": f.largest}),
        "tiny over two": (f.tiny, two, {"": 0, "gradual": f.tiny >> 1}),
        "tiny over one and a code": (
            f.tiny,
            f.one + 1,
            {"": 0, "gradual": f.tiny},
        ),  # half a step short: a tie
        "tiny over the largest": (sign | f.tiny, f.largest, {"": sign}),
        "a subnormal over one": (f.tiny - 1, f.one, {"": 0, "gradual": f.tiny - 1}),
        "the smallest subnormal over a half": (1, half, {"": 0, "gradual": 2}),
        "the smallest subnormal over two": (1, two, {"": 0}),  # a tie, to even
    }


@every_format
@every_policy
@pytest.mark.parametrize("edge", edge_cases(get_format("float32")))
def test_the_edges_are_as_the_table_of_section_2_says(
    kernel: Kernel, fmt: str, policy: str, edge: str
) -> None:
    f = get_format(fmt)
    a, b, results = edge_cases(f)[edge]
    got, expected = kernel("padiv", (a, b), fmt, policy), results.get(policy, results[""])
    assert got == expected, shown(f, a, b, got, expected)
