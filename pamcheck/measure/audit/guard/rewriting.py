"""The functions of a step with every product, quotient, power and call handed to a guard.

A source file is parsed, rewritten and compiled once more. `a * b` becomes `__pamcheck_binary__("*", a, b)`, which
sees what the operands are; lines stay where they were. Functions get the new code while a guard is on.
"""

from __future__ import annotations

import ast
import copy
import gc
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from types import CodeType, FunctionType
from typing import Any

BINARY, OPERAND, CALL = "__pamcheck_binary__", "__pamcheck_operand__", "__pamcheck_call__"
PYTEST = "@pytest_ar"  # a name in every function whose assertions pytest has rewritten
WATCHED: dict[type[ast.operator], str] = {
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
}


@cache
def rewritten(file: str) -> dict[CodeType, CodeType]:
    """Return, for the code of every function in a source file, the code that is watched.

    Raises OSError or SyntaxError for a file that cannot be read as it was.
    """
    with open(file, encoding="utf-8") as source:
        text = source.read()
    tree = ast.fix_missing_locations(_Rewriting().visit(ast.parse(text)))
    before = compile(text, file, "exec", dont_inherit=True)
    after = compile(tree, file, "exec", dont_inherit=True)
    return dict(_pairs(before, after))


def watched(code: CodeType) -> CodeType | None:
    """Return the watched code of a function's own, None where its source file does not say what it is.

    Under pytest, functions with assertions are not compiled from their source alone; they are told by their place.
    """
    pairs = rewritten(code.co_filename)
    if code in pairs or not any(PYTEST in inner.co_names for inner in _nested(code)):
        return pairs.get(code)
    places = {(x.co_qualname, x.co_firstlineno, x.co_freevars): other for x, other in pairs.items()}
    return places.get((code.co_qualname, code.co_firstlineno, code.co_freevars))


def swap(codes: Iterable[CodeType]) -> dict[CodeType, CodeType]:
    """Give every function that has one of these codes the watched one; return those with what they were."""
    new = {code: other for code in codes if (other := watched(code)) is not None}
    _give(new)
    return {inner: own for code, other in new.items() for inner, own in _inner(other, code)}


def restore(before: Mapping[CodeType, CodeType]) -> None:
    """Give functions their own code back, those too that were made meanwhile."""
    _give(before)


def _give(new: Mapping[CodeType, CodeType]) -> None:
    files = {code.co_filename for code in new}
    for item in gc.get_objects():
        # a name is seen sooner than whether two codes are equal
        if type(item) is FunctionType and item.__code__.co_filename in files:
            other = new.get(item.__code__)
            if other is not None:
                item.__code__ = other


def _inner(watched: CodeType, own: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    yield watched, own
    for inner, original in zip(*(_constants(code) for code in (watched, own)), strict=True):
        yield from _inner(inner, original)


def _nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for inner in _constants(code):
        yield from _nested(inner)


def _constants(code: CodeType) -> list[CodeType]:
    return [item for item in code.co_consts if isinstance(item, CodeType)]


def _pairs(before: CodeType, after: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    for old, new in zip(_constants(before), _constants(after), strict=True):
        if (old.co_qualname, old.co_freevars) != (new.co_qualname, new.co_freevars):
            raise RuntimeError(f"{old.co_qualname} in {old.co_filename} cannot be told from its neighbours")
        yield old, new
        yield from _pairs(old, new)


class _Rewriting(ast.NodeTransformer):
    def visit_BinOp(self, node: ast.BinOp) -> Any:
        self.generic_visit(node)
        sign = WATCHED.get(type(node.op))
        return node if sign is None else _call(BINARY, node, ast.Constant(sign), node.left, node.right)

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        self.generic_visit(node)
        sign = WATCHED.get(type(node.op))
        if sign is not None:
            # the target is read once more, for the guard to see it
            left: Any = copy.deepcopy(node.target)
            left.ctx = ast.Load()
            node.value = _call(OPERAND, node.value, ast.Constant(sign), left, node.value)
        return node

    def visit_Call(self, node: ast.Call) -> Any:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in ("super", BINARY, OPERAND, CALL):
            return node  # super() finds its class by its own name
        watched = _call(CALL, node, node.func, *node.args)
        watched.keywords = node.keywords
        return watched


def _call(name: str, at: ast.AST, *arguments: ast.expr) -> ast.Call:
    return ast.copy_location(ast.Call(ast.Name(name, ast.Load()), list(arguments), []), at)
