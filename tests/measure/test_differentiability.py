"""Pieces, counts, chains and networks: against other ways to find them, and able to fail."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pamcheck import spec
from pamcheck.formats import FORMATS, get_format
from pamcheck.measure.differentiability import counts, exact, grids
from pamcheck.measure.differentiability.chains import examine_line, examine_plane, log2_e
from pamcheck.measure.differentiability.networks import enumerate_weights
from pamcheck.measure.differentiability.tally import finite_values, tally_line, tally_pairs

NARROW = [fmt for fmt in FORMATS.values() if fmt.width <= 8] + [
    get_format(n) for n in ("e3m3", "e4m1fn", "e2m2f")
]
PAIRS, LINES = ("pam", "padiv"), ("palog2", "pasqrt", "paexp2")
F = Fraction
DYADIC = st.builds(
    lambda sign, k, e: sign * (1 + F(k, 64)) * F(2) ** e,
    st.sampled_from((-1, 1)), st.integers(0, 63), st.integers(-9, 9),
)  # fmt: skip


# One operation


@pytest.mark.parametrize(
    ("op", "operands", "gradients"),
    [
        ("pam", (1, 1), {(1, 1), (F(1, 2), 1), (2, 1), (1, F(1, 2)), (1, 2)}),
        ("pam", (1, F(5, 4)), {(1, 1), (2, 1)}),
        ("pam", (F(3, 2), F(3, 2)), {(1, 1), (2, 2)}),
        ("pam", (F(5, 4), -F(5, 4)), {(-1, 1)}),
        ("padiv", (1, 1), {(1, -1), (F(1, 2), -F(1, 2)), (2, -2), (1, -2), (1, -F(1, 2))}),
        ("padiv", (F(3, 2), F(3, 2)), {(1, -1), (F(1, 2), -F(1, 2))}),
        ("padiv", (F(3, 2), 1), {(1, -1), (1, -2)}),
        ("padiv", (1, F(3, 2)), {(F(1, 2), -F(1, 2)), (1, -F(1, 2))}),
        ("pam", (0, F(3, 2)), {(1, 0), (2, 0)}),
        ("pam", (1, 0), {(0, F(1, 2)), (0, 1), (0, 2)}),
        ("pam", (0, 0), {(0, 0)}),
        ("padiv", (0, F(3, 2)), {(F(1, 2), 0), (1, 0)}),
    ],
)
def test_the_pieces_around_a_point_are_those_worked_out_by_hand(
    op: str, operands: tuple[Fraction, ...], gradients: set[tuple[Fraction, ...]]
) -> None:
    assert set(exact.adjacent(op, tuple(map(F, operands)))) == gradients


@given(st.sampled_from(PAIRS), DYADIC, DYADIC)
@example("pam", F(1), F(1))
@example("padiv", F(1), F(1))
@example("padiv", F(3, 2), F(-3))
def test_what_is_returned_is_the_gradient_of_an_adjacent_piece(op: str, a: Fraction, b: Fraction) -> None:
    assert exact.returned(op, (a, b)) in exact.adjacent(op, (a, b)), (a, b)


@given(st.sampled_from(PAIRS), DYADIC, DYADIC, st.integers(-30, 30), st.integers(-30, 30))
@example("pam", F(1), F(1), -3, 7)
@example("padiv", F(1), F(1), 3, 7)
def test_no_direction_finds_a_piece_between_the_rays(
    op: str, a: Fraction, b: Fraction, p: int, q: int
) -> None:
    """Along any direction the function follows one of the gradients found."""
    function: Callable[..., Fraction] = getattr(spec, op)
    step = F(1, 1 << 30)
    rise = (function(a + p * step, b + q * step) - function(a, b)) / step
    assert rise in {x * p + y * q for x, y in exact.adjacent(op, (a, b))}, (a, b, p, q)


def test_a_power_of_two_has_partial_derivatives_and_no_derivative() -> None:
    """At (1, 1) pam has slope 1 along either axis, but falls short of the plane between them."""
    step = F(1, 1024)
    for sign in (-1, 1):
        assert (spec.pam(1 + sign * step, F(1)) - 1) / (sign * step) == 1
    assert spec.pam(1 - step, 1 + step) == 1 - step / 2
    assert not exact.differentiable("pam", (F(1), F(1)))


@pytest.mark.parametrize("op", PAIRS)
@pytest.mark.parametrize("b", [F(1), F(-2), F(5, 4), F(-7, 4)])
def test_beside_zero_there_is_a_derivative_just_for_powers_of_two(op: str, b: Fraction) -> None:
    function: Callable[..., Fraction] = getattr(spec, op)
    quotients = {function(F(k, 1 << 20), b) / F(k, 1 << 20) for k in range(64, 128)}
    assert exact.differentiable(op, (F(0), b)) == (len(quotients) == 1)
    assert exact.in_hull(exact.returned(op, (F(0), b)), exact.adjacent(op, (F(0), b)))


def test_a_hull_holds_its_inside_its_edges_and_nothing_else() -> None:
    square = [(F(x), F(y)) for x in (0, 1) for y in (0, 1)]
    inside = [(F(1, 3), F(1, 7)), (F(0), F(1, 2)), (F(1), F(1)), (F(1, 2), F(1, 2))]
    outside = [(F(-1, 9), F(1, 2)), (F(2), F(2)), (F(1, 2), F(1) + F(1, 1 << 40))]
    assert all(exact.in_hull(point, square) for point in inside)
    assert not any(exact.in_hull(point, square) for point in outside)
    assert exact.in_hull((F(1, 2), F(1, 2)), square[::3])
    assert not exact.in_hull((F(1, 2), F(1, 3)), square[::3])


@pytest.mark.parametrize("op", PAIRS)
@pytest.mark.parametrize("mant_bits", [1, 2, 3])
def test_arrays_find_what_fractions_find(op: str, mant_bits: int) -> None:
    values = [1 + F(k, 1 << mant_bits) for k in range(1 << mant_bits)]
    array = np.array([float(value) for value in values])
    grid = grids.examine(op, array, -array, mant_bits)
    for (i, a), (j, b) in itertools.product(enumerate(values), repeat=2):
        cells, got = exact.adjacent(op, (a, -b)), exact.returned(op, (a, -b))
        assert grid.joint[i, j] == exact.differentiable(op, (a, -b))
        assert grid.member[i, j] == (got in cells)


def test_a_slope_that_is_never_the_pieces_own_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """With db of the other side on a tie, the pair is of no piece, though each part is of one."""
    right = grids.returned

    def mixed(op: str, *operands: np.ndarray) -> tuple[np.ndarray, ...]:
        d_a, d_b = right(op, *operands)
        return d_a, np.where(d_a > 1, d_b / 2, d_b)

    array = np.array([1.25, 1.5, 1.75])
    assert grids.examine("pam", array, array, 2).member.all()
    monkeypatch.setattr(grids, "returned", mixed)
    assert not grids.examine("pam", array, array, 2).member.all()


# Counts


@pytest.mark.parametrize("policy", ["ftz", "gradual"])
@pytest.mark.parametrize("fmt", NARROW, ids=lambda fmt: fmt.name)
def test_every_count_is_what_trying_every_operand_finds(fmt: object, policy: str) -> None:
    for op in PAIRS:
        found = tally_pairs(op, fmt, policy)  # type: ignore[arg-type]
        assert found.count == counts.count(op, fmt, policy)  # type: ignore[arg-type]
        assert (found.strange, found.wrong, found.astray) == (0, 0, 0)
    for op in LINES:
        found = tally_line(op, fmt, policy)  # type: ignore[arg-type]
        assert found.count == counts.count(op, fmt, policy)  # type: ignore[arg-type]
        assert (found.strange, found.wrong) == (0, 0)


@pytest.mark.parametrize("policy", ["ftz", "gradual"])
def test_pairs_of_mantissas_count_what_the_formula_does_for_sixteen_bits(policy: str) -> None:
    fmt = FORMATS["bfloat16"]
    assert [tally_pairs(op, fmt, policy).count for op in PAIRS] == [
        counts.count(op, fmt, policy) for op in PAIRS
    ]


@pytest.mark.parametrize("op", PAIRS)
def test_mantissas_stand_for_pairs(op: str) -> None:
    """The reduction used for 16 bits, on a format small enough to try every pair as well."""
    fmt = get_format("e5m3")
    values = finite_values(fmt)
    nonzero = values[values != 0]
    found = grids.examine(op, nonzero, nonzero, fmt.mant_bits)
    block = found.joint[: fmt.tiny, : fmt.tiny]
    times = nonzero.size // fmt.tiny
    half = nonzero.size // 2
    assert np.array_equal(found.joint[half:, half:], np.tile(block[::-1, ::-1], (times // 2, times // 2)))


def test_shares_halve_with_each_mantissa_bit() -> None:
    wide = [counts.count("pam", get_format(f"e8m{m}")).density * (1 << m) for m in (20, 30, 40)]
    assert all(abs(scaled - 3) < F(1, 100) for scaled in wide), wide


def test_one_operand_counts_of_float32_are_those_of_its_exponents() -> None:
    fmt = FORMATS["float32"]
    assert counts.count("palog2", fmt).joint == 254
    assert counts.count("pasqrt", fmt).joint == 127
    assert counts.removable(fmt) == 7


@pytest.mark.parametrize("fmt", NARROW, ids=lambda fmt: fmt.name)
def test_the_range_of_paexp2_is_counted_right(fmt: object) -> None:
    x = [F(value) for value in finite_values(fmt)]  # type: ignore[arg-type]
    low, high = fmt.decode(fmt.tiny), fmt.decode(fmt.largest)  # type: ignore[attr-defined]
    inside = [y for y in x if abs(y) < 64 and low <= spec.X(y) <= high]
    found = counts.in_range(fmt)  # type: ignore[arg-type]
    assert (found.operands, found.joint) == (len(inside), sum(y.denominator == 1 for y in inside))


def test_an_unknown_operation_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="palog2, pasqrt or paexp2"):
        counts.count("sinh", FORMATS["float16"])
    with pytest.raises(ValueError, match="b != 0"):
        exact.adjacent("padiv", (F(1), F(0)))
    with pytest.raises(ValueError, match="at most 23"):
        grids.examine("pam", np.ones(1), np.ones(1), 52)
    with pytest.raises(ValueError, match="6 bits"):
        enumerate_weights("relu", "none", FORMATS["float16"], [1.0])


# Composites


@pytest.mark.parametrize("name", ["float16", "float8_e5m2", "float8_e4m3fn", "float6_e2m3fn"])
def test_the_chain_rule_misses_palog_and_paexp_where_a_break_cancels_and_nowhere_else(name: str) -> None:
    fmt = FORMATS[name]
    powers = [1 << k for k in range(counts.removable(fmt))]
    log, power = examine_line("palog", fmt), examine_line("paexp", fmt)
    assert sorted(log.operands[0][~log.member]) == sorted(2.0**-n for n in powers)
    assert sorted(power.operands[0][~power.member]) == sorted(-(3 - log2_e(fmt)) * n / 2 for n in powers)
    for chain in (log, power):
        assert np.array_equal(chain.right, chain.member)


@pytest.mark.parametrize("x", [F(1, 2), F(1, 4), F(1, 16)])
def test_palog_has_twice_the_slope_returned_at_two_to_minus_a_power_of_two(x: Fraction) -> None:
    c, step = F(1477, 1024), F(1, 1 << 40)
    slopes = {(spec.padiv(spec.L(x + s), c) - spec.padiv(spec.L(x), c)) / s for s in (step, -step)}
    [of_log], (of_quotient, _) = exact.returned("palog2", [x]), exact.returned("padiv", [spec.L(x), c])
    assert slopes == {2 * of_log * of_quotient}


def test_papow_is_missed_only_behind_negative_results_and_a_witness_says_by_how_much() -> None:
    chain = examine_plane(FORMATS["float8_e4m3"])
    a, y = chain.operands
    assert chain.member[(a > 1) & (y > 0)].all()
    u = grids.log(a)
    w = grids.evaluate("pam", u, y)
    ties = (np.abs(u) / grids.unit(u) + np.abs(y) / grids.unit(y) == 3) & (w <= -1)
    assert not chain.member[ties].any()
    assert ((u < 0) & (u == -grids.unit(u)))[~chain.member & ~ties].all()
    missed = np.flatnonzero(~chain.right)
    assert missed.size
    rng = random.Random(7)
    for at in rng.sample(list(missed), 12):
        base, exponent, step = F(a[at]), F(y[at]), F(1, 1 << 40)

        rise = _rise_of_power(base, exponent, step)
        along = rise(1, 0), rise(0, 1)
        for _ in range(20):
            p, q = rng.randint(-9, 9), rng.randint(-9, 9)
            assert rise(p, q) == p * along[0] + q * along[1]
        inner = spec.L(base)
        [outer] = exact.returned("paexp2", [spec.pam(inner, exponent)])
        of_u, of_y = exact.returned("pam", [inner, exponent])
        [of_a] = exact.returned("palog2", [base])
        assert (outer * of_u * of_a, outer * of_y) != along


def _rise_of_power(base: Fraction, y: Fraction, step: Fraction) -> Callable[[int, int], Fraction]:
    def value(p: int, q: int) -> Fraction:
        return spec.X(spec.pam(spec.L(base + p * step), y + q * step))

    return lambda p, q: (value(p, q) - value(0, 0)) / step


# Networks


def _relu(z: Fraction) -> Fraction:
    return max(z, F(0))


def _sigmoid(z: Fraction) -> Fraction:
    return spec.padiv(F(1), 1 + spec.X(spec.pam(-z, F(3, 2))))


def _rises(
    activation: Callable[[Fraction], Fraction], point: tuple[Fraction, ...], x: Fraction, frozen: bool
) -> Callable[[tuple[int, ...]], Fraction]:
    """Return the directional derivative of the network, exact beside nonzero weights."""
    step = F(1, 1 << 60)

    def network(w: Fraction, b: Fraction, v: Fraction) -> Fraction:
        return spec.pam(v, activation(spec.pam(w, x) + b))

    def rise(direction: tuple[int, ...]) -> Fraction:
        p, q, r = direction
        moved = [z + d * step for z, d in zip(point, (p, 0 if frozen else q, r), strict=True)]
        return (network(*moved) - network(*point)) / step

    return rise


@pytest.mark.parametrize(
    ("name", "activation", "bias"),
    [("relu", _relu, "frozen"), ("sigmoid", _sigmoid, "trained")],
)
def test_an_incorrect_weight_is_one_in_fractions_too(
    name: str, activation: Callable[[Fraction], Fraction], bias: str
) -> None:
    found = enumerate_weights(name, bias, FORMATS["float4_e2m1fn"], [-1.0, 1.0, 1.5])  # type: ignore[arg-type]
    assert found.wrong > 0
    w, b, v, x = map(F, found.example or ())
    rise = _rises(activation, (w, b, v), x, bias == "frozen")
    axes = [rise(axis) for axis in ((1, 0, 0), (0, 1, 0), (0, 0, 1))]
    rng = random.Random(3)
    for _ in range(200):
        direction = tuple(rng.randint(-9, 9) for _ in range(3))
        assert rise(direction) == sum(d * slope for d, slope in zip(direction, axes, strict=True))
    z = spec.pam(w, x) + b
    hidden = activation(z)
    if name == "relu":
        got = exact.returned("pam", (v, hidden))[1] * exact.returned("pam", (w, x))[0]
        assert hidden > 0
        assert got != axes[0]


def test_whether_a_network_is_differentiable_agrees_with_random_directions() -> None:
    """Every nonzero weight of four bits: with a relu and a trained bias, one input."""
    from pamcheck.measure.differentiability import networks

    fmt = FORMATS["float4_e2m1fn"]
    values = finite_values(fmt)
    net = networks._Unit(networks.ACTIVATIONS["relu"], values, log2_e(fmt))
    found = networks._trained(net, 1.5)
    rng = random.Random(11)
    for w, b, v in itertools.product(
        range(0, values.size, 2), range(values.size), range(1, values.size, 2)
    ):
        point = tuple(F(values[k]) for k in (w, b, v))
        if 0 in (point[0], point[2]) or spec.pam(point[0], F(3, 2)) + point[1] == 0:
            continue
        rise = _rises(_relu, point, F(3, 2), False)
        axes = [rise(axis) for axis in ((1, 0, 0), (0, 1, 0), (0, 0, 1))]
        directions = [tuple(rng.randint(-9, 9) for _ in range(3)) for _ in range(12)]
        linear = all(
            rise(d) == sum(k * slope for k, slope in zip(d, axes, strict=True)) for d in directions
        )
        assert linear != found.broken[w, b, v], point


@pytest.mark.parametrize("activation", ["identity", "relu", "relu, 1 at 0", "paexp2", "paexp"])
def test_a_trained_bias_leaves_nothing_incorrect(activation: str) -> None:
    found = enumerate_weights(activation, "trained", FORMATS["float4_e2m1fn"], [-1.5, 1.0])
    assert (found.wrong, found.outside, found.example) == (0, 0, None)
    assert 0 < found.broken < found.points


def test_without_a_bias_a_zero_weight_loses_the_mantissa_of_its_input() -> None:
    found = enumerate_weights("identity", "none", FORMATS["float4_e2m1fn"], [1.5])
    assert found.wrong > 0
    assert found.example is not None
    w, _, v, x = map(F, found.example)
    assert w == 0
    slopes = {spec.pam(v, spec.pam(F(k, 1 << 20), x)) / F(k, 1 << 20) for k in range(-64, 65) if k}
    [slope] = slopes
    assert slope == 2 * exact.returned("pam", (v, F(0)))[1] * exact.returned("pam", (F(0), x))[0]
