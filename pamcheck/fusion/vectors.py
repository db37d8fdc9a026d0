"""Vectors of a row's elements, and loops over them, in LLVM's IR."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]

from pamcheck.kernels.matmul_tile import VECTOR_BYTES, WIDE

LONG, INT = ir.IntType(64), ir.IntType(32)


def lanes(bits: int) -> int:
    """Return how many words of so many bits a vector has."""
    return VECTOR_BYTES * 8 // bits


def long(value: int) -> Any:
    """Return a 64-bit constant."""
    return ir.Constant(LONG, value)


def repeated(kind: Any, value: Any) -> Any:
    """Return a constant with the same value in every lane of a vector, or as a scalar."""
    if not isinstance(kind, ir.VectorType):
        return ir.Constant(kind, value)
    return ir.Constant(kind, [ir.Constant(kind.element, value)] * kind.count)


def spread(e: Any, value: Any, count: int) -> Any:
    """Return a vector with a scalar in every lane."""
    kind = ir.VectorType(value.type, count)
    first = e.insert_element(ir.Constant(kind, ir.Undefined), value, ir.Constant(INT, 0))
    return e.shuffle_vector(
        first, ir.Constant(kind, ir.Undefined), ir.Constant(ir.VectorType(INT, count), None)
    )


@contextmanager
def counted(e: Any, count: Any) -> Iterator[Any]:
    """Emit a loop over range(count) around what is emitted inside."""
    before, body, after = e.block, e.append_basic_block("each"), e.append_basic_block("done")
    e.cbranch(e.icmp_signed(">", count, long(0)), body, after)
    e.position_at_end(body)
    i = e.phi(count.type)
    i.add_incoming(long(0), before)
    yield i
    following = e.add(i, long(1))
    i.add_incoming(following, e.block)
    e.cbranch(e.icmp_signed("<", following, count), body, after)
    e.position_at_end(after)


class Lanes:
    """The elements of a row that one vector holds: from `first` on, as many as are `left` at most."""

    def __init__(self, e: Any, first: Any, length: Any, count: int) -> None:
        self.e, self.first, self.count = e, first, count
        left = e.sub(length, first)
        self._full = e.icmp_signed(">=", left, long(count))
        own = e.trunc(e.select(self._full, long(count), left), INT)
        order = ir.Constant(ir.VectorType(INT, count), [ir.Constant(INT, at) for at in range(count)])
        self._mask = e.icmp_signed("<", order, spread(e, own, count))

    def load(self, start: Any, bits: int) -> Any:
        """Return the elements of an array that begins at `start`, zeros beyond its end."""
        kind = ir.VectorType(ir.IntType(bits), self.count)
        place = self.e.bitcast(self.e.gep(start, [self.first]), kind.as_pointer())
        masked = self._intrinsic("load", kind, kind, [kind.as_pointer(), INT, self._mask.type, kind])
        arguments = [place, ir.Constant(INT, bits // 8), self._mask, ir.Constant(kind, None)]
        return self._either(
            lambda: self.e.load(place, align=bits // 8), lambda: self.e.call(masked, arguments)
        )

    def store(self, value: Any, start: Any, bits: int) -> None:
        """Write the elements of an array that begins at `start`, and nothing beyond its end."""
        kind = value.type
        place = self.e.bitcast(self.e.gep(start, [self.first]), kind.as_pointer())
        masked = self._intrinsic(
            "store", kind, ir.VoidType(), [kind, kind.as_pointer(), INT, self._mask.type]
        )
        arguments = [value, place, ir.Constant(INT, bits // 8), self._mask]
        self._either(
            lambda: self.e.store(value, place, align=bits // 8), lambda: self.e.call(masked, arguments)
        )

    def _intrinsic(self, name: str, kind: Any, result: Any, arguments: list[Any]) -> Any:
        full = f"llvm.masked.{name}.v{kind.count}i{kind.element.width}.p0"
        found = self.e.module.globals.get(full)
        return found or ir.Function(self.e.module, ir.FunctionType(result, arguments), full)

    def _either(self, plain: Callable[[], Any], masked: Callable[[], Any]) -> Any:
        """Emit a masked access; where the processor has none that is as fast, only for the last vector of a row."""
        if WIDE:
            return masked()
        e = self.e
        with e.if_else(self._full) as (whole, part):
            with whole:
                first, at_first = plain(), e.block
            with part:
                second, at_second = masked(), e.block
        if isinstance(first.type, ir.VoidType):
            return None
        joined = e.phi(first.type)
        joined.add_incoming(first, at_first)
        joined.add_incoming(second, at_second)
        return joined
