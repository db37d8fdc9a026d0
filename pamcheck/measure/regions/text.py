"""Partitions as JSON: exact fractions as text, every cell with its vertices, sides, maps and piece."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from pamcheck.measure.regions.borders import borders
from pamcheck.measure.regions.causes import Break
from pamcheck.measure.regions.cells import Cell, Outline, corner_of
from pamcheck.measure.regions.forms import Form, reduced
from pamcheck.measure.regions.partitions import Partition

VERSION = 1


class DamagedPartition(ValueError):
    """A text that is no partition, or not one of this version."""


def record(partition: Partition) -> dict[str, Any]:
    """Return the partition as plain data: all that `to_json` writes."""
    breaks = _Table()
    return {
        "version": VERSION,
        "domain": [_texts(vertex) for vertex in partition.domain],
        "shape": list(partition.shape),
        "smallest": partition.smallest,
        "max_cells": partition.max_cells,
        "partial": partition.partial,
        "reason": partition.reason,
        "program_pieces": partition.program_pieces,
        "function_pieces": partition.function_pieces,
        "undefined": [[_texts(at), op, step, why] for at, op, step, why in partition.undefined],
        "cells": [_cell(cell, breaks) for cell in partition.cells],
        "remainder": [_cell(cell, breaks) for cell in partition.remainder],
        "unexplored": [_cell(cell, breaks) for cell in partition.unexplored],
        "breaks": [[b.cause, b.operation, b.step] for b in breaks.numbers],
    }


def to_json(partition: Partition) -> str:
    """Return the partition as JSON. Sides are numbers of `breaks`, each a cause, an operation and its step."""
    return json.dumps(record(partition), ensure_ascii=False)


def from_json(text: str) -> Partition:
    """Return the partition that `to_json` wrote, to be checked again. Raises DamagedPartition for another text."""
    try:
        data = json.loads(text)
        if data["version"] != VERSION:
            raise DamagedPartition(f"text has version {data['version']}; it must be {VERSION}")
        return _partition(data)
    except DamagedPartition:
        raise
    except (KeyError, IndexError, TypeError, ValueError, ZeroDivisionError, AttributeError) as error:
        raise DamagedPartition(f"text is no partition: {type(error).__name__}: {error}") from error


class _Table:
    """Breaks and their numbers."""

    def __init__(self) -> None:
        self.numbers: dict[Break, int] = {}

    def number(self, of: Break) -> int:
        return self.numbers.setdefault(of, len(self.numbers))


def _cell(cell: Cell, breaks: _Table) -> dict[str, Any]:
    data: dict[str, Any] = {
        "vertices": [_texts(vertex) for vertex in cell.vertices],
        "sides": [breaks.number(side) for side in cell.sides],
        "maps": [_texts(affine) for affine in cell.maps],
        "piece": cell.piece,
    }
    return data if cell.left is None else data | {"left": breaks.number(cell.left)}


def _texts(numbers: Sequence[Fraction]) -> list[str]:
    return [str(x) for x in numbers]


def _partition(data: Mapping[str, Any]) -> Partition:
    breaks = [Break(str(cause), str(op), int(step)) for cause, op, step in data["breaks"]]
    parts = {
        name: tuple(_read(entry, breaks) for entry in data[name])
        for name in ("cells", "remainder", "unexplored")
    }
    domain = tuple(_point(vertex) for vertex in data["domain"])
    found = [(cell.outline, cell.forms) for cell in parts["cells"]]
    return Partition(
        domain=domain,
        shape=tuple(int(length) for length in data["shape"]),
        smallest=int(data["smallest"]),
        max_cells=int(data["max_cells"]),
        partial=bool(data["partial"]),
        reason=str(data["reason"]),
        undefined=tuple(
            (_point(at), str(op), int(step), str(why)) for at, op, step, why in data["undefined"]
        ),
        borders=borders(found, len(domain[0])),
        **parts,
    )


def _read(entry: Mapping[str, Any], breaks: Sequence[Break]) -> Cell:
    corners = tuple(corner_of(_point(vertex)) for vertex in entry["vertices"])
    sides = tuple(breaks[number] for number in entry["sides"])
    if len(corners) < 2 or len(sides) != len(corners):
        raise DamagedPartition(f"a cell has {len(corners)} vertices and {len(sides)} sides")
    left = breaks[entry["left"]] if "left" in entry else None
    forms = tuple(_form(_point(affine)) for affine in entry["maps"])
    return Cell(Outline(corners, sides), forms, int(entry["piece"]), left)


def _point(texts: Sequence[str]) -> tuple[Fraction, ...]:
    return tuple(Fraction(text) for text in texts)


def _form(affine: Sequence[Fraction]) -> Form:
    """Return an affine map as a form. Raises DamagedPartition unless its numbers are binary fractions."""
    common = max(x.denominator for x in affine)
    if common & (common - 1) or len(affine) not in (2, 3):
        raise DamagedPartition(
            f"a map is {', '.join(map(str, affine))}; it must be 2 or 3 binary fractions"
        )
    tops = [int(x * common) for x in affine]
    by_t, by_s, offset = (tops[0], 0, tops[1]) if len(tops) == 2 else tops
    return reduced((by_t, by_s, offset, common.bit_length() - 1))
