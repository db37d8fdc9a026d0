"""Which conditions are equal: predicates put aside, taken out again, made twice, or made of one another.

One forward pass. Equal conditions get one number, contrary ones its opposite. Nothing but comparisons of
kernel arguments and constants is carried over a place where branches arrive.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass, field

from pamcheck.measure.audit.sass_conditions import (
    PREDICATE,
    Item,
    changed_bits,
    contrary,
    plain_name,
    set_bits,
    taken_out,
)

_NEVER = 0  # the number of what does not hold
_FIXED = re.compile(r"U?RZ|-?0x[0-9a-f]+|-?\d+|c\[0x[0-9a-f]+\]\[0x[0-9a-f]+\]")
_ARGUMENT = re.compile(r"c\[(0x[0-9a-f]+)\]\[(0x[0-9a-f]+)\]")
_REGISTER = re.compile(r"(U?R)(\d+)")


def fixed(items: Sequence[Item], joins: Container[int]) -> list[str]:
    """Return for each instruction that compares kernel arguments and constants only what it compares, else "".

    Wherever the same is compared again, the result is the same.
    """
    writes = Counter(location for item in items for location in item.writes)
    known: dict[str, str] = {}
    found = []
    for place, item in enumerate(items):
        if place in joins:
            known = {register: text for register, text in known.items() if writes[register] == 1}
        name, given = plain_name(item.opcode), [text.removesuffix(".reuse") for text in item.operands]
        found.append("" if item.guard or name != "ISETP" else _compared(item.opcode, given, known))
        loaded = {} if item.guard else _loaded(name, item, given, known)
        for location in item.writes:
            known.pop(location, None)
        known |= loaded
    return found


def _compared(opcode: str, given: Sequence[str], known: dict[str, str]) -> str:
    relation = re.fullmatch(r"U?ISETP\.(\w+)(\.U32)?\.AND", opcode)
    if not relation or len(given) != 5 or given[1] not in ("PT", "UPT") or given[4] not in ("PT", "UPT"):
        return ""
    sides = [known.get(text, text).replace("URZ", "RZ") for text in given[2:4]]
    if not all(_FIXED.fullmatch(text) for text in sides):
        return ""
    if relation[1] in ("NE", "EQ"):
        return f"{'' if relation[1] == 'NE' else '!'}<NE {' '.join(sorted(sides))}>"
    return f"<{relation[1]}{relation[2] or ''} {' '.join(sides)}>"


def _loaded(name: str, item: Item, given: Sequence[str], known: dict[str, str]) -> dict[str, str]:
    """Return which registers an instruction fills with kernel arguments."""
    moved = name == "IMAD" and ".MOV" in item.opcode and list(given[1:3]) == ["RZ", "RZ"]
    source = given[-1] if moved or (name in ("LDC", "LDCU", "MOV") and len(given) == 2) else ""
    source = known.get(source, source)
    argument, first = _ARGUMENT.fullmatch(source), _REGISTER.fullmatch(given[0]) if given else None
    if not argument or not first:
        return {}
    registers = {location for location in item.writes if _REGISTER.fullmatch(location)}
    return {
        register: f"c[{argument[1]}][{int(argument[2], 16) + 4 * offset:#x}]"
        for offset in range(len(registers))
        if (register := f"{first[1]}{int(first[2]) + offset}") in registers
    }


def same_as_guard(
    items: Sequence[Item], joins: Container[int], compared: Sequence[str]
) -> list[tuple[str, ...]]:
    """Return for each instruction the other conditions that hold only where its guard does."""
    state = _Numbers()
    found = []
    for place, (item, comparison) in enumerate(zip(items, compared, strict=True)):
        if place in joins:
            state.forget()
        found.append(state.within(item.guard) if item.guard else ())
        state.step(item, comparison)
    return found


@dataclass
class _Numbers:
    """The number of each condition known at a place, and of those that it implies."""

    numbers: dict[str, int] = field(default_factory=dict)
    implied: dict[str, set[int]] = field(default_factory=dict)
    last: int = 0

    def forget(self) -> None:
        """Arrive where branches do."""
        self.numbers = {name: number for name, number in self.numbers.items() if name.startswith("<")}
        self.implied = {}

    def number_of(self, condition: str) -> int:
        """Return the number of a condition, a new one where it has none."""
        plain = condition.lstrip("!")
        if self.numbers.get(plain, _NEVER) == _NEVER:
            self.last += 1
            self.numbers[plain] = self.last
        return -self.numbers[plain] if condition[0] == "!" else self.numbers[plain]

    def within(self, guard: str) -> tuple[str, ...]:
        """Return the conditions that are equal to a guard or imply it."""
        number = self.number_of(guard)
        found = [name for name, other in self.numbers.items() if other == number]
        found += [contrary(name) for name, other in self.numbers.items() if other == -number]
        found += [name for name, others in self.implied.items() if number in others]
        return tuple(name for name in found if name != guard)

    def step(self, item: Item, comparison: str) -> None:
        """Go over an instruction."""
        made, implied = self._made(item, comparison), self._implied(item)
        for known in list(self.numbers):
            if known.strip("[]").partition(".")[0] in item.writes:
                del self.numbers[known]
        for location in item.writes:
            self.implied.pop(location, None)
        self.numbers |= made
        self.implied |= implied

    def _implied(self, item: Item) -> dict[str, set[int]]:
        """A comparison joined by AND holds only where what it is joined to does."""
        given = item.operands
        if item.guard or plain_name(item.opcode) != "ISETP" or ".AND" not in item.opcode:
            return {}
        joined = re.fullmatch(r"!?U?P\d", given[-1])
        if not joined or not PREDICATE.fullmatch(given[0]) or given[1] not in ("PT", "UPT"):
            return {}
        return {given[0]: {self.number_of(given[-1]), *self.implied.get(given[-1], ())}}

    def _made(self, item: Item, comparison: str) -> dict[str, int]:
        """Return the numbers that an instruction gives, or leaves to conditions on a register that it writes."""
        given = [text.removesuffix(".reuse") for text in item.operands]
        name = plain_name(item.opcode)
        chosen = changed_bits(name, given)
        if chosen:
            return self._bits(item, given, chosen)
        if item.guard:
            return {}
        taken = comparison or taken_out(name, item.opcode, given)
        if taken:
            return {next(text for text in given if PREDICATE.fullmatch(text)): self.number_of(taken)}
        if name == "P2R" and given[2] == "RZ":
            bits = set_bits(given[3])
            whole = {f"[{given[0]}]": self.number_of(f"P{bits[0]}")} if len(bits) == 1 else {}
            return {f"[{given[0]}.{bit}]": self.number_of(f"P{bit}") for bit in bits} | whole
        return {}

    def _bits(self, item: Item, given: Sequence[str], chosen: Sequence[int]) -> dict[str, int]:
        """Return the numbers of a register's bits after some were cleared, or set where a predicate holds."""
        bits = {name for name in self.numbers if name.startswith(f"[{given[0]}.")}
        kept = {name: self.numbers[name] for name in bits if int(name[:-1].partition(".")[2]) not in chosen}
        names = [f"[{given[0]}.{bit}]" for bit in chosen]
        if given[4] == "0xc0" and not item.guard:
            return kept | dict.fromkeys(names, _NEVER)
        if given[4] == "0xfc" and item.guard:
            return kept | {
                key: self.number_of(item.guard) for key in names if self.numbers.get(key) == _NEVER
            }
        return kept
