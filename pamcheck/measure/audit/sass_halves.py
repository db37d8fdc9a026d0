"""Registers in halves: a 16-bit value leaves what was above it in the register, and nothing reads that.

The compiler keeps narrow numbers in the low half and does not clear the upper one, where an old address may
still lie. So the upper half is a location of its own, R5^ beside R5, wherever an instruction keeps them apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import product

from pamcheck.measure.audit.code import Flow

# Each half of the result comes from the same half of the operands.
_APART = frozenset({"MOV", "MOV32I", "SEL", "FSEL", "IMNMX", "VIMNMX", "SHFL", "R2UR", "S2R"})
# The low half of a sum comes from the low halves.
_SUMS = frozenset({"IADD3", "IADD", "IADD32I", "VIADD", "VIADD2"})
_CONSTANT = re.compile(r"-?0x[0-9a-f]+|-?\d+")
_NARROW = re.compile(r"\.[US](?:8|16)(?:\.|$)")


def halved(flow: Flow, opcode: str, operands: Sequence[str]) -> Flow:
    """Return the flow of an instruction between halves of registers, from that between registers."""
    name, *parts = opcode.split(".")
    name = name.removeprefix("U") if name not in ("UTMALDG", "UTMASTG") else name
    kills = (*flow.kills, *_upper(flow.kills))
    if flow.sinks:
        if name.startswith("ST") and _NARROW.search(opcode):
            return Flow((), (*flow.writes, *_upper(flow.writes)), kills, flow.sinks)
        return Flow((), (*flow.writes, *_upper(flow.writes)), kills, _read(flow.sinks, operands))
    moves = (
        name == "IMAD" and bool({"MOV", "U32"} & set(parts)) and "WIDE" not in parts and "SHL" not in parts
    )
    if name == "PRMT" and len(operands) == 4 and _CONSTANT.fullmatch(operands[2]):
        return _permuted(flow, operands, kills)
    if name == "LOP3" and len(operands) > 5 and _CONSTANT.fullmatch(operands[-2]):
        low, high = _logic(operands)
        # what it leaves in a predicate is whether the result is zero: no value
        written = tuple(location for location in flow.writes if "P" not in location)
        return Flow(low, written, kills, second=(tuple(f"{place}^" for place in high), _upper(written)))
    if name in _APART or (moves and list(operands[1:3]) == ["RZ", "RZ"]):
        high_sources = (*_upper(flow.sources), *_predicates(flow.sources))
        return Flow(flow.sources, flow.writes, kills, second=(high_sources, _upper(flow.writes)))
    everything = _read(flow.sources, operands)
    if name in _SUMS or (name == "IMAD" and "IADD" in parts):
        carries = _predicates(flow.writes)
        low_writes = tuple(location for location in flow.writes if location not in carries)
        return Flow(flow.sources, low_writes, kills, second=(everything, (*_upper(flow.writes), *carries)))
    return Flow(everything, (*flow.writes, *_upper(flow.writes)), kills)


def _permuted(flow: Flow, operands: Sequence[str], kills: tuple[str, ...]) -> Flow:
    """PRMT picks four bytes of eight: 0 to 3 of the first operand, 4 to 7 of the last; 8 more repeats a sign."""
    selector = int(operands[2], 0)
    bytes_ = [selector >> 4 * place & 7 for place in range(4)]

    def halves(picked: Iterable[int]) -> tuple[str, ...]:
        found = []
        for byte in picked:
            register = re.search(r"U?R\d+", operands[1] if byte < 4 else operands[3])
            if register:
                found.append(register[0] + ("^" if byte % 4 > 1 else ""))
        return tuple(dict.fromkeys(found))

    # a half that is its own again is not written
    low, high = halves(bytes_[:2]), halves(bytes_[2:])
    same_low, same_high = (
        low == flow.writes and bytes_[:2] in _KEPT,
        high == _upper(flow.writes) and bytes_[2:] in _KEPT,
    )
    gone = () if same_low else flow.writes
    gone_high = () if same_high else _upper(flow.writes)
    return Flow(low, gone, tuple(k for k in kills if k in (*gone, *gone_high)), second=(high, gone_high))


_KEPT = ([0, 1], [2, 3], [4, 5], [6, 7])  # two bytes in their own order


def _logic(operands: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the registers that either half of a LOP3 depends on, by its table of the three operands' bits."""
    *_, first, second, third, table, _ = operands
    texts, lut = (first, second, third), int(table, 0)

    def half(shift: int) -> tuple[str, ...]:
        possible = [_bits_of(text, shift) for text in texts]
        found = []
        for place, text in enumerate(texts):
            register = re.search(r"U?R\d+", text)
            others = [values if at != place else (0,) for at, values in enumerate(possible)]
            if register and any(_flips(lut, place, bits) for bits in product(*others)):
                found.append(register[0])
        return tuple(found)

    return half(0), half(16)


def _bits_of(text: str, shift: int) -> tuple[int, ...]:
    """Return which bits an operand has in one half: a constant perhaps only one kind."""
    if text.lstrip("~-") in ("RZ", "URZ"):
        return (0,) if text[0] != "~" else (1,)
    if not _CONSTANT.fullmatch(text):
        return (0, 1)
    value = int(text, 0) >> shift & 0xFFFF
    return (0,) if value == 0 else (1,) if value == 0xFFFF else (0, 1)


def _flips(lut: int, place: int, bits: Sequence[int]) -> bool:
    """Whether the result changes with one operand's bit, the others given."""
    index = bits[0] << 2 | bits[1] << 1 | bits[2]
    return (lut >> index & 1) != (lut >> (index | 4 >> place) & 1)


def _read(locations: Sequence[str], operands: Sequence[str]) -> tuple[str, ...]:
    """Return both halves of what is read, or one where an operand names it: R6.H0_H0."""
    found = []
    for location in locations:
        halves = {
            match[1]
            for text in operands[1:]
            for match in re.finditer(rf"(?<![A-Z]){location}(?!\d)(?:\.reuse)?(?:\.(H[01])_H\d)?", text)
        }
        found += [location] if halves != {"H1"} else []
        found += list(_upper([location])) if halves != {"H0"} else []
    return tuple(found)


def _upper(locations: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{location}^" for location in locations if "R" in location)


def _predicates(locations: Iterable[str]) -> tuple[str, ...]:
    return tuple(location for location in locations if "P" in location)
