"""Counts that can be derived by hand: the derivations are in docs/explanation/regions.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from pamcheck import functional
from pamcheck.measure.regions import Partition, Restriction, operation, partition, segment

Box = Callable[..., Restriction]
Line = tuple[Fraction, Fraction, Fraction]  # a t + b s = c


def pieces(found: Partition) -> tuple[int, int]:
    return found.program_pieces, found.function_pieces


def faces(lines: Sequence[Line], low: int, high: int) -> int:
    """1 + lines + (lines through a point - 1) over the crossings inside, for lines that all cross the box."""
    crossings: Counter[tuple[Fraction, Fraction]] = Counter()
    met: dict[tuple[Fraction, Fraction], set[Line]] = {}
    for (a, b, c), (d, e, f) in combinations(lines, 2):
        det = a * e - b * d
        if det:
            t, s = (c * e - b * f) / det, (a * f - c * d) / det
            if low < t < high and low < s < high:
                met.setdefault((t, s), set()).update({(a, b, c), (d, e, f)})
    crossings.update({point: len(through) - 1 for point, through in met.items()})
    return 1 + len(lines) + crossings.total()


def breaks_of_product(weight: Fraction, low: int, high: int) -> list[Fraction]:
    """Powers of two inside (low, high), and where the mantissa is one less that of a weight in (1, 2)."""
    found = set()
    for k in range(-8, 8):
        found |= {Fraction(2) ** k, Fraction(2) ** k * (3 - weight)}
    return sorted(x for x in found if low < x < high)


@pytest.mark.parametrize("i", [-3, 0, 5])
@pytest.mark.parametrize("j", [-2, 0])
def test_a_product_has_two_pieces_in_every_pair_of_binades(i: int, j: int) -> None:
    a, b = Fraction(2) ** i, Fraction(2) ** j
    assert pieces(partition(operation("pam", (a, 2 * a), (b, 2 * b)))) == (2, 2)


@pytest.mark.parametrize("op", ["pam", "padiv"])
@pytest.mark.parametrize("k", [1, 2, 3, 6])
def test_products_and_quotients_on_k_by_k_binades_have_2_k_squared(op: str, k: int) -> None:
    assert pieces(partition(operation(op, (1, 2**k), (1, 2**k)))) == (2 * k * k, 2 * k * k)


@pytest.mark.parametrize("op", ["pam", "padiv"])
def test_signs_only_mirror_the_pieces(op: str) -> None:
    assert pieces(partition(operation(op, (-8, -1), (1, 8)))) == (18, 18)


@pytest.mark.parametrize("n", [1, 2, 7])
def test_exp2_on_0_to_n_has_n_pieces(n: int) -> None:
    assert pieces(partition(operation("paexp2", (0, n)))) == (n, n)


def test_log2_breaks_at_powers_of_two_and_sqrt_at_odd_ones_only() -> None:
    assert pieces(partition(operation("palog2", (1, 64)))) == (6, 6)
    root = partition(operation("pasqrt", (1, 64)))
    assert [cell.vertices[0][0] for cell in root.cells] == [1, 2, 8, 32]


def test_a_square_breaks_at_mantissa_one_half_and_not_where_binades_meet() -> None:
    def square(v: Any, ar: Any) -> Any:
        return ar.mul(v["x"], v["x"])

    one = partition(segment(square, {"x": 0.0}, {"x": 1.0}, 1, 2))
    assert pieces(one) == (2, 2)
    assert one.cells[0].vertices[1] == (Fraction(3, 2),)
    assert pieces(partition(segment(square, {"x": 0.0}, {"x": 1.0}, 1, 2**5))) == (10, 6)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_a_dot_product_of_two_inputs_has_4_k_squared(k: int, on_box: Box) -> None:
    def dot(x: Any, ar: Any) -> Any:
        return ar.matmul(ar.reshape(x, (1, 2)), np.array([[1.25], [-0.75]]))

    assert pieces(partition(on_box(dot, 1, 2**k))) == (4 * k * k, 4 * k * k)


def test_a_weight_that_is_a_power_of_two_has_no_breaks(on_box: Box) -> None:
    def dot(x: Any, ar: Any) -> Any:
        return ar.matmul(ar.reshape(x, (1, 2)), np.array([[1.25], [-0.5]]))

    assert pieces(partition(on_box(dot, 1, 8))) == (6, 6)
    assert pieces(partition(on_box(dot, -1, 8, ()), smallest=-1))[0] == 10


@pytest.mark.parametrize("k", [1, 2, 3])
def test_a_dot_product_of_two_with_an_input_and_a_weight_that_move_has_4_k_squared(
    k: int, on_box: Box
) -> None:
    def dot(x: Any, ar: Any) -> Any:
        return ar.add(ar.mul(x[0], x[1]), ar.mul(x[0], 1.5))

    assert pieces(partition(on_box(dot, 1, 2**k))) == (4 * k * k, 4 * k * k)


@pytest.mark.parametrize(("weights", "k"), [((5, 5, 6), 1), ((6, 6, 6), 1), ((5, 5, 6), 2), ((5, 7, 6), 3)])
def test_a_dot_product_of_three_on_a_plane_has_the_faces_of_its_lines(
    weights: tuple[int, int, int], k: int, on_box: Box
) -> None:
    w = [Fraction(weight, 4) for weight in weights]

    def dot(x: Any, ar: Any) -> Any:
        third = ar.add(x[0], x[1])
        products = [
            ar.mul(part, float(weight)) for part, weight in zip((x[0], x[1], third), w, strict=True)
        ]
        return ar.add(ar.add(products[0], products[1]), products[2])

    high = 2**k
    lines = [(Fraction(1), Fraction(0), x) for x in breaks_of_product(w[0], 1, high)]
    lines += [(Fraction(0), Fraction(1), x) for x in breaks_of_product(w[1], 1, high)]
    lines += [(Fraction(1), Fraction(1), x) for x in breaks_of_product(w[2], 2, 2 * high)]
    expected = faces(lines, 1, high)
    assert pieces(partition(on_box(dot, 1, high))) == (expected, expected)
    if k == 1:
        assert expected == (6 if weights[0] == weights[2] else 7)


def test_softmax_of_two_has_8_pieces_on_the_box_from_1_to_2(on_box: Box) -> None:
    found = partition(on_box(functional.softmax, 1, 2))
    assert pieces(found) == (8, 8)
    assert pieces(partition(on_box(functional.softmax, 1, 4))) == (92, 92)


def test_softmax_of_three_has_18_pieces_of_which_4_pairs_are_one(on_box: Box) -> None:
    found = partition(on_box(functional.softmax, 1, 2, (0.0,)))
    assert pieces(found) == (18, 14)
    cancelled = [border for border in found.borders if not border.breaks]
    assert {border.cause.cause for border in cancelled} == {"max"}
