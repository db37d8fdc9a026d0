"""How often a training step crosses a kink: weights whose exponent, products whose carry, changed.

A hook for a training loop, which hands over each parameter before and after its update:

    crossings = Crossings()
    crossings.observe("up.weight", before, after, partners=activations)
    crossings.table()

A product pam(x, w) has two slopes [spec section 3]. That by w is 2^(Ex + c) with the carry c = [Mx + Mw >= 1],
so while the partner x stays it changes when the carry does. That by x is sgn w 2^(Ew + c), and changes with
sign, exponent and carry. A step that changes neither stays on the affine piece on which the exact gradient
is the derivative.

Nothing is sampled and no product is formed, yet with partners a count takes as long as one to five training
steps of the same layer, PAM products being cheap: watch one step in a hundred, or hand over fewer partners.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from pamcheck.formats import FORMATS, FloatFormat
from pamcheck.operands import Number, format_of, offset_codes

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Crossing:
    """Counts of one parameter, over one step or several. Zeros include subnormals, as under `ftz`.

    elements   finite before and after
    nonfinite  the others; they are in no other count
    changed    whose code changed at all
    sign       whose sign, -1, 0 or +1, changed
    exponent   whose exponent changed; zero has one of its own
    products   of an element with a finite partner
    carry      of these, whose carry changed: the slope by the weight
    piece      of these, whose carry, or whose weight's sign or exponent, changed
    """

    name: str
    steps: int = 1
    elements: int = 0
    nonfinite: int = 0
    changed: int = 0
    sign: int = 0
    exponent: int = 0
    products: int = 0
    carry: int = 0
    piece: int = 0

    def share(self, count: str) -> float:
        """Return a count as a share of elements, or of products for carry and piece; NaN where there are none."""
        whole = self.products if count in ("carry", "piece") else self.elements
        return float(getattr(self, count)) / whole if whole else float("nan")

    def __add__(self, other: Crossing) -> Crossing:
        """Return the counts of both, under the name of the first."""
        counts = {f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)[1:]}
        return Crossing(self.name, **counts)


SHARES = ("changed", "sign", "exponent", "carry", "piece")


class Crossings:
    """Running totals by parameter of what the steps of a training run crossed.

    offset  compensation of the products in octaves: the carry is then the whole part of Mx + Mw + offset
    """

    def __init__(self, offset: Number = 0) -> None:
        offset_codes(offset, FORMATS["float64"])  # refuses here what is no offset
        self.offset = offset
        self.totals: dict[str, Crossing] = {}

    def observe(self, name: str, before: Any, after: Any, partners: Any = None) -> Crossing:
        """Count one step of one parameter, add it to the totals, and return it.

        before, after  arrays of one shape and one supported dtype; neither is kept
        partners       (..., k), the activations that a weight (k, n) multiplies, of the same dtype: every
                       product (..., k, n) is counted, none is formed

        Raises ValueError, naming the argument, for shapes that do not fit, TypeError for a dtype that is
        not supported or not that of `before`.
        """
        found = crossing(name, before, after, partners, offset=self.offset)
        self.totals[name] = self.totals[name] + found if name in self.totals else found
        return found

    def table(self) -> pd.DataFrame:
        """Return one row a parameter: steps, elements, products, and the mean share a step of each count."""
        columns = ["name", "steps", "elements", "nonfinite", "products", *SHARES]
        rows = [
            {key: getattr(t, key) for key in columns[:5]} | {key: t.share(key) for key in SHARES}
            for t in self.totals.values()
        ]
        return pd.DataFrame(rows, columns=columns)


def crossing(name: str, before: Any, after: Any, partners: Any = None, *, offset: Number = 0) -> Crossing:
    """Return the counts of one step of one parameter. Arguments and errors are those of Crossings.observe."""
    fmt = _format(before, "before")
    old, new = (_codes(x, label, fmt) for x, label in ((before, "before"), (after, "after")))
    if old.shape != new.shape:
        raise ValueError(f"after has shape {new.shape}; it must be {old.shape}, that of before")
    a, b = (_Parts.of(codes, fmt) for codes in (old, new))
    finite = a.finite & b.finite
    sign = (a.sign != b.sign) & finite
    exponent = (a.field != b.field) & finite
    counts = {
        "elements": int(np.count_nonzero(finite)),
        "nonfinite": int(np.count_nonzero(~finite)),
        "changed": int(np.count_nonzero((old != new) & finite)),
        "sign": int(np.count_nonzero(sign)),
        "exponent": int(np.count_nonzero(exponent)),
    }
    if partners is not None:
        parts = _Parts.of(_partners(partners, old, fmt), fmt)
        moved = sign | exponent
        counts |= _products(a.mantissa, b.mantissa, finite, moved, parts, offset_codes(offset, fmt), fmt)
    return Crossing(name, 1, **counts)


@dataclass(frozen=True)
class _Parts:
    """Codes taken apart: zeros and subnormals have mantissa, field and sign 0."""

    mantissa: Array
    field: Array
    sign: Array
    finite: Array

    @classmethod
    def of(cls, codes: Array, fmt: FloatFormat) -> _Parts:
        dtype = codes.dtype.type
        magnitude = codes & dtype(fmt.magnitude)
        zero = magnitude < fmt.tiny
        mantissa = np.where(zero, dtype(0), magnitude & dtype(fmt.tiny - 1))
        negative = (codes & dtype(fmt.sign)) != 0
        sign = np.where(zero, np.int8(0), np.where(negative, np.int8(-1), np.int8(1)))
        return cls(mantissa, magnitude >> dtype(fmt.mant_bits), sign, magnitude <= fmt.largest)


def _products(
    old: Array, new: Array, finite: Array, moved: Array, partners: _Parts, offset: int, fmt: FloatFormat
) -> dict[str, int]:
    """Return counts over the products of mantissas (k, n), before and after, with partners (rows, k).

    Mx + Mw + offset reaches level 2^m where Mx reaches a threshold. A step moves each threshold, and crosses
    the partners between its two places. As it moves by less than an octave, no partner is counted twice.
    """
    word = np.int32 if fmt.mant_bits <= 23 else np.int64
    # sorted rows of one k each, every mantissa one up; a partner that is not finite is 0, below every threshold
    keys = np.where(partners.finite, partners.mantissa.astype(word) + 1, 0).astype(word).T.copy()
    keys.sort(axis=1)
    grid = _Grid.of(keys, fmt)
    crossed = np.zeros(old.shape, np.int64)
    for level in (1,) if not offset else (0, 1) if offset < 0 else (1, 2):
        reach = (level << fmt.mant_bits) - offset
        before, after = (grid.rank(_threshold(x, reach, fmt, word)) for x in (old, new))
        crossed += np.abs(after - before)
    crossed[~finite] = 0
    each = np.count_nonzero(partners.finite, axis=0)
    return {
        "products": int((each * np.count_nonzero(finite, axis=1)).sum()),
        "carry": int(crossed.sum()),
        "piece": int(crossed[~moved].sum()) + int((each * np.count_nonzero(moved, axis=1)).sum()),
    }


def _threshold(mantissas: Array, reach: int, fmt: FloatFormat, word: Any) -> Array:
    """Return the least key, a mantissa plus 1, with which each mantissa reaches `reach`: 1 to 2^m + 1."""
    least = np.clip(word(reach) - mantissas.astype(word), 0, fmt.tiny)
    return np.asarray(least + word(1))


@dataclass(frozen=True)
class _Grid:
    """Sorted keys (k, rows), and how many lie below each cell of a grid that is finer than they are dense.

    A look-up settles every threshold whose cell holds no key, which is nearly all; the others are searched for.
    """

    keys: Array
    below: Array  # (k, cells + 1)
    shift: int
    stride: int

    @classmethod
    def of(cls, keys: Array, fmt: FloatFormat) -> _Grid:
        lines, rows = keys.shape
        bits = min((8 * rows).bit_length(), 11)  # a finer grid costs more than the searches that it saves
        shift = max(fmt.mant_bits - bits, 0)
        cells = (fmt.tiny >> shift) + 2
        at = (keys >> shift) + np.arange(lines, dtype=np.int64)[:, None] * cells
        held = np.bincount(at.ravel(), minlength=lines * cells).reshape(lines, cells)
        below = np.zeros((lines, cells + 1), np.int32)
        np.cumsum(held, axis=1, out=below[:, 1:])
        return cls(keys, below, shift, fmt.tiny + 2)

    def rank(self, thresholds: Array) -> Array:
        """Return how many keys of row k are below each threshold (k, n)."""
        cell = thresholds >> self.shift
        rank = np.take_along_axis(self.below, cell, axis=1)
        at, column = np.nonzero(np.take_along_axis(self.below, cell + 1, axis=1) != rank)
        # rows end to end are one sorted line, as long as that does not leave the word
        chunk = (1 << 62) // self.stride
        for start in range(0, len(self.keys), chunk):
            part = slice(*np.searchsorted(at, (start, start + chunk)))
            i, j = at[part], column[part]
            some = self.keys[start : start + chunk]
            line = some + np.arange(len(some), dtype=np.int64)[:, None] * self.stride
            found = np.searchsorted(line.ravel(), thresholds[i, j] + (i - start) * self.stride)
            rank[i, j] = found - (i - start) * some.shape[1]
        return rank


def _format(x: Any, label: str) -> FloatFormat:
    if not isinstance(x, (np.ndarray, np.generic)):
        raise TypeError(f"{label} is a {type(x).__name__}; it must be an array of NumPy")
    return format_of(x.dtype, label)


def _codes(x: Any, label: str, fmt: FloatFormat) -> Array:
    if _format(x, label) != fmt:
        raise TypeError(f"{label} has dtype {x.dtype}; it must be {fmt.name}, that of before")
    native = np.asarray(x).astype(x.dtype.newbyteorder("="), order="C", copy=False)
    return native.view(f"u{fmt.storage_bits // 8}")


def _partners(partners: Any, weight: Array, fmt: FloatFormat) -> Array:
    """Return the codes of partners as (rows, k)."""
    codes = _codes(partners, "partners", fmt)
    if weight.ndim != 2:
        raise ValueError(f"before has shape {weight.shape}; with partners it must be (k, n)")
    if not codes.ndim or codes.shape[-1] != weight.shape[0]:
        raise ValueError(
            f"partners has shape {codes.shape}; its last axis must be {weight.shape[0]}, the rows of before"
        )
    rows = codes.size // weight.shape[0] if weight.shape[0] else 0
    return codes.reshape(rows, weight.shape[0])
