"""What a sum can be in any order: held to orders, to the definition and to exact sums."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from pamcheck import spec
from pamcheck.formats import FORMATS, FloatFormat, get_format
from pamcheck.kernels.values import accumulator
from pamcheck.testing.contractions.adding import codes_of, numbers_of
from pamcheck.testing.contractions.enclosure import accumulator_of, enclosures, growth
from pamcheck.testing.contractions.orders import ORDERS
from pamcheck.testing.contractions.quick import told_from_floats
from pamcheck.testing.contractions.rows import cancelling, drawn, laid_out, patterns
from pamcheck.testing.contractions.tally import exact_codes, tallies, unit
from pamcheck.testing.subject import Codes

SEED = 2305
every_format = pytest.mark.parametrize("name", list(FORMATS))


def rows(fmt: FloatFormat, k: int, count: int = 12) -> Codes:
    rng = np.random.default_rng((SEED, k))
    special = [laid_out(row, k, fmt, at_end) for row in patterns(fmt).values() for at_end in (False, True)]
    wide = rng.integers(0, 2 * fmt.sign, (count, k), np.uint64).astype(special[0].dtype)
    some = [drawn(rng, fmt, (count, k)), cancelling(rng, fmt, (count, k)), wide, np.stack(special)]
    return np.concatenate(some)


def outside(terms: Codes, got: Codes, fmt: FloatFormat, wide: FloatFormat) -> list[str]:
    found = enclosures(terms, fmt, wide)
    return [
        f"row {i}: {fmt.hex(code)} is not in: {enclosure}"
        for i, (enclosure, code) in enumerate(zip(found, got.tolist(), strict=True))
        if not enclosure.holds(code)
    ]


@every_format
@pytest.mark.parametrize("k", [17, 100])
@pytest.mark.parametrize("which", [None, "format", "float64"])
def test_every_known_order_is_enclosed(name: str, k: int, which: str | None) -> None:
    fmt = get_format(name)
    terms, wide = rows(fmt, k), accumulator_of(fmt, which)
    for order, (_, run) in ORDERS.items():
        sums = codes_of(run(numbers_of(terms, fmt, wide)), fmt, wide)
        assert not outside(terms, sums, fmt, wide), order


@pytest.mark.parametrize("name", ["float32", "bfloat16", "float16", "float8_e4m3fn"])
def test_random_trees_with_mixed_and_narrowed_accumulators_are_enclosed(name: str) -> None:
    fmt, rng = get_format(name), np.random.default_rng(SEED)
    wide = accumulator(fmt)
    terms = rows(fmt, 40, 4)
    for _ in range(20):
        blocks = np.array_split(rng.permutation(40), rng.integers(1, 12))
        sums = [
            _in_a_random_tree(numbers_of(terms[:, b], fmt, FORMATS["float64"]), rng)
            for b in blocks
            if b.size
        ]
        with np.errstate(all="ignore"):
            narrowed = np.stack([x.astype(wide.name) for x in sums], axis=1)
        assert not outside(terms, codes_of(_in_a_random_tree(narrowed, rng), fmt, wide), fmt, wide)


def _in_a_random_tree(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    parts = list(x.T)
    with np.errstate(all="ignore"):
        while len(parts) > 1:
            a, b = (parts.pop(rng.integers(len(parts))) for _ in "ab")
            parts.append(a + b)
    return parts[0]


def test_a_sum_that_never_rounds_has_one_value() -> None:
    fmt = get_format("float32")
    terms = np.float32([[1, 2, 3, -4, 1000, 0.5]]).view(np.uint32)
    [found] = enclosures(terms, fmt, fmt)
    exact = int(np.float32(1002.5).view(np.uint32))
    assert found.holds(exact)
    assert not any(found.holds(exact + step) for step in (-1, 1))


def test_the_enclosure_is_no_wider_than_a_few_times_what_an_order_attains() -> None:
    # 1 and then many halves of an ulp: one after another they are lost, and the error is (n - 1) u of the sum
    fmt, n = get_format("float32"), 2000
    terms = np.float32([[1] + [2.0**-24] * (n - 1)]).view(np.uint32)
    [found] = enclosures(terms, fmt, fmt)
    lost, right = int(np.float32(1).view(np.uint32)), int(exact_codes(terms, fmt)[0])
    assert found.holds(lost)
    assert found.low >= right - 2 * (right - lost) - 2


def test_a_result_beyond_the_bound_is_outside() -> None:
    fmt = get_format("float32")
    terms = drawn(np.random.default_rng(SEED), fmt, (50, 100))
    for tally, found in zip(tallies(terms, fmt), enclosures(terms, fmt, fmt), strict=True):
        slack = growth(tally.many, 24) * (tally.plus + tally.minus) * unit(fmt)
        exact = (tally.plus - tally.minus) * unit(fmt)
        for sign in (-1, 1):
            beyond = fmt.encode(exact + sign * slack * Fraction(101, 100))
            assert not found.holds(beyond), fmt.hex(beyond)


def test_what_is_not_finite_follows_the_rules_of_ieee_additions() -> None:
    fmt = get_format("float32")
    inf, big, nan, one = fmt.inf, fmt.largest, fmt.nan, fmt.one
    minus = fmt.sign
    may = {  # terms: finite sums, inf, -inf, NaN
        (one, inf): (False, True, False, False),
        (one, inf | minus): (False, False, True, False),
        (inf, inf | minus): (False, False, False, True),
        (one, nan): (False, False, False, True),
        (big, big, minus | one): (False, True, False, False),
        (big, big, minus | big, minus | big): (True, True, True, True),
        (big - fmt.tiny, one): (True, False, False, False),
        (inf, minus | big, minus | big): (False, True, False, True),
    }
    for terms, (finite, plus, negative, undefined) in may.items():
        [found] = enclosures(np.array([terms], np.uint32), fmt, fmt)
        got = (found.low <= found.high, found.plus, found.minus, found.nan)
        assert got == (finite, plus, negative, undefined), [fmt.hex(code) for code in terms]


def test_minus_zero_is_a_sum_of_minus_zeros_alone() -> None:
    fmt = get_format("bfloat16")
    for terms, possible in (
        ((0x8000, 0x8000), True),
        ((0x8000, 0), False),
        ((0x3F80, 0xBF80), False),
        ((), False),
    ):
        [found] = enclosures(np.array([terms], np.uint16), fmt, FORMATS["float32"])
        assert found.holds(0x8000) == possible
        assert found.holds(0)


@every_format
def test_canonical_orders_are_those_of_the_definition(name: str) -> None:
    fmt = get_format(name)
    wide = accumulator(fmt)
    terms = rows(fmt, 70 if name == "float64" else 300, 1)
    for order, defined in (
        ("blocks of 256", spec.sums.blocked_sum),
        ("lanes of 32", spec.sums.canonical_sum),
    ):
        with np.errstate(all="ignore"):
            sums = ORDERS[order].run(numbers_of(terms, fmt, wide))
            got = codes_of(sums + sums.dtype.type(0), fmt, wide).tolist()
        for row, code in zip(terms.tolist(), got, strict=True):
            right = defined(row, fmt)
            assert code == right, f"{fmt.hex(code)}, not {fmt.hex(right)}"


@pytest.mark.parametrize("name", ["float64", "float32", "bfloat16", "float8_e5m2"])
def test_what_is_told_from_floats_is_in_the_exact_enclosure(name: str) -> None:
    fmt = get_format(name)
    wide = accumulator(fmt)
    terms = np.concatenate([rows(fmt, k, 6)[:, :17] for k in (17, 40)])
    right = exact_codes(terms, fmt)
    seen: set[int] = set()
    for step in (-fmt.tiny // 2, -40, -3, 0, 2, 15):
        got = (
            (right.astype(np.int64) + step)
            .clip(0, 2 * fmt.sign - 1 if fmt.width < 64 else None)
            .astype(terms.dtype)
        )
        sure = told_from_floats(terms, got, fmt, wide)
        held = [
            found.holds(code)
            for found, code in zip(enclosures(terms, fmt, wide), got.tolist(), strict=True)
        ]
        assert not [
            i for i, (a, b) in enumerate(zip(sure, held, strict=True)) if (a > 0 and not b) or (a < 0 and b)
        ]
        seen.update(sure)
    assert seen >= ({-1, 1} if fmt.width >= 32 else {-1}), "nothing was told"


def test_an_accumulator_that_does_not_hold_the_format_is_refused() -> None:
    with pytest.raises(ValueError, match="does not hold the numbers of float64"):
        accumulator_of(FORMATS["float64"], "float32")
    with pytest.raises(ValueError, match="'tf32'"):
        accumulator_of(FORMATS["float32"], "tf32")
