"""Which integer multiplies reach data, and which only ever feed an address, a loop or a branch.

One backward pass, repeated until nothing changes: a location is live where some way onwards carries its value
to a sink. What is overlapping or unknown adds to the live locations and never takes from them.

Under a guard (`@P0`) an instruction runs only where a predicate holds. So a location may be live under a
condition: read by an instruction under P0 and overwritten before by another under P0, it was never read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pamcheck.measure.audit.code import Function, Instruction, Kind


def reaching_data(function: Function) -> frozenset[int]:
    """Return the places of the integer multiplies whose result may reach a sink."""
    code = function.instructions
    if all(instruction.kind is not Kind.INTEGER_MULTIPLY for instruction in code):
        return frozenset()
    steps = _Steps.of(code)
    starts = block_starts(function)
    ends = dict(zip(starts, [*starts[1:], len(code)], strict=True))
    live_in = dict.fromkeys(starts, 0)
    found: set[int] = set()
    changed = True
    while changed:
        changed = False
        for start in reversed(starts):
            live = steps.after(function, ends[start] - 1, live_in)
            for place in range(ends[start] - 1, start - 1, -1):
                live, fed = steps.before(place, live)
                if fed and code[place].kind is Kind.INTEGER_MULTIPLY:
                    found.add(place)
            changed |= live != live_in[start]
            live_in[start] = live
    return frozenset(found)


def block_starts(function: Function) -> list[int]:
    """Return where the basic blocks of a function begin, in order."""
    code = function.instructions
    after = (place + 1 for place, item in enumerate(code) if item.targets or not item.falls)
    return sorted({0, *(place for place in (*function.labels.values(), *after) if place < len(code))})


@dataclass(frozen=True)
class _Steps:
    """The instructions as sets of bits: one bit a location, and once more for each condition it is live under.

    masks   writes, kills, sources and sinks of each instruction, then sources and writes of its second part
    guards  the condition of each instruction and its contrary: how far their bits lie above the plain ones;
            then other names of the condition
    changes the conditions that each instruction changes, with what they were before, in the same way
    paired  what each instruction overwrites under its guard and another just before under the contrary
    """

    masks: list[tuple[int, ...]]
    guards: list[tuple[int, ...]]
    changes: list[tuple[tuple[int, tuple[int, ...]], ...]]
    paired: list[int]
    full: int
    everywhere: int
    known: dict[int, int] = field(default_factory=dict)

    def repeated(self, mask: int) -> int:
        """Return locations under no condition and under every one."""
        found = self.known.get(mask)
        if found is None:
            found = self.known[mask] = mask * self.everywhere
        return found

    @classmethod
    def of(cls, code: Iterable[Instruction]) -> _Steps:
        items = list(code)
        bits: dict[str, int] = {}
        masks = [
            tuple(_mask(part, bits) for part in (f.writes, f.kills, f.sources, f.sinks, *f.second))
            for f in (item.flow for item in items)
        ]
        named = {item.guard for item in items} | {c for item in items for c, _ in item.conditions}
        named |= {c for item in items for _, before in item.conditions for c in before}
        named |= {_contrary(c) for c in named - {""}}
        shifts = {name: len(bits) * (n + 1) for n, name in enumerate(sorted(named - {""}))}
        changes = [
            tuple((shifts[c], tuple(shifts.get(b, 0) for b in before)) for c, before in item.conditions)
            for item in items
        ]
        guards = [
            tuple(
                shifts[c] for c in (item.guard, _contrary(item.guard), *item.same_as_guard) if c in shifts
            )
            if item.guard
            else (0, 0)
            for item in items
        ]
        everywhere = 1 + sum(1 << shift for shift in shifts.values())
        return cls(masks, guards, changes, _paired(items, masks), (1 << len(bits)) - 1, everywhere)

    def after(self, function: Function, place: int, live_in: dict[int, int]) -> int:
        """Return what is live behind the last instruction of a block."""
        item, (guard, contrary, *_) = function.instructions[place], self.guards[place]
        live = 0
        for name in item.targets:
            if function.labels.get(name, len(function.instructions)) < len(function.instructions):
                live |= self._under(live_in[function.labels[name]], guard, contrary)
        if item.falls and place + 1 < len(function.instructions):
            live |= self._under(live_in[place + 1], contrary, guard) if item.targets else live_in[place + 1]
        if guard:
            # under a condition and under its contrary is always
            both = live >> guard & live >> contrary & self.full
            live = live & ~(both << guard | both << contrary) | both
        return live

    def before(self, place: int, live: int) -> tuple[int, int]:
        """Return what is live before an instruction, and whether it feeds what is live behind it."""
        writes, kills, sources, sinks, more_sources, more_writes = self.masks[place]
        guard, contrary, *same = self.guards[place]
        if self.changes[place]:
            moved = 0
            for shift, before in self.changes[place]:
                under = live >> shift & self.full
                live &= ~(self.full << shift)
                for other in before if under else ():
                    moved |= under << other
            live |= moved
        fed, more = live & self.repeated(writes), live & self.repeated(more_writes)
        if guard:
            apart = ~(self.full << contrary)
            fed, more = fed & apart, more & apart
            # where the guard does not hold, the old value is still the one that counts
            kept = (live & kills) << contrary
            gone = kills | kills << guard
            for shift in same:
                gone |= kills << shift
            live = live & ~gone | kept
            if self.paired[place]:
                # an overwriting under the contrary comes before: what is left is better known under that
                elsewhere = live & self.repeated(self.paired[place])
                live ^= elsewhere
                while elsewhere:
                    live |= (elsewhere & self.full) << contrary
                    elsewhere >>= self.full.bit_length()
        else:
            live &= ~self.repeated(kills)
        read = sinks | (sources if fed else 0) | (more_sources if more else 0)
        return live | read << guard, fed | more

    def _under(self, live: int, guard: int, contrary: int) -> int:
        """Return what is live before a branch, of what is live where it goes under a guard."""
        if not guard:
            return live
        return live & ~self.full & ~(self.full << contrary) | (live & self.full) << guard


def _paired(items: Sequence[Instruction], masks: Sequence[tuple[int, ...]]) -> list[int]:
    found = []
    written = [frozenset(item.flow.overwritten) for item in items]
    for place, item in enumerate(items):
        pairs = 0
        for before in range(place - 1, max(-1, place - 1 - _NEAR), -1) if item.guard else ():
            other = items[before]
            if other.targets or not other.falls or item.guard.lstrip("!") in written[before]:
                break
            if other.guard == _contrary(item.guard):
                pairs |= masks[place][1] & masks[before][1]
        found.append(pairs)
    return found


_NEAR = 24  # how far apart the two may stand


def _contrary(guard: str) -> str:
    return guard[1:] if guard[0] == "!" else f"!{guard}"


def _mask(locations: Iterable[str], bits: dict[str, int]) -> int:
    mask = 0
    for location in locations:
        mask |= 1 << bits.setdefault(location, len(bits))
    return mask
