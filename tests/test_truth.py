"""The truth is held to evaluations that share no code with it: Fractions, decimal, and integer squares."""

import math
import threading
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from pamcheck import truth
from pamcheck.contracts import ClosedForm

INF, NAN = float("inf"), float("nan")
TINY, SUBNORMAL, LARGEST = 2.0**-1022, 2.0**-1074, float(np.finfo(np.float64).max)
LN2 = ClosedForm("ln 2", lambda m: m.log(2))
DIGITS = Context(prec=80, Emin=-(10**9), Emax=10**9)

finite = st.floats(allow_nan=False, allow_infinity=False)
nonzero = finite.filter(bool)
positive = st.floats(min_value=SUBNORMAL, max_value=LARGEST)
moderate = st.floats(min_value=2.0**-900, max_value=2.0**900)
exponents = st.floats(min_value=-700, max_value=700)
near_one = st.integers(min_value=-(2**20), max_value=2**20).map(lambda k: 1 + k * 2.0**-53)
fractions = st.fractions(min_value=Fraction(1, 10**6), max_value=10**6, max_denominator=10**9)


def from_raw(raw: tuple[int, int, int, int]) -> Fraction:
    sign, man, exp, _ = raw
    return (-1 if sign else 1) * int(man) * Fraction(2) ** int(exp)


def exact(value: Any) -> Fraction:
    return from_raw(value._mpf_)


def ends(interval: Any) -> tuple[Fraction, Fraction]:
    lo, hi = interval._mpi_
    return from_raw(lo), from_raw(hi)


def decimal(x: float | Fraction) -> Decimal:
    p, q = Fraction(x).as_integer_ratio()
    return DIGITS.divide(Decimal(p), Decimal(q))


def by_decimal(name: str, *operands: float | Fraction) -> Decimal:
    x = [decimal(operand) for operand in operands]
    ln2 = DIGITS.ln(Decimal(2))
    return {
        "log": lambda: DIGITS.ln(x[0]),
        "log2": lambda: DIGITS.divide(DIGITS.ln(x[0]), ln2),
        "exp": lambda: DIGITS.exp(x[0]),
        "exp2": lambda: DIGITS.power(Decimal(2), x[0]),
        "pow": lambda: DIGITS.power(x[0], x[1]),
    }[name]()


def assert_agrees_with_decimal(name: str, *operands: float | Fraction) -> None:
    got, want = exact(truth.evaluate(name, *operands)), Fraction(by_decimal(name, *operands))
    assert abs(got - want) <= abs(want) / 2**119, operands


def assert_pair_is_the_truth(name: str, *operands: float) -> None:
    head, tail = (float(x) for x in truth.pairs(name, *operands))
    want = exact(truth.evaluate(name, *operands, bits=200))
    error = abs(Fraction(head) + Fraction(tail) - want) if math.isfinite(head) else 0
    shown = [x.hex() for x in (*operands, head, tail)]
    grid = Fraction(2) ** -1074 if abs(want) < Fraction(2) ** -960 else 0
    assert error <= abs(want) / 2**100 + grid, shown
    assert abs(head) == nearest(abs(want)), shown
    assert math.isfinite(tail), shown


def nearest(value: Fraction) -> float:
    try:
        return float(value)  # int / int, which CPython rounds correctly, subnormals included
    except OverflowError:
        return INF


@given(finite, nonzero)
@example(-0.75, 3.0)
def test_mul_and_div_are_those_of_fractions(a: float, b: float) -> None:
    for name, want in (("mul", Fraction(a) * Fraction(b)), ("div", Fraction(a) / Fraction(b))):
        assert abs(exact(truth.evaluate(name, a, b)) - want) <= abs(want) / 2**120


@given(fractions, fractions)
def test_fractions_that_are_not_dyadic_are_taken_exactly(a: Fraction, b: Fraction) -> None:
    assert abs(exact(truth.evaluate("mul", a, b, bits=150)) - a * b) <= a * b / 2**150
    assert abs(exact(truth.evaluate("div", a, b, bits=150)) - a / b) <= a / b / 2**150
    assert_agrees_with_decimal("log", a)


@given(positive)
@example(SUBNORMAL)
@example(LARGEST)
def test_sqrt_squared_brackets_the_operand(x: float) -> None:
    root, slack = exact(truth.evaluate("sqrt", x)), Fraction(1, 2**120)
    assert (root * (1 - slack)) ** 2 <= Fraction(x) <= (root * (1 + slack)) ** 2


@given(st.one_of(positive, near_one))
@example(SUBNORMAL)
@example(1 - 2.0**-53)
@example(1 + 2.0**-52)
def test_logarithms_agree_with_decimal(x: float) -> None:
    assume(x != 1)
    assert_agrees_with_decimal("log", x)
    assert_agrees_with_decimal("log2", x)


@given(exponents)
@example(0.5)
@example(-0.5)
@example(2.0**-60)
@example(700.0)
def test_exponentials_agree_with_decimal(x: float) -> None:
    assert_agrees_with_decimal("exp", x)
    assert_agrees_with_decimal("exp2", x)


@given(st.one_of(moderate, near_one), st.floats(min_value=-1000, max_value=1000))
@example(1 - 2.0**-53, 1000.0)
@example(1.5, 64.0)
@example(1.5, 63.0)
@example(1.5, -63.0)
@example(1.5, 65.0)
@example(1.7 * 2.0**600, -0.3)
def test_powers_agree_with_decimal(a: float, y: float) -> None:
    assume(a != 1 and abs(y) > 2.0**-100)
    assume(abs(y * math.log2(a)) < 1100)  # decimal is slow far out
    assert_agrees_with_decimal("pow", a, y)


@pytest.mark.parametrize("sign", [1, -1])
def test_log_of_a_fraction_very_near_one_keeps_its_relative_accuracy(sign: int) -> None:
    e = Fraction(sign, 3**200)
    assert abs(exact(truth.evaluate("log", 1 + e)) - (e - e**2 / 2 + e**3 / 3)) <= abs(e) / 2**120
    log = exact(truth.evaluate("log2", 1 + e)) * exact(truth.closed_form(LN2, bits=200))
    assert abs(log - (e - e**2 / 2)) <= abs(e) / 2**119


def test_a_far_power_is_as_accurate_as_a_near_one() -> None:
    near, far = (exact(truth.evaluate("pow", 1.5, n)) for n in (2**20, 2**20 + 0.5))
    root = exact(truth.evaluate("sqrt", 1.5, bits=200))
    want = Fraction(3, 2) ** 2**20
    assert abs(near - want) <= want / 2**120
    assert abs(far - want * root) <= want * root / 2**119
    coarse, fine = (truth.evaluate("pow", 1.5, 2.0**60 / 3, bits=bits) for bits in (120, 200))
    assert abs(fine / coarse - 1) <= 2.0**-119  # the exponent is far beyond what a Fraction could hold


def test_more_bits_are_more_bits() -> None:
    coarse, fine = (exact(truth.evaluate("exp", 1, bits=bits)) for bits in (60, 400))
    finest = exact(truth.evaluate("exp", 1, bits=600))
    assert abs(fine - finest) <= finest / 2**400
    assert abs(coarse - finest) <= finest / 2**60


@pytest.mark.parametrize(
    ("name", "operands", "want"),
    [
        ("log2", (SUBNORMAL,), -1074),
        ("log2", (2.0**1023,), 1023),
        ("log2", (1.0,), 0),
        ("log", (1.0,), 0),
        ("exp2", (-1074.0,), Fraction(1, 2**1074)),
        ("exp2", (3.0,), 8),
        ("sqrt", (Fraction(9, 4),), Fraction(3, 2)),
        ("pow", (2.0, 300.0), 2**300),
        ("pow", (4.0, -150.5), Fraction(1, 2**301)),
        ("pow", (4.0, -1.5), Fraction(1, 8)),
        ("pow", (81.0, 0.25), 3),
        ("pow", (3.0, 33.0), 3**33),
        ("pow", (2.25, 1.5), Fraction(27, 8)),
        ("pow", (1.0, 2.0**-1074), 1),
        ("pow", (1.0, LARGEST), 1),
    ],
)
def test_what_float64_holds_is_exact_and_has_no_tail(name: str, operands: Any, want: Any) -> None:
    assert exact(truth.evaluate(name, *operands)) == want
    head, tail = truth.pairs(name, *(float(x) for x in operands))
    assert (Fraction(float(head)), float(tail)) == (want, 0)


@pytest.mark.parametrize("x", [2.0**-60, 2.0**-150, 2.0**-200, 2.0**-1074])
def test_a_truth_just_below_one_has_a_negative_tail(x: float) -> None:
    # Whoever measures in ULP needs the binade of the truth, not that of its head.
    for name, operands in (("exp", (-x,)), ("exp2", (-x,)), ("pow", (1.5, -x)), ("pow", (0.5, x))):
        head, tail = truth.pairs(name, *operands)
        assert head == 1, name
        assert tail < 0, name


@given(finite, finite)
@example(1 + 2.0**-28, 1 + 2.0**-28)
@example(1.5 * 2.0**-500, 1.1 * 2.0**-459)  # near the end of the safe range
@example(1.5 * 2.0**-500, 1.1 * 2.0**-500)  # the tail is rounded to the subnormal grid
@example(1 - 2.0**-53, TINY)  # rounds up to the smallest normal
@example(LARGEST, 1 + 2.0**-52)
@example(2.0**1000, 2.0**-1000)
@example(SUBNORMAL, LARGEST)
def test_pairs_of_mul_are_the_truth(a: float, b: float) -> None:
    assert_pair_is_the_truth("mul", a, b)


@given(finite, nonzero)
@example(1.0, 3.0)
@example(SUBNORMAL, LARGEST)
@example(LARGEST, SUBNORMAL)
@example(LARGEST, LARGEST)
@example(SUBNORMAL, 3 * SUBNORMAL)
@example(1.0, 1.5 * 2.0**1022)
def test_pairs_of_div_are_the_truth(a: float, b: float) -> None:
    assert_pair_is_the_truth("div", a, b)


@given(positive)
@example(SUBNORMAL)
@example(3 * SUBNORMAL)
@example(LARGEST)
@example(1 - 2.0**-53)
def test_pairs_of_sqrt_are_the_truth(x: float) -> None:
    assert_pair_is_the_truth("sqrt", x)


@given(st.one_of(positive, near_one))
@example(0.75)
@example(1.5)
@example(1 + 2.0**-52)
@example(SUBNORMAL)
@example(LARGEST)
def test_pairs_of_logarithms_are_the_truth(x: float) -> None:
    assert_pair_is_the_truth("log2", x)
    assert_pair_is_the_truth("log", x)


@given(st.one_of(st.floats(-1100, 1100), finite))
@example(-1074.5)  # a little below half the smallest subnormal after a little rounding
@example(-1075.0)  # a tie, to even
@example(-1040.3)
@example(-960.5)
@example(-1021.9)
@example(1023.9999999999999)
@example(709.782712893384)
@example(-745.13321910194122)
@example(LARGEST)
@example(-LARGEST)
@example(SUBNORMAL)
def test_pairs_of_exponentials_are_the_truth(x: float) -> None:
    assume(abs(x) < 2**20)
    assert_pair_is_the_truth("exp2", x)
    assert_pair_is_the_truth("exp", x)


@given(st.one_of(positive, near_one), st.floats(-2000, 2000))
@example(1 + 2.0**-28, 2.0)
@example((1 + 2.0**-30) * 2.0**-523, 2.0)  # subnormal, and just above a tie that 53 bits would make of it
@example(0.1, 308.0)
@example(0.1, 320.5)
@example(1 + 2.0**-52, 2.0**50)
def test_pairs_of_powers_are_the_truth(a: float, y: float) -> None:
    assert_pair_is_the_truth("pow", a, y)


@pytest.mark.parametrize("x", [LARGEST, 2.0**70, 1e6])
def test_far_exponents_overflow_and_underflow_without_delay(x: float) -> None:
    for name, base in (("exp", ()), ("exp2", ()), ("pow", (3.0,))):
        heads, tails = truth.pairs(name, *(np.array([b, b]) for b in base), np.array([x, -x]))
        assert heads.tolist() == [INF, 0.0]
        assert tails.tolist() == [0.0, 0.0]
        assert truth.evaluate(name, *base, x) > LARGEST
        assert 0 < truth.evaluate(name, *base, -x) < SUBNORMAL


SPECIALS = {
    "mul": "0 inf = nan, -2 inf = -inf, nan 0 = nan, -0 3 = -0, -inf -inf = inf, 2 nan = nan",
    "div": (
        "0 0 = nan, inf inf = nan, -1 0 = -inf, 1 -0 = -inf, -3 inf = -0, 0 -3 = -0, inf -3 = -inf, "
        "nan 1 = nan"
    ),
    "sqrt": "-0 = -0, -1 = nan, inf = inf, -inf = nan",
    "log": "0 = -inf, -0 = -inf, -1 = nan, inf = inf",
    "log2": "0 = -inf, -5e-324 = nan, -inf = nan, nan = nan",
    "exp": "0 = 1, -0 = 1, -inf = 0, inf = inf, nan = nan",
    "exp2": "0 = 1, -inf = 0, inf = inf, nan = nan",
    "pow": (
        "0 0 = 1, nan 0 = 1, 1 nan = 1, 2 nan = nan, nan 2 = nan, 0 2.5 = 0, 0 -2.5 = inf, 0 inf = 0, "
        "0 -inf = inf, -0 3 = 0, -0 -3 = inf, inf -1 = 0, inf 0.5 = inf, 0.5 inf = 0, 0.5 -inf = inf, "
        "2 inf = inf, 2 -inf = 0, 1 inf = 1, inf inf = inf, inf -inf = 0, -2 2 = nan, -2 0 = nan, "
        "-inf 3 = nan"
    ),
}
CASES = [(name, case) for name, cases in SPECIALS.items() for case in cases.split(", ")]


@pytest.mark.parametrize(("name", "case"), CASES)
def test_special_values_follow_ieee_754_and_c99(name: str, case: str) -> None:
    operands, want = [float(x) for x in case.split("=")[0].split()], float(case.split("=")[1])
    head, tail = truth.pairs(name, *operands)
    assert str(float(head)) == str(want)
    assert float(tail) == 0
    value = float(truth.evaluate(name, *operands))
    assert value == want or (value != value and want != want)


def test_specials_among_ordinary_operands_stay_in_their_places() -> None:
    x = np.array([8.0, 0.0, NAN, 0.5, -1.0, INF, 8.0])
    head, tail = truth.pairs("log2", x)
    assert [str(h) for h in head.tolist()] == ["3.0", "-inf", "nan", "-1.0", "nan", "inf", "3.0"]
    assert not tail.any()


def test_a_fraction_beyond_float64_is_an_ordinary_operand() -> None:
    huge, small = Fraction(10) ** 400, Fraction(1, 10**400)
    assert exact(truth.evaluate("mul", huge, small)) == 1
    assert float(truth.evaluate("pow", 1 + small, INF)) == INF
    assert float(truth.evaluate("pow", 1 - small, INF)) == 0
    assert float(truth.evaluate("div", -small, 0)) == -INF
    assert math.isclose(float(truth.evaluate("log", huge)), 400 * math.log(10))


def test_operands_broadcast() -> None:
    a, y = np.array([[1.5], [2.5]]), np.array([0.5, 1.25, -3.0])
    for name in ("mul", "div", "pow"):
        head, tail = truth.pairs(name, a, y)
        assert head.shape == tail.shape == (2, 3)
        for index in np.ndindex(2, 3):
            alone = truth.pairs(name, a[index[0], 0], y[index[1]])
            assert (head[index], tail[index]) == alone


@pytest.mark.parametrize("name", truth.FUNCTIONS)
@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (2, 1, 2)])
def test_shapes_and_types_are_kept(name: str, shape: tuple[int, ...]) -> None:
    for array in truth.pairs(name, *[np.full(shape, 1.5)] * truth.FUNCTIONS[name]):
        assert isinstance(array, np.ndarray)
        assert (array.shape, array.dtype) == (shape, np.float64)


def test_narrow_types_and_strided_views_are_read_and_not_written() -> None:
    x = np.arange(1, 9, dtype=np.float16)
    before = x.copy()
    head, tail = truth.pairs("log2", x[::-2])
    want = truth.pairs("log2", x[::-2].astype(np.float64))
    assert np.array_equal((head, tail), want)
    assert np.array_equal(x, before)


def test_repeated_operands_give_repeated_pairs() -> None:
    a, y = np.array([3.0, 1.5, 3.0, 1.5]), np.array([0.5, 0.7, 0.5, 0.9])
    head, tail = truth.pairs("pow", a, y)
    assert (head[0], tail[0]) == (head[2], tail[2])
    assert head[1] < head[3]
    for i in range(4):
        assert_pair_is_the_truth("pow", a[i], y[i])


def test_a_type_wider_than_float64_is_refused() -> None:
    with pytest.raises(TypeError, match="safe"):
        truth.pairs("sqrt", np.ones(2, complex))


@pytest.mark.parametrize("call", [truth.evaluate, truth.pairs, truth.enclose])
@pytest.mark.parametrize(("name", "count"), [("cbrt", 1), ("mul", 1), ("log2", 2), ("pow", 3), ("exp", 0)])
def test_unknown_names_and_wrong_arities_name_what_exists(call: Any, name: str, count: int) -> None:
    with pytest.raises(ValueError, match=r"mul of 2, div of 2, log2 of 1"):
        call(name, *[(1.0, 2.0)] * count)


def sorted_pair(values: st.SearchStrategy[float]) -> st.SearchStrategy[tuple[float, float]]:
    return st.tuples(values, values).map(lambda pair: (min(pair), max(pair)))


UNIT = st.fractions(min_value=0, max_value=1, max_denominator=1000)
DOMAINS = {
    "mul": (st.floats(-1e9, 1e9), st.floats(-1e9, 1e9)),
    "div": (st.floats(-1e9, 1e9), st.floats(1e-9, 1e9)),
    "sqrt": (st.floats(0, 1e300),),
    "log2": (st.floats(1e-300, 1e300),),
    "log": (st.one_of(near_one, st.floats(1e-300, 1e300)),),
    "exp2": (st.floats(-2000, 2000),),
    "exp": (st.floats(-700, 700),),
    "pow": (st.floats(1e-6, 1e6), st.floats(-50, 50)),
}


@pytest.mark.parametrize("name", truth.FUNCTIONS)
@given(data=st.data())
def test_an_enclosure_holds_every_sampled_value(name: str, data: st.DataObject) -> None:
    intervals = [data.draw(sorted_pair(domain)) for domain in DOMAINS[name]]
    points = [Fraction(lo) + (Fraction(hi) - Fraction(lo)) * data.draw(UNIT) for lo, hi in intervals]
    lo, hi = ends(truth.enclose(name, *intervals))
    value = truth.evaluate(name, *points, bits=200)
    slack = abs(exact(value)) / 2**200
    assert lo <= exact(value) + slack
    assert exact(value) - slack <= hi


@pytest.mark.parametrize("name", truth.FUNCTIONS)
def test_an_enclosure_of_points_is_narrow_and_holds_the_truth(name: str) -> None:
    points = [Fraction(7, 3), Fraction(5, 11)][: truth.FUNCTIONS[name]]
    lo, hi = ends(truth.enclose(name, *((x, x) for x in points)))
    value = exact(truth.evaluate(name, *points, bits=300))
    assert lo < value < hi
    assert hi - lo < abs(value) / 2**120


def test_an_enclosure_is_tight_at_the_ends_of_its_interval() -> None:
    lo, hi = ends(truth.enclose("log2", (2.0, 8.0)))
    assert 0 < 1 - lo < Fraction(1, 2**150)
    assert 0 < hi - 3 < Fraction(1, 2**150)
    assert ends(truth.enclose("mul", (-1.0, 2.0), (3.0, 4.0))) == (-4, 8)


def test_enclosures_compose_with_further_interval_arithmetic() -> None:
    lo, hi = ends(truth.enclose("exp", (1, 1)) * 2 - 1)
    assert lo < 2 * exact(truth.evaluate("exp", 1, bits=300)) - 1 < hi
    assert hi - lo < Fraction(1, 2**150)


@pytest.mark.parametrize(
    ("name", "intervals"),
    [
        ("log", ((0.0, 1.0),)),
        ("log2", ((-1.0, 1.0),)),
        ("sqrt", ((-1.0, 1.0),)),
        ("pow", ((0.0, 1.0), (1.0, 2.0))),
        ("div", ((1.0, 2.0), (-1.0, 1.0))),
        ("div", ((1.0, 2.0), (0.0, 1.0))),
        ("exp", ((2.0, 1.0),)),
        ("exp", ((0.0, INF),)),
        ("mul", ((0.0, 1.0), (NAN, 1.0))),
    ],
)
def test_intervals_outside_the_domain_are_refused(name: str, intervals: Any) -> None:
    with pytest.raises(ValueError, match=f"^{name} of "):
        truth.enclose(name, *intervals)


BOUNDS = [
    (Fraction(-1, 9), "-0." + 70 * "1"),
    (Fraction(1, 8), "0.125"),
    (Fraction(0), "0"),
    (ClosedForm("e", lambda m: m.e), "2.71828182845904523536028747135266249775724709369995957496697"),
    (LN2, "0.69314718055994530941723212145817656807550013436025525412068"),
    (
        ClosedForm("sqrt 2", lambda m: m.sqrt(2)),
        "1.414213562373095048801688724209698078569671875376948073176",
    ),
    (ClosedForm("2/(e ln 2) - 1", lambda m: 2 / (m.exp(1) * m.log(2)) - 1), None),
    (ClosedForm("(1 + ln ln 2)/ln 2 - 1", lambda m: (1 + m.log(m.log(2))) / m.log(2) - 1), None),
]


@pytest.mark.parametrize(("bound", "text"), BOUNDS, ids=lambda x: str(x)[:12])
def test_a_bound_lies_in_its_narrow_enclosure(bound: Any, text: str | None) -> None:
    value = exact(truth.closed_form(bound, bits=120))
    lo, hi = ends(truth.enclose_bound(bound))
    finest = exact(truth.closed_form(bound, bits=500)) if not isinstance(bound, Fraction) else bound
    assert lo <= finest <= hi
    assert hi - lo <= abs(finest) / 2**150
    assert abs(value - finest) <= abs(finest) / 2**120
    if text is not None:
        assert abs(Fraction(text) - finest) < Fraction(1, 10**56)


def test_a_bound_that_cancels_is_refused_rather_than_widened() -> None:
    with pytest.raises(ValueError, match="cancels"):
        truth.enclose_bound(ClosedForm("0", lambda m: m.exp(m.log(2)) - 2))


def test_the_error_against_a_value_is_taken_with_its_extra_bits() -> None:
    third = truth.evaluate("div", 1, 3)
    assert abs(exact(third - 1 / 3) - (Fraction(1, 3) - Fraction(1 / 3))) < Fraction(1, 2**119)


def test_the_global_precision_is_neither_changed_nor_used() -> None:
    before = mpmath.mp.prec, mpmath.iv.prec
    wanted = exact(truth.evaluate("exp", 1))
    with mpmath.workprec(20):
        assert exact(truth.evaluate("exp", 1)) == wanted
        assert mpmath.mp.prec == 20
        truth.pairs("pow", 1.5, 0.3)
        truth.enclose("log", (1, 2))
        assert exact(truth.closed_form(LN2)) == exact(truth.closed_form(LN2))
        truth.enclose_bound(LN2)
        assert mpmath.mp.prec == 20
    assert (mpmath.mp.prec, mpmath.iv.prec) == before


def test_threads_get_the_same_answers() -> None:
    bits = (60, 120, 333)
    wanted = [exact(truth.closed_form(LN2, b)) for b in bits]
    got: list[list[Fraction]] = []

    def work() -> None:
        for _ in range(50):
            got.append([exact(truth.closed_form(LN2, b)) for b in bits])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [wanted] * 200
