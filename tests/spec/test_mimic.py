"""Section 3, mimic: the rules against compositions of rounded operations, and by hand."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product

import pytest

from pamcheck.formats import FloatFormat, get_format
from pamcheck.spec import LN_2, LOG2_E, OPERATIONS, evaluate, vjp

INF, NAN, MINUS_INF = 0x7F800000, 0x7FC00000, 0xFF800000
F1, F1_5, F2, F3, F4 = 0x3F800000, 0x3FC00000, 0x40000000, 0x40400000, 0x40800000
LN_2_F32 = 0x3F317218

POLICIES = ["ftz", "gradual", "saturate"]

Apply = Callable[..., int]
"""Apply an operation of one format and policy to codes: apply("pam", a, b)."""

RULES: dict[str, Callable[[Apply, int, int, tuple[int, ...]], tuple[int, ...]]] = {
    "pam": lambda do, _, d, x: (do("pam", d, x[1]), do("pam", d, x[0])),
    "padiv": lambda do, sign, d, x: (
        do("padiv", d, x[1]),
        do("padiv", do("pam", x[0], d), do("pam", x[1], x[1])) ^ sign,
    ),
    "palog2": lambda do, _, d, x: (do("padiv", do("padiv", d, *x), do("ln 2")),),
    "paexp2": lambda do, _, d, x: (do("pam", do("pam", do("paexp2", *x), do("ln 2")), d),),
    "pasqrt": lambda do, _, d, x: (do("padiv", d, do("pam", do("pasqrt", *x), do("2"))),),
    "palog": lambda do, _, d, x: (do("padiv", d, *x),),
    "paexp": lambda do, _, d, x: (do("pam", do("paexp", *x), d),),
}


def undefined(op: str, f: FloatFormat, codes: tuple[int, ...], policy: str) -> bool:
    least = 1 if policy == "gradual" else f.tiny
    zeros = [code & f.magnitude < least for code in codes]
    if op == "paexp2":
        return f.is_nan(codes[0]) or codes[0] == f.inf
    if not all(map(f.is_finite, codes)) or (op == "padiv" and zeros[1]):
        return True
    return op in ("palog2", "palog", "pasqrt") and (zeros[0] or codes[0] > f.sign)


def expected(op: str, codes: tuple[int, ...], delta: int, fmt: str, policy: str) -> tuple[int, ...]:
    f = get_format(fmt)
    constants = {"ln 2": f.encode(LN_2), "2": f.encode(Fraction(2))}

    def apply(name: str, *operands: int) -> int:
        return constants[name] if name in constants else evaluate(name, operands, fmt, policy)

    nan = f.sign if f.nan is None else f.nan
    if f.is_nan(delta) or undefined(op, f, codes, policy):
        return (nan,) * len(codes)
    results = RULES[op](apply, f.sign, delta, codes)
    return tuple(nan if f.is_nan(code) else code for code in results)


def assert_mimic(op: str, codes: tuple[int, ...], delta: int, fmt: str, policy: str) -> None:
    got, want = vjp(op, codes, delta, fmt, policy, "mimic"), expected(op, codes, delta, fmt, policy)
    assert got == want, f"{op}{tuple(map(hex, codes))}, delta {delta:#x}: {got}, not {want}"


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("op", ["pam", "padiv"])
def test_rules_of_two_operands_are_their_compositions_on_all_of_float4(op: str, policy: str) -> None:
    for a, b, delta in product(range(16), repeat=3):
        assert_mimic(op, (a, b), delta, "float4_e2m1fn", policy)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("op", ["pam", "padiv"])
def test_rules_of_two_operands_are_their_compositions_on_all_pairs_with_infinity_and_nan(
    op: str, policy: str
) -> None:
    f = get_format("e3m2")
    for a, b in product(range(64), repeat=2):
        for delta in (f.one + 3, (5 * a + b) % 64):  # each a meets every cotangent, inf and NaN among them
            assert_mimic(op, (a, b), delta, "e3m2", policy)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("fmt", ["float6_e3m2fn", "e3m2", "e3m2fn"])
@pytest.mark.parametrize("op", [op for op, count in OPERATIONS.items() if count == 1])
def test_rules_of_one_operand_are_their_compositions_on_all_of_six_bits(
    op: str, fmt: str, policy: str
) -> None:
    for x, delta in product(range(64), range(0, 64, 3)):
        assert_mimic(op, (x,), delta, fmt, policy)


@pytest.mark.parametrize("policy", POLICIES)
def test_a_power_follows_the_chain_rule_of_mimic_primitives(policy: str) -> None:
    def back(op: str, codes: tuple[int, ...], delta: int) -> tuple[int, ...]:
        return vjp(op, codes, delta, "e3m2", policy, "mimic")

    for a, y in product(range(64), repeat=2):
        delta = (7 * a + 3 * y) % 64
        log = evaluate("palog2", (a,), "e3m2", policy)
        [d_power] = back("paexp2", (evaluate("pam", (log, y), "e3m2", policy),), delta)
        d_log, d_y = back("pam", (log, y), d_power)
        assert back("papow", (a, y), delta) == (*back("palog2", (a,), d_log), d_y), (hex(a), hex(y))


@pytest.mark.parametrize(
    ("op", "codes", "delta", "result"),
    [
        ("pam", (F1_5, F1_5), F1_5, (F2, F2)),
        ("pam", (F3, 0x80000000), INF, (NAN, INF)),  # inf * 0 in the rule itself
        ("padiv", (F1, F1_5), F1, (0x3F400000, 0xBF000000)),  # -1 / pam(1.5, 1.5)
        ("padiv", (0x80000000, F2), F1, (0x3F000000, 0x00000000)),
        ("palog2", (F2,), F1, (0x3F4E8DE8,)),  # 3f000000 - 3f317218 + 3f800000
        ("paexp2", (F1,), F1, (LN_2_F32 + 0x00800000,)),
        ("paexp2", (MINUS_INF,), 0xBF800000, (0x80000000,)),
        ("paexp2", (MINUS_INF,), INF, (NAN,)),
        ("pasqrt", (F4,), F1, (0x3E800000,)),
        ("palog", (F2,), F1, (0x3F000000,)),
        ("paexp", (0x00000000,), F3, (F3,)),
        ("papow", (F2, F3), F1, (0x41400000, 0x40B17218)),  # 3 * 2^2, and 2^3 ln 2
        ("padiv", (F1, 0x7F000000), F1, (0x00000000, 0x80000000)),  # b * b is infinite
    ],
)
def test_mimic_cotangents_of_float32_worked_out_by_hand(
    op: str, codes: tuple[int, ...], delta: int, result: tuple[int, ...]
) -> None:
    got = vjp(op, codes, delta, "float32", mode="mimic")
    assert list(map(hex, got)) == list(map(hex, result))


def test_the_root_is_doubled_by_its_exponent_even_where_two_is_out_of_reach() -> None:
    """In e2m2 the root of 3.5 is 2, and 4 is infinite; under saturate it is 3.5."""
    three_and_a_half = 0xB
    assert vjp("pasqrt", (three_and_a_half,), 0x4, "e2m2", "ftz", "mimic") == (0x0,)
    assert vjp("pasqrt", (three_and_a_half,), three_and_a_half, "e2m2", "saturate", "mimic") == (0x4,)


def test_a_subnormal_ln_2_is_a_zero_unless_underflow_is_gradual() -> None:
    """ln 2 is 0.5 in float4_e2m1fn, below the smallest normal, 1."""
    assert get_format("float4_e2m1fn").encode(LN_2) == 0x1
    assert vjp("paexp2", (0x4,), 0x2, "float4_e2m1fn", "ftz", "mimic") == (0x0,)
    assert vjp("paexp2", (0x4,), 0x2, "float4_e2m1fn", "gradual", "mimic") == (0x4,)


def test_ln_2_is_the_reciprocal_of_log2_e_to_50_digits() -> None:
    assert abs(LN_2 * LOG2_E - 1) < Fraction(1, 10**50)
    assert get_format("float32").encode(LN_2) == LN_2_F32
