"""Expressions: text such as "padiv(x + 1, pam(x, y))", read without running any of it, as a function.

Python's own parser makes the tree; what is not in the table of functions, no number, variable, + or -, is refused.
"""

from __future__ import annotations

import ast
import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pamcheck.arithmetic import Arithmetic
from pamcheck.lookup import UnknownName, lookup
from pamcheck.measure.regions_request.functions import ELEMENTS, FUNCTIONS, VECTOR, Function, joined

_LONGEST, _DEEPEST = 2000, 40
_INSTEAD = {
    ast.Mult: "write pam(a, b) for a PAM product",
    ast.Div: "write padiv(a, b) for a PAM quotient",
    ast.Pow: "write papow(a, b) for a PAM power",
    ast.BitXor: "write papow(a, b) for a PAM power",
}


class ExpressionError(ValueError):
    """An expression that cannot be read; the message names the place and what would do."""


@dataclass(frozen=True)
class Expression:
    """A function of one or two variables.

    variables  their names, in alphabetical order
    length     of a result that is a vector; None for a number
    """

    text: str
    variables: tuple[str, ...]
    length: int | None
    function: Callable[[Mapping[str, Any], Arithmetic], Any]


@dataclass(frozen=True)
class _Node:
    """A part of an expression: what it computes, and the length of its result if that is a vector."""

    run: Callable[[Mapping[str, Any], Arithmetic], Any]
    length: int | None = None


def parse(text: str) -> Expression:
    """Return the function that a text says. Raises ExpressionError, a ValueError, for what cannot be read."""
    reader = _Reader(text)
    node = reader.node(reader.tree(), 0)
    names = tuple(sorted(reader.variables))
    if not 1 <= len(names) <= 2:
        told = f"the variables {', '.join(names)}" if names else "no variable"
        raise ExpressionError(f"expression {text!r} has {told}; it must have one or two, such as x and y")
    return Expression(text, names, node.length, node.run)


class _Reader:
    """Reads one text, and collects its variables."""

    def __init__(self, text: str) -> None:
        self.text, self.variables = text, set[str]()

    def tree(self) -> ast.expr:
        if len(self.text) > _LONGEST:
            raise ExpressionError(
                f"the expression has {len(self.text)} characters; the most are {_LONGEST}"
            )
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about what is refused below
                return ast.parse(self.text.lstrip(), mode="eval").body
        except SyntaxError as error:
            place = (error.offset or 1) + self._skipped
            raise self._wrong(place, f"{error.msg}; write for example pam(x, y) or gelu(x)") from None
        except (ValueError, RecursionError, MemoryError) as error:
            raise ExpressionError(f"expression cannot be read: {error or 'it is too deep'}") from None

    def node(self, tree: ast.expr, depth: int) -> _Node:
        if depth > _DEEPEST:
            raise self._at(tree, f"the expression is nested more than {_DEEPEST} deep")
        if isinstance(tree, ast.Constant):
            return self._number(tree)
        if isinstance(tree, ast.Name):
            return self._variable(tree)
        if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, (ast.USub, ast.UAdd)):
            inner = self.node(tree.operand, depth + 1)
            if isinstance(tree.op, ast.UAdd):
                return inner
            return _Node(lambda v, ar: ar.neg(inner.run(v, ar)), inner.length)
        if isinstance(tree, ast.BinOp):
            return self._binary(tree, depth)
        if isinstance(tree, ast.Call):
            return self._call(tree, depth)
        raise self._at(tree, "this is no number, variable, sum, difference or function of them")

    def _number(self, tree: ast.Constant) -> _Node:
        if type(tree.value) not in (int, float):
            raise self._at(tree, f"{tree.value!r} is no real number")
        try:
            value = float(tree.value)  # type: ignore[arg-type]
        except OverflowError:
            value = math.inf
        if not math.isfinite(value):
            raise self._at(tree, "the number is beyond float64")
        return _Node(lambda _v, _ar: value)

    def _variable(self, tree: ast.Name) -> _Node:
        name = tree.id
        if name in FUNCTIONS:
            raise self._at(tree, f"{name} is a function; give it {FUNCTIONS[name].form}")
        self.variables.add(name)
        return _Node(lambda v, _: v[name])

    def _binary(self, tree: ast.BinOp, depth: int) -> _Node:
        if not isinstance(tree.op, (ast.Add, ast.Sub)):
            hint = _INSTEAD.get(type(tree.op), "only + and - stand between terms")
            raise self._wrong(self._operator(tree), hint)
        left, right = self.node(tree.left, depth + 1), self.node(tree.right, depth + 1)
        length = self._common(tree, [left, right])
        if isinstance(tree.op, ast.Add):
            return _Node(lambda v, ar: ar.add(left.run(v, ar), right.run(v, ar)), length)
        return _Node(lambda v, ar: ar.sub(left.run(v, ar), right.run(v, ar)), length)

    def _call(self, tree: ast.Call, depth: int) -> _Node:
        if not isinstance(tree.func, ast.Name):
            raise self._at(tree.func, "only functions by their names can be called")
        name = tree.func.id
        try:
            function = lookup("function", name, FUNCTIONS)
        except UnknownName as error:
            raise self._at(tree.func, str(error)) from None
        if tree.keywords or any(isinstance(argument, ast.Starred) for argument in tree.args):
            raise self._at(tree, f"{name} takes its arguments by place, without names or *")
        arguments = [self.node(argument, depth + 1) for argument in tree.args]
        if function.kind == ELEMENTS:
            return self._by_elements(tree, name, function, arguments)
        return self._of_vector(tree, name, function, arguments)

    def _by_elements(self, tree: ast.Call, name: str, function: Function, arguments: list[_Node]) -> _Node:
        if len(arguments) != function.arity:
            raise self._at(tree, f"{name} takes {function.form}, {len(arguments)} given")
        length = self._common(tree, arguments)
        return _Node(lambda v, ar: function.body(ar, *(a.run(v, ar) for a in arguments)), length)

    def _of_vector(self, tree: ast.Call, name: str, function: Function, arguments: list[_Node]) -> _Node:
        lengths = [argument.length for argument in arguments]
        single = len(lengths) == 1 and lengths[0] is not None
        count = lengths[0] if single and lengths[0] is not None else len(arguments)
        if not single and any(length is not None for length in lengths):
            raise self._at(tree, f"{name} takes numbers, or one vector and nothing else")
        if count < function.least:
            raise self._at(tree, f"{name} takes {function.form}, {count} given")
        if name == "dot" and count % 2:
            raise self._at(tree, f"dot takes as many numbers for either vector, {count} in all given")

        def run(v: Mapping[str, Any], ar: Arithmetic) -> Any:
            given = [argument.run(v, ar) for argument in arguments]
            return function.body(ar, given[0] if single else joined(ar, given))

        return _Node(run, count if function.kind == VECTOR else None)

    def _common(self, tree: ast.expr, nodes: list[_Node]) -> int | None:
        lengths = sorted({node.length for node in nodes if node.length is not None})
        if len(lengths) > 1:
            raise self._at(tree, f"vectors of {' and '.join(map(str, lengths))} entries do not go together")
        return lengths[0] if lengths else None

    def _operator(self, tree: ast.BinOp) -> int:
        """Return the place of the sign between two operands: the first after the left one and its brackets."""
        source = self.text.lstrip().encode()
        start = tree.left.end_col_offset or 0
        while source[start : start + 1] in (b" ", b")", b"\t"):
            start += 1
        return len(source[:start].decode()) + 1 + self._skipped

    def _at(self, tree: ast.expr, message: str) -> ExpressionError:
        before = self.text.lstrip().encode()[: tree.col_offset]  # Python counts bytes
        return self._wrong(len(before.decode()) + 1 + self._skipped, message)

    def _wrong(self, place: int, message: str) -> ExpressionError:
        return ExpressionError(f"expression {self.text!r}, character {place}: {message}")

    @property
    def _skipped(self) -> int:
        return len(self.text) - len(self.text.lstrip())
