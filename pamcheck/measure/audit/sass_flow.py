"""What an instruction of NVIDIA machine code does with registers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pamcheck.measure.audit.code import Flow, Kind, Meaning
from pamcheck.measure.audit.sass_halves import halved

_REGISTER = re.compile(r"(?<![A-Za-z0-9_.])(U?R|U?P)(\d+)(?![A-Za-z_0-9])")
_INSIDE = re.compile(r"(?:desc|gdesc|idesc|c|cx)?\[[^\]]*\]")
_PREDICATE = re.compile(r"!?U?P(?:T|\d+)|PR|UPR")
_NUMBERED = re.compile(r"U?R\d+|U?RZ")
_LOCAL = re.compile(r"\[R1(?:\+(-?0x[0-9a-f]+))?\]")

# What leaves a truth value: the flow of values ends there.
_TRUTH = (
    "ISETP",
    "ISET",
    "FSETP",
    "FSET",
    "DSETP",
    "HSETP2",
    "HSET2",
    "VOTE",
    "VOTEU",
    "MATCH",
    "ELECT",
    "UISETP",
)
_DOUBLE, _CONVERTED = re.compile(r"\.(?:64|WIDE|F64|ENL2)(?:\.|$)"), re.compile(r"\.[US]64(?:\.|$)")
_QUAD, _OCTO = re.compile(r"\.128(?:\.|$)"), re.compile(r"\.256(?:\.|$)")


def flow(opcode: str, operands: Sequence[str], meaning: Meaning, private: bool) -> Flow:
    """Return what an instruction does with values; see code.Flow.

    private  whether the stack is only reached at fixed addresses, so that it can be followed
    """
    return halved(_between_registers(opcode, operands, meaning, private), opcode, operands)


def _between_registers(opcode: str, operands: Sequence[str], meaning: Meaning, private: bool) -> Flow:
    name = opcode.partition(".")[0]
    if meaning.kind is Kind.CONTROL:
        return Flow()
    if meaning.kind is Kind.MEMORY or (name.startswith(("RED", "ATOM")) and not name.endswith("REDUX")):
        return _memory_flow(name, opcode, operands, private)
    written, given = _destinations(name, operands)
    wide = _width(name, opcode)
    writes = _locations(written, wide)
    if name in ("R2P", "UR2UP"):  # an instruction for all predicates at once
        writes = tuple(f"{'U' if name[0] == 'U' else ''}P{number}" for number in range(8))
    sources = _sources(name, opcode, given, wide)
    partial = name in ("R2P", "UR2UP") or any(".H" in text or ".B" in text for text in written)
    kills = () if partial else writes
    if name in _TRUTH:
        return Flow(writes=writes, kills=kills)
    if meaning.kind in (Kind.FLOAT_ADD, Kind.FLOAT_COMPARE, Kind.CONVERSION):
        return Flow(writes=writes, kills=kills, sinks=sources)
    return Flow(sources, writes, kills)


def _destinations(name: str, operands: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Split the operands: predicates, a register and predicates come first; comparisons write two predicates."""
    if name in _TRUTH or name in ("PLOP3", "UPLOP3", "R2P"):
        place = 1 if operands and _NUMBERED.match(operands[0]) else 2
        return operands[:place], operands[place:]
    place = 0
    while place < len(operands) and _PREDICATE.fullmatch(operands[place]):
        place += 1
    place += 1
    if name in (
        "IADD3",
        "UIADD3",
        "LEA",
        "ULEA",
        "LOP3",
        "VIMNMX",
        "VIMNMX3",
        "IMAD",
        "UIMAD",
        "VIADDMNMX",
        "IADD",
    ):
        while place < len(operands) and _PREDICATE.fullmatch(operands[place]) and operands[place][0] != "!":
            place += 1
    return operands[:place], operands[place:]


def _width(name: str, opcode: str) -> int:
    """Return how many registers a value spans."""
    if _OCTO.search(opcode):
        return 8
    if _QUAD.search(opcode):
        return 4
    paired = (
        name.startswith("D")
        or name in ("FADD2", "FMUL2", "FFMA2")
        or (name == "CS2R" and ".32" not in opcode)
    )
    paired = paired or (name[:2] in ("F2", "I2") and _CONVERTED.search(opcode) is not None)
    return 2 if paired or _DOUBLE.search(opcode) else 1


def _sources(name: str, opcode: str, given: Sequence[str], wide: int) -> tuple[str, ...]:
    if name in ("IMAD", "UIMAD") and (wide == 2 or ".HI" in opcode):
        # only the addend is a pair
        return (*_locations(given[:2], 1), *_locations(given[2:3], 2), *_locations(given[3:], 1))
    return _locations(given, wide)


def _memory_flow(name: str, opcode: str, operands: Sequence[str], private: bool) -> Flow:
    """Addresses end the flow; what is stored is data, unless it is a register put aside on the stack."""
    wide = _width(name, opcode)
    outside = [_INSIDE.sub("", text) for text in operands]
    values = _locations(outside, wide)
    slots = (
        tuple(slot for text in operands for slot in _slots(text, wide)) if name in ("STL", "LDL") else ()
    )
    narrow = re.search(r"\.[US](?:8|16)(?:\.|$)", opcode) is not None
    if name == "LDL":
        return Flow(slots, values, values)
    if name == "STL" and slots and private:
        return Flow(values, slots, () if narrow else slots)
    if name.removeprefix("U").startswith("LD"):
        return Flow(writes=values, kills=values)
    if name.startswith("ATOM"):
        place = next((at for at, text in enumerate(operands) if "[" in text), len(operands))
        return Flow(writes=_locations(outside[:place], wide), sinks=_locations(outside[place:], wide))
    return Flow(sinks=values)


def keeps_private(name: str, operands: Sequence[str]) -> bool:
    """Whether an instruction reaches the stack at a fixed address or not at all, and hands no address on."""
    if name in ("STL", "LDL"):
        return any(_LOCAL.fullmatch(text) for text in operands) and "R1" not in operands
    given = [text for text in operands[1:] if re.search(r"(?<![A-Z])R1(?!\d)", text)]
    return not given or operands[0] == "R1"


def _slots(text: str, wide: int) -> tuple[str, ...]:
    found = _LOCAL.fullmatch(text)
    if not found:
        return ()
    first = int(found[1] or "0", 16) // 4
    return tuple(f"stack {at}" for at in range(first, first + wide))


def _locations(texts: Sequence[str], wide: int) -> tuple[str, ...]:
    """Return the registers and predicates named outside brackets, each as many as its value spans."""
    found = []
    for text in texts:
        for kind, number in _REGISTER.findall(_INSIDE.sub("", text)):
            span = wide if kind in ("R", "UR") else 1
            found += [f"{kind}{int(number) + at}" for at in range(span)]
    return tuple(found)
