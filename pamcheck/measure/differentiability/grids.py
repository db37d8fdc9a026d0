"""The adjacent pieces of every pair on a grid of operands, in float64 that does not round.

The same rays as in `exact`, from the same definition L and X, on arrays. All numbers are dyadic and have far fewer
than 53 bits where mantissas have at most 23: the mantissa, four bits of a step, an exponent of at most ten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pamcheck.formats import FORMATS
from pamcheck.kernels.launch import run_codes
from pamcheck.kernels.words import make_words
from pamcheck.measure.differentiability.exact import RAYS
from pamcheck.measure.values import Floats
from pamcheck.policy import get_policy

Real = Floats | np.float64
MANT_BITS_MAX = 23
_WORDS = make_words(FORMATS["float64"], get_policy("ftz"))


@dataclass(frozen=True)
class Grid:
    """What holds at every pair (a[i], b[j]) of nonzero operands, as arrays of shape (i, j).

    first, second  whether the partial derivative in a, in b exists
    joint          whether the (Fréchet) derivative exists
    member         whether the returned pair is the gradient of an adjacent piece
    right          whether it is the derivative, and its parts the partial derivatives, where those exist
    between        whether each part lies between the one-sided partial derivatives
    """

    first: np.ndarray
    second: np.ndarray
    joint: np.ndarray
    member: np.ndarray
    right: np.ndarray
    between: np.ndarray


def examine(op: str, a: Floats, b: Floats, mant_bits: int) -> Grid:
    """Return what holds at every pair of nonzero operands of a format; op is "pam" or "padiv".

    mant_bits  of both operands, at most 23
    """
    if mant_bits > MANT_BITS_MAX:
        raise ValueError(
            f"mant_bits is {mant_bits}; float64 holds the steps of at most {MANT_BITS_MAX}, use `exact`"
        )
    unit_a, unit_b = unit(a)[:, None], unit(b)[None, :]
    rise = _rises(op, a, b, 2.0 ** -(mant_bits + 4))
    got = returned(op, a[:, None], b[None, :])
    want = got[0] * unit_a, got[1] * unit_b
    shape = (a.size, b.size)
    joint, member = np.ones(shape, bool), np.zeros(shape, bool)
    start: tuple[Floats, Floats] | None = None
    for at, (p, q) in enumerate(RAYS):
        r, s = RAYS[(at + 1) % len(RAYS)]
        one, two = rise[at], rise[(at + 1) % len(RAYS)]
        cell = one * s - two * q, two * p - one * r
        start = start or cell
        joint &= (cell[0] == start[0]) & (cell[1] == start[1])
        member |= (cell[0] == want[0]) & (cell[1] == want[1])
    first, first_right, first_between = _partial(rise[0], -rise[8], want[0])
    second, second_right, second_between = _partial(rise[4], -rise[12], want[1])
    right = first_right & second_right & (member | ~joint)
    return Grid(first, second, joint, member, right, first_between & second_between)


def evaluate(op: str, a: Real, b: Real) -> Floats:
    """Return pam or padiv of nonzero operands, the real function, exact while it fits float64."""
    total = log(np.abs(a)) + log(np.abs(b)) * (1 if op == "pam" else -1)
    return np.asarray(np.sign(a) * np.sign(b) * exp(total))


def log(x: Real) -> Floats:
    """Return L of positive numbers."""
    fraction, exponent = np.frexp(x)
    return np.asarray(2 * fraction - 1 + (exponent - 1))


def exp(y: Real) -> Floats:
    """Return X."""
    whole = np.floor(y)
    return np.asarray(np.ldexp(1 + (y - whole), whole.astype(np.int64)))


def exp_rise(y: Floats, step: Floats) -> Floats:
    """Return X(y + step) - X(y) for |step| <= 1/4; near 0, where X(y) is 1 + y or 1 + y / 2, without the 1."""
    near, after = np.abs(y) < 0.5, y + step
    small = np.where(after < 0, after / 2, after) - np.where(y < 0, y / 2, y)
    return np.asarray(np.where(near, small, exp(after) - exp(y)))


def unit(x: Real) -> Floats:
    """Return the power of two below the magnitude of nonzero numbers."""
    return np.asarray(np.ldexp(1.0, np.frexp(x)[1] - 1))


def returned(op: str, *operands: Real) -> tuple[Floats, ...]:
    """Return the exact derivatives for the cotangent 1, as the kernels give them in float64."""
    arrays: Sequence[np.ndarray] = np.broadcast_arrays(np.float64(1), *operands)
    codes = [np.ascontiguousarray(array).view(np.uint64) for array in arrays]
    return tuple(
        run_codes(f"{op}_slope_{letter}", codes, _WORDS).view(np.float64)
        for letter in "ab"[: len(operands)]
    )


def _rises(op: str, a: Floats, b: Floats, step: float) -> list[Floats]:
    """Return the directional derivative along every ray; L is taken once for a line of the grid."""
    sign, turn = np.sign(a)[:, None] * np.sign(b)[None, :], 1 if op == "pam" else -1
    logs_a = {p: log(np.abs(a + p * step * unit(a)))[:, None] for p in range(-2, 3)}
    logs_b = {q: turn * log(np.abs(b + q * step * unit(b)))[None, :] for q in range(-2, 3)}
    middle = exp(logs_a[0] + logs_b[0])
    return [sign * (exp(logs_a[p] + logs_b[q]) - middle) / step for p, q in RAYS]


def _partial(right: Floats, left: Floats, got: Floats) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    exists = left == right
    between = (np.minimum(left, right) <= got) & (got <= np.maximum(left, right))
    return exists, ~exists | (got == right), between
