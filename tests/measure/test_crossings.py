"""Crossings: counts against a brute force over every product, in every format, and hostile input."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pamcheck.formats import FORMATS, FloatFormat
from pamcheck.measure.crossings import Crossing, Crossings, crossing
from pamcheck.operands import dtype_of, offset_codes

SEED = 20240602


def as_floats(codes: np.ndarray, fmt: FloatFormat) -> np.ndarray:
    return codes.astype(f"u{fmt.storage_bits // 8}").view(dtype_of(fmt))


def drawn(fmt: FloatFormat, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Any code: zeros, subnormals, infinities and NaN among them."""
    return rng.integers(0, 2 * fmt.sign, shape, dtype=np.uint64, endpoint=False)


def parts(code: int, fmt: FloatFormat) -> tuple[int, int, int, bool]:
    """Sign, exponent field, mantissa and whether the code is finite, the slow way."""
    magnitude = code & fmt.magnitude
    if magnitude < fmt.tiny:
        return 0, 0, 0, True
    sign = -1 if code & fmt.sign else 1
    return sign, magnitude >> fmt.mant_bits, magnitude % fmt.tiny, fmt.is_finite(code)


def brute(
    fmt: FloatFormat, old: np.ndarray, new: np.ndarray, partners: np.ndarray, offset: int = 0
) -> Crossing:
    counts = dict.fromkeys(
        ("elements", "nonfinite", "changed", "sign", "exponent", "products", "carry", "piece"), 0
    )
    for (k, n), before in np.ndenumerate(old):
        a, b = parts(int(before), fmt), parts(int(new[k, n]), fmt)
        if not (a[3] and b[3]):
            counts["nonfinite"] += 1
            continue
        counts["elements"] += 1
        counts["changed"] += int(before != new[k, n])
        counts["sign"] += a[0] != b[0]
        counts["exponent"] += a[1] != b[1]
        for x in partners[:, k]:
            _, _, mantissa, finite = parts(int(x), fmt)
            if finite:
                carries = [(m + mantissa + offset) >> fmt.mant_bits for m in (a[2], b[2])]
                counts["products"] += 1
                counts["carry"] += carries[0] != carries[1]
                counts["piece"] += carries[0] != carries[1] or a[:2] != b[:2]
    return Crossing("w", 1, **counts)


def compared(fmt: FloatFormat, old: np.ndarray, new: np.ndarray, x: np.ndarray, octaves: float = 0) -> None:
    found = crossing("w", *(as_floats(c, fmt) for c in (old, new, x)), offset=octaves)
    assert found == brute(fmt, old, new, x, offset_codes(octaves, fmt))


@pytest.mark.parametrize("octaves", [0, 0.0625, 0.5, -0.25])
@pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda fmt: fmt.name)
def test_counts_are_those_of_a_brute_force_in_every_format(fmt: FloatFormat, octaves: float) -> None:
    if abs(octaves) * fmt.tiny % 1:
        octaves = 0
    rng = np.random.default_rng(SEED)
    old, new, x = (drawn(fmt, shape, rng) for shape in ((5, 4), (5, 4), (7, 5)))
    compared(fmt, old, new, x, octaves)
    near = np.where(rng.random(old.shape) < 0.8, (old & ~np.uint64(3)) | (new & np.uint64(3)), old)
    compared(fmt, old, near, x, octaves)


@pytest.mark.parametrize("fmt", [FORMATS["float32"], FORMATS["float64"]], ids=lambda fmt: fmt.name)
def test_small_steps_of_many_weights_against_many_partners(fmt: FloatFormat) -> None:
    rng, dtype = np.random.default_rng(SEED), dtype_of(fmt)
    old, x = rng.standard_normal((6, 20)), np.maximum(rng.standard_normal((300, 6)), 0)
    new = old + 10.0 ** rng.uniform(-6, 0, old.shape) * rng.standard_normal(old.shape)
    codes = [v.astype(dtype).view(f"u{fmt.storage_bits // 8}") for v in (old, new, x)]
    compared(fmt, *codes)


def binade(code: st.SearchStrategy[int]) -> st.SearchStrategy[float]:
    return code.map(lambda m: float(np.uint32(0x3F800000 + m).view(np.float32)))


CLOSE = binade(
    st.one_of(st.integers(0, 4), st.integers(0x7FFFFA, 0x800004), st.integers(0x3FFFFC, 0x400004))
)


@given(CLOSE, CLOSE, CLOSE)
@example(1.5, 1.5 - 2**-23, 1.5)  # the carry of 1/2 + 1/2 is on: one code less, it is off
@example(1.0, 2.0, 1.5)
@example(1.0, 1.0 + 2**-23, 2 - 2**-23)
def test_a_carry_changes_exactly_where_the_sum_of_mantissas_passes_one(
    w: float, v: float, x: float
) -> None:
    def carry(a: float) -> bool:
        return math.frexp(a)[0] * 2 + math.frexp(x)[0] * 2 >= 3

    found = crossing("w", np.float32([[w]]), np.float32([[v]]), np.float32([[x]]))
    assert found.carry == (carry(w) != carry(v)), [float(value).hex() for value in (w, v, x)]
    assert found.exponent == (math.frexp(w)[1] != math.frexp(v)[1])


def test_a_step_that_changes_nothing_crosses_nothing() -> None:
    w, x = np.random.default_rng(SEED).standard_normal((2, 8, 8), dtype=np.float32)
    found = crossing("w", w, w.copy(), x)
    assert found == Crossing("w", elements=64, products=512)
    assert [found.share(key) for key in ("changed", "carry", "piece")] == [0, 0, 0]


def test_zeros_and_subnormals_are_one_piece_and_have_no_sign() -> None:
    before = np.float32([0.0, -0.0, 1e-40, 1e-40, 1.0])
    after = np.float32([-0.0, 1e-40, -1e-40, 1.0, 0.0])
    found = crossing("w", before, after)
    assert (found.changed, found.sign, found.exponent) == (5, 2, 2)


def test_what_is_not_finite_is_counted_apart() -> None:
    before = np.float32([[np.nan, 1.0, 1.0, 1.5]])
    after = np.float32([[1.0, np.inf, 1.0, 1.25]])
    found = crossing("w", before, after, np.float32([[1.5], [np.nan], [np.inf]]))
    assert (found.elements, found.nonfinite, found.changed) == (2, 2, 1)
    assert (found.products, found.carry, found.piece) == (2, 1, 1)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
def test_empty_arrays_have_no_shares(shape: tuple[int, ...]) -> None:
    w = np.zeros(shape, np.float32)
    x = np.ones((4, shape[0]), np.float32) if len(shape) == 2 else None
    found = crossing("w", w, w, x)
    assert (found.elements, found.products) == (0, 0)
    assert math.isnan(found.share("changed"))
    assert math.isnan(found.share("carry"))


def test_no_partners_make_no_products() -> None:
    w = np.ones((3, 2), np.float32)
    assert crossing("w", w, 2 * w, np.ones((0, 3), np.float32)).products == 0


def test_leading_axes_of_partners_layout_and_byte_order_do_not_matter() -> None:
    rng = np.random.default_rng(SEED)
    w, v = (rng.standard_normal((6, 5)).astype(np.float32) for _ in range(2))
    x = rng.standard_normal((2, 4, 6)).astype(np.float32)
    found = crossing("w", w, v, x)
    assert found == crossing("w", w, v, x.reshape(8, 6))
    assert found == crossing("w", np.asfortranarray(w), v.astype(">f4"), x[:, ::-1])


def test_totals_add_up_by_name_and_the_table_has_shares() -> None:
    rng = np.random.default_rng(SEED)
    crossings = Crossings()
    steps = []
    for _ in range(3):
        w, v = (rng.standard_normal((4, 3)).astype(np.float32) for _ in range(2))
        steps.append(crossings.observe("up", w, v, rng.standard_normal((5, 4)).astype(np.float32)))
        crossings.observe("bias", w[0], v[0])
    total = crossings.totals["up"]
    assert total == steps[0] + steps[1] + steps[2]
    assert (total.steps, total.products) == (3, 180)
    table = crossings.table().set_index("name")
    assert table.loc["up", "piece"] == total.piece / 180
    assert table.loc["up", "changed"] == total.changed / 36
    assert math.isnan(table.loc["bias", "carry"])
    assert Crossings().table().empty


W = np.ones((3, 2), np.float32)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((W, W[:2]), ValueError, r"after has shape \(2, 2\); it must be \(3, 2\)"),
        ((W, W, W), ValueError, r"partners has shape \(3, 2\); its last axis must be 3"),
        ((W, W, np.float32(1)), ValueError, r"partners has shape \(\); its last axis"),
        ((W[0], W[0], W), ValueError, r"before has shape \(2,\); with partners it must be \(k, n\)"),
        ((W, W.astype(np.float64)), TypeError, "after has dtype float64; it must be float32"),
        ((W, W, np.ones((1, 3))), TypeError, "partners has dtype float64; it must be float32"),
        ((W.astype(int), W), TypeError, "before has dtype int64, which is not supported"),
        (([1.0], W), TypeError, "before is a list; it must be an array of NumPy"),
        ((W, None), TypeError, "after is a NoneType"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(
    arguments: tuple[object, ...], error: type[Exception], message: str
) -> None:
    crossings = Crossings()
    with pytest.raises(error, match=message):
        crossings.observe("w", *arguments)
    assert not crossings.totals
