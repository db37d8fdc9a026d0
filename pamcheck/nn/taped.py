"""An Arithmetic that computes by another one and writes down what it did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pamcheck.arithmetic import PULLED, Differentiable, Pullback, rowwise
from pamcheck.nn import linear_rules
from pamcheck.nn.variable import Variable

if TYPE_CHECKING:
    from pamcheck.nn.autograd import Tape


class Taped:
    """An Arithmetic on Variables and constants: the numbers and the rules are those of `base`."""

    def __init__(self, tape: Tape, base: Differentiable) -> None:
        self.tape, self.base = tape, base
        self.name = f"{base.name}, taped"

    def value(self, x: Any) -> Any:
        """Return the array of a Variable, or a constant as it is."""
        return x.value if isinstance(x, Variable) else x

    def floor(self, x: Any) -> Any:
        """Return the floor, a constant."""
        return self.base.floor(self.value(x))

    def own_rule(self, forward: Callable[..., Any], backward: Callable[..., Any], *operands: Any) -> Any:
        """Return forward(base, values), differentiated by `backward`."""
        base, values = self.base, [self.value(x) for x in operands]
        result = forward(base, *values)

        def pull(cotangent: Any, needed: Sequence[bool]) -> tuple[Any, ...]:  # noqa: ARG001
            found: tuple[Any, ...] = backward(base, *values, result, cotangent)
            return found

        return self._record(
            f"own rule {getattr(forward, '__name__', '').strip('_')}", operands, result, pull
        )

    def fused(self, text: Callable[..., Any], *operands: Any) -> Any:
        """Return text(self, *operands), written down as one step, whether the base has one pass for it or not.

        One step in either case, so that what the text sends back to an operand is summed inside it before it
        meets what others send: the bits of a network do not depend on which arithmetic or device can fuse.
        """
        wanted = [isinstance(x, Variable) for x in operands]
        means = getattr(self.base, "differentiated", None)
        values = [self.value(x) for x in operands]
        if not any(wanted):
            return rowwise(text, self.base, *values)
        found = None if means is None else means(text, values, wanted, _derive)
        if found is None:
            return self._one_by_one(text, operands, values)
        result, has, pull = found
        kept = tuple(x if take else self.value(x) for x, take in zip(operands, has, strict=True))
        return self._record(f"{getattr(text, '__name__', '').strip('_')}", kept, result, pull)

    def _one_by_one(self, text: Callable[..., Any], operands: tuple[Any, ...], values: list[Any]) -> Any:
        """Return a text computed operation by operation, on a tape of its own that is read as one step."""
        tape = type(self.tape)()
        given = [
            tape.variable(x) if isinstance(operand, Variable) else x
            for operand, x in zip(operands, values, strict=True)
        ]
        result = text(tape.over(self.base), *given)
        if isinstance(result, tuple):  # has no derivative of its own
            return text(self, *operands)
        if not isinstance(result, Variable):
            return result

        def pull(cotangent: Any, needed: Sequence[bool]) -> tuple[Any, ...]:  # noqa: ARG001
            tape.backward(result, cotangent, check=False)
            return tuple(x.slot.cotangent if isinstance(x, Variable) else None for x in given)

        return self._record(getattr(text, "__name__", "").strip("_"), operands, result.value, pull)

    def _apply(self, op: str, operands: tuple[Any, ...], *constants: Any, **options: Any) -> Any:
        values = [self.value(x) for x in operands]
        result = getattr(self.base, op)(*values, *constants, **options)
        if not any(isinstance(x, Variable) for x in operands):
            return result
        if op in PULLED:
            pull = self.base.pullback(op, values, result)
        else:
            pull = linear_rules.pullback(op, self.base, values, result, *constants, **options)
        return self._record(op, operands, result, pull)

    def _record(self, op: str, operands: tuple[Any, ...], result: Any, pull: Pullback) -> Any:
        if not any(isinstance(x, Variable) for x in operands):
            return result
        return self.tape.record(op, self.base, operands, result, pull)

    def mul(self, a: Any, b: Any) -> Any:
        return self._apply("mul", (a, b))

    def div(self, a: Any, b: Any) -> Any:
        return self._apply("div", (a, b))

    def exp2(self, x: Any) -> Any:
        return self._apply("exp2", (x,))

    def log2(self, x: Any) -> Any:
        return self._apply("log2", (x,))

    def sqrt(self, x: Any) -> Any:
        return self._apply("sqrt", (x,))

    def exp(self, x: Any) -> Any:
        return self._apply("exp", (x,))

    def log(self, x: Any) -> Any:
        return self._apply("log", (x,))

    def matmul(self, a: Any, b: Any) -> Any:
        return self._apply("matmul", (a, b))

    def sum(self, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return self._apply("sum", (x,), axis=axis, keepdims=keepdims)

    def add(self, a: Any, b: Any) -> Any:
        return self._apply("add", (a, b))

    def sub(self, a: Any, b: Any) -> Any:
        return self._apply("sub", (a, b))

    def neg(self, x: Any) -> Any:
        return self._apply("neg", (x,))

    def maximum(self, a: Any, b: Any) -> Any:
        return self._apply("maximum", (a, b))

    def max(self, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return self._apply("max", (x,), axis=axis, keepdims=keepdims)

    def where(self, condition: Any, a: Any, b: Any) -> Any:
        held = self.value(condition)
        values = [self.value(x) for x in (a, b)]
        pull = linear_rules.where_pullback(self.base, held, values)
        return self._record("where", (a, b), self.base.where(held, *values), pull)

    def reshape(self, x: Any, shape: tuple[int, ...]) -> Any:
        return self._apply("reshape", (x,), shape)

    def transpose(self, x: Any, axes: Sequence[int]) -> Any:
        return self._apply("transpose", (x,), axes)

    def take(self, x: Any, indices: Any) -> Any:
        return self._apply("take", (x,), indices)


def _derive(
    base: Any, text: Callable[..., Any], operands: Sequence[Any], wanted: Sequence[bool], cotangent: Any
) -> list[Any]:
    """Return the cotangents of a text's operands in an arithmetic on symbols: rules and their order are the tape's."""
    from pamcheck.nn.autograd import Tape  # which imports this module

    tape = Tape()
    given = [tape.variable(x) if take else x for x, take in zip(operands, wanted, strict=True)]
    result = text(tape.over(base), *given)
    if isinstance(result, Variable):
        tape.backward(result, cotangent, check=False)
    return [x.slot.cotangent if isinstance(x, Variable) else None for x in given]
