"""Counts of operations against closed formulas, and energies against the published ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pamcheck import functional
from pamcheck.arithmetic import PULLED
from pamcheck.measure.cost import (
    ELEMENTARY,
    HOROWITZ_FLOAT16,
    HOROWITZ_FLOAT32,
    Counting,
    Ledger,
    compared,
    frame,
    stand_in,
    summary,
)
from pamcheck.nn.autograd import Tape

KINDS = ("native", "exact", "mimic")


def counted(kind: str, text: Any, *shapes: tuple[int, ...]) -> Ledger:
    """Count a text and its derivatives."""
    ledger, tape = Ledger(), Tape()
    ar = Counting(kind, "all", ledger)
    result = text(tape.over(ar), *(tape.variable(stand_in(shape)) for shape in shapes))
    with ledger.during("backward"):
        tape.backward(result, stand_in(result.shape), check=False)
    return ledger


def counts(ledger: Ledger, phase: str) -> dict[str, int]:
    return {name: count for (_, when, name), count in ledger.counts.items() if when == phase}


@pytest.mark.parametrize(
    ("kind", "term", "slope"),
    [("native", "float multiply", "float multiply"), ("exact", "pam", "slope"), ("mimic", "pam", "pam")],
)
@pytest.mark.parametrize("shapes", [((3, 4), (4, 5)), ((2, 3, 4), (2, 4, 5)), ((6, 1), (1, 7))])
def test_a_matrix_product_is_m_k_n_terms_and_additions_and_its_derivative_twice_that(
    kind: str, term: str, slope: str, shapes: tuple[tuple[int, ...], ...]
) -> None:
    a, b = shapes
    size = int(np.prod(a)) * b[-1]
    ledger = counted(kind, lambda ar, x, y: ar.matmul(x, y), a, b)
    assert counts(ledger, "forward") == {term: size, "float add": size}
    assert counts(ledger, "backward") == {slope: 2 * size, "float add": 2 * size}


def test_softmax_of_rows_is_counted_operation_by_operation() -> None:
    rows, n = 5, 7
    found = counts(counted("exact", lambda ar, x: functional.softmax(x, ar), (rows, n)), "forward")
    size = rows * n
    assert found == {
        "pam": size,
        "compare": size,
        "floor": rows,
        "float add": 2 * size,
        "paexp2": size,
        "padiv": size,
    }


def test_layer_norm_of_rows_is_counted_operation_by_operation() -> None:
    rows, n = 5, 7
    text = lambda ar, x, gain, bias: functional.layer_norm(x, gain, bias, ar)  # noqa: E731
    found = counts(counted("native", text, (rows, n), (n,), (n,)), "forward")
    size = rows * n
    assert found == {
        "float add": 4 * size + rows,
        "float divide": size + 2 * rows,
        "float multiply": 2 * size,
        "float sqrt": rows,
    }


def test_what_was_broadcast_is_summed_on_the_way_back() -> None:
    ledger = counted("mimic", lambda ar, x, y: ar.mul(x, y), (5, 7), (7,))
    assert counts(ledger, "backward") == {"pam": 70, "float add": 35}


@pytest.mark.parametrize("kind", KINDS)
def test_every_operation_has_a_derivative_and_an_energy(kind: str) -> None:
    for op in PULLED:
        shapes = [(4, 4)] * (2 if op in ("mul", "div", "matmul") else 1)
        ledger = counted(kind, lambda ar, *x, op=op: getattr(ar, op)(*x), *shapes)
        assert counts(ledger, "forward")
        assert counts(ledger, "backward")
        assert {name for _, _, name in ledger.counts} <= set(ELEMENTARY)


def test_native_and_pam_count_as_many_products_and_quotients_forward() -> None:
    text = lambda ar, x: functional.gelu(functional.softmax(x, ar), ar)  # noqa: E731
    native, pam = (counts(counted(kind, text, (8, 9)), "forward") for kind in ("native", "mimic"))
    assert native["float divide"] == pam["padiv"]
    assert native["float exp"] == pam["paexp2"]
    assert native["float multiply"] + 72 == pam["pam"]  # e^x is 2^(x log2 e)
    assert native["float add"] == pam["float add"]


def test_a_value_takes_no_memory_and_may_be_written_to() -> None:
    found = stand_in((1 << 20, 1 << 10))
    assert found.strides == (0, 0)
    assert found.reshape(1 << 10, 1 << 20).base is not None
    found[0, 0] = 3.0
    assert found[5, 7] == 3.0


def test_energies_are_the_published_ones() -> None:
    assert HOROWITZ_FLOAT32.of("float multiply") == 3.7
    assert HOROWITZ_FLOAT32.of("float add") == 0.9
    assert HOROWITZ_FLOAT32.of("exponent") == 0.1
    assert (HOROWITZ_FLOAT16.of("float multiply"), HOROWITZ_FLOAT16.of("float add")) == (1.1, 0.4)
    assert HOROWITZ_FLOAT32.of("pam") == pytest.approx(0.7)


def test_tables_add_up() -> None:
    ledger = counted("mimic", lambda ar, x, y: ar.matmul(x, y), (3, 4), (4, 5))
    baseline = counted("native", lambda ar, x, y: ar.matmul(x, y), (3, 4), (4, 5))
    table = frame(ledger)
    assert set(table.columns) == {"group", "phase", "operation", "count", "energy (pJ)"}
    assert table["count"].sum() == 6 * 60
    assert table["energy (pJ)"].sum() == pytest.approx(180 * (0.7 + 0.9))
    assert summary(ledger).loc["pam", "backward"] == 120
    found = compared(ledger, baseline)
    assert found["ratio"] == pytest.approx(4.6 / 1.6)
    assert found["ratio, comparisons and bit operations free"] == pytest.approx(4.6 / 1.1)


def test_unknown_kinds_and_phases_are_refused() -> None:
    with pytest.raises(ValueError, match="mimic"):
        Counting("mimick", "all", Ledger())
    with pytest.raises(ValueError, match="forward, backward, optimizer"), Ledger().during("later"):
        pass
