"""Samples: each holds what its words say, again with the same seed, and other draws with another."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from pamcheck.formats import get_format
from pamcheck.measure import sampling
from pamcheck.measure.sampling import Sample
from pamcheck.measure.values import code_dtype

F16, F32, F64 = map(get_format, ("float16", "float32", "float64"))
FP8 = get_format("float8_e4m3fn")

RANDOM: dict[str, Callable[[int], Sample]] = {
    "uniform_mantissa": lambda seed: sampling.uniform_mantissa(F32, (0, 3), 1000, seed),
    "log_uniform": lambda seed: sampling.log_uniform(F32, 2, 1000, 0.5, 8.0, seed, signed=True),
    "uniform": lambda seed: sampling.uniform(F32, 1000, [(-1.0, 1.0), (2.0, 3.0)], seed),
    "normal": lambda seed: sampling.normal(F32, 2, 1000, seed=seed),
    "stratified": lambda seed: sampling.stratified(F32, 2, seed=seed, strata=500),
}


def same(a: Sample, b: Sample) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(a.operands, b.operands, strict=True))


def evenly_spread(values: np.ndarray, low: float, high: float, cells: int = 20) -> bool:
    """Whether counts over equal cells are those of a uniform draw, within 5 standard deviations."""
    counts, _ = np.histogram(values, cells, (low, high))
    mean = values.size / cells
    return bool(counts.sum() == values.size and np.all(np.abs(counts - mean) < 5 * math.sqrt(mean)))


@pytest.mark.parametrize("name", RANDOM)
def test_the_same_seed_gives_the_same_sample(name: str) -> None:
    assert same(RANDOM[name](5), RANDOM[name](5))
    assert RANDOM[name](5).seed == 5


@pytest.mark.parametrize("name", RANDOM)
def test_another_seed_gives_another_sample(name: str) -> None:
    assert not same(RANDOM[name](5), RANDOM[name](6))


@pytest.mark.parametrize("name", RANDOM)
def test_operands_are_drawn_independently_and_the_sample_is_not_called_exhaustive(name: str) -> None:
    sample = RANDOM[name](5)
    low = [codes & codes.dtype.type(0xFF) for codes in sample.operands]
    assert np.mean(low[0] == low[1]) < 0.1
    assert not sample.exhaustive
    assert {codes.dtype for codes in sample.operands} == {code_dtype(sample.fmt)}
    assert {codes.shape for codes in sample.operands} == {(sample.size,)}


@pytest.mark.parametrize("arity", [1, 2])
def test_exhaustive_holds_every_tuple_once(arity: int) -> None:
    sample = sampling.exhaustive(FP8, arity)
    assert sample.size == 256**arity
    assert len(set(zip(*(codes.tolist() for codes in sample.operands), strict=True))) == 256**arity
    assert sample.exhaustive
    assert sample.seed is None
    assert sample.distribution == f"every {('code', 'pair')[arity - 1]} of float8_e4m3fn"


def test_exhaustive_refuses_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match=r"2 operands of float16 make 2\^32 tuples; at most 2\^26"):
        sampling.exhaustive(F16, 2)


def test_positive_holds_every_positive_normal_code() -> None:
    for fmt in (F16, FP8, get_format("float4_e2m1fn"), get_format("e5m2fn")):
        codes = sampling.positive(fmt).operands[0].tolist()
        assert codes == list(range(fmt.tiny, fmt.largest + 1)), fmt.name


def test_positive_refuses_a_wide_format() -> None:
    with pytest.raises(ValueError, match="float32 has codes of 32 bits; at most 26"):
        sampling.positive(F32)


@pytest.mark.parametrize(("low", "high"), [(-2.0, 2.0), (0.0, 1.0), (1.0, 1.0), (-448.0, math.inf)])
def test_interval_holds_every_normal_code_and_zero_from_low_to_below_high(low: float, high: float) -> None:
    got = sampling.interval(FP8, low, high).operands[0].tolist()
    expected = [
        code
        for code in range(256)
        if FP8.is_finite(code)
        and (code & FP8.magnitude >= FP8.tiny or code & FP8.magnitude == 0)
        and low <= FP8.decode(code)
        and FP8.decode(code) < high
    ]
    assert sorted(got) == expected, [FP8.hex(c) for c in set(got) ^ set(expected)]


def test_interval_refuses_a_wide_format() -> None:
    with pytest.raises(ValueError, match="float32"):
        sampling.interval(F32, 0.0, 1.0)


def test_mantissa_grid_holds_every_mantissa_of_its_binades() -> None:
    fmt = get_format("float8_e5m2")
    first, second = sampling.mantissa_grid(fmt, (0, -3)).values
    steps = [1 + k / 4 for k in range(4)]
    pairs = sorted(zip(first.tolist(), second.tolist(), strict=True))
    assert pairs == [(a, b / 8) for a in steps for b in steps]


def test_mantissa_grid_refuses_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match="2 mantissas of float32"):
        sampling.mantissa_grid(F32, (0, 0))


@pytest.mark.parametrize(
    ("name", "exponent"),
    [("float16", 16), ("float16", -15), ("float8_e4m3fn", 8), ("float4_e2m1fn", 3), ("float4_e2m1fn", -1)],
)
def test_an_exponent_that_is_no_whole_normal_binade_is_refused(name: str, exponent: int) -> None:
    fmt = get_format(name)
    with pytest.raises(ValueError, match=f"exponent {exponent} is not a whole normal binade of {name}"):
        sampling.mantissa_grid(fmt, (exponent,))
    with pytest.raises(ValueError, match="whole normal binade"):
        sampling.uniform_mantissa(fmt, (0, exponent), 10)


@pytest.mark.parametrize(
    ("name", "exponent"),
    [("float16", 15), ("float16", -14), ("float8_e4m3fn", 7), ("float4_e2m1fn", 2), ("float64", 1023)],
)
def test_the_outermost_whole_binades_are_taken(name: str, exponent: int) -> None:
    fmt = get_format(name)
    sample = sampling.uniform_mantissa(fmt, (exponent,), 100)
    fields = sample.operands[0].astype(np.uint64) >> np.uint64(fmt.mant_bits)
    assert set(fields.tolist()) == {exponent + fmt.bias}


@pytest.mark.parametrize("fmt", [F32, F64], ids=lambda fmt: fmt.name)
def test_uniform_mantissas_stay_in_their_binades_and_are_uniform(fmt: sampling.FloatFormat) -> None:
    sample = sampling.uniform_mantissa(fmt, (0, 5), 40_000)
    for value, low in zip(sample.values, (1.0, 32.0), strict=True):
        assert evenly_spread(value, low, 2 * low)
        assert np.all((value >= low) & (value < 2 * low))
    assert sample.distribution == "mantissas uniform, exponents 0 and 5"


def test_a_small_grid_of_mantissas_is_drawn_with_equal_shares() -> None:
    codes = sampling.uniform_mantissa(FP8, (0,), 80_000).operands[0]
    values, counts = np.unique(codes, return_counts=True)
    assert values.tolist() == list(range(FP8.one, FP8.one + 8))
    assert np.all(np.abs(counts - 10_000) < 500)


@pytest.mark.parametrize("signed", [False, True])
def test_log_uniform_is_uniform_in_log2_and_signed_when_asked(signed: bool) -> None:
    sample = sampling.log_uniform(F32, 2, 40_000, 2.0**-8, 2.0**8, signed=signed)
    for value in sample.values:
        assert evenly_spread(np.log2(np.abs(value)), -8, 8)
        negative = np.count_nonzero(value < 0)
        assert abs(negative - 20_000) < 500 if signed else negative == 0
    assert sample.distribution.startswith("±") == signed


@pytest.mark.parametrize(
    ("low", "high"), [(0.0, 1.0), (-1.0, 1.0), (2.0, 1.0), (1.0, 1.0), (1.0, math.inf), (math.nan, 1.0)]
)
def test_log_uniform_refuses_a_range_without_a_logarithm(low: float, high: float) -> None:
    with pytest.raises(ValueError, match="domain is"):
        sampling.log_uniform(F32, 1, 10, low, high)


def test_uniform_is_uniform_on_each_span() -> None:
    sample = sampling.uniform(F32, 40_000, [(-3.0, 5.0), (0.0, 1.0)])
    assert evenly_spread(sample.values[0], -3.0, 5.0)
    assert evenly_spread(sample.values[1], 0.0, 1.0)
    assert sample.distribution == "uniform on [-3, 5) and [0, 1)"


@pytest.mark.parametrize(
    "span", [(1.0, 1.0), (2.0, 1.0), (math.nan, 1.0), (0.0, math.inf), (-math.inf, 0.0)]
)
def test_uniform_refuses_a_span_that_is_empty_or_not_finite(span: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="finite ends, low < high"):
        sampling.uniform(F32, 10, [(0.0, 1.0), span])


def test_normal_has_the_stated_mean_and_deviation() -> None:
    for value in sampling.normal(F32, 2, 40_000, scale=3.0).values:
        assert abs(np.mean(value)) < 5 * 3 / 200
        assert abs(np.std(value) - 3) < 5 * 3 / math.sqrt(2 * 40_000)
        assert abs(np.mean(np.abs(value) < 3) - 0.6827) < 0.02


@pytest.mark.parametrize(
    "name", ["float32", "float64", "bfloat16", "float8_e4m3fn", "float4_e2m1fn", "e11m1"]
)
@pytest.mark.parametrize("arity", [1, 2])
def test_stratified_hits_every_exponent_field_with_both_signs(name: str, arity: int) -> None:
    fmt = get_format(name)
    sample = sampling.stratified(fmt, arity, per_stratum=4)
    for codes in sample.operands:
        wide = codes.astype(np.uint64)
        fields = (wide & np.uint64(fmt.magnitude)) >> np.uint64(fmt.mant_bits)
        assert set(fields.tolist()) == set(range(1 << fmt.exp_bits))
        assert 0.4 < np.mean((wide & np.uint64(fmt.sign)) != 0) < 0.6 or codes.size < 100
        assert int(wide.max()) < 2 * fmt.sign


def test_stratified_is_every_tuple_of_fields_where_they_are_few() -> None:
    fmt = get_format("float8_e5m2")
    sample = sampling.stratified(fmt, 2, per_stratum=3)
    fields = [(codes & codes.dtype.type(fmt.magnitude)) >> fmt.mant_bits for codes in sample.operands]
    tuples, counts = np.unique(np.stack(fields), axis=1, return_counts=True)
    assert tuples.shape == (2, 32 * 32)
    assert set(counts.tolist()) == {6}


def test_stratified_meets_the_special_codes() -> None:
    [codes] = sampling.stratified(F32, 1, per_stratum=100).operands
    magnitudes = set((codes & np.uint32(F32.magnitude)).tolist())
    assert {0, 1, F32.tiny - 1, F32.tiny, F32.one, F32.largest, F32.inf, F32.nan} <= magnitudes


def test_a_sample_of_nothing_is_a_sample() -> None:
    for sample in (
        sampling.uniform_mantissa(F32, (0, 0), 0),
        sampling.log_uniform(F32, 2, 0, 1.0, 2.0),
        sampling.uniform(F32, 0, [(0.0, 1.0)]),
        sampling.normal(F32, 2, 0),
        sampling.interval(F16, 1.0, 1.0),
    ):
        assert sample.size == 0
        assert all(value.shape == (0,) for value in sample.values)
