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
        np.abs(a, out=spare)
        np.power(spare, b, out=head)
        np.log(spare, out=spare)
        np.multiply(spare, b, out=spare)
        np.copyto(head, np.nan, where=a < 0)
        _tail()(spare, 1.0, head, tail)
    else:
        _UFUNCS[function](b, out=head)
        if function in WITH_TAIL:
            _tail()(b, 1.0 if function == "exp" else float(np.log(2.0)), head, tail)


def _tails(y: Any, factor: Any, head: Any, tail: Any) -> None:
    for i in range(y.size):
        z = y[i] * factor
        rest = (z - (head[i] - 1)) + z * z * (0.5 + z / 6)
        tail[i] = rest if abs(z) < _NEAR else 0.0


@cache
def _tail() -> Any:
    """Return the loop that writes exp z - head = z + z^2/2 + z^3/6 - (head - 1) where z = factor y is small."""
    return compiled(_tails)


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
