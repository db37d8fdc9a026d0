"""Section 3 in codes: cotangents worked out by hand, where there are none, and the chain rule.

Codes in the tables were computed by hand from the spec, not by running the code.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from pamcheck.formats import get_format
from pamcheck.spec import (
    LOG2_E,
    OPERATIONS,
    blocked_sum,
    evaluate,
    matmul_vjp,
    padiv,
    pam,
    scale,
    vjp,
)
from pamcheck.spec.real import floor_log2, power_of_two

ZERO, INF, NAN = 0x00000000, 0x7F800000, 0x7FC00000
MINUS_ZERO, MINUS_INF = 0x80000000, 0xFF800000
F1, F1_5, F2, F3, F4, F8 = 0x3F800000, 0x3FC00000, 0x40000000, 0x40400000, 0x40800000, 0x41000000
HALF, QUARTER, EIGHTH = 0x3F000000, 0x3E800000, 0x3E000000
M1, M2, M3, MINUS_HALF = 0xBF800000, 0xC0000000, 0xC0400000, 0xBF000000
SUBNORMAL = 0x00000001  # 2^-149

POLICIES = ["ftz", "gradual", "saturate"]
MODES = ["exact", "mimic"]


def hexes(codes: tuple[int, ...]) -> list[str]:
    return [f"{code:08x}" for code in codes]


@pytest.mark.parametrize(
    ("op", "codes", "delta", "expected"),
    [
        ("pam", (F3, F1_5), F1, (F2, F4)),  # Ma + Mb = 1: carry
        ("pam", (M3, 0x3FA00000), F1, (F1, M2)),  # 1.25: no carry
        ("pam", (F3, F1_5), 0xBFA00000, (0xC0200000, 0xC0A00000)),
        ("pam", (ZERO, M3), F1, (M2, ZERO)),
        ("pam", (M3, MINUS_ZERO), F1, (ZERO, M2)),
        ("pam", (F1, M1), ZERO, (MINUS_ZERO, ZERO)),
        ("pam", (F1, M1), MINUS_INF, (INF, MINUS_INF)),
        ("padiv", (F1, F1_5), F1, (HALF, MINUS_HALF)),
        ("padiv", (F3, F1_5), F1, (F1, M2)),  # Ma = Mb: the first branch
        ("padiv", (M3, M2), F1, (MINUS_HALF, HALF)),
        ("padiv", (ZERO, M3), F1, (0xBE800000, ZERO)),
        ("palog2", (F3,), F1, (HALF,)),
        ("palog2", (0x3F400000,), M1, (M2,)),
        ("paexp2", (MINUS_HALF,), F1, (HALF,)),
        ("paexp2", (M1,), F1, (HALF,)),
        ("paexp2", (F1_5,), F3, (0x40C00000,)),
        ("paexp2", (MINUS_ZERO,), F3, (F3,)),
        ("paexp2", (0xFF7FFFFF,), M1, (MINUS_ZERO,)),  # 2^floor(x) does not fit memory
        ("paexp2", (0x7F7FFFFF,), MINUS_ZERO, (MINUS_ZERO,)),
        ("pasqrt", (F2,), F1, (QUARTER,)),
        ("pasqrt", (F4,), F1, (QUARTER,)),
        ("pasqrt", (0x41100000,), F1, (EIGHTH,)),  # 9
        ("pasqrt", (HALF,), F1, (HALF,)),
        ("palog", (F2,), F1, (QUARTER,)),  # 1 / log2 e: half, log2 at 2: half
        ("paexp", (F1,), F1, (F2,)),
        ("papow", (F3, F2), F1, (F8, F8)),  # 1.5 * 2 = 3, slopes 8, (2, 1), 1/2
    ],
)
def test_exact_cotangents_of_ordinary_float32_operands(
    op: str, codes: tuple[int, ...], delta: int, expected: tuple[int, ...]
) -> None:
    for policy in POLICIES:
        assert hexes(vjp(op, codes, delta, "float32", policy)) == hexes(expected), policy


@pytest.mark.parametrize(
    ("op", "codes", "delta", "plain", "saturated"),
    [
        ("paexp2", (0x7F7FFFFF,), M1, (MINUS_INF,), (0xFF7FFFFF,)),
        ("pam", (M2, F1), 0x7F000000, (0x7F000000, MINUS_INF), (0x7F000000, 0xFF7FFFFF)),
        ("pam", (M2, F1), INF, (INF, MINUS_INF), (INF, MINUS_INF)),
    ],
)
def test_only_a_finite_overflow_of_a_cotangent_saturates(
    op: str, codes: tuple[int, ...], delta: int, plain: tuple[int, ...], saturated: tuple[int, ...]
) -> None:
    assert hexes(vjp(op, codes, delta, "float32")) == hexes(plain)
    assert hexes(vjp(op, codes, delta, "float32", "gradual")) == hexes(plain)
    assert hexes(vjp(op, codes, delta, "float32", "saturate")) == hexes(saturated)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(
    ("op", "codes"),
    [
        *[(op, (NAN,)) for op in ("palog2", "paexp2", "pasqrt", "palog", "paexp")],
        *[(op, pair) for op in ("pam", "padiv", "papow") for pair in ((0xFFC00000, F1), (F1, 0x7F800001))],
        *[(op, pair) for op in ("pam", "padiv", "papow") for pair in ((INF, F2), (F2, MINUS_INF))],
        *[(op, (INF,)) for op in ("palog2", "paexp2", "pasqrt", "palog", "paexp")],
        *[(op, (MINUS_INF,)) for op in ("palog2", "pasqrt", "palog", "paexp")],
        *[("pam", pair) for pair in ((INF, ZERO), (ZERO, INF))],
        *[("padiv", pair) for pair in ((F1, ZERO), (F1, MINUS_ZERO), (ZERO, ZERO), (ZERO, INF))],
        *[(op, (x,)) for op in ("palog2", "palog", "pasqrt") for x in (ZERO, MINUS_ZERO, M1)],
        *[("papow", (x, F2)) for x in (ZERO, MINUS_ZERO, M1)],
    ],
)
def test_without_a_derivative_every_cotangent_is_nan(
    op: str, codes: tuple[int, ...], policy: str, mode: str
) -> None:
    for delta in (F1, ZERO, MINUS_INF):
        assert hexes(vjp(op, codes, delta, "float32", policy, mode)) == hexes((NAN,) * len(codes))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("op", OPERATIONS)
def test_a_nan_cotangent_makes_every_cotangent_nan(op: str, mode: str) -> None:
    for delta, operand in product((NAN, 0xFFC00001), (F1, F3)):
        codes = (operand,) * OPERATIONS[op]
        assert hexes(vjp(op, codes, delta, "float32", mode=mode)) == hexes((NAN,) * len(codes))


@pytest.mark.parametrize("codes", [(ZERO, F1), (F1, ZERO), (ZERO, MINUS_ZERO)], ids=hexes)
def test_a_nan_cotangent_outweighs_a_slope_of_zero(codes: tuple[int, ...]) -> None:
    assert hexes(vjp("pam", codes, NAN, "float32")) == hexes((NAN, NAN))
    assert hexes(vjp("paexp2", (MINUS_INF,), NAN, "float32")) == hexes((NAN,))


@pytest.mark.parametrize("delta", [F1, M1, ZERO, MINUS_ZERO, INF, MINUS_INF, SUBNORMAL], ids=hex)
@pytest.mark.parametrize("policy", POLICIES)
def test_a_slope_of_zero_gives_plus_zero_for_every_cotangent(policy: str, delta: int) -> None:
    assert vjp("pam", (M3, MINUS_ZERO), delta, "float32", policy)[0] == ZERO
    assert vjp("pam", (MINUS_ZERO, M3), delta, "float32", policy)[1] == ZERO
    assert vjp("pam", (ZERO, ZERO), delta, "float32", policy) == (ZERO, ZERO)
    assert vjp("padiv", (MINUS_ZERO, M3), delta, "float32", policy)[1] == ZERO
    assert vjp("paexp2", (MINUS_INF,), delta, "float32", policy) == (ZERO,)


@pytest.mark.parametrize(
    ("op", "codes", "delta", "flushed", "gradual"),
    [
        ("pam", (F1, SUBNORMAL), F1, (ZERO, F1), (SUBNORMAL, F1)),
        ("pam", (F1_5, 0x00600000), F1, (ZERO, F1), (0x00800000, F2)),  # 1.5 2^-127: E and M by value
        ("padiv", (F1, 0x80000003), F1, (NAN, NAN), (MINUS_INF, MINUS_INF)),
        ("padiv", (SUBNORMAL, F1), F1, (F1, ZERO), (F1, 0x80000001)),
        ("palog2", (SUBNORMAL,), 0x3D800000, (NAN,), (INF,)),
        ("palog2", (SUBNORMAL,), 0x00800000, (NAN,), (0x4B000000,)),
        ("palog2", (0x80000001,), F1, (NAN,), (NAN,)),
        ("paexp2", (0x80000001,), F1, (F1,), (HALF,)),  # floor of a negative is -1, of a zero 0
        ("pasqrt", (SUBNORMAL,), F1, (NAN,), (0x64000000,)),  # -75 + 149 - 1 = 73
        ("pam", (F1, F1), 0x80000001, (MINUS_ZERO, MINUS_ZERO), (0x80000001, 0x80000001)),
    ],
)
def test_subnormals_are_zeros_unless_underflow_is_gradual(
    op: str, codes: tuple[int, ...], delta: int, flushed: tuple[int, ...], gradual: tuple[int, ...]
) -> None:
    assert hexes(vjp(op, codes, delta, "float32")) == hexes(flushed)
    assert hexes(vjp(op, codes, delta, "float32", "saturate")) == hexes(flushed)
    assert hexes(vjp(op, codes, delta, "float32", "gradual")) == hexes(gradual)


@pytest.mark.parametrize(
    ("fmt", "op", "codes", "delta", "expected"),
    [
        ("float8_e4m3fn", "pam", (0xB8, 0x70), 0xF0, (0x7F, 0x70)),  # 128 * -128 has no code: NaN
        ("float8_e4m3fn", "pam", (0x7F, 0x38), 0x38, (0x7F, 0x7F)),
        ("float8_e4m3fn", "padiv", (0x38, 0x80), 0x38, (0x7F, 0x7F)),
        ("float8_e4m3fn", "paexp", (0x7E,), 0x38, (0x7F,)),  # 448 log2 e is NaN
        ("float4_e2m1fn", "pam", (0x2, 0x4), 0xF, (0xF, 0xF)),  # no infinity and no NaN: largest
        ("float4_e2m1fn", "padiv", (0x2, 0x0), 0x2, (0x8, 0x8)),  # NaN: -0
        ("float4_e2m1fn", "palog2", (0xA,), 0x2, (0x8,)),
        ("float4_e2m1fn", "papow", (0x0, 0x2), 0x7, (0x8, 0x8)),  # log2 0 is -6 from then on
        ("float4_e2m1fn", "papow", (0xA, 0x2), 0x3, (0x8, 0x0)),  # log2 -1 is -0: slope 1, then 0 for y
    ],
)
def test_formats_without_infinity_or_nan_put_in_what_they_have(
    fmt: str, op: str, codes: tuple[int, ...], delta: int, expected: tuple[int, ...]
) -> None:
    assert hexes(vjp(op, codes, delta, fmt)) == hexes(expected)


# With an offset


EPSILON = Fraction(1, 1024)  # of a binade: no breakpoint of two mantissa bits and these offsets is so near
OFFSETS = [sign * (1 << 23) * n // 16 for n in (1, 2, 9, 14, 15) for sign in (1, -1)]


def one_sided(op: str, a: Fraction, b: Fraction, c: Fraction) -> tuple[Fraction, Fraction]:
    """Return the exact differences of pam_c or padiv_c towards larger magnitudes, inside one affine piece.

    On a breakpoint of padiv the piece is the one of floor(Ma - Mb - c): a moves two steps into it first.
    """
    function = {"pam": pam, "padiv": padiv}[op]
    steps = [EPSILON * power_of_two(floor_log2(abs(x))) * (1 if x > 0 else -1) for x in (a, b)]
    inside = a + 2 * steps[0] if op == "padiv" else a
    return (
        (function(a + steps[0], b, c) - function(a, b, c)) / steps[0],
        (function(inside, b + steps[1], c) - function(inside, b, c)) / steps[1],
    )


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("op", ["pam", "padiv"])
def test_an_exact_slope_with_an_offset_is_the_difference_on_the_compensated_piece(
    op: str, offset: int
) -> None:
    f, float32 = get_format("e2m2fn"), get_format("float32")
    numbers = [f.decode(code) for code in range(32) if f.is_finite(code) and f.decode(code)]
    for a, b in product(numbers, repeat=2):
        codes = (float32.encode(a), float32.encode(b))
        got = tuple(map(float32.decode, vjp(op, codes, F1, "float32", offset=offset)))
        assert got == one_sided(op, a, b, Fraction(offset, 1 << 23)), f"{op}({a}, {b}), offset {offset:#x}"


@pytest.mark.parametrize(
    ("op", "codes", "offset", "expected"),
    [
        ("pam", (F3, F1_5), -1, (F1, F2)),  # Ma + Mb = 1 no longer carries
        ("pam", (F1, F1), -1, (HALF, HALF)),  # 1 * 1 is just below 1
        ("pam", (0x3FFFFFFF, 0x3FFFFFFF), 2, (F4, F4)),  # Ma + Mb + c = 2: two carries
        ("pam", (0x3FFFFFFF, 0x3FFFFFFF), 1, (F2, F2)),
        ("pam", (ZERO, M3), 1 << 22, (0xC0800000, ZERO)),  # a zero has M = 0: 0 + 1/2 + 1/2
        ("pam", (ZERO, M2), -1, (M1, ZERO)),
        ("padiv", (F3, F1_5), 1, (HALF, M1)),
        ("padiv", (F1, F1), -1, (F1, M1)),
        ("padiv", (F1, 0x3FFFFFFF), 2, (QUARTER, 0xBE800000)),  # 0 - Mb - c = -1 - a code: floor -2
        ("padiv", (0x3FFFFFFF, F1), -1, (F2, M2)),  # Ma + c = 1
        ("padiv", (ZERO, F1), 1, (HALF, ZERO)),
    ],
)
def test_exact_cotangents_with_an_offset_worked_out_by_hand(
    op: str, codes: tuple[int, ...], offset: int, expected: tuple[int, ...]
) -> None:
    for policy in POLICIES:
        assert hexes(vjp(op, codes, F1, "float32", policy, offset=offset)) == hexes(expected), policy


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("offset", [1, -1])
def test_a_mimic_rule_with_an_offset_has_it_in_every_pam_and_padiv(policy: str, offset: int) -> None:
    def do(op: str, *codes: int) -> int:
        return evaluate(op, codes, "float4_e2m1fn", policy, offset)

    least = 1 if policy == "gradual" else 2
    for a, b, delta in product(range(16), repeat=3):
        got = vjp("pam", (a, b), delta, "float4_e2m1fn", policy, "mimic", offset)
        assert got == (do("pam", delta, b), do("pam", delta, a)), f"{delta:#x}, {a:#x}, {b:#x}"
        if b & 7 >= least:
            got = vjp("padiv", (a, b), delta, "float4_e2m1fn", policy, "mimic", offset)
            db = do("padiv", do("pam", a, delta), do("pam", b, b)) ^ 8
            assert got == (do("padiv", delta, b), db), f"{delta:#x}, {a:#x}, {b:#x}"


def test_cotangents_of_a_matrix_product_with_an_offset_add_up_those_of_its_products() -> None:
    a, b, delta = [[F3, 0x3FA00000]], [[F1_5, M3], [F2, 0x3FFFFFFF]], [[F1, M2]]
    for mode, offset in product(MODES, (1, -1, 1 << 19)):
        terms = [
            [vjp("pam", (a[0][k], b[k][j]), delta[0][j], "float32", "ftz", mode, offset) for j in range(2)]
            for k in range(2)
        ]
        da, db = matmul_vjp(a, b, delta, "float32", mode=mode, offset=offset)
        assert da == [[blocked_sum([term[0] for term in row], "float32") for row in terms]]
        assert db == [[blocked_sum([term[1]], "float32") for term in row] for row in terms]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("op", [op for op in OPERATIONS if op not in ("pam", "padiv")])
def test_an_offset_of_an_operation_that_takes_none_is_refused(op: str, mode: str) -> None:
    with pytest.raises(ValueError, match=f"offset is 3; {op} takes none, only pam and padiv do"):
        vjp(op, (F1,) * OPERATIONS[op], F1, "float32", mode=mode, offset=3)


# The chain rule, step by step


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("fmt", ["float6_e3m2fn", "e3m2"])
def test_composites_follow_the_chain_rule_through_their_rounded_primitives(fmt: str, policy: str) -> None:
    f = get_format(fmt)
    log2_e = f.encode(LOG2_E)

    def back(op: str, codes: tuple[int, ...], delta: int) -> tuple[int, ...]:
        return vjp(op, codes, delta, fmt, policy)

    for x, delta in product(range(64), (f.one, f.sign | f.one + 3, f.largest, 0)):
        log, power = (
            evaluate("palog2", (x,), fmt, policy),
            evaluate("pam", (x, log2_e), fmt, policy),
        )
        assert back("palog", (x,), delta) == back("palog2", (x,), back("padiv", (log, log2_e), delta)[0])
        assert (
            back("paexp", (x,), delta) == back("pam", (x, log2_e), back("paexp2", (power,), delta)[0])[:1]
        )
        for y in range(1, 64, 5):
            exponent = evaluate("pam", (log, y), fmt, policy)
            d_log, d_y = back("pam", (log, y), back("paexp2", (exponent,), delta)[0])
            assert back("papow", (x, y), delta) == (*back("palog2", (x,), d_log), d_y), (hex(x), hex(y))


def test_an_infinite_step_of_a_composite_is_an_infinite_operand_of_the_next() -> None:
    assert hexes(vjp("paexp", (0x7F7FFFFF,), F1, "float32")) == hexes((NAN,))
    assert hexes(vjp("paexp", (0xFF7FFFFF,), M1, "float32")) == hexes((ZERO,))  # slope 0 at -inf
    assert hexes(vjp("paexp", (0x7F7FFFFF,), F1, "float32", "saturate")) == hexes((0x7F7FFFFF,))
    assert hexes(vjp("papow", (F4, 0x7F7FFFFF), F1, "float32")) == hexes((NAN, NAN))
    assert hexes(vjp("papow", (F4, 0xFF7FFFFF), F1, "float32")) == hexes((MINUS_ZERO, ZERO))


# Wrong use


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("pma", (0, 0), 0, "float32"), "unknown op 'pma'; did you mean 'pam'"),
        (("pam", (0,), 0, "float32"), "codes has 1 entries; pam takes 2"),
        (("pam", (0, 0x100), 0, "float8_e5m2"), "code 0x100 does not fit"),
        (("pam", (0, 0), 0x100, "float8_e5m2"), "code 0x100 does not fit"),
        (("papow", (0, 0), 0x100, "float8_e5m2"), "code 0x100 does not fit"),
        (("pam", (0, 0), 0, "float32", "ftz", "exat"), "unknown mode 'exat'; did you mean 'exact'"),
        (("pam", (0, 0), 0, "float32", "kosson2023"), "policy 'kosson2023' has no derivative"),
        (("paexp", (0,), 0, "float32", "kosson2023"), "policy 'kosson2023' has no derivative"),
    ],
)
def test_wrong_use_is_told_what_would_do(arguments: tuple[object, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        vjp(*arguments)


def test_codes_may_be_numpy_integers_which_do_not_wrap_around() -> None:
    codes = tuple(np.array([0xFC, 0xBF], dtype=np.uint8))
    assert vjp("pam", codes, np.uint8(0xB8), "float8_e4m3fn") == vjp(
        "pam", (0xFC, 0xBF), 0xB8, "float8_e4m3fn"
    )
    assert scale(np.uint8(0x38), np.uint8(1), "float8_e4m3fn") == 0x40
