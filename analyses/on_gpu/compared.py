"""Comparing the device's results with the CPU's, in pieces that fit, and remembering the first difference."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pamcheck.formats import FloatFormat
from pamcheck.kernels import gpu_elementwise, launch
from pamcheck.kernels.gpu import Runtime
from pamcheck.kernels.words import Words


class Clock:
    """When a stage must stop: what it has not begun by then is left out, and its record says so."""

    def __init__(self, seconds: float, now: Callable[[], float] = time.perf_counter) -> None:
        self._now, self._end = now, now() + seconds

    def over(self) -> bool:
        """Whether nothing new may begin."""
        return self._now() >= self._end


@dataclass
class Compared:
    """How many results were equal, the operands of the first that were not, and whether time ran out."""

    what: str
    cases: int = 0
    different: int = 0
    first: list[str] = field(default_factory=list)
    cut: bool = False

    def add(self, got: Any, want: Any, fmt: FloatFormat, operands: Sequence[Any] = ()) -> None:
        """Take in results as codes, with the operands that broadcast to them."""
        self.cases += want.size
        if np.array_equal(got, want):
            return
        places = np.argwhere(got != want)
        self.different += len(places)
        if not self.first:
            at = tuple(places[0])
            shown = [int(np.broadcast_to(x, want.shape)[at]) for x in operands]
            self.first = [
                f"operands {' '.join(fmt.hex(code) for code in shown)}" if shown else f"element {at}",
                f"GPU {fmt.hex(int(got[at]))}, CPU {fmt.hex(int(want[at]))}",
            ]

    def record(self) -> dict[str, Any]:
        """Return what goes into the stage's file."""
        return {
            "what": self.what,
            "cases": self.cases,
            "different": self.different,
            "first": self.first,
            "cut": self.cut,
        }


def summary(compared: Sequence[Compared]) -> dict[str, Any]:
    """Return what a stage of comparisons records."""
    return {
        "compared": [one.record() for one in compared],
        "cases": sum(one.cases for one in compared),
        "different": sum(one.different for one in compared),
        "cut": [one.what for one in compared if one.cut],
    }


def compare_body(
    compared: Compared,
    name: str,
    operands: Sequence[Any],
    fmt: FloatFormat,
    w: Words,
    runtime: Runtime,
    uploaded: Sequence[Any] | None = None,
) -> None:
    """Run a body on the device and on the CPU, on NumPy codes that broadcast, and compare."""
    on_device = [runtime.upload(codes) for codes in operands] if uploaded is None else uploaded
    got = runtime.download(gpu_elementwise.run_codes(name, on_device, w, runtime=runtime))
    compared.add(got, launch.run_codes(name, operands, w), fmt, operands)
