"""Section 3, exact: slopes against exact differences of section 1, and scale against the PAM product."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from pamcheck.formats import get_format
from pamcheck.spec import L, X, evaluate, padiv, pam, pasqrt, scale, vjp

F32, ONE = get_format("float32"), 0x3F800000
POLICIES = ["ftz", "gradual", "saturate"]
NARROW = ["float6_e3m2fn", "float6_e2m3fn", "e3m1f"]

# Differences on the affine piece that holds the operands. EPSILON is a part of the operand's binade so
# small that no breakpoint of a format with 3 mantissa bits lies between; being exact, it cancels.

EPSILON = Fraction(1, 1024)


def nudge(x: Fraction, parts: int = 1) -> Fraction:
    """Return the step that moves x away from zero by some thousandths of its binade."""
    size = parts * EPSILON * Fraction(2) ** int(L(abs(x)) // 1)
    return size if x > 0 else -size


def difference(
    function: Callable[..., Fraction], operands: tuple[Fraction, ...], which: int, h: Fraction
) -> Fraction:
    moved = list(operands)
    moved[which] += h
    return (function(*moved) - function(*operands)) / h


def pam_gradient(a: Fraction, b: Fraction) -> tuple[Fraction, ...]:
    return difference(pam, (a, b), 0, nudge(a)), difference(pam, (a, b), 1, nudge(b))


def padiv_gradient(a: Fraction, b: Fraction) -> tuple[Fraction, ...]:
    """Where Ma = Mb the first branch counts: move a two steps into it, and b's one step stays inside."""
    inside = (a + nudge(a, 2), b)
    return difference(padiv, (a, b), 0, nudge(a)), difference(padiv, inside, 1, nudge(b))


GRADIENTS = {"pam": pam_gradient, "padiv": padiv_gradient}


def numbers_of(fmt: str) -> list[Fraction]:
    """Return every nonzero number of a narrow format, subnormals included."""
    f = get_format(fmt)
    return [f.decode(code) for code in range(2 * f.sign) if f.is_finite(code) and f.decode(code)]


def values(codes: tuple[int, ...]) -> tuple[Fraction, ...]:
    return tuple(map(F32.decode, codes))


@pytest.mark.parametrize("fmt", NARROW)
@pytest.mark.parametrize("op", ["pam", "padiv"])
def test_slopes_are_those_of_the_piece_for_every_pair_of_a_narrow_format(op: str, fmt: str) -> None:
    for a, b in product(numbers_of(fmt), repeat=2):
        got = values(vjp(op, (F32.encode(a), F32.encode(b)), ONE, "float32"))
        assert got == GRADIENTS[op](a, b), f"{op}({a}, {b}): {got}"


@pytest.mark.parametrize("fmt", NARROW)
def test_slopes_of_one_operand_are_those_of_the_piece_to_the_right(fmt: str) -> None:
    for x in numbers_of(fmt):
        code = (F32.encode(x),)
        assert values(vjp("paexp2", code, ONE, "float32")) == (difference(X, (x,), 0, EPSILON),), x
        if x > 0:
            h = nudge(x)
            assert values(vjp("palog2", code, ONE, "float32")) == (difference(L, (x,), 0, h),), x
            assert values(vjp("pasqrt", code, ONE, "float32")) == (difference(pasqrt, (x,), 0, h),), x


def test_at_two_powers_of_two_the_slope_of_a_quotient_lies_between_its_one_sided_ones() -> None:
    """The piece with Ma >= Mb touches b = 1 at a = 1 in one point, and it is the piece that counts."""
    one = Fraction(1)
    left, right = (difference(padiv, (one, one), 1, h) for h in (-EPSILON, EPSILON))
    got = F32.decode(vjp("padiv", (ONE, ONE), ONE, "float32")[1])
    assert (left, got, right) == (-2, -1, Fraction(-1, 2))


# The same in the narrow format itself, with every cotangent: the slope is not rounded, the result is


def limited(value: Fraction, negative: bool, fmt: str, policy: str) -> int:
    f = get_format(fmt)
    sign = f.sign if negative else 0
    if policy == "gradual":
        return sign | f.encode(abs(value)) if abs(value) <= f.decode(f.largest) else f.too_large(sign)
    if abs(value) < f.decode(f.tiny):
        return sign
    if abs(value) > f.decode(f.largest):
        return sign | f.largest if policy == "saturate" else f.too_large(sign)
    return sign | f.encode(abs(value))


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("op", ["pam", "padiv"])
@pytest.mark.parametrize(("fmt", "stride"), [("float4_e2m1fn", 1), ("e2m2", 3)])
def test_a_cotangent_is_the_slope_times_delta_then_limited(
    fmt: str, stride: int, op: str, policy: str
) -> None:
    f = get_format(fmt)
    least = 1 if policy == "gradual" else f.tiny
    numbers = [code for code in range(2 * f.sign) if least <= code & f.magnitude <= f.largest]
    deltas = [code for code in range(0, 2 * f.sign, stride) if f.is_finite(code)]
    for a, b in product(numbers, repeat=2):
        gradient = GRADIENTS[op](f.decode(a), f.decode(b))
        for delta in deltas:
            zero = delta & f.magnitude < least
            size = Fraction(0) if zero else f.decode(delta)
            expected = tuple(
                limited(size * slope, bool(delta & f.sign) != (slope < 0), fmt, policy)
                for slope in gradient
            )
            got = vjp(op, (a, b), delta, fmt, policy)
            assert got == expected, f"{op}({a:#x}, {b:#x}), delta {delta:#x}: {got}, not {expected}"


# scale


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("fmt", ["float8_e4m3fn", "float8_e5m2", "e4m3f"])
def test_scale_is_the_product_with_a_power_of_two(fmt: str, policy: str) -> None:
    f = get_format(fmt)
    lowest = 1 - f.bias - (f.mant_bits if policy == "gradual" else 0)
    powers = [(k, f.encode(Fraction(2) ** k)) for k in range(lowest, f.bias + 1)]
    for delta, (k, power) in product(range(256), powers):
        got, expected = scale(delta, k, fmt, policy), evaluate("pam", (delta, power), fmt, policy)
        assert got == expected, f"scale({delta:#x}, {k}) is {got:#x}, not {expected:#x}"


@pytest.mark.parametrize(
    ("delta", "k", "ftz", "gradual", "saturate"),
    [
        (0x3FC00000, 1, 0x40400000, 0x40400000, 0x40400000),
        (0x00800000, 253, 0x7F000000, 0x7F000000, 0x7F000000),  # no power of two of float32 does that
        (0xFF000001, -253, 0x80800001, 0x80800001, 0x80800001),
        (0x3F800000, 128, 0x7F800000, 0x7F800000, 0x7F7FFFFF),
        (0xBF800000, 10**40, 0xFF800000, 0xFF800000, 0xFF7FFFFF),
        (0xBF800000, -(10**40), 0x80000000, 0x80000000, 0x80000000),
        (0x80000000, 10**40, 0x80000000, 0x80000000, 0x80000000),
        (0x00800003, -1, 0x00000000, 0x00400002, 0x00000000),  # a tie on the subnormal grid
        (0x00FFFFFF, -1, 0x00000000, 0x00800000, 0x00000000),
        (0x80000001, 0, 0x80000000, 0x80000001, 0x80000000),
        (0x00000001, 276, 0x00000000, 0x7F000000, 0x00000000),
        (0x00000003, -1, 0x00000000, 0x00000002, 0x00000000),
        (0xFF800000, -(10**40), 0xFF800000, 0xFF800000, 0xFF800000),
        (0xFF800001, 0, 0x7FC00000, 0x7FC00000, 0x7FC00000),
    ],
    ids=hex,
)
def test_scale_of_float32_at_the_edges(delta: int, k: int, ftz: int, gradual: int, saturate: int) -> None:
    for policy, expected in zip(POLICIES, (ftz, gradual, saturate), strict=True):
        assert hex(scale(delta, k, "float32", policy)) == hex(expected), policy


@pytest.mark.parametrize(
    ("fmt", "delta", "k", "expected"),
    [
        ("float8_e4m3fn", 0xB8, 20, 0x7F),  # no infinity: NaN, sign clear
        ("float8_e4m3fn", 0xFF, 0, 0x7F),
        ("float8_e4m3fn", 0xB8, -6, 0x88),
        ("float4_e2m1fn", 0xA, 9, 0xF),  # neither: largest
        ("float4_e2m1fn", 0xA, -1, 0x8),
        ("float64", 0x0010 << 48, 2045, 0x7FE0 << 48),
    ],
)
def test_scale_where_the_format_lacks_something(fmt: str, delta: int, k: int, expected: int) -> None:
    assert hex(scale(delta, k, fmt)) == hex(expected)


def test_scale_takes_numpy_integers() -> None:
    assert scale(np.uint8(0xFC), np.int8(-120), "float8_e5m2") == 0xFC  # -inf


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0x100, 0, "float8_e5m2"), "code 0x100 does not fit the 8 bits"),
        ((0, 0, "float32", "kosson2023"), "'kosson2023' has no derivative; use 'ftz'"),
        ((0, 0, "float23"), "unknown format"),
    ],
)
def test_wrong_use_of_scale_is_told_what_would_do(arguments: tuple[object, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        scale(*arguments)
