"""pamcheck audit: no multiplication in the machine code."""

from __future__ import annotations

from typing import Annotated

import typer

from pamcheck.cli.common import Json, counting, print_json, wrong_use


def audit(
    kernels: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[KERNEL]...", help="Operations, or full names from the table; default all."
        ),
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(help="cpu, sm_80, sm_90, ...; may be repeated; default cpu, sm_80, sm_90 and sm_100."),
    ] = None,
    listing: Annotated[
        bool, typer.Option("--listing", help="Print the machine code of the kernel for the target instead.")
    ] = False,
    json: Json = False,
) -> None:
    """Prove from the machine code that no kernel multiplies. Needs no GPU."""
    from pamcheck.lookup import UnknownName
    from pamcheck.measure.audit import nvrtc, run, text

    names, targets = kernels or [], target or []
    if listing and (len(names), len(targets)) != (1, 1):
        wrong_use("--listing takes one kernel and one --target")
    try:
        if listing:
            print(run.listing(names[0], targets[0]))
            return
        with counting("compiling and reading") as advance:
            found = run.audit(names, targets, advance=advance)
    except (UnknownName, nvrtc.ToolMissing) as error:
        wrong_use(str(error))
    if json:
        print_json(found.record())
        raise typer.Exit(0 if found.holds else 1)
    for line in text.lines(found):
        print(line)
    raise typer.Exit(0 if found.holds else 1)
