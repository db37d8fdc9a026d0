"""An audit as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from pamcheck.measure.audit.record import Audit, Record

_COLUMNS = ("instructions", "float adds", "integer multiplies", "idioms", "offenders")
_SHOWN = 20  # offenders of one kernel


def lines(found: Audit) -> Iterator[str]:
    """Yield the table, each offender, what was not audited, and last a line that begins with PASS or FAIL."""
    width = max([len("kernel"), *(len(record.kernel) for record in found.records)])
    yield f"{'kernel':<{width}}  {'target':<8}  " + "  ".join(_COLUMNS)
    for record in found.records:
        counts = (
            record.instructions,
            record.float_adds,
            record.integer_multiplies,
            record.idioms,
            len(record.offenders),
        )
        cells = (f"{count:>{len(name)}}" for name, count in zip(_COLUMNS, counts, strict=True))
        yield f"{record.kernel:<{width}}  {record.target:<8}  " + "  ".join(cells)
    for record in found.records:
        yield from offenders(record)
    yield from found.skipped
    failed = sum(not record.holds for record in found.records)
    count = sum(len(record.offenders) for record in found.records)
    instructions = sum(record.instructions for record in found.records)
    yield (
        f"{'PASS' if found.holds else 'FAIL'}  {count} offenders in {instructions:,} instructions; "
        f"{len(found.records) - failed} of {len(found.records)} kernels hold"
    )


def offenders(record: Record) -> Iterator[str]:
    """Yield the offenders of one kernel, the first of them where there are many."""
    for item in record.offenders[:_SHOWN]:
        source = f" ({item.source})" if item.source else ""
        yield f"{record.kernel}, {record.target}, line {item.line}: {item.instruction}: {item.why}{source}"
    if len(record.offenders) > _SHOWN:
        yield f"{record.kernel}, {record.target}: {len(record.offenders) - _SHOWN} more"
    if not record.instructions:
        yield f"{record.kernel}, {record.target}: {record.reason}"
