"""Steps of a program that are no body of kernels.table: additions, choices, comparisons, as LLVM's IR."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]

from pamcheck.fusion.vectors import repeated

REAL = {32: ir.FloatType(), 64: ir.DoubleType()}
MANT_BITS = {32: 23, 64: 52}


def emit(op: str, e: Any, args: Sequence[Any]) -> Any:
    """Return the value of a step: a code, or a bit for a condition; or a vector of them.

    e     builder
    args  codes of float32 or float64, and bits where a step takes a condition
    """
    return STEPS[op](e, *args)


def real(e: Any, code: Any) -> Any:
    """Return the number of a code, or the numbers of a vector of them."""
    kind = code.type
    if isinstance(kind, ir.VectorType):
        return e.bitcast(code, ir.VectorType(REAL[kind.element.width], kind.count))
    return e.bitcast(code, REAL[kind.width])


def code(e: Any, number: Any) -> Any:
    """Return the code of a number, or the codes of a vector of them."""
    kind = number.type
    scalar = kind.element if isinstance(kind, ir.VectorType) else kind
    word = ir.IntType(32 if isinstance(scalar, ir.FloatType) else 64)
    return e.bitcast(number, ir.VectorType(word, kind.count) if isinstance(kind, ir.VectorType) else word)


def quiet(e: Any, number: Any, nan: int) -> Any:
    """Return the code of a sum: the format's own NaN for any, as sums are rounded to their format."""
    found = code(e, number)
    return e.select(e.fcmp_unordered("uno", number, number), repeated(found.type, nan), found)


def greater(e: Any, a: Any, b: Any) -> Any:
    """Return the greater of two numbers; NaN where either is, the second where they are equal."""
    first = e.or_(e.fcmp_ordered(">", a, b), e.fcmp_unordered("uno", a, a))
    return e.select(first, a, b)


def _of_reals(operation: Callable[..., Any]) -> Callable[..., Any]:
    return lambda e, *codes: code(e, operation(e, *(real(e, each) for each in codes)))


def _compared(operator: str, ordered: bool = True) -> Callable[..., Any]:
    def step(e: Any, a: Any, b: Any) -> Any:
        return (e.fcmp_ordered if ordered else e.fcmp_unordered)(operator, real(e, a), real(e, b))

    return step


def _width(x: Any) -> int:
    return int(x.type.element.width if isinstance(x.type, ir.VectorType) else x.type.width)


def _negated(e: Any, x: Any) -> Any:
    return e.xor(x, repeated(x.type, -(1 << (_width(x) - 1))))


def _floor(e: Any, x: Any) -> Any:
    vector = f"v{x.type.count}" if isinstance(x.type, ir.VectorType) else ""
    name = f"llvm.floor.{vector}f{_width(code(e, x))}"
    function = e.module.globals.get(name) or ir.Function(e.module, ir.FunctionType(x.type, [x.type]), name)
    return e.call(function, [x])


def _is_nan(e: Any, x: Any) -> Any:
    return e.fcmp_unordered("uno", real(e, x), real(e, x))


def _is_finite(e: Any, x: Any) -> Any:
    bits = _width(x)
    infinity = ((1 << (bits - 1 - MANT_BITS[bits])) - 1) << MANT_BITS[bits]
    magnitude = e.and_(x, repeated(x.type, (1 << (bits - 1)) - 1))
    return e.icmp_signed("<", magnitude, repeated(x.type, infinity))


STEPS: dict[str, Callable[..., Any]] = {
    "add": _of_reals(lambda e, a, b: e.fadd(a, b)),
    "sub": _of_reals(lambda e, a, b: e.fsub(a, b)),
    "maximum": _of_reals(greater),
    "floor": _of_reals(_floor),
    "neg": _negated,
    "where": lambda e, condition, a, b: e.select(condition, a, b),
    "spread": lambda e, x: x,  # noqa: ARG005
    "isnan": _is_nan,
    "isfinite": _is_finite,
    "less": _compared("<"),
    "less_equal": _compared("<="),
    "greater": _compared(">"),
    "greater_equal": _compared(">="),
    "equal": _compared("=="),
    "not_equal": _compared("!=", ordered=False),
    "and": lambda e, a, b: e.and_(a, b),
    "or": lambda e, a, b: e.or_(a, b),
    "not": lambda e, a: e.not_(a),
}
"""Every step by its name. A sum of one element, "alone", and reductions need more than a builder: see fusion.rows."""
