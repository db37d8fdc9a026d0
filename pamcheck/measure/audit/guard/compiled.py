"""Which compiled loops a step ran, and the audit of their instructions."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numba

from pamcheck.kernels import cpu
from pamcheck.kernels.team import HANDING_ON, PREFIX
from pamcheck.measure.audit.guard.arrays import unprotected
from pamcheck.measure.audit.kernels import CpuKernel, team_kernels
from pamcheck.measure.audit.record import Audit, Record
from pamcheck.measure.audit.run import PARSERS, audit_cpu, machine


@dataclass
class Ran:
    """A compiled loop, the types that it was called with, and how often."""

    loop: cpu.Loop
    signature: tuple[Any, ...]
    calls: int = 0

    @property
    def name(self) -> str:
        """What the loop is called, as in the table of `pamcheck audit`."""
        return str(self.loop._function.__name__)

    def kernel(self) -> CpuKernel:
        """Return the loop as something to audit."""
        kinds = ", ".join(dict.fromkeys(str(x.dtype) for x in self.signature if hasattr(x, "ndim")))
        hands_on = self.name.removeprefix(PREFIX) in HANDING_ON
        return CpuKernel(self.name, kinds, lambda: self.loop._function, self.signature, hands_on=hands_on)


@contextmanager
def recorded(loops: MutableMapping[Any, Ran]) -> Iterator[None]:
    """Write down every compiled loop that runs. Loops get plain arrays: they are what unwraps guarded ones.

    A team's threads call a loop by its address, which is asked for once a run.
    """
    call, entry = cpu.Loop.__call__, cpu.Loop.entry

    def note(loop: cpu.Loop, signature: tuple[Any, ...]) -> None:
        loops.setdefault((id(loop), signature), Ran(loop, signature)).calls += 1

    def called(loop: cpu.Loop, *arguments: Any) -> Any:
        plain = [unprotected(x) for x in arguments]
        note(loop, tuple(map(numba.typeof, plain)))
        return call(loop, *plain)

    def addressed(loop: cpu.Loop, signature: tuple[Any, ...]) -> int:
        note(loop, signature)
        return entry(loop, signature)

    cpu.Loop.__call__, cpu.Loop.entry = called, addressed  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        cpu.Loop.__call__, cpu.Loop.entry = call, entry  # type: ignore[method-assign]


def audit_loops(
    loops: MutableMapping[Any, Ran], advance: Callable[[str], None] = lambda _: None, team: bool = False
) -> Audit:
    """Compile afresh every loop that ran, for the types that it was called with, and audit its instructions.

    team  whether to add what hands parts of loops to threads, as steps are watched on one thread
    """
    if machine() not in PARSERS:
        return Audit((), (f"loops not audited: no table of instructions for {machine()}",))
    records: list[Record] = []
    for ran in sorted(loops.values(), key=lambda ran: ran.name):
        records += audit_cpu(ran.kernel())
        advance(ran.name)
    for kernel in team_kernels() if team else ():
        records += audit_cpu(kernel)
    return Audit(tuple(records))


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let launches use so many threads."""
    before = os.environ.get("PAMCHECK_THREADS")
    os.environ["PAMCHECK_THREADS"] = str(count)
    try:
        yield
    finally:
        os.environ.pop("PAMCHECK_THREADS")
        if before is not None:
            os.environ["PAMCHECK_THREADS"] = before
