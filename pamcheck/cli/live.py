"""Progress of a training run on stderr, and interrupts that wait for the end of a step."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

LINES = 10  # of a run whose progress goes to a file, beside those of the looks at the validation data


@contextmanager
def interrupts() -> Iterator[Callable[[], bool]]:
    """Yield a function that says whether Ctrl-C or SIGTERM has come. A second one stops at once."""
    asked = threading.Event()

    def note(number: int, _: Any) -> None:
        if asked.is_set():
            raise SystemExit(128 + number)
        asked.set()
        print("\nstopping after this step; again to stop at once", file=sys.stderr)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def live(told: str, steps: int) -> Iterator[Callable[[Any], None]]:
    """Yield what is called with each row: a bar on a terminal, some lines elsewhere."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        print(told, file=sys.stderr)
        yield _Lines(steps)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[said]}"),
        TimeRemainingColumn(compact=True),
    )
    # each drawing takes the interpreter from the run for some milliseconds
    with Progress(*columns, console=console, transient=True, refresh_per_second=2) as progress:
        task = progress.add_task(told, total=steps, said="")
        pace = _Pace()

        def show(row: Any) -> None:
            if row.validation_loss == row.validation_loss:
                console.print(_line(row, steps, pace.of(row)), highlight=False, soft_wrap=True)
            progress.update(task, completed=row.step, said=_said(row, pace.of(row)))

        yield show


class _Pace:
    """The recent time of a step: a moving mean that forgets what lies between steps."""

    def __init__(self) -> None:
        self._last: Any = None
        self._mean = 0.0

    def of(self, row: Any) -> float:
        """Return seconds a step, 0 as long as it is not known."""
        if self._last is not None and row.step > self._last.step and self._last.weights == "":
            took = row.seconds - self._last.seconds
            self._mean = took if not self._mean else self._mean + (took - self._mean) / 16
        self._last = row
        return self._mean


class _Lines:
    """Writes a line at every look at the validation data, and some between."""

    def __init__(self, steps: int) -> None:
        self._steps, self._pace, self._every = steps, _Pace(), max(1, steps // LINES)

    def __call__(self, row: Any) -> None:
        pace = self._pace.of(row)
        if row.weights or row.step % self._every == 0 or row.step == self._steps:
            print(_line(row, self._steps, pace), file=sys.stderr, flush=True)


def _said(row: Any, pace: float) -> str:
    return f"loss {row.loss:.3f}  rate {row.rate:.2e}  {1e3 * pace:.0f} ms"


def _line(row: Any, steps: int, pace: float) -> str:
    parts = [f"step {row.step:>{len(str(steps))}}/{steps}", _said(row, pace)]
    if row.weights:
        parts.append(f"validation {row.validation_loss:.4f}")
    if row.validation_accuracy == row.validation_accuracy:
        parts.append(f"{100 * row.validation_accuracy:.2f}%")
    left = int(pace * (steps - row.step))
    return "  ".join([*parts, f"{left // 60}:{left % 60:02d} left"])
