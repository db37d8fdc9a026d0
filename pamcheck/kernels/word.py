"""Arithmetic in words of one width: a body's source, with every result cut to that width.

Numba widens a sum of two int32 to int64, and vector code then runs at half speed. The bodies never leave
a signed word of their format's own width, so cutting each result back changes no value; it tells the
compiler what Python's unbounded integers cannot: how wide they are.

Shifts become calls of their own, for Numba would widen both operands, and a right shift cannot be narrowed
again. No body shifts by a count outside its word (tests/kernels/test_word.py, test_slopes.py).
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from types import CodeType, FunctionType
from typing import Any, ClassVar

from numba.extending import intrinsic


def cut_to_word(function: FunctionType) -> FunctionType:
    """Return the function with `word(...)` around every arithmetic result, and shifts of words for shifts.

    The caller binds `word`, `shift_left` and `shift_right`.
    """
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    tree = ast.fix_missing_locations(_Cut().visit(tree))
    ast.increment_lineno(tree, function.__code__.co_firstlineno - 1)
    module = compile(tree, function.__code__.co_filename, "exec", dont_inherit=True)
    code = next(item for item in module.co_consts if isinstance(item, CodeType))
    cut = FunctionType(code, function.__globals__, function.__name__, function.__defaults__)
    cut.__module__ = function.__module__
    return cut


@intrinsic
def shift_left(_typing, n, _places):  # type: ignore[no-untyped-def]
    """Return n << places for two words, as a word; 0 <= places < bits of a word."""
    return n(n, n), _emitter("shl")


@intrinsic
def shift_right(_typing, n, _places):  # type: ignore[no-untyped-def]
    """Return n >> places for two words, as a word; 0 <= places < bits of a word."""
    return n(n, n), _emitter("ashr")


def _emitter(instruction: str) -> Any:
    def emit(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return getattr(builder, instruction)(*arguments)

    return emit


class _Cut(ast.NodeTransformer):
    shifts: ClassVar[dict[type[ast.operator], str]] = {ast.LShift: "shift_left", ast.RShift: "shift_right"}

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        if type(node.op) not in self.shifts:
            return self._cut(node)
        operands = [self._word(self.visit(operand)) for operand in (node.left, node.right)]
        return ast.Call(ast.Name(self.shifts[type(node.op)], ast.Load()), operands, [])

    @staticmethod
    def _word(value: ast.expr) -> ast.expr:
        return ast.Call(ast.Name("word", ast.Load()), [value], [])

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        return self.generic_visit(node) if isinstance(node.op, ast.Not) else self._cut(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        assert isinstance(node.target, ast.Name), "a body assigns to plain names only"
        before = ast.Name(node.target.id, ast.Load())
        return self.generic_visit(ast.Assign([node.target], ast.BinOp(before, node.op, node.value)))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        # annotations are not arithmetic, and some of them hold a bar
        node.returns, node.decorator_list = None, []
        for argument in node.args.args:
            argument.annotation = None
        return self.generic_visit(node)

    def _cut(self, node: ast.expr) -> ast.AST:
        return self._word(self.generic_visit(node))  # type: ignore[arg-type]
