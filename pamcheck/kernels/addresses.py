"""What lies at an address, for compiled code that is told nothing but a number."""

from __future__ import annotations

from functools import cache
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic


@intrinsic
def pointer(_typing, _address):  # type: ignore[no-untyped-def]
    """Return an address as a pointer, for numba.carray."""

    def emit(_context: Any, e: Any, _signature: Any, arguments: Any) -> Any:
        return e.inttoptr(arguments[0], ir.IntType(8).as_pointer())

    return types.voidptr(types.int64), emit


@cache
def named_tuple(kind: Any, bits: int) -> Any:
    """Return read(address): the named tuple of that kind whose fields, integers, follow each other there."""
    word, count = ir.IntType(bits), len(kind._fields)

    def emit(context: Any, e: Any, signature: Any, arguments: Any) -> Any:
        first = e.inttoptr(arguments[0], word.as_pointer())
        fields = [e.load(e.gep(first, [ir.Constant(ir.IntType(64), at)])) for at in range(count)]
        return context.make_tuple(e, signature.return_type, fields)

    def read(_typing, _address):  # type: ignore[no-untyped-def]
        found = types.NamedUniTuple(types.Integer.from_bitwidth(bits, signed=True), count, kind)
        return found(types.int64), emit

    return intrinsic(read)
