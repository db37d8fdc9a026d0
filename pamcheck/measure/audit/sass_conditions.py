"""Predicates put aside in registers: what an instruction makes of the conditions that values are live under.

There are seven predicates. A kernel that needs more keeps them as bits of a register and takes them out again:

    SEL R9, RZ, 0x1, !P5            R9 is not zero where P5 holds         [R9] was P5
    ISETP.NE.AND P1, PT, R9, RZ, PT P1 holds where R9 is not zero          P1 was [R9]
    LOP3.LUT P0, RZ, R8, 0x20, ...  P0 holds where bit 5 is set            P0 was [R8.5]
    @P0 LOP3.LUT R8, R8, 0x20, ...  bit 5 is set too where P0 holds        [R8.5] was P0 or [R8.5]

`changed` returns for each condition that an instruction changes what it was before: several names for any of
these, "" for nothing known, no name for what could not hold.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

Changes = tuple[tuple[str, tuple[str, ...]], ...]

PREDICATE = re.compile(r"U?P\d")
_REGISTER = re.compile(r"U?R\d+")
_ANY = re.compile(r"!?U?P\d")
_CONSTANT = re.compile(r"-?0x[0-9a-f]+")
_AND, _OR = "0xc0", "0xfc"


def contrary(condition: str) -> str:
    """Return the condition that holds where another does not."""
    return condition[1:] if condition[0] == "!" else f"!{condition}"


@dataclass(frozen=True, slots=True)
class Item:
    """What is needed of an instruction: its parts, and the locations that it writes."""

    opcode: str
    operands: Sequence[str]
    writes: Sequence[str]
    guard: str


def plain_name(opcode: str) -> str:
    """Return the first part of an opcode, without the U of the uniform datapath."""
    return opcode.partition(".")[0].removeprefix("U")


def changed(items: Sequence[Item], compared: Sequence[str]) -> list[Changes]:
    """Return for each instruction the conditions that it changes, with what they were before; see the module.

    compared  what it compares, where that never changes; see sass_numbering.fixed
    """
    found = [_predicates(*pair) for pair in zip(items, compared, strict=True)]
    known = {item.guard for item in items} - {""}
    known |= {before for changes in found for names in changes.values() for before in names} - {""}
    writers: dict[str, list[int]] = {}
    for place, item in enumerate(items):
        for location in item.writes:
            writers.setdefault(location, []).append(place)
    waiting = sorted(known)
    while waiting:
        condition = waiting.pop()
        register, _, bit = condition.strip("![]").partition(".")
        for place in writers.get(register, ()) if condition.endswith("]") else ():
            before = _of_register(items[place], register, int(bit) if bit else None, condition)
            found[place][condition] = before
            fresh = {*before, *(contrary(name) for name in before if name)} - known - {""}
            known |= fresh
            waiting += sorted(fresh)
    return [tuple(changes.items()) for changes in found]


def changed_bits(name: str, given: Sequence[str]) -> list[int]:
    """Return the bits that an instruction clears or sets in a register that it leaves as it is otherwise."""
    if name != "LOP3" or len(given) < 6 or given[0] != given[1] or given[3] not in ("RZ", "URZ"):
        return []
    bits = set_bits(given[2])
    if given[4] == _AND and bits:
        return [bit for bit in range(32) if bit not in bits]
    return bits if given[4] == _OR else []


def _predicates(item: Item, compared: str) -> dict[str, tuple[str, ...]]:
    """Return what the predicates that an instruction writes were before, and their contraries."""
    found: dict[str, tuple[str, ...]] = {}
    for location in item.writes:
        if PREDICATE.fullmatch(location):
            found[location] = found[f"!{location}"] = ("",)
    given = [text.removesuffix(".reuse") for text in item.operands]
    name = plain_name(item.opcode)
    if item.guard:
        return found
    taken = compared or taken_out(name, item.opcode, given)
    if taken:
        place = next(text for text in given if PREDICATE.fullmatch(text))
        found[place], found[f"!{place}"] = (taken,), (contrary(taken),)
    elif name == "ISETP" and ".AND" in item.opcode and given[0] in found and _ANY.fullmatch(given[-1]):
        found[given[0]] = (given[-1],)  # a conjunction: where it holds, so did its last part
    elif name == "R2P" and len(given) == 3:
        for number in set_bits(given[2]):
            if f"P{number}" in found:
                found[f"P{number}"] = (f"[{given[1]}.{number}]",)
                found[f"!P{number}"] = (f"![{given[1]}.{number}]",)
    return found


def _of_register(item: Item, register: str, bit: int | None, condition: str) -> tuple[str, ...]:
    """Return what a condition on a register that an instruction writes was before."""
    given = [text.removesuffix(".reuse") for text in item.operands]
    name = plain_name(item.opcode)
    positive = condition.lstrip("!")
    before = _before(name, given, item.guard, register, bit, positive)
    return _negated(before, positive) if condition[0] == "!" else before


def taken_out(name: str, opcode: str, given: Sequence[str]) -> str:
    """Return the condition on a register that an instruction puts into a predicate, or ""."""
    if name == "ISETP" and len(given) == 5 and given[1] in ("PT", "UPT") and given[4] in ("PT", "UPT"):
        plain = re.fullmatch(r"U?ISETP\.(NE|EQ)(?:\.U32)?\.AND", opcode)
        if plain and _REGISTER.fullmatch(given[2]) and given[3] in ("RZ", "URZ"):
            return f"[{given[2]}]" if plain[1] == "NE" else f"![{given[2]}]"
    if name == "LOP3" and len(given) == 7 and given[1] in ("RZ", "URZ") and given[5] == _AND:
        bits = set_bits(given[3])
        if _REGISTER.fullmatch(given[2]) and given[4] in ("RZ", "URZ") and len(bits) == 1:
            return f"[{given[2]}.{bits[0]}]"
    return ""


def _before(
    name: str, given: Sequence[str], guard: str, register: str, bit: int | None, positive: str
) -> tuple[str, ...]:
    """Return what the condition that a register, or one bit of it, is not zero was before an instruction."""
    if given[0] != register:
        return ("",)
    if name == "SEL" and not guard and len(given) == 4 and given[1] in ("RZ", "URZ"):
        if _CONSTANT.fullmatch(given[2]) and (bit is None or bit in set_bits(given[2])):
            return (contrary(given[3]),)
    elif name == "P2R" and not guard and given[2] == "RZ":
        bits = set_bits(given[3])
        if bit in bits or (bit is None and len(bits) == 1):
            return (f"P{bits[0] if bit is None else bit}",)
    elif (
        name == "LOP3"
        and bit is not None
        and len(given) >= 6
        and given[1] == register
        and given[3] in ("RZ", "URZ")
    ):
        chosen = set_bits(given[2]) if _CONSTANT.fullmatch(given[2]) else []
        if given[4] == _OR and chosen:
            return (positive,) if bit not in chosen else (guard or "", positive)
        if given[4] == _AND and chosen and not guard:
            return (positive,) if bit in chosen else ()
    return ("",)


def _negated(before: tuple[str, ...], positive: str) -> tuple[str, ...]:
    """Return what the contrary of a condition was, from what the condition was; too much where there are two."""
    if not before:
        return ("",)
    others = [name for name in before if name != positive] or list(before)
    return ("",) if "" in others else (contrary(others[0]),)


def set_bits(text: str) -> list[int]:
    """Return the bits that are set in a constant; none for anything else."""
    if not _CONSTANT.fullmatch(text):
        return []
    value = int(text, 16) & 0xFFFFFFFF
    return [number for number in range(32) if value >> number & 1]
