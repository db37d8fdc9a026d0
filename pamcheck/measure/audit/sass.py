"""NVIDIA machine code: a listing of nvdisasm, read into functions, one a kernel."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from pamcheck.measure.audit.code import Function, Instruction, Kind, Meaning
from pamcheck.measure.audit.offences import LEAVES
from pamcheck.measure.audit.sass_conditions import Item, changed
from pamcheck.measure.audit.sass_flow import flow, keeps_private
from pamcheck.measure.audit.sass_numbering import fixed, same_as_guard
from pamcheck.measure.audit.sass_table import meaning

_SECTION = re.compile(r"\s*\.section\s+\"?([^\s,\"]+)")
_LABEL = re.compile(r"([.$\w]+):\s*$")
_CODE = re.compile(r"\s*/\*[0-9a-f]{4,}\*/\s+(.+?)\s*;?\s*$")
_GUARD = re.compile(r"@(!?U?P(?:T|\d+))\s+")
_SOURCE = re.compile(r"\s*//## File \"([^\"]*)\", line (\d+)")
_TARGET = re.compile(r"`\(([^)]+)\)")
_TABLE = re.compile(r"BRANCH_TARGETS ([^\"]+)\"")
_ENDS = ("EXIT", "BRA", "JMP", "RET", "BRX", "BRXU", "JMX", "JMXU", "KILL")


@dataclass
class _Section:
    name: str
    code: list[tuple[int, str, str]] = field(default_factory=list)  # line, text, source
    labels: dict[str, int] = field(default_factory=dict)


def parse(listing: str) -> tuple[Function, ...]:
    """Return the functions of a listing, in its order; a section holds a kernel and what it calls."""
    return tuple(_function(section) for section in _sections(listing.splitlines()) if section.code)


def _sections(lines: Iterable[str]) -> list[_Section]:
    found: list[_Section] = []
    source, is_code = "", False
    for number, line in enumerate(lines, 1):
        section = _SECTION.match(line)
        if section:
            is_code, source = section[1].startswith(".text."), ""
            if is_code:
                found.append(_Section(section[1].removeprefix(".text.")))
            continue
        if not is_code:
            continue
        label, here = _LABEL.match(line), found[-1]
        if label:
            here.labels[label[1]] = len(here.code)
        elif origin := _SOURCE.match(line):
            source = f"{origin[1]}:{origin[2]}"
        elif code := _CODE.match(line):
            here.code.append((number, code[1], source))
    return found


def _function(section: _Section) -> Function:
    while section.code[-1][1] == "NOP" and len(section.code) > 1:
        section.code.pop()  # fills the last line of the instruction cache
    labels = dict(section.labels)
    # a return may go behind any call
    returns = []
    for place, (_, text, _) in enumerate(section.code):
        if _opcode(text).startswith("CALL"):
            labels[f"call {place}"] = place + 1
            returns.append(f"call {place}")
    bodies = [split(_GUARD.sub("", text)) for _, text, _ in section.code]
    private = all(keeps_private(opcode.partition(".")[0], operands) for opcode, operands in bodies)
    code = [_instruction(*item, labels, tuple(returns), private) for item in section.code]
    items = [
        Item(*body, item.flow.overwritten, item.guard) for body, item in zip(bodies, code, strict=True)
    ]
    joins = {labels[name] for item in code for name in item.targets if name in labels}
    compared = fixed(items, joins)
    found = zip(code, changed(items, compared), same_as_guard(items, joins, compared), strict=True)
    code = [replace(item, conditions=changes, same_as_guard=same) for item, changes, same in found]
    return Function(section.name, tuple(code), labels)


def _instruction(
    line: int, text: str, source: str, labels: dict[str, int], returns: tuple[str, ...], private: bool
) -> Instruction:
    guard = _GUARD.match(text)
    body = text[guard.end() :] if guard else text
    condition = guard[1] if guard and not guard[1].endswith("T") else ""
    opcode, operands = split(body)
    found = meaning(opcode, operands)
    name = opcode.partition(".")[0]
    targets = _targets(name, body, labels, returns)
    if name in ("CALL", "JMP", "JMX", "JMXU") and not targets:
        found = Meaning(Kind.OFFENDER, f"{LEAVES}: {body}")
    bare = name.removeprefix("U") if name not in ("UTMALDG", "UTMASTG") else name
    return Instruction(
        line=line,
        text=text,
        meaning=found,
        flow=flow(opcode, operands, found, private=private),
        loads=(bare.startswith(("LD", "ATOM")) and bare != "LDGDEPBAR") or name == "UTMALDG",
        stores=(bare.startswith(("ST", "ATOM", "RED", "LDGSTS")) and bare != "REDUX") or name == "UTMASTG",
        targets=targets,
        falls=guard is not None or name not in _ENDS or (name == "BRA" and len(operands) > 1),
        source=source,
        guard=condition,
    )


def _opcode(text: str) -> str:
    return _GUARD.sub("", text).split(None, 1)[0]


def split(body: str) -> tuple[str, list[str]]:
    """Split an instruction without its guard into opcode and operands."""
    opcode, _, rest = body.partition(" ")
    rest = rest.partition("(*")[0]
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(rest):
        depth += (letter in "[({") - (letter in "])}")
        if letter == "," and depth == 0:
            parts.append(rest[start:place].strip())
            start = place + 1
    last = rest[start:].strip()
    return opcode, [*parts, last] if last else parts


def _targets(name: str, body: str, labels: dict[str, int], returns: tuple[str, ...]) -> tuple[str, ...]:
    """Return the labels that an instruction may go to; an unknown branch may go to any."""
    if name == "RET":
        return returns
    if name == "CALL":
        return tuple(label for label in _TARGET.findall(body) if label in labels)
    if name not in ("BRA", "BRX", "BRXU", "JMP", "JMX", "JMXU"):
        return ()
    table = _TABLE.search(body)
    named = table[1].split(",") if table else _TARGET.findall(body)
    known = tuple(label for label in named if label in labels)
    return known if known or name in ("JMP", "JMX", "JMXU") else tuple(labels)
