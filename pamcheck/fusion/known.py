"""Words and truths while code is written: integers and booleans of Python where they are known, else LLVM's IR."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

from pamcheck.fusion.vectors import repeated


class Words:
    """Python's operators on words of the type `kind`, scalars or vectors; what is known is computed here."""

    def __init__(self, e: Any, kind: Any) -> None:
        self.e, self.kind = e, kind

    def binary(self, op: ast.operator, a: Any, b: Any) -> Any:
        """Return a op b."""
        known, emitted = _BINARY[type(op)]
        if isinstance(a, int) and isinstance(b, int):
            return known(a, b)
        return getattr(self.e, emitted)(self.word(a), self.word(b))

    def unary(self, op: ast.unaryop, x: Any) -> Any:
        """Return -x, ~x or not x."""
        if isinstance(op, ast.Not):
            truth = self.truth(x)
            return not truth if isinstance(truth, bool) else self.e.not_(truth)
        if isinstance(x, int):
            return -x if isinstance(op, ast.USub) else ~x
        return self.e.neg(x) if isinstance(op, ast.USub) else self.e.not_(x)

    def compare(self, op: ast.cmpop, a: Any, b: Any) -> Any:
        """Return whether a op b."""
        known, emitted = _COMPARED[type(op)]
        if isinstance(a, int) and isinstance(b, int):
            return bool(known(a, b))
        return self.e.icmp_signed(emitted, self.word(a), self.word(b))

    def joined(self, every: bool, parts: list[Any]) -> Any:
        """Return whether every part holds, or any: a later one may be anything where an earlier one decides."""
        result: Any = every
        for part in reversed([self.truth(part) for part in parts]):
            result = self.choose(part, result, False) if every else self.choose(part, True, result)
        return result

    def choose(self, test: Any, a: Any, b: Any) -> Any:
        """Return a where a truth holds, else b: two words, or two truths."""
        if isinstance(test, bool):
            return a if test else b
        if isinstance(a, int) and type(a) is type(b) and a == b:
            return a
        truths = any(
            isinstance(x, bool) or (not isinstance(x, int) and x.type == test.type) for x in (a, b)
        )
        kind = test.type if truths else self.kind
        return self.e.select(test, *(repeated(kind, int(x)) if isinstance(x, int) else x for x in (a, b)))

    def absolute(self, x: Any) -> Any:
        """Return the magnitude of a number."""
        return self.choose(self.compare(ast.Lt(), x, 0), self.unary(ast.USub(), x), x)

    def extreme(self, op: ast.cmpop, a: Any, b: Any) -> Any:
        """Return the lesser of two numbers, or the greater."""
        return self.choose(self.compare(op, a, b), a, b)

    def truth(self, x: Any) -> Any:
        """Return whether a word is not 0, and a truth as it is."""
        if isinstance(x, int):
            return bool(x)
        return x if x.type != self.kind else self.e.icmp_signed("!=", x, self.word(0))

    def word(self, x: Any) -> Any:
        """Return IR for a word."""
        return repeated(self.kind, x) if isinstance(x, int) else x


_BINARY: dict[type[ast.operator], tuple[Callable[[int, int], int], str]] = {
    ast.Add: (operator.add, "add"),
    ast.Sub: (operator.sub, "sub"),
    ast.Mult: (operator.mul, "mul"),
    ast.BitAnd: (operator.and_, "and_"),
    ast.BitOr: (operator.or_, "or_"),
    ast.BitXor: (operator.xor, "xor"),
    ast.LShift: (operator.lshift, "shl"),
    ast.RShift: (operator.rshift, "ashr"),
}

_COMPARED: dict[type[ast.cmpop], tuple[Callable[[int, int], bool], str]] = {
    ast.Lt: (operator.lt, "<"),
    ast.LtE: (operator.le, "<="),
    ast.Gt: (operator.gt, ">"),
    ast.GtE: (operator.ge, ">="),
    ast.Eq: (operator.eq, "=="),
    ast.NotEq: (operator.ne, "!="),
}
