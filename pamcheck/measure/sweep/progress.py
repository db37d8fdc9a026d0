"""A progress bar on stderr with rate and time left, where stderr is a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pamcheck.measure.sweep.plan import Plan


@contextmanager
def bar(plan: Plan) -> Iterator[Callable[[int], None]]:
    """Yield what is to be called with the number of blocks done."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    rate = TextColumn("{task.fields[rate]}")
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        rate,
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(f"{plan.op} {plan.format}", total=plan.blocks, rate="")

        def advance(done: int) -> None:
            speed = progress.tasks[0].speed
            text = f"{speed * plan.block_size / 1e6:.0f} M/s" if speed else ""
            progress.update(task, completed=done, rate=text)

        yield advance
