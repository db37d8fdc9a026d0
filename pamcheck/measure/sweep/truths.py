"""True values in float64, fast, for formats of 24 bits of significand or fewer.

Products are exact, quotients and roots correctly rounded, the others NumPy's: good to some 2^-52 of the truth,
where the errors that are measured are 2^-24 and more. Near 1 = 2^0 that would not do, for a power of a tiny
exponent differs from 1 by less than float64 can say; there the rest comes as a tail, as in truth.pairs.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

import numpy as np

from pamcheck.formats import FloatFormat
from pamcheck.measure.sweep.compiling import compiled
from pamcheck.measure.values import code_dtype, decode

WITH_TAIL = ("exp", "exp2", "pow")
_NEAR = 2.0**-20  # where three terms of the series are good to 2^-60 of the tail
_FAR = 700.0  # log of what is beyond 2^+-1000, and not beyond float64
_UFUNCS: dict[str, Any] = {
    "mul": np.multiply,
    "div": np.divide,
    "log2": np.log2,
    "log": np.log,
    "exp2": np.exp2,
    "exp": np.exp,
    "sqrt": np.sqrt,
}


def fill(function: str, a: Any, b: Any, head: Any, tail: Any, spare: Any) -> None:
    """Write the truth of float64 operands as head + tail; one operand is b, and `spare` is overwritten.

    `tail` is written for WITH_TAIL only.
    """
    if function in ("mul", "div"):
        _UFUNCS[function](a, b, out=head)
    elif function == "pow":
        _power(a, b, head, spare)
        _loop(_tails)(spare, 1.0, head, tail)
    else:
        _UFUNCS[function](b, out=head)
        if function in WITH_TAIL:
            _loop(_tails)(b, 1.0 if function == "exp" else float(np.log(2.0)), head, tail)


def _power(a: Any, b: Any, head: Any, z: Any) -> None:
    """Write |a| ** b to head, NaN where a < 0, and b log|a| to z.

    NumPy takes ten times as long where a power is beyond float64. What is nearly so is beyond every format here
    and is not compared: its head is 0 or infinite.
    """
    size = np.abs(a)
    np.multiply(np.log(size), b, out=z)
    if a.size == 1 and a[0] < 0:
        head[...] = np.nan
        return
    _loop(_near_exponents)(z, b, head)
    np.power(size, head, out=head)
    _loop(_far_powers)(z, head)
    if a.size > 1:
        np.copyto(head, np.nan, where=a < 0)


def _near_exponents(z: Any, y: Any, out: Any) -> None:
    for i in range(z.size):
        out[i] = 0.0 if abs(z[i]) >= _FAR else y[i]


def _far_powers(z: Any, head: Any) -> None:
    for i in range(z.size):
        head[i] = (np.inf if z[i] > 0 else 0.0) if abs(z[i]) >= _FAR else head[i]


def _tails(y: Any, factor: Any, head: Any, tail: Any) -> None:
    """Write exp z - head = z + z^2/2 + z^3/6 - (head - 1) where z = factor y is small."""
    for i in range(y.size):
        z = y[i] * factor
        rest = (z - (head[i] - 1)) + z * z * (0.5 + z / 6)
        tail[i] = rest if abs(z) < _NEAR else 0.0


@cache
def _loop(function: Any) -> Any:
    return compiled(function)


def values(codes: Any, fmt: FloatFormat, out: Any) -> None:
    """Write the values of codes as float64."""
    if fmt.width <= 16:
        _table(fmt).take(codes, out=out, mode="clip")
    elif fmt.name == "float32":
        np.copyto(out, codes.view(np.float32))
    else:
        np.copyto(out, decode(codes, fmt))


@lru_cache(maxsize=16)
def _table(fmt: FloatFormat) -> Any:
    return decode(np.arange(1 << fmt.width).astype(code_dtype(fmt)), fmt)
