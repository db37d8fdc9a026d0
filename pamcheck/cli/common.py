"""What verbs share: options, output, progress, leaving."""

from __future__ import annotations

import json as json_module
import sys
from typing import Annotated, Any, NoReturn

import typer

Json = Annotated[bool, typer.Option("--json", help="Machine output on stdout.")]


def print_json(data: Any) -> None:
    """Print plain data, as JSON has it, on stdout."""
    from pamcheck.reporting.records import plain

    print(json_module.dumps(plain(data), indent=1, ensure_ascii=False))


def wrong_use(message: str) -> NoReturn:
    """Leave with exit code 2, saying on stderr what would do."""
    print(f"pamcheck: {message}", file=sys.stderr)
    raise typer.Exit(2)


def counting(what: str) -> Any:
    """Return a context manager whose value is called with the name of each thing done; a line on stderr."""
    from contextlib import contextmanager

    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    @contextmanager
    def line() -> Any:
        columns = (SpinnerColumn(), TextColumn("{task.completed} {task.description}"), TimeElapsedColumn())
        console = Console(stderr=True)
        with Progress(
            *columns, console=console, transient=True, disable=not console.is_terminal
        ) as progress:
            task = progress.add_task(what, total=None)
            yield lambda name: progress.update(task, advance=1, description=f"{what}: {name}")

    return line()
