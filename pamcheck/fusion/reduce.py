"""Sums and maxima of a row that waits in a buffer, in vectors of 32 lanes: the canonical order [spec section 4]."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]

from pamcheck.fusion import steps
from pamcheck.kernels.sums_cpu import LANES


def total(e: Any, row: Any, length: Any) -> Any:
    """Return the sum. What is added beyond the row is +0, which changes no lane: none of them is ever -0."""
    return _folded(e, row, length, 0.0, lambda a, b: e.fadd(a, b))


def greatest(e: Any, row: Any, length: Any) -> Any:
    """Return the greatest element, NaN where there is one."""
    return _folded(e, row, length, float("-inf"), lambda a, b: steps.greater(e, a, b))


def _folded(e: Any, row: Any, length: Any, start: float, join: Callable[[Any, Any], Any]) -> Any:
    bits = row.type.pointee.width
    number = steps.REAL[bits]
    vector = ir.VectorType(number, LANES)
    neutral = ir.Constant(vector, [ir.Constant(number, start)] * LANES)
    numbers = e.bitcast(row, number.as_pointer())
    end = e.bitcast(e.gep(numbers, [length]), vector.as_pointer())
    e.store(neutral, end, align=bits // 8)  # the buffer goes on, so that whole vectors can be read
    count = e.udiv(e.add(length, ir.Constant(length.type, LANES - 1)), ir.Constant(length.type, LANES))

    def step(chunk: Any, lanes: Any) -> Any:
        place = e.gep(numbers, [e.mul(chunk, ir.Constant(length.type, LANES))])
        return join(lanes, e.load(e.bitcast(place, vector.as_pointer()), align=bits // 8))

    lanes = _carried(e, count, neutral, step)
    width = LANES
    while width > 1:
        width //= 2
        lanes = join(_half(e, lanes, 0, width), _half(e, lanes, width, width))
    return e.extract_element(lanes, ir.Constant(ir.IntType(32), 0))


def _half(e: Any, vector: Any, first: int, width: int) -> Any:
    lanes = ir.Constant(
        ir.VectorType(ir.IntType(32), width),
        [ir.Constant(ir.IntType(32), first + lane) for lane in range(width)],
    )
    return e.shuffle_vector(vector, ir.Constant(vector.type, ir.Undefined), lanes)


def _carried(e: Any, count: Any, start: Any, step: Callable[[Any, Any], Any]) -> Any:
    """Emit a loop over range(count), which is not empty, that hands a value on; return the last."""
    zero, one = ir.Constant(count.type, 0), ir.Constant(count.type, 1)
    before, body, after = e.block, e.append_basic_block("chunk"), e.append_basic_block("folded")
    e.branch(body)
    e.position_at_end(body)
    i, value = e.phi(count.type), e.phi(start.type)
    i.add_incoming(zero, before)
    value.add_incoming(start, before)
    found, following = step(i, value), e.add(i, one)
    i.add_incoming(following, e.block)
    value.add_incoming(found, e.block)
    e.cbranch(e.icmp_signed("<", following, count), body, after)
    e.position_at_end(after)
    return found
