"""aarch64: an assembly listing as LLVM prints it, for ELF and Mach-O, read into functions."""

from __future__ import annotations

import re

from pamcheck.measure.audit import aarch64_table as table
from pamcheck.measure.audit.assembly import Parsed, addresses_in, call_offence, split_functions
from pamcheck.measure.audit.code import Flow, Function, Instruction, Kind, Meaning
from pamcheck.measure.audit.offences import accuse_call

_REGISTER = re.compile(r"(?<![\w.:])(?:([wx])(\d+|zr)|([bhsdqv])(\d+))(?![\w:])")
_ADDRESS = re.compile(r"\[[^\]]*\]!?")
_SLOT = re.compile(r"\[sp(?:, #(-?\d+))?\]")
_SYMBOL = re.compile(r":(?:got_lo12|lo12|abs_g\d\w*):([\w.$]+)|([\w.$]+)@(?:GOT)?PAGEOFF")
_LOST = (*(f"x{n}" for n in range(18)), *(f"v{n}" for n in range(32)))
_ARGUMENTS = (*(f"x{n}" for n in range(8)), *(f"v{n}" for n in range(8)))


def parse(listing: str) -> tuple[Function, ...]:
    """Return the functions of a listing, in its order."""
    return tuple(_function(parsed) for parsed in split_functions(listing))


def _function(parsed: Parsed) -> Function:
    texts = [line.text for line in parsed.lines]
    targets = [_targets(text, parsed) for text in texts]
    private = all(_keeps_private(text) for text in texts)
    code = tuple(_instruction(parsed, place, targets, private) for place in range(len(texts)))
    return Function(parsed.name, code, parsed.labels)


def _split(text: str) -> tuple[str, list[str]]:
    name, _, rest = text.partition(" ")
    return name, [part.strip() for part in re.split(r",(?![^\[{]*[\]}])", rest)] if rest else []


def _targets(text: str, parsed: Parsed) -> tuple[str, ...]:
    name, operands = _split(text)
    if name == "br":
        return tuple({label for labels in parsed.tables.values() for label in labels})
    if name in ("b", "cbz", "cbnz", "tbz", "tbnz") or name.startswith("b."):
        return tuple(operand for operand in operands if operand in parsed.labels)
    return ()


def _ends(text: str) -> bool:
    return text.split()[0] in ("b", "br", "ret", "brk", "udf")


def _keeps_private(text: str) -> bool:
    """Whether an instruction leaves the frame to fixed addresses: what is stored there can then be followed."""
    if re.search(r"\[(?:sp, [xw]|x29)", text):
        return False
    bare = _ADDRESS.sub("", text)
    if not re.search(r"\bsp\b", bare):
        return True
    return re.match(r"(?:add|sub) (?:sp|x29), sp, #\d+|mov x29, sp", bare) is not None


def _instruction(parsed: Parsed, place: int, targets: list[tuple[str, ...]], private: bool) -> Instruction:
    line = parsed.lines[place]
    name, operands = _split(line.text)
    found = table.meaning(name)
    if found.kind is Kind.FLOAT_ADD:
        found = Meaning(found.kind, lanes=table.lanes(line.text))
    called: set[str] = set()
    if name in ("bl", "blr") or (name in ("b", "br") and not targets[place]):
        called = _called(parsed, place, name, operands, targets)
        why = call_offence(called, parsed)
        found = Meaning(Kind.OFFENDER, why) if why else found
    memory = found.kind is Kind.MEMORY and not name.startswith("pr")
    return Instruction(
        line=line.number,
        text=line.text,
        meaning=found,
        flow=_call_flow(called) if called else _flow(name.partition(".")[0], operands, found, private),
        loads=memory and name.startswith(("ld", "swp", "cas")),
        stores=memory and name.startswith(("st", "swp", "cas", "ldadd")),
        targets=targets[place],
        falls=not _ends(line.text),
    )


def _called(
    parsed: Parsed, place: int, name: str, operands: list[str], targets: list[tuple[str, ...]]
) -> set[str]:
    if name in ("bl", "b"):
        return {operands[0]}
    falls = [not _ends(line.text) for line in parsed.lines]

    def assigned(at: int) -> tuple[str, str]:
        text = parsed.lines[at].text
        kind, given = _split(text)
        if kind in ("bl", "blr"):
            return "*", ""
        if kind.startswith(("st", "b", "cb", "tb")) or table.FLAGS_ONLY.fullmatch(kind) or not given:
            return "", ""
        symbol = _SYMBOL.search(text)
        return next(iter(_registers(given[:1])), ""), (symbol[1] or symbol[2]) if symbol else ""

    return addresses_in(operands[0], place, assigned, parsed.labels, targets, falls)


def _call_flow(called: set[str]) -> Flow:
    if all(symbol and not accuse_call(symbol) for symbol in called):
        return Flow(kills=_LOST, sinks=("x1",) if any("memset" in symbol for symbol in called) else ())
    return Flow(kills=_LOST, sinks=_ARGUMENTS)


def _flow(name: str, operands: list[str], found: Meaning, private: bool) -> Flow:
    """Return what an instruction does with values; see code.Flow."""
    if found.kind is Kind.CONTROL:
        return Flow(sinks=("x0", "v0")) if name == "ret" else Flow()
    if found.kind is Kind.MEMORY:
        return _memory_flow(name, operands, private)
    written = () if table.FLAGS_ONLY.fullmatch(name) else _registers(operands[:1])
    keeps = table.KEEPS.fullmatch(name) is not None or any("[" in text for text in operands[:1])
    sources = _registers(operands if keeps or not written else operands[1:])
    if found.kind in (Kind.FLOAT_ADD, Kind.FLOAT_COMPARE, Kind.CONVERSION):
        return Flow(writes=written, kills=() if keeps else written, sinks=sources)
    flags = ("carry",) if table.CARRY_OUT.fullmatch(name) else ()
    if table.COMPARES.fullmatch(name):
        return Flow(writes=(*written, *flags), kills=(*(() if keeps else written), *flags))
    carry = ("carry",) if table.CARRY_IN.fullmatch(name) else ()
    return Flow((*sources, *carry), (*written, *flags), (*(() if keeps else written), *flags))


def _memory_flow(name: str, operands: list[str], private: bool) -> Flow:
    values = _registers([_ADDRESS.sub("", text) for text in operands])
    found = _SLOT.fullmatch(operands[-1]) if operands else None
    first = int(found[1] or 0) // 4 if found else 0
    # eight words for either kind of pair: too much is read, nothing is missed
    slots = tuple(f"stack {at}" for at in range(first, first + 8)) if found else ()
    if name.startswith("st"):
        return Flow(values, slots) if slots and private else Flow(sinks=values)
    if name.startswith(("ldadd", "swp", "cas")):
        return Flow(writes=values, sinks=values)
    # a load of one lane, or of a pair, overwrites what it names
    return Flow(slots, values, () if "[" in operands[0] else values)


def _registers(texts: list[str]) -> tuple[str, ...]:
    found = []
    for text in texts:
        for general, number, _, vector in _REGISTER.findall(text):
            if number != "zr":
                found.append(f"x{number}" if general else f"v{vector}")
    return tuple(found)
