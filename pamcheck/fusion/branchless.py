"""Bodies of kernels.table as straight code: every branch becomes a choice between two values.

A body is read as Python's syntax tree and written as LLVM's IR, on one code or on a vector of them. What depends on
the words alone, which are known here, is decided here, so that a policy's other branch leaves nothing behind. Both
arms of any other branch are computed; a shift that leaves the word, in the arm that is not taken, harms nothing.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Sequence
from functools import cache
from types import FunctionType
from typing import Any

from pamcheck.fusion.known import Words


def emit_body(e: Any, body: Callable[..., int], codes: Sequence[Any], w: tuple[int, ...], kind: Any) -> Any:
    """Return the result of a body.

    e      builder
    codes  values of the type `kind`: signed words, or vectors of them
    w      the words of kernels.words, as integers
    """
    words = Words(e, kind)
    return words.word(_Body(words).call(body, [*codes, w]))


@cache
def _tree(body: FunctionType) -> ast.FunctionDef:
    [tree] = ast.parse(textwrap.dedent(inspect.getsource(body))).body
    assert isinstance(tree, ast.FunctionDef)
    return tree


class _Body:
    """What statements and expressions of a body come to."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def call(self, body: Any, arguments: Sequence[Any]) -> Any:
        tree = _tree(body)
        names = [argument.arg for argument in tree.args.args]
        return self._run(tree.body, dict(zip(names, arguments, strict=True)), body.__globals__)

    def _run(self, statements: Sequence[ast.stmt], known: dict[str, Any], names: dict[str, Any]) -> Any:
        """Return what statements return, None where they end without."""
        for place, statement in enumerate(statements):
            rest = statements[place + 1 :]
            if isinstance(statement, ast.Return):
                return self._value(statement.value, known, names)
            if isinstance(statement, ast.If):
                test = self._words.truth(self._value(statement.test, known, names))
                arms = (statement.body, statement.orelse)
                if isinstance(test, bool):
                    return self._run([*arms[0 if test else 1], *rest], known, names)
                if any(
                    isinstance(each, ast.Return) for arm in arms for part in arm for each in ast.walk(part)
                ):
                    taken, other = (self._run([*arm, *rest], dict(known), names) for arm in arms)
                    return self._words.choose(test, taken, other)
                self._merge(test, arms, known, names)
            elif isinstance(statement, ast.For):
                target = statement.target
                assert isinstance(target, ast.Name)
                assert isinstance(statement.iter, ast.Tuple)
                for item in statement.iter.elts:
                    known[target.id] = self._value(item, known, names)
                    self._run(statement.body, known, names)
            else:
                self._assign(statement, known, names)
        return None

    def _merge(self, test: Any, arms: Any, known: dict[str, Any], names: dict[str, Any]) -> None:
        """Assign what two arms without a return assign."""
        taken, other = dict(known), dict(known)
        for arm, here in zip(arms, (taken, other), strict=True):
            self._run(arm, here, names)
        for name in known:
            if taken[name] is not other[name]:
                known[name] = self._words.choose(test, taken[name], other[name])

    def _assign(self, statement: ast.stmt, known: dict[str, Any], names: dict[str, Any]) -> None:
        if isinstance(statement, ast.Expr):
            return  # a docstring
        if isinstance(statement, ast.AugAssign):
            assert isinstance(statement.target, ast.Name)
            right = self._value(statement.value, known, names)
            known[statement.target.id] = self._words.binary(statement.op, known[statement.target.id], right)
            return
        assert isinstance(statement, ast.Assign)
        [target] = statement.targets
        if isinstance(target, ast.Tuple):
            assert isinstance(statement.value, ast.Tuple)
            found = [self._value(part, known, names) for part in statement.value.elts]
            known.update({name.id: part for name, part in zip(target.elts, found, strict=True)})  # type: ignore[attr-defined]
        else:
            assert isinstance(target, ast.Name)
            known[target.id] = self._value(statement.value, known, names)

    def _value(self, node: Any, known: dict[str, Any], names: dict[str, Any]) -> Any:
        def of(part: Any) -> Any:
            return self._value(part, known, names)

        match node:
            case ast.Constant():
                return node.value
            case ast.Name():
                return known[node.id]
            case ast.Attribute():
                return int(getattr(of(node.value), node.attr))
            case ast.BinOp():
                return self._words.binary(node.op, of(node.left), of(node.right))
            case ast.UnaryOp():
                return self._words.unary(node.op, of(node.operand))
            case ast.BoolOp():
                return self._words.joined(isinstance(node.op, ast.And), [of(part) for part in node.values])
            case ast.Compare():
                sides = [of(part) for part in (node.left, *node.comparators)]
                pairs = zip(node.ops, sides, sides[1:], strict=False)
                return self._words.joined(True, [self._words.compare(op, a, b) for op, a, b in pairs])
            case ast.IfExp():
                test = self._words.truth(of(node.test))
                if isinstance(test, bool):
                    return of(node.body if test else node.orelse)
                return self._words.choose(test, of(node.body), of(node.orelse))
            case ast.Call(func=ast.Name(id=name)):
                return self._called(name, [of(part) for part in node.args], names)
        raise NotImplementedError(f"a body with {ast.dump(node)}")

    def _called(self, name: str, arguments: list[Any], names: dict[str, Any]) -> Any:
        if name == "abs":
            return self._words.absolute(*arguments)
        if name in ("min", "max"):
            return self._words.extreme(ast.Lt() if name == "min" else ast.Gt(), *arguments)
        return self.call(names[name], arguments)
