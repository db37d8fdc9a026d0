"""What the audit of one kernel found, and of many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from pamcheck.measure.audit.code import Function, Kind
from pamcheck.measure.audit.dataflow import reaching_data
from pamcheck.measure.audit.loops import InnerLoop, inner_loop
from pamcheck.measure.audit.offences import REACHES_DATA

DEFINITIONS = {
    "instructions": "of the kernel and of what it calls in the same module",
    "float adds": "additions and subtractions of floats, vector ones counted once",
    "float compares": "comparisons, minima and maxima of floats",
    "integer": "integer and bit operations, selections and moves between registers",
    "integer multiplies": "integer multiplies and divisions that were shown to feed addresses, loops and branches only",
    "idioms": "multiply opcodes that multiply by a constant 0, 1 or power of two: moves, additions, shifts",
    "conversions": "between floats and integers or between widths",
    "loads": "instructions that read memory",
    "stores": "instructions that write memory",
    "offenders": "instructions that multiply, divide, or are not known",
    "instructions per add": "of the loop that adds most floats in a pass: its instructions by the floats it adds",
}


@dataclass(frozen=True)
class Offender:
    """One instruction that a kernel must not have.

    line    in the listing of `pamcheck audit --listing`
    source  file and line it comes from, where the listing says
    """

    line: int
    instruction: str
    why: str
    source: str = ""


@dataclass(frozen=True)
class Record:
    """One kernel for one target. Counts are of instructions; `integer_multiplies` are those of addressing."""

    target: str
    kernel: str
    instructions: int
    float_adds: int
    float_compares: int
    integer: int
    integer_multiplies: int
    idioms: int
    conversions: int
    loads: int
    stores: int
    offenders: tuple[Offender, ...]
    excluded: tuple[str, ...]  # functions of the module that were not counted, each with the reason
    loop: InnerLoop | None

    @property
    def holds(self) -> bool:
        """Whether the kernel has instructions and none of them multiplies."""
        return self.instructions > 0 and not self.offenders

    @property
    def reason(self) -> str:
        """Why it holds or fails, in a sentence."""
        if not self.instructions:
            return "the listing shows no instruction"
        if self.offenders:
            first = self.offenders[0]
            return f"{len(self.offenders)} offenders; line {first.line}: {first.instruction}: {first.why}"
        multiplies = (
            f", {self.integer_multiplies} integer multiplies of addresses"
            if self.integer_multiplies
            else ""
        )
        return f"{self.instructions} instructions, no float multiply, division, root or special function{multiplies}"


@dataclass(frozen=True)
class Audit:
    """Every record, and in a line each what could not be audited."""

    records: tuple[Record, ...]
    skipped: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether something was audited and nothing multiplies."""
        return bool(self.records) and all(record.holds for record in self.records)

    def record(self) -> dict[str, Any]:
        """Return everything as plain data."""
        kernels = [{**asdict(record), "holds": record.holds} for record in self.records]
        return {"holds": self.holds, "kernels": kernels, "not audited": list(self.skipped)}


def audit_functions(
    functions: Sequence[Function], target: str, kernel: str, excluded: tuple[str, ...] = ()
) -> Record:
    """Count the instructions of a kernel's functions and find those it must not have."""
    counts: Counter[Kind] = Counter()
    offenders: list[Offender] = []
    for function in functions:
        reaching = reaching_data(function)
        for place, item in enumerate(function.instructions):
            counts[item.kind] += 1
            if item.kind is Kind.OFFENDER or place in reaching:
                why = item.meaning.why or REACHES_DATA
                offenders.append(Offender(item.line, item.text, why, item.source))
        counts[Kind.INTEGER_MULTIPLY] -= len(reaching)
    code = [item for function in functions for item in function.instructions]
    return Record(
        target=target,
        kernel=kernel,
        instructions=len(code),
        float_adds=counts[Kind.FLOAT_ADD],
        float_compares=counts[Kind.FLOAT_COMPARE],
        integer=counts[Kind.INTEGER],
        integer_multiplies=counts[Kind.INTEGER_MULTIPLY],
        idioms=sum(item.meaning.idiom for item in code),
        conversions=counts[Kind.CONVERSION],
        loads=sum(item.loads for item in code),
        stores=sum(item.stores for item in code),
        offenders=tuple(offenders),
        excluded=excluded,
        loop=inner_loop(tuple(functions)),
    )


def frame(records: Sequence[Record]) -> pd.DataFrame:
    """Return the table of counts, a row a kernel and target."""
    return pd.DataFrame(
        [
            {
                "kernel": record.kernel,
                "target": record.target,
                "instructions": record.instructions,
                "float adds": record.float_adds,
                "float compares": record.float_compares,
                "integer": record.integer,
                "integer multiplies": record.integer_multiplies,
                "idioms": record.idioms,
                "conversions": record.conversions,
                "loads": record.loads,
                "stores": record.stores,
                "offenders": len(record.offenders),
                "instructions per add": record.loop.instructions_per_add if record.loop else float("nan"),
                "verdict": "holds" if record.holds else "FAILS",
            }
            for record in records
        ]
    )


def offenders_frame(records: Sequence[Record]) -> pd.DataFrame:
    """Return the table of offenders, a row an instruction; it may be empty."""
    columns = ["kernel", "target", "line", "instruction", "why", "source"]
    rows = [
        (record.kernel, record.target, item.line, item.instruction, item.why, item.source)
        for record in records
        for item in record.offenders
    ]
    return pd.DataFrame(rows, columns=columns)
