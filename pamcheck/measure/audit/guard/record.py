"""What the audit of a training step found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pamcheck.measure.audit.guard.allowed import FUNCTIONS, MATH, METHODS, UFUNCS
from pamcheck.measure.audit.guard.guard import Guard
from pamcheck.measure.audit.record import Audit
from pamcheck.measure.audit.text import offenders

_SHOWN = 20  # offences, and what is not watched


@dataclass(frozen=True)
class StepAudit:
    """A guard that has watched a step, and the instructions of the compiled loops that ran in it.

    subject       what ran, in words
    instructions  None where the loops were not audited
    same          whether the watched step gave the bits of the unwatched one
    """

    subject: str
    guard: Guard
    instructions: Audit | None
    same: bool

    @property
    def holds(self) -> bool:
        """Whether neither half multiplies, everything was watched, and watching changed nothing."""
        return self.guard.holds and self.same and (self.instructions is None or self.instructions.holds)

    def record(self) -> dict[str, Any]:
        """Return everything as plain data."""
        guard = self.guard
        return {
            "holds": self.holds,
            "subject": self.subject,
            "offences": [asdict(item) for item in guard.offences],
            "unwatched": guard.unwatched,
            "ran the first time only, unwatched": guard.functions.once,
            "allowed": [asdict(item) for item in guard.allowances],
            "outside": dict(guard.outside_of),
            "may be called": {kind: dict(names) for kind, names in allowed_names().items()},
            "functions watched": guard.functions.count,
            "loops": [{"loop": item.name, "calls": item.calls} for item in guard.loops.values()],
            "instructions": None if self.instructions is None else self.instructions.record(),
            "same bits as unwatched": self.same,
        }


def lines(found: StepAudit) -> Iterator[str]:
    """Yield what was watched, what was allowed and why, the offences, and last PASS or FAIL."""
    guard = found.guard
    yield f"{found.subject}: {guard.functions.count} functions watched, {len(_names(guard))} compiled loops ran"
    yield "outside of the guard"
    yield from (f"  {what}: {why}" for what, why in guard.outside_of.items())
    yield "products that are allowed"
    yield from _grouped(guard)
    counts = ", ".join(f"{len(names)} {kind}" for kind, names in allowed_names().items())
    yield f"what may be called of NumPy and math: {counts}; --json has each with its reason"
    yield "compiled loops"
    yield from _loops(found)
    if guard.functions.once:
        yield f"ran the first time only, unwatched, to make what is kept: {len(guard.functions.once)} functions"
    yield from (f"{item}" for item in guard.offences[:_SHOWN])
    yield from _rest("offences", len(guard.offences))
    yield from (f"not watched: {item}" for item in guard.unwatched[:_SHOWN])
    if not found.same:
        yield "the watched step gave other bits than the unwatched one"
    yield _verdict(found)


def _grouped(guard: Guard) -> Iterator[str]:
    """Yield allowed products, those of one file and reason in a line."""
    groups: dict[tuple[str, str], list[int]] = {}
    for item in guard.allowances:
        groups.setdefault((item.file, item.reason), []).append(item.line)
    for (file, reason), numbers in groups.items():
        yield f"  {file}:{', '.join(map(str, sorted(set(numbers))))}  {reason}"


def _loops(found: StepAudit) -> Iterator[str]:
    judged: dict[str, list[str]] = {}
    for record in found.instructions.records if found.instructions else ():
        judged.setdefault(record.kernel, []).append(
            f"{record.target} {record.instructions} instructions, {len(record.offenders)} offenders"
        )
    for name, calls in _names(found.guard).items():
        yield f"  {name}, {calls} calls: {'; '.join(judged.pop(name, ['not audited here']))}"
    for name, told in judged.items():
        yield f"  {name}, for other numbers of threads: {'; '.join(told)}"
    if found.instructions:
        yield from (f"  {line}" for line in found.instructions.skipped)
        for record in found.instructions.records:
            yield from (f"  {line}" for line in offenders(record))


def _names(guard: Guard) -> Mapping[str, int]:
    names: dict[str, int] = {}
    for ran in guard.loops.values():
        name = ran.kernel().name
        names[name] = names.get(name, 0) + ran.calls
    return dict(sorted(names.items()))


def _rest(what: str, count: int) -> Iterator[str]:
    if count > _SHOWN:
        yield f"{count - _SHOWN} more {what}; --json has all"


def _verdict(found: StepAudit) -> str:
    guard, audit = found.guard, found.instructions
    compiled = "compiled loops not audited"
    if audit is not None:
        held = sum(record.holds for record in audit.records)
        compiled = f"{held} of {len(audit.records)} listings of compiled loops hold"
    word = "PASS" if found.holds else "FAIL"
    return (
        f"{word}  {len(guard.offences)} offences, {len(guard.unwatched)} functions unwatched; {compiled}; "
        f"{found.subject}"
    )


def allowed_names() -> Mapping[str, Mapping[str, str]]:
    """Return every name that a step may use, with its reason, by where it is from."""
    return {"ufuncs": UFUNCS, "functions": FUNCTIONS, "methods of arrays": METHODS, "math": MATH}
