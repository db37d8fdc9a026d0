"""Moving words of an operand in vectors, before they are packed: a line as it is, a square transposed.

What a compiler makes of a transposing loop reads or writes one word at a time. A square of as many lines as
its vectors have words is turned in registers: each of log2(lines) rounds interleaves the first half with the second.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

from pamcheck.kernels.matmul_tile import VECTOR_BYTES

SQUARE_BYTES = 32  # of a line of a square: wider ones are more code, and hardly faster


def lanes(bits: int) -> int:
    """Return the side of a square."""
    return SQUARE_BYTES * 8 // bits


def vector_words(bits: int) -> int:
    """Return the words of the widest vector."""
    return VECTOR_BYTES * 8 // bits


@cache
def square(bits: int) -> Any:
    """Return turn(source, at, step, out, to, out_step): lines `step` apart become columns, lines `out_step` apart.

    All of the square must lie in both arrays.
    """
    count = lanes(bits)
    low = [(place % 2) * count + place // 2 for place in range(count)]
    high = [each + count // 2 for each in low]

    def emit(context: Any, e: Any, signature: Any, arguments: Any) -> Any:
        load, store = _access(context, e, signature, arguments, bits, count)
        lines = [load(arguments[2], line) for line in range(count)]
        for _ in range(count.bit_length() - 1):
            pairs = zip(lines[: count // 2], lines[count // 2 :], strict=True)
            lines = [_shuffle(e, *pair, order) for pair in pairs for order in (low, high)]
        for line, vector in enumerate(lines):
            store(arguments[5], line, vector)
        return context.get_dummy_value()

    def run(_typing, source, _at, _step, out, _to, _out_step):  # type: ignore[no-untyped-def]
        whole = types.intp
        return types.void(source, whole, whole, out, whole, whole), emit

    return intrinsic(run)


@cache
def copied(bits: int, vectors: int) -> Any:
    """Return move(source, at, 0, out, to, 0): `vectors` vectors from one place to another."""
    count = vector_words(bits)

    def emit(context: Any, e: Any, signature: Any, arguments: Any) -> Any:
        load, store = _access(context, e, signature, arguments, bits, count)
        width = ir.Constant(ir.IntType(64), count)
        for at in range(vectors):
            store(width, at, load(width, at))
        return context.get_dummy_value()

    def run(_typing, source, _at, _step, out, _to, _out_step):  # type: ignore[no-untyped-def]
        whole = types.intp
        return types.void(source, whole, whole, out, whole, whole), emit

    return intrinsic(run)


def _access(context: Any, e: Any, signature: Any, arguments: Any, bits: int, count: int) -> tuple[Any, Any]:
    """Return what loads, and what stores, the vector that is some number of steps on."""
    word = ir.IntType(bits)
    vector = ir.VectorType(word, count).as_pointer()

    def place(array: int, step: Any, number: int) -> Any:
        made = context.make_array(signature.args[array])(context, e, arguments[array])
        base = e.bitcast(made.data, word.as_pointer())
        at = e.add(arguments[array + 1], e.mul(step, ir.Constant(ir.IntType(64), number)))
        return e.bitcast(e.gep(base, [at]), vector)

    def load(step: Any, number: int) -> Any:
        return e.load(place(0, step, number), align=bits // 8)

    def store(step: Any, number: int, value: Any) -> None:
        e.store(value, place(3, step, number), align=bits // 8)

    return load, store


def _shuffle(e: Any, first: Any, second: Any, order: list[int]) -> Any:
    kind = ir.VectorType(ir.IntType(32), len(order))
    return e.shuffle_vector(first, second, ir.Constant(kind, order))
