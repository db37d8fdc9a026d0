"""A loop over flat arrays that says of itself that it is to become vector code.

LLVM guesses that a body with early returns is left early, and would keep many a loop scalar that runs four to
ten times as fast as vectors do the same. Numba has no way to tell it otherwise, so the loop is written out in
IR, with the hint that C compilers write for a pragma. It changes no result: a body is integer code.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.extending import intrinsic


def vector_loop(*bodies: Any) -> Any:
    """Return the loop of compiled bodies, to call in compiled code: `run(inputs, outputs, w)`.

    inputs   tuple of flat contiguous arrays of codes, one for each code that a body takes
    outputs  tuple of such arrays, one for each body; all arrays are of one length
    w        the machine words; a code becomes a word of their width, zero-extended
    """

    def run(typing, inputs, outputs, w):  # type: ignore[no-untyped-def]
        word = w.dtype
        operands = (*[word] * len(inputs), w)
        kinds = [typing.resolve_value_type(body) for body in bodies]
        calls = [(kind, typing.resolve_function_type(kind, operands, {})) for kind in kinds]

        def emit(context: Any, e: Any, signature: Any, arguments: Any) -> Any:
            sources, targets = (
                _arrays(context, e, kind, value)
                for kind, value in zip(signature.args[:2], arguments[:2], strict=True)
            )
            wide = context.get_value_type(word)
            functions = []
            for kind, called in calls:
                function = context.get_function(kind, called)
                context.add_linking_libs(getattr(function, "libs", ()))
                functions.append(function)
            with _counted(e, _size(e, targets[0])) as i:
                codes = [e.load(e.gep(source.data, [i])) for source in sources]
                words = [code if code.type == wide else e.zext(code, wide) for code in codes]
                for function, target in zip(functions, targets, strict=True):
                    result = function(e, [*words, arguments[2]])
                    place = e.gep(target.data, [i])
                    narrow = place.type.pointee
                    e.store(result if result.type == narrow else e.trunc(result, narrow), place)
            return context.get_dummy_value()

        return types.void(inputs, outputs, w), emit

    return intrinsic(run)


def _arrays(context: Any, e: Any, kind: Any, value: Any) -> list[Any]:
    return [
        context.make_array(each)(context, e, array)
        for each, array in zip(kind, cgutils.unpack_tuple(e, value), strict=True)
    ]


def _size(e: Any, array: Any) -> Any:
    return e.extract_value(array.shape, 0)


@contextmanager
def _counted(e: Any, count: Any) -> Iterator[Any]:
    """Emit a loop over range(count) around what is emitted inside, with the hint on its backward branch."""
    zero, step = ir.Constant(count.type, 0), ir.Constant(count.type, 1)
    before, body, after = e.block, e.append_basic_block("each"), e.append_basic_block("done")
    e.cbranch(e.icmp_signed(">", count, zero), body, after)
    e.position_at_end(body)
    i = e.phi(count.type)
    i.add_incoming(zero, before)
    yield i
    following = e.add(i, step, flags=["nuw", "nsw"])
    i.add_incoming(following, e.block)
    e.cbranch(e.icmp_signed("<", following, count), body, after).set_metadata("llvm.loop", _hint(e.module))
    e.position_at_end(after)


def _hint(module: Any) -> Any:
    """Return new metadata for a loop; its first operand is itself, so that no two loops share it."""
    wish = module.add_metadata(["llvm.loop.vectorize.enable", ir.Constant(ir.IntType(1), 1)])
    loop = ir.MDValue(module, [wish], name=str(len(module.metadata)))
    loop.operands = (loop, wish)
    return loop
