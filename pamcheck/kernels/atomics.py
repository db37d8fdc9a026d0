"""What compiled code needs to work with other threads: words that several read and write at once, calls by address.

Numba has no atomic operations on a CPU. An address counts bytes, and every word has 64 bits. All operations are
sequentially consistent, the order in which one can reason about them.
"""

from __future__ import annotations

from typing import Any

from llvmlite import binding, ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LONG = ir.IntType(64)
CODE = ir.FunctionType(
    ir.IntType(8).as_pointer(), [LONG, LONG]
)  # Numba's entry for C: what it returns is nothing
ORDER = "seq_cst"

# A processor that is told that a thread waits saves power, and leaves the core to a sibling.
ISB = ("llvm.aarch64.isb", (15,))
PAUSES: dict[str, tuple[str, tuple[int, ...]]] = {
    "x86_64": ("llvm.x86.sse2.pause", ()),
    "aarch64": ISB,
    "arm64": ISB,
}
PAUSE = PAUSES.get(binding.get_default_triple().split("-")[0])


@intrinsic
def load(_typing, _address):  # type: ignore[no-untyped-def]
    """Return a word."""

    def emit(_context: Any, e: Any, _signature: Any, arguments: Any) -> Any:
        return e.load_atomic(_word(e, arguments[0]), ORDER, 8)

    return types.int64(types.int64), emit


@intrinsic
def store(_typing, _address, _value):  # type: ignore[no-untyped-def]
    """Write a word."""

    def emit(context: Any, e: Any, _signature: Any, arguments: Any) -> Any:
        e.store_atomic(arguments[1], _word(e, arguments[0]), ORDER, 8)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), emit


@intrinsic
def add(_typing, _address, _value):  # type: ignore[no-untyped-def]
    """Add to a word, and return what it was."""

    def emit(_context: Any, e: Any, _signature: Any, arguments: Any) -> Any:
        return e.atomic_rmw("add", _word(e, arguments[0]), arguments[1], ORDER)

    return types.int64(types.int64, types.int64), emit


@intrinsic
def replace(_typing, _address, _expected, _value):  # type: ignore[no-untyped-def]
    """Write a word if it is what was expected, and return whether it was."""

    def emit(_context: Any, e: Any, _signature: Any, arguments: Any) -> Any:
        found = e.cmpxchg(_word(e, arguments[0]), arguments[1], arguments[2], ORDER, ORDER)
        return e.extract_value(found, 1)

    return types.boolean(types.int64, types.int64, types.int64), emit


@intrinsic
def pause(_typing):  # type: ignore[no-untyped-def]
    """Do nothing for a few cycles."""

    def emit(context: Any, e: Any, _signature: Any, _arguments: Any) -> Any:
        if PAUSE is not None:
            name, given = PAUSE
            values = [ir.Constant(ir.IntType(32), each) for each in given]
            kind = ir.FunctionType(ir.VoidType(), [value.type for value in values])
            e.call(cgutils.get_or_insert_function(e.module, kind, name), values)
        return context.get_dummy_value()

    return types.void(), emit


@intrinsic
def call(_typing, _code, _first, _second):  # type: ignore[no-untyped-def]
    """Call compiled code, by its address, with two words."""

    def emit(context: Any, e: Any, _signature: Any, arguments: Any) -> Any:
        e.call(e.inttoptr(arguments[0], CODE.as_pointer()), arguments[1:])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), emit


def _word(e: Any, address: Any) -> Any:
    return e.inttoptr(address, LONG.as_pointer())
