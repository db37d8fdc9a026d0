"""pamcheck report: run studies, write pages."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from pamcheck.cli.common import Json, print_json, wrong_use
from pamcheck.measure.sampling import SEED


def report(
    studies: Annotated[
        list[str] | None,
        typer.Argument(metavar="[STUDY]...", help="Which studies; default all but the long ones."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of the report; replaced as a whole.")] = Path("reports"),
    quick: Annotated[bool, typer.Option("--quick", help="Smaller samples.")] = False,
    every: Annotated[bool, typer.Option("--all", help="The studies that train for long, too.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of every random sample.")] = SEED,
    json: Json = False,
) -> None:
    """Run studies and write the error report: HTML, Markdown, figures, tables.

    Studies that are already in the folder and are not run again stay on the page. Without names, those that
    train for a quarter of an hour or more are left out, unless --all or --quick is given.
    """
    chosen = _studies(studies or [], every or quick)
    from pamcheck.kernels.launch import thread_count
    from pamcheck.reporting.records import Settings
    from pamcheck.reporting.run import run_report
    from pamcheck.reporting.staging import ReportFolderError
    from pamcheck.reporting.workers import StudyDied

    for number in (signal.SIGTERM, signal.SIGHUP) if hasattr(signal, "SIGHUP") else (signal.SIGTERM,):
        signal.signal(number, _leave)  # so that processes and folders are cleared away as at an interrupt
    with bar(5 * len(chosen) + 1) as advance:
        try:
            outcome = run_report(chosen, out, Settings(quick, seed), advance, thread_count())
        except ReportFolderError as error:
            wrong_use(str(error))
        except StudyDied as error:
            print(f"pamcheck: {error}\nthe report in {out} is as it was", file=sys.stderr)
            raise typer.Exit(1) from None
    failed = [verdict for verdict in outcome.verdicts if not verdict.holds]
    if json:
        print_json(
            {
                "folder": str(out),
                "seconds": outcome.seconds,
                "holds": outcome.holds,
                "verdicts": [verdict.record() for verdict in outcome.verdicts],
            }
        )
    else:
        for verdict in outcome.verdicts:
            print(f"{'holds' if verdict.holds else 'FAILS'}  {verdict.claim}: {verdict.measured}")
        state = "FAIL" if failed else "PASS"
        held = len(outcome.verdicts) - len(failed)
        print(
            f"{state}  {held} of {len(outcome.verdicts)} claims hold; {_worst(failed or outcome.verdicts)}"
            f"{len(chosen)} studies in {outcome.seconds:.1f} s; {out / 'index.html'}"
        )
    raise typer.Exit(1 if failed else 0)


def _leave(number: int, _: Any) -> None:
    raise SystemExit(128 + number)


def _studies(names: list[str], every: bool) -> list[Any]:
    """Import the named studies, or all, or all but the long ones. Leaves with exit code 2 for an unknown name."""
    import importlib

    from analyses import STUDIES
    from pamcheck.lookup import UnknownName, lookup

    table = {name: name for name in STUDIES}
    try:
        chosen = [lookup("study", name, table) for name in names]
    except UnknownName as error:
        wrong_use(str(error))
    from pamcheck.reporting.records import as_study

    found = [
        as_study(importlib.import_module(f"analyses.{name}")) for name in dict.fromkeys(chosen or STUDIES)
    ]
    return (
        found if chosen or every else [study for study in found if not getattr(study, "NAMED_ONLY", False)]
    )


def _worst(verdicts: Sequence[Any]) -> str:
    """Return the worst case that the first of some verdicts names, for the last line."""
    named = next((verdict for verdict in verdicts if verdict.worst), None)
    return f"worst case {named.worst}; " if named else ""


def bar(total: int) -> Any:
    """Return a context manager whose value is called as advance(study, step); a bar on stderr."""
    from contextlib import contextmanager

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    @contextmanager
    def bar() -> Any:
        columns = (TextColumn("{task.description:<40}"), BarColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("starting", total=total)

            def advance(study: str, step: str) -> None:
                progress.update(
                    task, advance=0 if step.startswith("save") else 1, description=f"{study}: {step}"
                )

            yield advance

    return bar()
