"""Clipping by the global norm  [Pascanu et al., arXiv 1211.5063]."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pamcheck.arithmetic import Arithmetic
from pamcheck.arithmetic.rowwise import rowwise
from pamcheck.nn.autograd import NonFiniteGradient


def clip(gradient: Any, limit: float, ar: Arithmetic) -> tuple[Any, float]:
    """Return the gradient, scaled by limit / norm where its norm is above the limit, and the norm it had.

    gradient  float32 array (n,), of NumPy or CuPy; returned as it is, not copied, at or below the limit
    limit     above 0; inf for the norm alone

    The norm is the root of the sum of squares, the sum in canonical order. Under PAM it is within -5.8% and
    +6.1% of the true one, and a clipped gradient's true norm within -16.3% and +19.4% of the limit. Squares
    below 2^-126 are zeros.

    Raises ValueError for a limit that is not above 0, NonFiniteGradient for a norm that is infinite or NaN.
    """
    if not limit > 0:
        raise ValueError(f"limit is {limit}; it must be above 0, inf for none")
    norm = ar.sqrt(ar.reshape(rowwise(_sum_of_squares, ar, gradient), ()))
    found = float(norm)
    if not math.isfinite(found):
        raise NonFiniteGradient(_told(gradient, found))
    if found <= limit:
        return gradient, found
    return ar.mul(gradient, ar.div(limit, norm)), found


def _sum_of_squares(ar: Arithmetic, gradient: Any) -> Any:
    return ar.sum(ar.mul(gradient, gradient), axis=-1, keepdims=True)


def _told(gradient: Any, norm: float) -> str:
    bad = ~np.isfinite(gradient)
    count = int(bad.sum())
    if not count:
        return (
            f"the gradient's norm is {norm}, though all {gradient.size} elements are finite: their squares "
            f"overflow, the greatest magnitude being {float(np.abs(gradient).max()):.4g}"
        )
    at = int(bad.argmax())
    return (
        f"the gradient's norm is {norm}: {count} of {gradient.size} elements are infinite or NaN, the first "
        f"{float(gradient[at])} at {at}"
    )
