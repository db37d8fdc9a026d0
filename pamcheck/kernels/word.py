"""Arithmetic in words of one width: a body's source, with every result cut to that width.

Numba widens a sum of two int32 to int64, and vector code then runs at half speed. The bodies never leave
a signed word of their format's own width, so cutting each result back changes no value; it tells the
compiler what Python's unbounded integers cannot: how wide they are.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from types import CodeType, FunctionType


def cut_to_word(function: FunctionType) -> FunctionType:
    """Return the function with `word(...)` around every arithmetic result; the caller binds `word`."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    tree = ast.fix_missing_locations(_Cut().visit(tree))
    ast.increment_lineno(tree, function.__code__.co_firstlineno - 1)
    module = compile(tree, function.__code__.co_filename, "exec", dont_inherit=True)
    code = next(item for item in module.co_consts if isinstance(item, CodeType))
    cut = FunctionType(code, function.__globals__, function.__name__, function.__defaults__)
    cut.__module__ = function.__module__
    return cut


class _Cut(ast.NodeTransformer):
    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        return self._cut(node)

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
        return ast.Call(ast.Name("word", ast.Load()), [self.generic_visit(node)], [])  # type: ignore[list-item]
