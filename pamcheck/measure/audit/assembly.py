"""What assembly listings of both processors share: functions, labels, jump tables, and where calls go."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pamcheck.measure.audit.offences import BY_ADDRESS, accuse_call

_LABEL = re.compile(r'^("[^"]+"|[^\s:#"]+):')
_LOCAL = re.compile(r"\.?L[A-Zfl]\w*$")  # .LBB0_1, Lfunc_end0, .LJTI0_0, Lloh1
_ENTRY = re.compile(r"\s*\.(?:quad|long|word|byte|hword|xword|p2align)\s+(\.?L\w+)")
_COMMENT = re.compile(r"\s*(?:(?<![$%])#(?!\d)|//|##|;\s).*$")


@dataclass(frozen=True)
class Line:
    """An instruction as it stands in the listing; lines are counted from 1."""

    number: int
    text: str


@dataclass
class Parsed:
    """One function's lines, before anything is known of its instructions."""

    name: str
    lines: list[Line] = field(default_factory=list)
    labels: dict[str, int] = field(default_factory=dict)
    tables: dict[str, list[str]] = field(default_factory=dict)  # of the whole listing
    functions: set[str] = field(default_factory=set)  # of the whole listing


def split_functions(listing: str) -> list[Parsed]:
    """Return the functions of a listing that have any instructions."""
    found: list[Parsed] = []
    tables: dict[str, list[str]] = {}
    table: list[str] | None = None
    for number, line in enumerate(listing.splitlines(), 1):
        label = _LABEL.match(line)
        if label:
            name = label[1].strip('"')
            table = tables.setdefault(name, []) if "JTI" in name else None
            if not _LOCAL.match(name):
                found.append(Parsed(name))
            elif found:
                found[-1].labels[name] = len(found[-1].lines)
            continue
        entry = _ENTRY.match(line)
        if entry and table is not None:
            table.append(entry[1])
        text = _COMMENT.sub("", line).strip()
        if text and text[0] not in ".#;/@" and found and line[:1].isspace():
            found[-1].lines.append(Line(number, re.sub(r"\s+", " ", text)))
    found = [parsed for parsed in found if parsed.lines]
    names = {parsed.name for parsed in found}
    for parsed in found:
        parsed.tables, parsed.functions = tables, names
    return found


def call_offence(symbols: set[str], parsed: Parsed) -> str:
    """Return what a call is accused of: it may go to functions of the listing, which are audited themselves."""
    if not symbols or "" in symbols:
        return BY_ADDRESS
    outside = sorted(symbol for symbol in symbols if symbol not in parsed.functions)
    return next((why for symbol in outside if (why := accuse_call(symbol))), "")


def addresses_in(
    register: str,
    place: int,
    assigned: Callable[[int], tuple[str, str]],
    labels: Mapping[str, int],
    jumps: Sequence[tuple[str, ...]],
    falls: Sequence[bool],
) -> set[str]:
    """Return every symbol whose address a register may hold at a place; "" stands for anything else.

    assigned(place) says what an instruction writes: a register, or * for all that a call may, and a symbol.
    """
    before: dict[int, list[int]] = {}
    for at, targets in enumerate(jumps):
        for after in [labels[t] for t in targets if t in labels] + ([at + 1] if falls[at] else []):
            before.setdefault(after, []).append(at)
    found: set[str] = set()
    seen: set[int] = set()
    waiting = list(before.get(place, ())) if place else []
    if not waiting:
        return {""}
    while waiting:
        at = waiting.pop()
        if at in seen:
            continue
        seen.add(at)
        written, symbol = assigned(at)
        if written == register or (written == "*" and register not in _KEPT_BY_CALLS):
            found.add(symbol)
        elif at == 0:
            found.add("")
        else:
            waiting += before.get(at, ())
    return found


_KEPT_BY_CALLS = frozenset({"rbx", "rbp", "r12", "r13", "r14", "r15", *(f"x{n}" for n in range(19, 30))})
