"""Certificates: what is proven is true, tight and attained; closed forms lie inside; wrong use is refused."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import pamcheck as pc
from pamcheck import functional, spec, truth
from pamcheck.arithmetic import Pam
from pamcheck.formats import get_format
from pamcheck.measure.certify import OPERATIONS, Certificate, certify
from pamcheck.measure.certify.binades import parts_by_binade
from pamcheck.measure.certify.curve import Curve, breakpoints, constant, power
from pamcheck.measure.certify.forms import BY_ROOT
from pamcheck.measure.certify.pieces import Affine, OnPiece, at_point, pieces
from pamcheck.measure.certify.rows import OnRows, Row
from pamcheck.measure.certify.search import TRUTHS, error_at, extremes, fraction
from pamcheck.measure.certify.subjects import SUBJECTS
from pamcheck.operands import dtype_of

TIGHT = Fraction(1, 10**9)
REAL = ["palog2", "paexp2", "pasqrt", "rsqrt", "papow", "paexp", "palog"]
ROWS: Any = OnRows()


def errors(op: str, kind: Any, x: Fraction) -> tuple[Fraction, Fraction]:
    subject = SUBJECTS[op]
    error = error_at(TRUTHS[subject.truth], kind, x, at_point(subject.function, x, OnPiece()))
    return fraction(error.a), fraction(error.b)


# Real functions


@pytest.mark.parametrize("op", ["pam", "padiv", *REAL])
def test_the_two_ranges_agree_to_a_billionth_and_closed_forms_lie_between(op: str) -> None:
    found = certified(op)
    assert found.holds, found.reason
    assert found.gap <= TIGHT
    assert all(found.closed_forms)
    assert found.lower <= found.at_lower.error <= found.at_upper.error <= found.upper


@pytest.mark.parametrize(
    ("op", "kind", "lower", "upper"),
    [
        ("pam", "relative", -1 / 9, 0),
        ("padiv", "relative", 0, 1 / 8),
        ("palog2", "absolute", (1 + math.log(math.log(2))) / math.log(2) - 1, 0),
        ("palog2", "relative", math.log(2) - 1, 2 * math.log(2) - 1),
        ("paexp2", "relative", 0, 2 / (math.e * math.log(2)) - 1),
        ("paexp2", "absolute", 0, -(1 + math.log(math.log(2))) / math.log(2) + 1),
        ("pasqrt", "relative", 0, 3 / (2 * math.sqrt(2)) - 1),
        ("pasqrt", "absolute", 0, 1.5 - math.sqrt(2)),
        ("rsqrt", "relative", 0, 4 / 3 * math.sqrt(2 / 3) - 1),
        ("papow", "relative", 0, 3 / (2 * math.sqrt(2)) - 1),
        ("palog", "relative", math.log(2) - 1, (3 - 1 / math.log(2)) - 1),
    ],
)
def test_the_ranges_are_the_known_ones(op: str, kind: str, lower: float, upper: float) -> None:
    found = certify(op, kind=kind)
    assert abs(float(found.lower) - lower) < 1e-9
    assert abs(float(found.upper) - upper) < 1e-9


@pytest.mark.parametrize("offset", [Fraction(1, 16), Fraction(-1, 3), Fraction(19, 61), 0.25])
@pytest.mark.parametrize("op", ["pam", "padiv"])
def test_an_offset_is_certified_exactly_and_its_witness_has_the_error(op: str, offset: Any) -> None:
    found = certify(op, offset=offset)
    assert found.gap == 0
    for witness in (found.at_lower, found.at_upper):
        a, b = witness.operands
        true = a * b if op == "pam" else a / b
        assert getattr(spec, op)(a, b, Fraction(offset)) / true - 1 == witness.error, witness


@pytest.mark.parametrize("op", REAL)
@given(x=st.fractions(Fraction(1, 1 << 12), 1 << 12, max_denominator=1 << 20))
@example(x=Fraction(1 << 12))
@example(x=Fraction(3, 2))
def test_no_operand_leaves_the_range(op: str, x: Fraction) -> None:
    found = certified(op)
    [(low, high)] = found.domain
    inside = low is not None and high is not None and low <= x <= high
    if not (inside or found.scope) or (x == 1 and "but 1" in found.scope):
        return
    x = x if op != "paexp2" else x - 2
    below, above = errors(op, found.kind, x)
    assert found.lower <= above, x
    assert below <= found.upper, x


@cache
def certified(op: str) -> Certificate:
    return certify(op)


@pytest.mark.parametrize("op", ["sigmoid", "gelu"])
def test_activations_are_affine_between_their_pieces_and_tight(op: str) -> None:
    found = certify(op, domain=(1, 4))
    assert found.holds, found.reason
    assert found.gap <= TIGHT
    x = np.linspace(1, 4, 5001, dtype=np.float64)
    result = np.asarray(getattr(functional, op)(x, Pam()))
    true = x**0 / (1 + np.exp(-x)) if op == "sigmoid" else x / (1 + np.exp(-1.702 * x))
    error = result / true - 1
    assert float(found.lower) - 1e-12 <= error.min()
    assert error.max() <= float(found.upper) + 1e-12
    assert error.max() > float(found.upper) - 1e-3


@pytest.mark.parametrize("op", [op for op in SUBJECTS if op not in ("silu", "rsqrt")])
def test_pieces_join_and_between_their_ends_the_function_is_affine(op: str) -> None:
    function = SUBJECTS[op].function
    found = list(pieces(function, Fraction(3, 2), Fraction(7, 2), OnPiece()))
    for (here, values), (there, others) in pairwise(found):
        assert here.high == there.low
        assert values.high == others.low
    for where, values in found:
        for share in (Fraction(1, 3), Fraction(5, 7)):
            x = where.low + share * (where.high - where.low)
            assert at_point(function, x, OnPiece()) == values.low + share * (values.high - values.low)


@pytest.mark.parametrize("op", ["palog2", "paexp2", "pasqrt", "palog", "paexp"])
def test_at_a_point_the_pieces_are_the_definition(op: str) -> None:
    for x in (Fraction(5, 7), Fraction(3), Fraction(17, 4)):
        expected = {
            "palog": lambda v: spec.padiv(spec.L(v), spec.LOG2_E),
            "paexp": lambda v: spec.X(spec.pam(v, spec.LOG2_E)),
        }.get(op, getattr(spec, op, None))
        assert expected is not None
        assert at_point(SUBJECTS[op].function, x, OnPiece()) == expected(x)


@pytest.mark.parametrize("name", TRUTHS)
def test_each_slope_is_the_derivative_of_its_truth(name: str) -> None:
    from mpmath.ctx_mp import MPContext

    mp = MPContext()
    mp.prec = 200
    for x in (mp.mpf("0.7"), mp.mpf("1.9"), mp.mpf("3.3")):
        step = mp.mpf(10) ** -20
        for value, slope in (
            (TRUTHS[name].value, TRUTHS[name].slope),
            (TRUTHS[name].whole, TRUTHS[name].whole_slope),
        ):
            measured = (value(mp, x + step) - value(mp, x - step)) / (2 * step)
            assert abs(measured - slope(mp, x)) < mp.mpf(10) ** -30, (name, x)


def test_a_slope_that_is_wrong_gives_a_range_that_a_point_leaves() -> None:
    """The search trusts the slope: with one of zero everything looks monotone, and the extremum is missed."""
    wrong = type(TRUTHS["log2"])(TRUTHS["log2"].value, lambda iv, _: iv.mpf(0))
    found = extremes(wrong, "absolute", Affine(Fraction(1), Fraction(2)), Affine(Fraction(0), Fraction(1)))
    assert found.lower > certify("palog2").lower + Fraction(1, 100)


# Formats


@pytest.mark.parametrize("op", ["palog2", "paexp2", "pasqrt", "palog", "paexp"])
@pytest.mark.parametrize("kind", ["relative", "ulp"])
def test_every_operand_of_a_narrow_format_is_inside_and_two_attain_the_ends(op: str, kind: str) -> None:
    fmt = get_format("float8_e4m3")
    found = certify(op, format=fmt, kind=kind)
    seen = []
    low, high = found.domain[0]
    for code in range(2 * fmt.sign):
        if not fmt.tiny <= code & fmt.magnitude <= fmt.largest:
            continue
        x, result = fmt.decode(code), spec.evaluate(op, (code,), fmt)
        if not fmt.tiny <= result & fmt.magnitude <= fmt.largest or (
            low is not None and not low <= x <= high
        ):
            continue
        true = Fraction(str(truth.evaluate(SUBJECTS[op].truth, x, bits=80)))
        if fmt.decode(fmt.tiny) <= abs(true) <= fmt.decode(fmt.largest):
            error = fmt.decode(result) / true - 1
            unit = Fraction(2) ** (math.frexp(float(abs(true)))[1] - 1 - fmt.mant_bits)
            seen.append(error if kind == "relative" else abs(fmt.decode(result) - true) / unit)
    assert abs(min(seen) - found.lower) < 1e-12
    assert abs(max(seen) - found.upper) < 1e-12
    assert abs(found.at_upper.error - found.upper) < 1e-12


@pytest.mark.parametrize("kind", ["relative", "ulp"])
@pytest.mark.parametrize("op", ["pam", "padiv"])
@pytest.mark.parametrize("fmt", ["float8_e4m3fn", "bfloat16", "float32", "e5m4", "float4_e2m1fn"])
def test_witnesses_of_products_have_codes_with_that_error(fmt: str, op: str, kind: str) -> None:
    found, f = certify(op, format=fmt, kind=kind), get_format(fmt)
    for witness in (found.at_lower, found.at_upper):
        codes = [int(code, 16) for code in witness.codes]
        a, b = map(f.decode, codes)
        true, result = (a * b if op == "pam" else a / b), f.decode(spec.evaluate(op, codes, f))
        error = result / true - 1
        if kind == "ulp":
            error = abs(result - true) * Fraction(2) ** (f.mant_bits - spec.real.floor_log2(true))
        assert error == witness.error, witness
    if kind == "relative":
        assert (found.lower, found.upper) == ((Fraction(-1, 9), 0) if op == "pam" else (0, Fraction(1, 8)))


def test_the_ulp_bound_of_wide_formats_is_approached_by_narrow_ones() -> None:
    share = [certify("pam", format=f"e8m{m}", kind="ulp").upper / 2**m for m in (4, 7, 10)]
    limit = 3 - 2 * math.sqrt(2)
    assert all(s <= limit for s in share)
    assert share[-1] > limit - 2e-4
    assert abs(certify("pam", format="float32", kind="ulp").upper / 2**23 - Fraction(limit)) < 1e-12


@pytest.mark.parametrize("op", ["palog2", "paexp2", "pasqrt", "papow", "palog", "gelu"])
def test_a_sample_of_float32_stays_inside(op: str) -> None:
    found = certify(op, format="float32")
    x = np.random.default_rng(2305).uniform(0.01, 7.9, 20_000).astype(np.float32)
    wide = x.astype(np.float64)
    run: dict[str, Callable[[], Any]] = {
        "papow": lambda: pc.papow(x, np.float32(0.5)),
        "gelu": lambda: functional.gelu(x, Pam()),
    }
    result = np.float64(run.get(op, lambda: getattr(pc, op)(x))())
    true = {
        "palog2": np.log2, "paexp2": np.exp2, "pasqrt": np.sqrt, "papow": np.sqrt, "palog": np.log,
        "gelu": lambda v: v / (1 + np.exp(-1.702 * v)),
    }[op](wide)  # fmt: skip
    error = result - true if found.kind == "absolute" else result / true - 1
    assert float(found.lower) <= np.nanmin(error)
    assert np.nanmax(error) <= float(found.upper)
    assert found.gap < Fraction(1, 5000)


@pytest.mark.parametrize(
    "op", ["palog2", "paexp2", "pasqrt", "papow", "palog", "paexp", "sigmoid", "silu", "gelu"]
)
@pytest.mark.parametrize("kind", ["ulp", "absolute"])
def test_errors_of_float32_are_known_to_a_few_units(op: str, kind: str) -> None:
    domain = None if op in ("paexp2", "pasqrt", "papow") else (2, 5) if op.startswith("palog") else (-2, 3)
    found = certify(op, format="float32", kind=kind, domain=domain)
    assert found.gap < (100 if kind == "ulp" else 1e-5), found.reason
    low, high = map(float, found.domain[0])  # type: ignore[arg-type]
    x = np.random.default_rng(2305).uniform(low, high, 5000).astype(np.float32)
    result = np.float64(run_float32(op, x))
    true = TRUE[SUBJECTS[op].truth](np.float64(x))
    error = result - true
    if kind == "ulp":
        error = np.abs(error) / np.exp2(np.floor(np.log2(np.abs(true))) - 23)
        assert error.max() > 0.9 * found.upper or op == "gelu"
    assert float(found.lower) <= error.min()
    assert error.max() <= float(found.upper)


TRUE: dict[str, Callable[[Any], Any]] = {
    "log2": np.log2, "exp2": np.exp2, "sqrt": np.sqrt, "log": np.log, "exp": np.exp,
    "sigmoid": lambda v: 1 / (1 + np.exp(-v)), "silu": lambda v: v / (1 + np.exp(-v)),
    "gelu": lambda v: v / (1 + np.exp(-1.702 * v)),
}  # fmt: skip


def run_float32(op: str, x: Any) -> Any:
    if op in ("sigmoid", "silu", "gelu"):
        return getattr(functional, op)(x, Pam())
    return pc.papow(x, np.float32(0.5)) if op == "papow" else getattr(pc, op)(x)


def test_beside_1_the_ulp_error_of_a_logarithm_is_twice_its_relative_one() -> None:
    """The truth falls through all binades there, and at the top of each the bound is approached."""
    for op in ("palog2", "palog"):
        found = certify(op, format="float32", kind="ulp")
        assert found.at_upper.error > Fraction(999, 1000) * found.upper


@pytest.mark.parametrize("op", ["paexp", "gelu"])
def test_in_each_box_of_a_binade_the_truth_is_at_least_its_unit(op: str) -> None:
    boxes = [part.box for part in parts_by_binade(op, (Fraction(-3), Fraction(2)), get_format("float32"))]
    assert boxes[0].corners[0] == (Fraction(-3),)
    for here, there in pairwise(boxes):
        assert here.corners[1] == there.corners[0]
    true = TRUE[SUBJECTS[op].truth]
    for box in boxes:
        if box.rule == "binade":
            low, high, exponent = (float(corner[0] or 0) for corner in box.corners)
            sizes = np.abs(true(np.linspace(low, high, 20)))
            assert sizes.min() >= 2**exponent * (1 - 1e-12)
            assert sizes.max() <= 2 ** (exponent + 1) * (1 + 1e-12)


# Composites


def test_a_dot_product_loses_a_ninth_of_its_magnitudes_at_most() -> None:
    assert (certify("dot").lower, certify("dot").upper) == (Fraction(-1, 9), 0)
    mixed = certify("dot", kind="absolute", size=7)
    assert (mixed.lower, mixed.upper, mixed.gap) == (Fraction(-1, 9), Fraction(1, 9), 0)


def test_a_float32_dot_product_stays_inside_with_its_rounding() -> None:
    rng = np.random.default_rng(2305)
    signless, mixed = (
        certify("dot", format="float32", kind=kind, size=100) for kind in ("relative", "absolute")
    )
    for _ in range(200):
        a, b = rng.lognormal(0, 2, (2, 100)).astype(np.float32)
        true = float(np.sum(a.astype(np.float64) * b))
        assert float(signless.lower) <= float(pc.sum(pc.pam(a, b))) / true - 1 <= float(signless.upper)
        c = (b * rng.choice([-1, 1], 100)).astype(np.float32)
        error = (float(pc.sum(pc.pam(a, c))) - np.sum(a.astype(np.float64) * c)) / true
        assert float(mixed.lower) <= error <= float(mixed.upper)


def test_a_layer_norm_errs_within_its_closed_forms_and_comes_near_them() -> None:
    found = certify("layer_norm", size=64)
    assert abs(float(found.lower) - (2 * math.sqrt(2) / 3 - 1)) < 1e-14
    assert abs(float(found.upper) - (2 / math.sqrt(3) - 1)) < 1e-14
    assert found.gap < Fraction(1, 10_000)
    rng = np.random.default_rng(2305)
    for scale in (0.01, 1.0, 100.0):
        x = scale * rng.standard_normal((500, 8))
        got = np.asarray(functional.layer_norm(x, np.ones(8), np.zeros(8), Pam()))
        true = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
        error = (got / true - 1)[np.abs(true) > 1e-6]
        assert float(found.lower) - 1e-9 <= error.min()
        assert error.max() <= float(found.upper) + 1e-9


@given(st.fractions(1, 2, max_denominator=1 << 16), st.fractions(1, 4, max_denominator=1 << 16))
@example(Fraction(1), Fraction(8, 3))
@example(Fraction(3, 2), Fraction(2))
def test_a_quotient_by_a_root_stays_inside_its_lemma(d: Fraction, v: Fraction) -> None:
    squared = (spec.padiv(d, spec.pasqrt(v)) / d) ** 2 * v
    assert BY_ROOT[0] ** 2 <= squared <= BY_ROOT[1] ** 2, (d, v)


@pytest.mark.parametrize("size", [2, 3, 5, 8, 64])
def test_a_softmax_is_known_to_a_billionth_and_its_witness_has_the_error(size: int) -> None:
    found = softmax(size)
    assert found.holds, found.reason
    assert found.gap < TIGHT
    for witness in (found.at_lower, found.at_upper):
        row = np.array([float(v) for v in witness.operands])
        exact = functional.softmax(Row(witness.operands), ROWS)[0]
        assert float(exact) / (np.exp(row[0]) / np.exp(row).sum()) - 1 == pytest.approx(
            float(witness.error), abs=1e-12
        )


@cache
def softmax(size: int, format: str | None = None) -> Certificate:
    return certify("softmax", size=size, format=format)


@pytest.mark.parametrize("size", [2, 3, 8])
def test_no_row_leaves_the_range_of_a_softmax(size: int) -> None:
    found, rng = softmax(size), np.random.default_rng(2305)
    x = np.concatenate([rng.uniform(-1, 1, (4000, size)), rng.choice(kinks(), (4000, size))])
    error = np.asarray(functional.softmax(x, Pam())) * np.exp(x).sum(-1, keepdims=True) / np.exp(x) - 1
    assert float(found.lower) - 1e-12 <= error.min()
    assert error.max() <= float(found.upper) + 1e-12


def kinks() -> Any:
    """Return the points where an extreme row has most of its entries."""
    return np.array(
        [float(t) for t in breakpoints(Fraction(-1), Fraction(1), constant(None)) if abs(t) > 0.1]
    )


@pytest.mark.parametrize(("format", "gap"), [("float32", 3e-6), ("float16", 0.01), ("bfloat16", 0.06)])
def test_a_softmax_in_a_format_stays_inside_with_its_rounding(format: str, gap: float) -> None:
    found = softmax(64, format)
    assert found.holds, found.reason
    assert found.gap < gap
    real = softmax(64)
    assert found.lower < real.lower < real.upper < found.upper or format != "float32"
    dtype = dtype_of(get_format(format))
    rng = np.random.default_rng(2305)
    x = np.concatenate([rng.uniform(-1, 1, (300, 64)), rng.choice(kinks(), (300, 64))]).astype(dtype)
    wide = x.astype(np.float64)
    got = np.asarray(functional.softmax(x, Pam())).astype(np.float64)
    error = got * np.exp(wide).sum(-1, keepdims=True) / np.exp(wide) - 1
    assert float(found.lower) <= error.min()
    assert error.max() <= float(found.upper)


@given(st.floats(-1, 1), st.floats(0.01, 20))
@example(0.0, 1.0)
def test_lines_bound_the_curve_of_powers_where_they_are_said_to(t: float, slope: float) -> None:
    curve = Curve(Fraction(-1), Fraction(1), None)
    part = curve.part(-1.0, 1.0)
    here = math.exp(t) - slope * float(power(Fraction(t), curve.log2_e))
    below = part.below(slope)
    assert below.e - slope * below.p <= here + 1e-12
    assert here <= max(touch.e - slope * touch.p for touch in part.above) + 1e-12


@pytest.mark.parametrize(("size", "format"), [(8, None), (12, None), (12, "float32"), (64, "bfloat16")])
def test_an_absolute_error_of_a_layer_norm_stays_inside(size: int, format: str | None) -> None:
    found = certify("layer_norm", kind="absolute", size=size, format=format)
    assert found.holds, found.reason
    assert found.upper < 4 * found.at_upper.error
    rng = np.random.default_rng(2305)
    dtype = dtype_of(get_format(format or "float64"))
    x = (rng.standard_normal((300, size)) * np.exp(rng.uniform(-2, 4, (300, 1)))).astype(dtype)
    x[::2, 0] = x[::2].astype(np.float64).sum(-1)
    wide = x.astype(np.float64)
    deviation = np.sqrt(wide.var(-1, keepdims=True) + 1e-5)
    kept = np.abs(wide.mean(-1, keepdims=True)) <= deviation
    got = np.asarray(functional.layer_norm(x, np.ones(size, dtype), np.zeros(size, dtype), Pam()))
    error = np.where(kept, got.astype(np.float64) - (wide - wide.mean(-1, keepdims=True)) / deviation, 0)
    assert float(found.lower) <= error.min()
    assert error.max() <= float(found.upper)


def test_a_layer_norm_of_three_has_no_relative_bound() -> None:
    """An entry at the mean has a true result near 0, and one that is as far off as the mean is."""
    errors = []
    for k in (4, 8, 16, 32):
        row = Row([Fraction(3) + Fraction(1, 2**k), Fraction(7), Fraction(-1)])
        mean = sum(row, Fraction(0)) / 3
        deviation = math.sqrt(sum((x - mean) ** 2 for x in row) / 3)
        errors.append(
            abs(float(functional.layer_norm(row, 1.0, 0.0, ROWS)[0] * deviation / (row[0] - mean)) - 1)
        )
    assert all(later > 10 * earlier for earlier, later in pairwise(errors)), errors


# Wrong use


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"op": "pan"}, "did you mean 'pam'"),
        ({"op": "pam", "kind": "ulps"}, "did you mean 'ulp'"),
        ({"op": "pam", "kind": "ulp"}, "name a format"),
        ({"op": "pam", "kind": "absolute"}, "has no bound"),
        ({"op": "pam", "offset": 1}, "between -1 and 1"),
        ({"op": "pam", "offset": math.nan}, "between -1 and 1"),
        ({"op": "palog2", "offset": 0.5}, "only pam and padiv"),
        ({"op": "pam", "domain": (1, 2)}, "takes none"),
        ({"op": "palog", "domain": (-1, 2)}, "0 < LOW < HIGH"),
        ({"op": "paexp", "domain": (2, 1)}, "LOW < HIGH"),
        ({"op": "paexp", "domain": (0, math.inf)}, "two finite numbers"),
        ({"op": "paexp", "domain": (-10000, 10000)}, "affine pieces"),
        ({"op": "pam", "size": 4}, "size is 4"),
        ({"op": "softmax", "size": 1}, "2 or more"),
        ({"op": "softmax", "format": "float16", "domain": (-9, 9)}, "leave float16"),
        ({"op": "softmax", "kind": "absolute"}, "it takes relative"),
        ({"op": "softmax", "domain": (1, 2)}, "LOW < 0 < HIGH"),
        ({"op": "layer_norm", "size": 12}, "power of two"),
        ({"op": "layer_norm", "format": "float32"}, "take the kind 'absolute'"),
        ({"op": "layer_norm", "domain": (-1, 1)}, "takes none"),
        ({"op": "layer_norm", "kind": "absolute", "format": "float16"}, "8 exponent bits"),
        ({"op": "layer_norm", "kind": "absolute", "format": "bfloat16", "size": 257}, "rounds"),
        ({"op": "layer_norm", "kind": "absolute", "domain": (1, 1)}, "LOW < HIGH"),
        ({"op": "rsqrt", "format": "float32"}, "real function"),
        ({"op": "pam", "format": "float33"}, "unknown format"),
    ],
)
def test_what_is_not_certified_is_refused_and_told(arguments: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        certify(**arguments)


def test_every_operation_is_certified_by_its_name() -> None:
    assert {"pam", "palog", "gelu", "softmax"} < set(OPERATIONS)
    assert pc.certify is certify
    assert pc.certify("pam").holds


def test_importing_the_package_imports_no_mpmath() -> None:
    code = "import sys, pamcheck; print('mpmath' in sys.modules, 'certify' in pamcheck.__all__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
