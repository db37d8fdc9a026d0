"""What every listing is brought to: instructions with a kind, and what each does with registers.

A location is where a value can lie: a register, a byte of the stack, a carry. An instruction passes the
values of `sources` on into `writes`; what it uses in any other way (an address, a comparison) is not among
them. `sinks` are values that become data whatever follows: stored, or operands of a float instruction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pamcheck.measure.audit.offences import UNCLASSIFIED


class Kind(StrEnum):
    """What an instruction does; every instruction has one kind."""

    FLOAT_ADD = "float add"
    FLOAT_COMPARE = "float compare"  # minimum and maximum among them
    CONVERSION = "conversion"
    INTEGER = "integer"  # logic, shifts, selections and moves between registers among them
    INTEGER_MULTIPLY = "integer multiply"  # division among them
    MEMORY = "memory"
    CONTROL = "control"
    OFFENDER = "offender"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a classification table says of a mnemonic.

    why    of an offender: what it is
    lanes  how many floats it adds at once
    idiom  a multiply by name only: a move, an addition or a shift
    """

    kind: Kind
    why: str = ""
    lanes: int = 1
    idiom: bool = False


UNKNOWN = Meaning(Kind.OFFENDER, UNCLASSIFIED)

Locations = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Flow:
    """What an instruction does with locations; see the module.

    kills   are overwritten in full
    second  more sources and writes, apart from the first: the other half of a register
    """

    sources: Locations = ()
    writes: Locations = ()
    kills: Locations = ()
    sinks: Locations = ()
    second: tuple[Locations, Locations] = ((), ())

    @property
    def overwritten(self) -> Locations:
        """Every location that is written, halves of a register by its own name."""
        several = (*self.writes, *self.second[1], *self.kills)
        return tuple(dict.fromkeys(location.rstrip("^") for location in several))


@dataclass(frozen=True, slots=True)
class Instruction:
    """One line of a listing.

    targets  labels that it may jump to; `falls` where it may also go on with the next
    guard    the condition that it runs under, with an exclamation mark where under its contrary
    same_as_guard  other conditions that hold only where that one does, there
    conditions  those that it changes, each with what it was before: any of several, "" where nothing is known
    """

    line: int
    text: str
    meaning: Meaning
    flow: Flow = Flow()
    loads: bool = False
    stores: bool = False
    targets: tuple[str, ...] = ()
    falls: bool = True
    source: str = ""
    guard: str = ""
    same_as_guard: tuple[str, ...] = ()
    conditions: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def kind(self) -> Kind:
        """What the instruction does."""
        return self.meaning.kind


@dataclass(frozen=True, slots=True)
class Function:
    """The instructions of one function, and which of them each label stands before."""

    name: str
    instructions: tuple[Instruction, ...]
    labels: Mapping[str, int]
