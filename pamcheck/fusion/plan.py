"""What is known of a text and operands of some shapes before their values are: traced and compiled once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

from pamcheck.fusion.compiled import compiled
from pamcheck.fusion.layout import Layout, layout_of
from pamcheck.fusion.memory import HEAD, PER_OPERAND
from pamcheck.fusion.program import Program, pruned
from pamcheck.fusion.results import Leaves
from pamcheck.fusion.symbols import Settings, Untraceable
from pamcheck.fusion.tracer import Tracer
from pamcheck.kernels.cpu import Loop
from pamcheck.operands import format_of

# From a tracer, a text, its operands, which of them are differentiated, and the cotangent of the result to one
# cotangent an operand: None where it is not wanted, or nothing depends on it.
Derive = Callable[[Tracer, Callable[..., Any], Sequence[Any], tuple[bool, ...], Any], Sequence[Any]]


class Signature(NamedTuple):
    """What a plan depends on: shape, strides in bytes (none where misaligned) and whether boolean, of each operand.

    None stands for an operand that is None.
    """

    dtype: np.dtype[Any]
    operands: tuple[tuple[tuple[int, ...], tuple[int, ...], bool] | None, ...]


@dataclass(frozen=True)
class Plan:
    """How a program is run.

    whole           shape that all operands are broadcast to: so many rows of some length
    cut             whether it is one long row that may be cut anywhere
    work            number of nodes
    buffers         number of rows that wait
    layouts         one an operand, None for one that is None
    finishes        from the outputs of the loop to each result
    shapes          of the results
    results         which result is the cotangent of an operand, in a backward program
    several         whether the text returns a tuple
    table           of the loop, without addresses
    operand_places  where the addresses of operands go, and the bytes to the next element where it may be cut
    """

    loop: Loop
    dtype: np.dtype[Any]
    whole: tuple[int, ...]
    rows: int
    length: int
    cut: bool
    work: int
    buffers: int
    layouts: tuple[Layout | None, ...]
    output_shapes: tuple[tuple[int, ...], ...]
    finishes: tuple[Callable[[Sequence[Any]], Any], ...]
    shapes: tuple[tuple[int, ...], ...]
    results: tuple[int | None, ...]
    several: bool
    table: Any
    operand_places: tuple[int, ...]
    operand_steps: tuple[int, ...]
    output_places: tuple[int, ...]


@lru_cache(maxsize=1024)
def planned(
    text: Callable[..., Any],
    settings: Settings,
    signature: Signature,
    wanted: tuple[bool, ...] | None = None,
    derive: Derive | None = None,
) -> Plan | None:
    """Return the plan of a text, or with `derive` of its cotangents; None where there is no such program."""
    shapes = [x[0] for x in signature.operands if x is not None]
    try:
        whole = np.broadcast_shapes(*shapes)
    except ValueError:
        return None  # the operations say what is wrong with them
    if not whole or not prod(whole):
        return None
    fmt = format_of(signature.dtype)
    tracer = Tracer(settings, fmt, signature.dtype, whole)
    numbers = iter(range(len(signature.operands)))
    symbols = [None if x is None else tracer.operand(next(numbers), x[0], x[2]) for x in signature.operands]
    try:
        if derive is None or wanted is None:
            found = text(tracer, *symbols)
            several = isinstance(found, tuple)
            results = list(found) if several else [found]
        else:
            results, several = list(derive(tracer, text, symbols[:-1], wanted, symbols[-1])), True
        plan = _plan(tracer, settings, signature, results, several, _label(text, derive))
    except Untraceable:
        return None
    return plan


def _label(text: Callable[..., Any], derive: Derive | None) -> str:
    name = getattr(text, "__name__", "text").strip("_").replace("_", " ")
    return name if derive is None else f"{name}, backward"


def _plan(
    tracer: Tracer,
    settings: Settings,
    signature: Signature,
    results: Sequence[Any],
    several: bool,
    label: str,
) -> Plan:
    whole, item = tracer.shape, signature.dtype.itemsize
    layouts = tuple(
        None if x is None else layout_of(x[0], x[1], 1 if x[2] else item, whole, len(x[1]) == len(x[0]))
        for x in signature.operands
    )
    lie = [layout for layout in layouts if layout is not None]
    leaves = Leaves(whole)
    there = [result for result in results if result is not None]
    finishes = tuple(leaves.finish(result) for result in there)
    program = pruned(tracer.graph, leaves.outputs, tuple(layout.kind for layout in lie))
    cut = _may_be_cut(program, lie, whole)
    if cut:
        program = replace(program, layouts=("same",) * len(lie))
    places = iter(range(len(there)))
    first = HEAD + PER_OPERAND * len(lie)
    return Plan(
        loop=compiled(program.general(), settings, tracer.fmt.name, label),
        dtype=signature.dtype,
        whole=whole,
        rows=prod(whole[:-1]),
        length=whole[-1],
        cut=cut,
        work=len(program.nodes),
        buffers=len(program.kept),
        layouts=layouts,
        output_shapes=tuple(leaves.shapes),
        finishes=finishes,
        shapes=tuple(result.shape for result in there),
        results=tuple(None if result is None else next(places) for result in results),
        several=several,
        table=_table(program, lie, whole),
        operand_places=tuple(HEAD + PER_OPERAND * number for number in range(len(lie))),
        operand_steps=tuple(_steps(signature, whole)),
        output_places=tuple(first + number for number in range(len(program.outputs))),
    )


def _may_be_cut(program: Program, lie: Sequence[Layout], whole: tuple[int, ...]) -> bool:
    """Whether rows follow each other in every operand that differs along them, so that they are one row."""
    if not program.elementwise:
        return False
    if prod(whole[:-1]) == 1:
        return True
    given = [node for node in program.nodes if node.op == "operand"]
    return all(
        (lie[node.detail].kind, lie[node.detail].stride)
        == (("each", whole[-1]) if node.wide else ("same", 0))
        for node in given
    )


def _steps(signature: Signature, whole: tuple[int, ...]) -> list[int]:
    return [
        (1 if x[2] else signature.dtype.itemsize) * bool(x[0] and x[0][-1] == whole[-1])
        for x in signature.operands
        if x is not None
    ]


def _table(program: Program, lie: Sequence[Layout], whole: tuple[int, ...]) -> tuple[int, ...]:
    head = [0, prod(whole[:-1]), whole[-1], 0]
    operands = [entry for x in lie for entry in (0, x.repeat, x.period, x.stride)]
    codes = [program.nodes[place].detail for place in program.lifted]
    return tuple(
        np.array([*head, *operands, *(0 for _ in program.outputs), *codes], np.uint64)
        .view(np.int64)
        .tolist()
    )
