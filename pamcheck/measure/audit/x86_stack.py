"""The stack frame of an x86-64 function: what is spilled there and read again is followed like a register.

An address relative to the stack pointer means another place after every push, so the pointer's own movement
is followed along every path. Where that fails, or the frame's address is handed on, what is stored on the
stack counts as data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pamcheck.measure.audit.code import Flow
from pamcheck.measure.audit.x86_table import FLAGS_ONLY, SCALAR_MOVES

_FRAME = re.compile(r"(-?\d*)\(%(rsp|rbp)\)$")


class OperandLike(Protocol):
    """What the frame needs of an operand."""

    @property
    def text(self) -> str:
        """The operand as written."""

    @property
    def register(self) -> str:
        """The register, in full, or nothing."""

    @property
    def merges(self) -> bool:
        """Whether a mask leaves some of it as it was."""

    @property
    def memory(self) -> bool:
        """Whether it is a place in memory."""

    @property
    def inside(self) -> tuple[str, ...]:
        """The registers of its address."""


Decoded = Sequence[tuple[str, Sequence[OperandLike]]]
# Where the stack pointer and the frame pointer stand, in bytes from a point of their own; None: unknown.
State = tuple[tuple[str, int] | None, tuple[str, int] | None]


@dataclass(frozen=True)
class Stack:
    """The frame of one function: where both pointers stand before each instruction."""

    states: Sequence[State]
    escapes: bool
    targets: Sequence[tuple[str, ...]]
    used: tuple[str, ...] = ()

    @classmethod
    def of(cls, code: Decoded, labels: Mapping[str, int], targets: Sequence[tuple[str, ...]]) -> Stack:
        """Follow the stack pointer through a function."""
        states = _follow(code, labels, targets)
        stack = cls(states, _escapes(code, states), targets)
        used = {
            slot
            for place, (_, operands) in enumerate(code)
            for operand in operands
            if operand.memory
            for slot in stack.slots(operand, place)
        }
        return cls(states, stack.escapes, targets, tuple(sorted(used)))

    def every(self) -> tuple[str, ...]:
        """Return every location of the frame: what a call may read."""
        return self.used

    def slots(self, operand: OperandLike, place: int, width: int = 64) -> tuple[str, ...]:
        """Return the locations that an operand on the stack covers, a byte each; none for other memory."""
        found = _FRAME.match(operand.text)
        state = self.states[place]
        base = state[0 if found[2] == "rsp" else 1] if found else None
        if not found or base is None:
            return ()
        first = base[1] + int(found[1] or 0)
        return tuple(f"{base[0]}{at}" for at in range(first, first + width))

    def stored(
        self,
        name: str,
        operands: Sequence[OperandLike],
        values: tuple[str, ...],
        flags: tuple[str, ...],
        place: int,
    ) -> Flow:
        """Return the flow of an instruction that writes memory."""
        width = span(name, operands)
        slots = self.slots(operands[-1], place, width)
        if not slots or self.escapes:
            return Flow(writes=flags, kills=flags, sinks=values)
        whole = _WHOLE.fullmatch(name) and not operands[-1].merges
        return Flow(values, (*slots, *flags), (*(slots if whole else ()), *flags))

    def pushed(self, name: str, operands: Sequence[OperandLike], place: int) -> Flow:
        """Return the flow of a push or pop of a register."""
        state = self.states[place][0]
        registers = tuple(operand.register for operand in operands if operand.register)
        if state is None:
            return Flow(sinks=registers) if name.startswith("push") else Flow(writes=registers)
        first = state[1] - (8 if name.startswith("push") else 0)
        slots = tuple(f"{state[0]}{at}" for at in range(first, first + 8))
        if name.startswith("push"):
            return Flow(registers, slots, slots)
        return Flow(slots, registers, registers)


def _follow(code: Decoded, labels: Mapping[str, int], targets: Sequence[tuple[str, ...]]) -> list[State]:
    states: list[State | None] = [None] * len(code)
    waiting: list[tuple[int, State]] = [(0, (("s", 0), None))]
    while waiting:
        place, state = waiting.pop()
        while place < len(code) and states[place] is None:
            states[place] = state
            name, operands = code[place]
            state = _moved(name, operands, state)
            waiting += [(labels[label], state) for label in targets[place]]
            if name.startswith(("jmp", "ret", "ud2")):
                break
            place += 1
        else:
            if place < len(code) and states[place] != state:
                return [(None, None)] * len(code)  # two ways to one place disagree: nothing is known
    return [state or (None, None) for state in states]


def _moved(name: str, operands: Sequence[OperandLike], state: State) -> State:
    """Return where the pointers stand after an instruction."""
    top, frame = state
    written = operands[-1].register if operands and not FLAGS_ONLY.fullmatch(name) else ""
    if name.startswith("push"):
        return (top and (top[0], top[1] - 8), frame)
    if name.startswith("pop"):
        return (top and (top[0], top[1] + 8), None if written == "rbp" else frame)
    if written not in ("rsp", "rbp"):
        return state
    first = operands[0]
    moved: tuple[str, int] | None = None
    constant = re.fullmatch(r"\$(-?\d+)", first.text)
    found = _FRAME.match(first.text)
    if written == "rsp" and top and constant and name in ("addq", "subq"):
        moved = (top[0], top[1] + int(constant[1]) * (1 if name == "addq" else -1))
    elif written == "rsp" and constant and name == "andq":
        moved = ("a", 0)
    elif name == "movq" and first.register in ("rsp", "rbp"):
        moved = top if first.register == "rsp" else frame
    elif name == "leaq" and found:
        base = top if found[2] == "rsp" else frame
        moved = base and (base[0], base[1] + int(found[1] or 0))
    return (moved, frame) if written == "rsp" else (top, moved)


def _escapes(code: Decoded, states: Sequence[State]) -> bool:
    """Whether the frame may be reached by anything but its own fixed addresses."""
    for (name, operands), (top, frame) in zip(code, states, strict=True):
        if not operands or name.startswith(("push", "pop")):
            continue
        pointers = {"rsp"} | ({"rbp"} if frame is not None else set())
        for operand in operands:
            fixed = _FRAME.match(operand.text) is not None
            if pointers & set(operand.inside) and (not fixed or top is None):
                return True
        given = {
            register
            for operand in operands[:-1]
            for register in (operand.register, *_address(name, operand))
        }
        if pointers & given and operands[-1].register not in ("rsp", "rbp"):
            return True
    return False


def _address(name: str, operand: OperandLike) -> tuple[str, ...]:
    return operand.inside if name.startswith("lea") else ()


def span(name: str, operands: Sequence[OperandLike]) -> int:
    """Return how many bytes of memory an instruction reads or writes at most; 64 where that is not plain."""
    plain = name.removeprefix("v")
    texts = " ".join(operand.text for operand in operands)
    vector = next((width for mark, width in (("%zmm", 64), ("%ymm", 32), ("%xmm", 16)) if mark in texts), 0)
    if not vector:
        if name.startswith("kmov"):
            return _MASKS[name[-1]]
        return 64 if "%k" in texts else _GENERAL.get(name[4] if _WIDENS.fullmatch(name) else name[-1], 64)
    if plain in SCALAR_MOVES:
        return SCALAR_MOVES[plain]
    scalar = re.search(r"s[sd]$", plain) and not plain.startswith("p")
    if scalar or "{1to" in texts or re.search(r"broadcast(?:s[sd]|[bwdq])$", plain):
        double = plain.endswith(("sd", "pd")) and not plain.startswith("p")
        return 8 if double or plain.endswith("q") else 4
    return vector


# Bytes by the last letter of a mnemonic, and of one that moves a mask. A flag may be spilled where a pointer was.
_GENERAL = {"b": 1, "w": 2, "l": 4, "q": 8}
_MASKS = {"b": 1, "w": 2, "d": 4, "q": 8}
_WIDENS = re.compile(r"mov[sz][bwl][wlq]")
_WHOLE = re.compile(r"k?mov(?:abs)?[bwdlq]|v?mov(?:[au]p[sd]|s[sd]|[dq]|dq[au](?:8|16|32|64)?|nt\w+)")
