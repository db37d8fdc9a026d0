"""Units of others, written by hand: each is called what it is."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from pamcheck.formats import FloatFormat, get_format
from pamcheck.kernels.table import get_operation
from pamcheck.testing.identity import Fingerprint, identify
from pamcheck.testing.subject import make_subject

B16, F32, F64 = get_format("bfloat16"), get_format("float32"), get_format("float64")


def plain(
    f: FloatFormat,
    offset: int = 0,
    before: Callable[[int], int] = lambda x: x,
    after: Callable[[int], int] = lambda x: x,
    below: Callable[[int, int], int] = lambda sign, _: sign,
    above: Callable[[int, int], int] | None = None,
    zero: Callable[[int, int], int] | None = None,
) -> Callable[[int, int], int]:
    """Return PAM on codes, without regard for infinities and NaN, with one thing or another done otherwise."""
    overflow = above or (lambda sign, _: f.too_large(sign))

    def body(a: int, b: int) -> int:
        sign, ma, mb = (a ^ b) & f.sign, a & f.magnitude, b & f.magnitude
        if ma < f.tiny or mb < f.tiny:
            return sign if zero is None else zero(a, b)
        total = before(ma) + before(mb) - f.one + offset
        if total < f.tiny:
            return below(sign, total)
        return overflow(sign, total) if total > f.largest else sign | after(total)

    return body


def of(unit: Any, body: Callable[..., int], f: FloatFormat = B16, op: str = "pam") -> Fingerprint:
    found = identify(unit(body), f, op)
    assert found.confidence > 0.99, str(found)
    return found


@pytest.mark.parametrize(
    ("name", "offset", "said"),
    [
        ("bfloat16", 8, "L-Mul's 2^-4 (arXiv 2410.00907)"),
        ("float8_e4m3", 1, "L-Mul's 2^-3 (arXiv 2410.00907)"),
        ("float8_e5m2", 1, "L-Mul's 2^-2 (arXiv 2410.00907)"),
        ("float32", 0x3F800000 - 0x3F76D000, "Mogami's constant (arXiv 2012.03458)"),
        ("float32", 577619, "the offset with the least worst error"),
        ("float32", 12345, "12345 codes"),
    ],
)
def test_offsets_are_named(name: str, offset: int, said: str, unit: Any) -> None:
    f = get_format(name)
    found = of(unit, plain(f, offset), f)
    assert found.offset == offset, str(found)
    assert said in found.variant, str(found)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"before": lambda x: x >> 15 << 15},
            "PAM (Mitchell), operands truncated to 8 mantissa bits before",
        ),
        ({"after": lambda x: x >> 13 << 13}, "PAM (Mitchell), results truncated to 10 mantissa bits"),
        ({"after": lambda x: x >> 13 << 13, "offset": 12345}, "PAM with an offset of 12345 codes"),
        ({"offset": -(1 << 23)}, "the exponent is 1 octave too low"),
    ],
)
def test_bits_and_exponents_that_are_lost_are_counted(changes: Any, said: str, unit: Any) -> None:
    assert said in of(unit, plain(F32, **changes), F32).variant


@pytest.mark.parametrize(
    ("changes", "aspect", "said"),
    [
        ({"below": lambda s, _: s | 0x80}, "results below the range", "the smallest normal number, the result's sign"),
        ({"below": lambda *_: 0}, "results below the range", "zero, sign clear"),
        ({"above": lambda s, t: (s + t) % 2**16}, "results far above the range", "the integer wraps into the sign"),
        ({"above": lambda s, _: s | B16.largest}, "results above the range", "the largest number, the result's sign"),
        ({"above": lambda *_: 0x7FC0}, "results above the range", "the quiet NaN, sign clear"),
        ({"zero": lambda *_: 0}, "0 * x", "zero, sign clear"),
        ({"zero": lambda a, _: a & B16.sign}, "0 * x", "zero, the sign of a"),
        ({"zero": lambda a, b: (a + b - B16.one) % 2**16}, "0 * x", "the integer wraps into the sign"),
        ({}, "x * NaN", "computed as if it were an ordinary number"),
        ({}, "0 * inf", "zero, the result's sign"),
    ],
)  # fmt: skip
def test_edges_and_special_operands_are_described(changes: Any, aspect: str, said: str, unit: Any) -> None:
    assert of(unit, plain(B16, **changes)).conclusion(aspect).found == said


def test_thresholds_of_ones_own_are_found_by_bisection(unit: Any) -> None:
    low, high = B16.encode(Fraction(1, 10**30)), B16.encode(1e30)
    body = plain(B16)

    def thresholded(a: int, b: int) -> int:
        code = body(a, b)
        size = code & B16.magnitude
        return 0 if size < low else 0x7FC0 if size > high else code

    found = of(unit, thresholded)
    assert B16.hex(low) in found.conclusion("results begin").found, str(found)
    assert B16.hex(high + 1) in found.conclusion("results end").found, str(found)
    assert found.calls < 12


@pytest.mark.parametrize(
    ("function", "dtype", "op", "said"),
    [
        (np.multiply, np.float32, "pam", "exact product, rounded to nearest, ties to even"),
        (np.multiply, ml_dtypes.bfloat16, "pam", "exact product, rounded to nearest, ties to even"),
        (np.divide, np.float32, "padiv", "exact quotient, rounded to nearest, ties to even"),
        (np.sqrt, np.float32, "pasqrt", "the true sqrt, rounded to nearest, ties to even"),
    ],
)
def test_true_functions_are_told_from_pam(
    function: Any, dtype: Any, op: str, said: str, native: Any
) -> None:
    f = get_format(np.dtype(dtype).name)
    found = identify(native(function, dtype), f, op)
    assert found.variant == said, str(found)
    assert (found.offset, found.nearest) == (None, "gradual")
    assert found.confidence > 0.99, str(found)


def test_a_product_of_float64_through_float32_is_seen(native: Any) -> None:
    narrow = lambda a, b: (a.astype("f4") * b.astype("f4")).astype("f8")  # noqa: E731
    assert "through float32" in identify(native(narrow, np.float64), "float64").variant


def test_exact_products_rounded_toward_zero_are_seen(unit: Any) -> None:
    def body(a: int, b: int) -> int:
        sign, ma, mb = (a ^ b) & B16.sign, a & B16.magnitude, b & B16.magnitude
        if ma < B16.tiny or mb < B16.tiny:
            return sign
        significand = (128 + ma % 128) * (128 + mb % 128)
        carry = significand >= 1 << 15
        total = ((ma >> 7) + (mb >> 7) - 127 + carry << 7) + (significand >> 7 + carry) - 128
        return sign if total < B16.tiny else B16.too_large(sign) if total > B16.largest else sign | total

    assert of(unit, body).variant == "exact product, rounded toward zero"


def test_exchanged_operands_of_a_quotient_are_seen(unit: Any) -> None:
    quotient, words = get_operation("padiv").body, make_subject("padiv", "bfloat16").words
    found = of(unit, lambda a, b: quotient(b, a, words), op="padiv")
    assert found.variant == "PAM (Mitchell), operands exchanged: b / a"


@pytest.mark.parametrize("extra", [0, 1, None])
def test_the_rounding_of_a_square_root_is_seen(extra: int | None, unit: Any) -> None:
    root, words = get_operation("pasqrt").body, make_subject("pasqrt", "bfloat16").words

    def body(x: int) -> int:
        if not B16.tiny <= x <= B16.largest or extra is None:
            return root(x, words)
        return (x + B16.one + extra) // 2

    words_of = {0: "toward zero", 1: "to nearest, ties away from zero", None: "to nearest, ties to even"}
    found = of(unit, body, op="pasqrt")
    said = (found.variant, *found.conclusion("computed").also)
    assert f"pasqrt, rounded {words_of[extra]}" in said, str(found)
    assert ("pasqrt, rounded to nearest, ties to even" in said) == (extra is None), str(found)


def test_a_correction_by_leading_bits_is_tabulated(unit: Any) -> None:
    table = (0, 100, 200, 400)
    body = lambda a, b: plain(F32, table[a >> 21 & 3] + table[b >> 21 & 3])(a, b)  # noqa: E731
    found = of(unit, body, F32)
    assert found.variant == "PAM with a correction by the leading 2 mantissa bits of each operand"
    rows = {(row.a, row.b): (row.least, row.greatest) for row in found.conclusion("computed").table}
    assert rows["01", "11"] == (500, 500)
    assert rows["00", "00"] == (0, 0)


def test_a_correction_without_a_law_is_mitchell_like_with_its_range(unit: Any) -> None:
    low = F32.tiny - 1
    found = identify(unit(lambda a, b: plain(F32, (a & low) * (b & low) >> 26)(a, b)), F32)
    assert found.variant == "Mitchell-like with a correction that depends on mantissas"
    assert (found.offset, len(found.conclusion("computed").table)) == (None, 16)
    assert found.confidence < 0.5


def test_noise_is_unknown(unit: Any) -> None:
    answers: dict[tuple[int, ...], int] = {}
    rng = random.Random(1)
    found = identify(unit(lambda *codes: answers.setdefault(codes, rng.randrange(1 << 16))), "bfloat16")
    assert found.variant == "unknown"
    assert found.confidence < 0.01
    assert found.conclusion("sign of numbers").found.startswith("cannot tell")
