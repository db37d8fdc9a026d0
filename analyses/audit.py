"""Does anything multiply?

Claim   No kernel's machine code has a float multiply, multiply-add, division, root, reciprocal, special
        function or matrix instruction; integers are multiplied to make addresses only.
Method  Every kernel is compiled as it is for use: by Numba for this processor, by NVRTC for sm_80, sm_90 and
        sm_100. Every instruction is classified, unknown ones as offenders, and every integer multiply is followed
        through registers, stack and branches to what it feeds. Kernels for float32 stand for the other formats,
        which `pamcheck audit` does too; a quick run has five kernels and one architecture. Should anything
        offend, a table names it.
Writes  reports/audit/: study.json, targets, kernels, loops (csv, json), loops (svg, png)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pamcheck.measure.audit.record import DEFINITIONS, Audit, Record, frame, offenders_frame
from pamcheck.measure.audit.run import CPU, LLVM, TARGETS, audit, machine
from pamcheck.measure.verdict import Verdict
from pamcheck.plotting.style import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, new_figure, style
from pamcheck.reporting.records import Plate, Settings, Table

QUICK_KERNELS = ("pam", "padiv", "paexp2", "matmul lean float32", "sum", "reduce")
QUICK_TARGETS = (CPU, "sm_90")

MIX = {
    "float add": BLUE,
    "integer": ORANGE,
    "memory": GREEN,
    "control": GREY,
    "conversion": SKY,
    "integer multiply": PURPLE,
}


@dataclass(frozen=True)
class Measured:
    """The audit, and the words for what was audited."""

    found: Audit
    scope: str


def measure(settings: Settings) -> Measured:
    """Audit the kernels that stand for their families."""
    if settings.quick:
        found = audit(QUICK_KERNELS, QUICK_TARGETS, every=False)
        return Measured(found, "five kernels on this processor and sm_90")
    return Measured(audit(every=False), f"kernels for float32 on {', '.join(TARGETS)}")


def judge(measured: Measured) -> Sequence[Verdict]:
    """Judge each side, and the integer multiplies of all."""
    records = measured.found.records
    sides = {
        f"{machine()} machine code": [r for r in records if r.target == machine()],
        "LLVM code": [r for r in records if r.target == LLVM],
        "GPU machine code": [r for r in records if r.target.startswith("sm_")],
    }
    verdicts = [_judge_side(name, found, measured.scope) for name, found in sides.items() if found]
    return [*verdicts, _judge_integers(records)]


def tabulate(measured: Measured) -> Sequence[Table]:
    """Return the counts by target and by kernel, the inner loops, and the offenders if there are any."""
    records = measured.found.records
    kernels = frame(records)
    kernels["kernel"] = [_family(name) for name in kernels["kernel"]]
    summed = kernels.drop(columns=["instructions per add", "verdict"])
    aside = f". {'; '.join(measured.found.skipped)}" if measured.found.skipped else ""
    tables = [
        _counts("targets", f"By target: {measured.scope}{aside}", _total(summed, ["target"])),
        _counts("kernels", "By kernel, variants and targets together", _total(summed, ["kernel"])),
        Table(
            "loops",
            "Inner loops of the kernels that add floats",
            loops_frame(records),
            {"instructions an add": ".3f", "instructions": ",d", "floats added": ",d"},
            {
                "instructions": "of one pass through the loop that adds most floats",
                "floats added": "in that pass: vector additions times their lanes",
                "instructions an add": "in a matrix product, instructions for one multiply-accumulate",
            },
        ),
    ]
    offenders = offenders_frame(records)
    if len(offenders):
        tables.append(Table("offenders", "Instructions that must not be there", offenders))
    return tables


def draw(measured: Measured, verdicts: Sequence[Verdict]) -> Sequence[Plate]:  # noqa: ARG001
    """Return the instruction mix of the matrix products' inner loops."""
    caption = (
        "The inner loops of the matrix product: instructions for each float addition, of a vector on the CPU and "
        "of a thread on the GPU, by kind. Adding +0, which flushes subnormals, counts as a conversion."
    )
    return [Plate("loops", caption, _draw(measured.found.records))]


def loops_frame(records: Sequence[Record]) -> pd.DataFrame:
    """Return the inner loops that add floats: sizes, and instructions by kind."""
    kinds = list(MIX)
    rows = [
        (
            *(r.kernel, r.target, r.loop.instructions, r.loop.adds, r.loop.instructions_per_add),
            *(r.loop.kinds.get(kind, 0) for kind in kinds),
        )
        for r in records
        if r.loop is not None and r.loop.adds and r.target != LLVM
    ]
    names = ["kernel", "target", "instructions", "floats added", "instructions an add", *kinds]
    return pd.DataFrame(rows, columns=names)


def _judge_side(name: str, records: Sequence[Record], scope: str) -> Verdict:
    instructions = sum(record.instructions for record in records)
    offenders = sum(len(record.offenders) for record in records)
    failing = next((record for record in records if not record.holds), None)
    return Verdict(
        claim=f"No kernel's {name} multiplies or divides floats, takes roots or calls out",
        holds=failing is None,
        measured=f"{offenders} offenders in {instructions:,} instructions of {len(records)} kernels",
        lower=offenders,
        upper=offenders,
        evidence="exhaustive",
        reason=f"{failing.kernel}, {failing.target}: {failing.reason}" if failing else f"Audited: {scope}.",
    )


def _judge_integers(records: Sequence[Record]) -> Verdict:
    addressing = sum(record.integer_multiplies for record in records)
    data = sum(item.why.startswith("integer") for record in records for item in record.offenders)
    return Verdict(
        claim="Integers are multiplied for addresses, loops and branches only",
        holds=bool(records) and not data,
        measured=f"{addressing:,} of {addressing + data:,} integer multiplies",
        lower=data,
        upper=data,
        evidence="exhaustive",
        reason="Followed through registers and stack, none of the others reaches a store or a float instruction.",
    )


def _family(name: str) -> str:
    """Return the operation a kernel belongs to: the first word of its name."""
    return name.split()[0]


def _total(table: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    grouped = table.groupby(by, sort=False)
    total = grouped.sum(numeric_only=True)
    total.insert(0, "variants" if by == ["kernel"] else "kernels", grouped.size())
    return total.reset_index()


def _counts(name: str, caption: str, table: pd.DataFrame) -> Table:
    numbers = [column for column in table.columns if column not in ("kernel", "target")]
    known = {key: text for key, text in DEFINITIONS.items() if key in table.columns}
    return Table(name, caption, table, dict.fromkeys(numbers, ",d"), known)


def _draw(records: Sequence[Record]) -> Figure:
    table = loops_frame(records)
    shown = table[[_is_fast(kernel) for kernel in table["kernel"]]]
    shown = shown[shown["target"].isin((machine(), "sm_90"))]
    with style():
        figure = new_figure(1.2 + 0.28 * max(1, len(shown)))
        ax = figure.subplots()
        places = np.arange(len(shown))[::-1]
        left = np.zeros(len(shown))
        for kind, colour in MIX.items():
            width = shown[kind].to_numpy() / shown["float add"].to_numpy()
            if width.any():
                ax.barh(places, width, left=left, height=0.7, color=colour, label=kind)
            left = left + width
        ax.set_yticks(places, [_label(row) for row in shown.itertuples()])
        ax.set_xlabel("instructions for each float addition")
        ax.set_title("Inner loops of the matrix product")
        ax.legend(loc="upper right", fontsize=7)
    return figure


def _is_fast(kernel: str) -> bool:
    """Whether a kernel is a matrix product in float32 that is not the general one."""
    if not kernel.startswith(("matmul ", "matmul_slope ")):
        return False
    return not any(word in kernel for word in ("general", "float64", "64-bit", "fold", ": full"))


def _label(row: object) -> str:
    kernel, target = str(getattr(row, "kernel")), str(getattr(row, "target"))  # noqa: B009
    family, _, function = kernel.partition(": ")
    variant = function or family.split()[1]
    return f"{family.split()[0]} {variant}, {target}"
