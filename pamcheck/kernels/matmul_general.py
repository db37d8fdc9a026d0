"""The matrix product and its slope through the scalar bodies: slow, and right for every format and policy.

Underflow that is gradual, formats that saturate around infinities, whatever the fast loops leave out.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from pamcheck.formats import FloatFormat
from pamcheck.kernels import cpu
from pamcheck.kernels.matmul_plan import DEPTH
from pamcheck.kernels.product import product, product_slope_a
from pamcheck.kernels.values import same_codes, to_binary64

# Bound at compilation: see `loop`.
WORD: Any = None
NUMBER: Any = None
word: Any = None
body: Any = None
term: Any = None
read: Any = None
to_bits: Any = None


# How a term, a code, becomes a number.


def by_table(code: Any, table: Any, w: Any) -> Any:  # noqa: ARG001
    """Codes of at most 16 bits."""
    return table[code]


def by_view(code: Any, table: Any, w: Any) -> Any:  # noqa: ARG001
    """Codes of the accumulator's own format."""
    return WORD(code).view(NUMBER)


def by_bits(code: Any, table: Any, w: Any) -> Any:  # noqa: ARG001
    """Codes of any format."""
    return NUMBER(np.int64(to_bits(np.int64(code), w)).view(np.float64))


def product_term(a: Any, b: Any, x: Any, at: Any, w: Any) -> Any:  # noqa: ARG001
    """A product."""
    return body(word(a), word(b), w)


def slope_term(a: Any, b: Any, x: Any, at: Any, w: Any) -> Any:
    """A cotangent a, with the slope that the other factor b and the operand itself give."""
    return body(word(a), word(x[at]), word(b), w)


def drive(
    a: Any,
    b: Any,
    x: Any,
    c: Any,
    starts: Any,
    plan: Any,
    words: Any,
    table: Any,
    value_words: Any,
    line: Any,
) -> None:
    """Multiply row by row: one block of k into `line`, then into the result."""
    for item in range(plan.first_item, plan.last_item):
        for i in range(plan.first_row, plan.last_row):
            c_at = starts[item, 3] + i * plan.c_row
            x_at = starts[item, 2] + i * plan.x_row
            for k0 in range(0, plan.depth, DEPTH):
                line[plan.first_col : plan.last_col] = 0
                for k in range(k0, min(k0 + DEPTH, plan.depth)):
                    left = a[starts[item, 0] + i * plan.a_row + k * plan.a_col]
                    b_at = starts[item, 1] + k * plan.b_row
                    for j in range(plan.first_col, plan.last_col):
                        code = term(left, b[b_at + j * plan.b_col], x, x_at + j * plan.x_col, words)
                        line[j] += read(code, table, value_words)
                for j in range(plan.first_col, plan.last_col):
                    c[c_at + j] = line[j] if k0 == 0 else c[c_at + j] + line[j]


def reading(fmt: FloatFormat) -> str:
    """Return how terms of a format become numbers."""
    return "view" if same_codes(fmt) else "table" if fmt.width <= 16 else "bits"


@cache
def loop(slope: bool, bits: int, number: str, how: str) -> cpu.Loop:
    """Return the compiled drive: words of 32 or 64 bits, sums in float32 or float64."""
    compiled = cpu.compiled_body(product_slope_a if slope else product, bits)
    term = _compiled(slope_term if slope else product_term, body=compiled, word=cpu.WORD[bits])
    kinds = {"NUMBER": getattr(np, number), "WORD": np.int32 if number == "float32" else np.int64}
    readers = {"table": by_table, "view": by_view, "bits": by_bits}
    read = _compiled(readers[how], to_bits=cpu.compiled_body(to_binary64, 64), **kinds)
    name = f"general_{'slope' if slope else 'product'}_{bits}_{number}_{how}"
    return cpu.Loop(cpu.rebind(drive, name, term=term, read=read))


def _compiled(function: Any, **bound: Any) -> Any:
    return cpu.helper(cpu.rebind(function, function.__name__, **bound))
