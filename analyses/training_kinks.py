"""Which kinks the steps of a training run cross: a hook for the trainer, and the counts of one step.

    watcher = KinkWatcher()
    train(config, out, hooks=[Hook(watcher, every=50)])     # called as (step, before, after, batch)
    watcher.table()

A weight that changes sign or exponent changes the slopes of every product it is in. Carries depend on the
activations too and are counted by measure.crossings where these are given; here they are expected: for a
partner with a uniform mantissa, the carry changes with probability |Mw before - Mw after|.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from pamcheck.interchange import is_foreign
from pamcheck.measure.crossings import Crossing, crossing

COLUMNS = (
    "step",
    "elements",
    "nonfinite",
    "changed",
    "sign",
    "exponent",
    "carry_expected",
    "piece_expected",
)
MANTISSA = np.uint32(0x7FFFFF)
WHOLE = 1 << 23  # of a float32's mantissa


class KinkWatcher:
    """Keeps one row of counts for each step that it is shown.

    names  the weights to look at; all of them where it is None
    """

    def __init__(self, names: Iterable[str] | None = None) -> None:
        self.names = None if names is None else tuple(names)
        self.rows: list[dict[str, float]] = []

    def __call__(self, step: int, before: Mapping[str, Any], after: Mapping[str, Any], batch: Any) -> None:  # noqa: ARG002
        """Take note of one step. Raises KeyError for a weight that is not there."""
        self.rows.append({"step": step} | watch(before, after, self.names))

    def table(self) -> pd.DataFrame:
        """Return one row a step: its number, elements, those not finite, and shares of elements."""
        return pd.DataFrame(self.rows, columns=list(COLUMNS))


def watch(
    before: Mapping[str, Any], after: Mapping[str, Any], names: Iterable[str] | None = None
) -> dict[str, float]:
    """Return what one step crossed, over all the weights named together.

    before, after  float32 weights by name, of NumPy or CuPy; neither is kept
    names          which of them; all of `before` where it is None

    elements and nonfinite are counts; changed, sign and exponent are shares of the elements that are finite
    before and after. carry_expected is the share of products with a partner of uniform mantissa whose carry
    changes; piece_expected of those whose carry, or whose weight's sign or exponent, does. Shares of no
    elements are NaN. Raises KeyError for a name that is not in both, and as measure.crossings.crossing does.
    """
    total, carry, piece = Crossing("all", steps=0), 0, 0
    for name in before if names is None else names:
        old, new = (_on_host(weights[name]) for weights in (before, after))
        total = total + crossing(name, old, new)
        carried, stayed = _carries(old, new)
        carry += carried
        piece += stayed
    share = float(total.elements) * WHOLE if total.elements else float("nan")
    return {
        "elements": total.elements,
        "nonfinite": total.nonfinite,
        "changed": total.share("changed"),
        "sign": total.share("sign"),
        "exponent": total.share("exponent"),
        "carry_expected": carry / share,
        "piece_expected": piece / share,
    }


def _carries(old: Any, new: Any) -> tuple[int, int]:
    """Return sums over weights, in units of 2^-23: moves of the mantissa; those, or 1 where sign or exponent moved."""
    a, b = (np.ascontiguousarray(x).reshape(-1).view(np.uint32) for x in (old, new))
    finite = np.isfinite(old.reshape(-1)) & np.isfinite(new.reshape(-1))
    a, b = _flushed(a[finite]), _flushed(b[finite])
    moves = np.abs((a & MANTISSA).astype(np.int64) - (b & MANTISSA).astype(np.int64))
    moved = (a >> np.uint32(23)) != (b >> np.uint32(23))
    return int(moves.sum()), int(np.where(moved, WHOLE, moves).sum())


def _flushed(codes: Any) -> Any:
    """Return codes with zeros and subnormals of either sign as 0."""
    return np.where(codes & np.uint32(0x7F800000), codes, np.uint32(0))


def _on_host(array: Any) -> Any:
    return array.get() if is_foreign(array) else array
