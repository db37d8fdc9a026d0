"""What `counts` says by formula, found by trying: every pair of a format, or every pair of its mantissas.

Multiplying an operand by -1 or by 2 multiplies pam and padiv by -1, by 2 or by 1/2, and takes pieces to pieces. So
whether a pair is differentiable, and whether the slope returned there belongs to an adjacent piece, depends on the
two mantissas alone, and every pair of a 16-bit format is covered by those of one binade, each counted as often as
there are operands with its mantissa.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np

from pamcheck.formats import FloatFormat
from pamcheck.measure.differentiability import exact
from pamcheck.measure.differentiability.counts import Count
from pamcheck.measure.differentiability.grids import examine, exp_rise, log, returned, unit
from pamcheck.measure.values import Floats, code_dtype, decode
from pamcheck.policy import Policy, get_policy

_ROWS = 128  # of a grid at a time: what one ray needs stays in the caches


@dataclass(frozen=True)
class Tally:
    """What was found on every operand.

    count    operands without a derivative
    strange  operands where what is returned is the gradient of no adjacent piece, nor a limit of such
    wrong    operands with a derivative, or a partial one, that is not returned
    astray   parts outside the range of the one-sided partial derivatives
    """

    count: Count
    strange: int
    wrong: int
    astray: int
    tried: str


def finite_values(fmt: FloatFormat, policy: str | Policy = "ftz") -> Floats:
    """Return the finite numbers of a format, each once, ascending; under "ftz" normal ones and zero."""
    least = 1 if get_policy(policy).gradual else fmt.tiny
    positive = decode(np.arange(least, fmt.largest + 1).astype(code_dtype(fmt)), fmt)
    return np.concatenate([-positive[::-1], [0.0], positive])


def tally_pairs(op: str, fmt: FloatFormat, policy: str | Policy = "ftz") -> Tally:
    """Return what holds for pam or padiv on every pair of a format of 16 bits or fewer."""
    values = finite_values(fmt, policy)
    if fmt.width <= 8:
        operands, tried = values[values != 0], "every pair"
        weights, kinds = np.ones(operands.size, np.int64), _kinds(op, operands, fmt.mant_bits)
    else:
        operands, tried = _binade(fmt.mant_bits), "every pair of mantissas"
        weights = 2 * np.bincount(_mantissas(values[values > 0], fmt), minlength=fmt.tiny)
        kinds = _kinds_of_mantissas(op, fmt.mant_bits)
    joint, first, second, strange, wrong, astray = (int(weights @ (kind @ weights)) for kind in kinds)
    beside, odd = _beside_zero(op, operands, weights)
    count = int(weights.sum())
    if op == "pam":
        total = Count((count + 1) ** 2, joint + 2 * beside, first + beside, second + beside)
    else:
        total = Count((count + 1) * count, joint + beside, first + beside, second)
    return Tally(total, strange + odd, wrong + odd, astray, tried)


def tally_line(op: str, fmt: FloatFormat, policy: str | Policy = "ftz") -> Tally:
    """Return what holds for palog2, pasqrt or paexp2 on every operand of a format of 16 bits or fewer.

    One-sided slopes are those of log and exp at a step so short that no break lies between.
    """
    x = finite_values(fmt, policy)
    x = x if op == "paexp2" else x[x > 0]
    left, right = _slopes(op, x, fmt.mant_bits)
    [got] = returned(op, _reduced(x) if op == "paexp2" else x)
    kinked = left != right
    strange = int(np.count_nonzero((got != left) & (got != right)))
    wrong = int(np.count_nonzero(~kinked & (got != right)))
    return Tally(Count(x.size, int(np.count_nonzero(kinked))), strange, wrong, strange, "every operand")


def _kinds(op: str, operands: Floats, mant_bits: int) -> list[np.ndarray]:
    """Return where there is no derivative, joint, in a, in b, and where what is returned fails in three ways."""
    parts = []
    for start in range(0, operands.size, _ROWS):
        found = examine(op, operands[start : start + _ROWS], operands, mant_bits)
        parts.append([
            ~found.joint, ~found.first, ~found.second, ~found.member, ~found.right, ~found.between,
        ])  # fmt: skip
    return [np.concatenate(kind) for kind in zip(*parts, strict=True)]


@lru_cache(maxsize=1)
def _kinds_of_mantissas(op: str, mant_bits: int) -> list[np.ndarray]:
    """Return the kinds on one binade; remembered, for a second policy only counts them differently."""
    return _kinds(op, _binade(mant_bits), mant_bits)


def _binade(mant_bits: int) -> Floats:
    return 1 + np.arange(1 << mant_bits) / (1 << mant_bits)


def _slopes(op: str, x: Floats, mant_bits: int) -> tuple[Floats, Floats]:
    if op == "paexp2":
        y = _reduced(x)
        step = np.minimum(
            np.where(y == 0, 1.0, unit(np.where(y == 0, 1.0, y))) * 2.0 ** -(mant_bits + 4), 1 / 16
        )
        return -exp_rise(y, -step) / step, exp_rise(y, step) / step
    step = unit(x) * 2.0 ** -(mant_bits + 4)
    if op == "palog2":
        return (log(x) - log(x - step)) / step, (log(x + step) - log(x)) / step
    return (_root(x) - _root(x - step)) / step, (_root(x + step) - _root(x)) / step


def _reduced(y: Floats) -> Floats:
    """Return y less a multiple of 512, which halves or doubles every slope as often, to keep X in float64."""
    return np.fmod(y, 512.0)


def _root(x: Floats) -> Floats:
    half = log(x) / 2
    whole = np.floor(half)
    return np.ldexp(1 + (half - whole), whole.astype(np.int64))


def _mantissas(values: Floats, fmt: FloatFormat) -> np.ndarray:
    return np.asarray((values / unit(values) - 1) * fmt.tiny).astype(np.int64)


def _beside_zero(op: str, operands: Floats, weights: np.ndarray) -> tuple[int, int]:
    """Return on how many pairs (0, b) there is no derivative, and on how many a wrong one is returned."""
    lost = strange = 0
    smooth: dict[Fraction, tuple[bool, bool]] = {}
    for value, weight in zip(operands, weights, strict=True):
        b = Fraction(abs(value) / float(unit(np.float64(value))))
        if b not in smooth:
            limits, got = exact.adjacent(op, (Fraction(0), b)), exact.returned(op, (Fraction(0), b))
            smooth[b] = exact.differentiable(op, (Fraction(0), b)), got in limits
        lost += int(weight) * (not smooth[b][0])
        strange += int(weight) * (not smooth[b][1])
    return lost, strange
