"""What a guard finds: where something multiplies, and where a multiplication is allowed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Offence:
    """One place where a step multiplies.

    operation  an operator, or the name of a function, with the types it was given
    file       relative to the folder that the package lies in, where it lies there
    text       the innermost line of a composite, a model or an optimizer that led there; "" where none did
    group      the group of operations that it happened in; "" where that is not known
    """

    operation: str
    file: str
    line: int
    function: str
    text: str = ""
    group: str = ""

    @property
    def place(self) -> tuple[str, int, str, str]:
        """What tells it from other offences."""
        return self.file, self.line, self.text, self.group

    def __str__(self) -> str:
        group = f"{self.group}: " if self.group else ""
        by = f", in {self.text}" if self.text else ""
        return f"{group}{self.operation} at {self.file}:{self.line} ({self.function}){by}"


@dataclass(frozen=True)
class Allowance:
    """One place where something multiplied and may: what, and why."""

    operation: str
    file: str
    line: int
    function: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}  {self.operation}  {self.reason}"


class MultiplicationError(ArithmeticError):
    """A guarded step multiplied. `offence` says what, where, and in which group."""

    def __init__(self, offence: Offence) -> None:
        super().__init__(str(offence))
        self.offence = offence
