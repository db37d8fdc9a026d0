"""The oracle over arrays of codes: of any tuples, or of a row of tuples with the same first operand.

In a row that operand is one of the facts, and what depends on it alone is done once.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from pamcheck.kernels.cpu import rebind
from pamcheck.kernels.vector_loop import vector_loop
from pamcheck.measure.sweep.compiling import compiled, inlined
from pamcheck.measure.sweep.oracle import ORACLES
from pamcheck.measure.sweep.reals import Facts


def fill(op: str, a: Any, b: Any, out: Any, t: Facts) -> None:
    """Write the oracle's results on codes; a holds one code where all tuples have the same."""
    if a.size == 1:
        row_loop(op)(b, out, t._replace(first=int(a[0])))
    else:
        loop(op)(a, b, out, t)


# Bound at compilation.
oracle: Any = None
run: Any = None


# Both arms of a loop say the same. In the second the compiler knows that subnormals do not count, and what remains
# becomes vector code.
def _loop(a: Any, b: Any, out: Any, t: Any) -> None:
    if t.gradual != 0:
        for i in range(out.size):
            out[i] = oracle(np.int64(a[i]), np.int64(b[i]), t)
    else:
        run((a, b), (out,), t)


def _row_loop(b: Any, out: Any, t: Any) -> None:
    if t.gradual != 0:
        for i in range(out.size):
            out[i] = oracle(t.first, np.int64(b[i]), t)
    else:
        run((b,), (out,), t)


def _row(b: Any, t: Any) -> Any:
    return oracle(t.first, b, t)


@cache
def loop(op: str) -> Any:
    """Return the compiled oracle of an operation: `loop(op)(a, b, out, facts)` over arrays of codes."""
    return compiled(rebind(_loop, f"oracle_{op}", oracle=ORACLES[op], run=vector_loop(ORACLES[op])))


@cache
def row_loop(op: str) -> Any:
    """Return the compiled oracle for the first operand in the facts: `row_loop(op)(b, out, facts)`."""
    bound = {"oracle": ORACLES[op]}
    run = vector_loop(inlined(rebind(_row, f"row_{op}", **bound)))
    return compiled(rebind(_row_loop, f"oracle_row_{op}", run=run, **bound))
