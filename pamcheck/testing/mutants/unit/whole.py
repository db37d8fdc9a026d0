"""The entry of a unit: the inputs of a subject to its outputs."""

from __future__ import annotations

from pamcheck.testing.mutants.unit.rules import Rules
from pamcheck.testing.subject import Subject

_LETTERS = {"pam": "ab", "padiv": "ab", "papow": "ay"}


class Unit(Rules):
    """A right implementation of a subject, in Python integers. A mutant is a subclass with one method replaced."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self.parts = self.methods(subject.mode)

    def methods(self, mode: str) -> tuple[str, ...]:
        """Return the names of the methods that give the outputs, one an output."""
        op = self.subject.op
        if not mode:
            return (op,)
        prefix = "mimic_" if mode == "mimic" else ""
        return tuple(f"{prefix}{op}_d{letter}" for letter in _LETTERS.get(op, "x"))

    def answer(self, *inputs: int) -> int | tuple[int, ...]:
        """Return the code of the result, or one code a cotangent."""
        if not self.subject.mode:
            return self.leave(self.value(*map(self.arrive, inputs)))
        *operands, delta = map(self.arrive, inputs)
        return tuple(map(self.leave, self.cotangents(delta, *operands)))

    def arrive(self, code: int) -> int:
        """Return an input as the unit sees it."""
        return code

    def leave(self, code: int) -> int:
        """Return an output as the unit gives it."""
        return code

    def value(self, *operands: int) -> int:
        """Return the operation's result."""
        result: int = getattr(self, self.parts[0])(*operands)
        return result

    def cotangents(self, delta: int, *operands: int) -> tuple[int, ...]:
        """Return the cotangent of each operand."""
        return tuple(getattr(self, part)(delta, *operands) for part in self.parts)
