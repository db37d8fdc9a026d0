"""pamcheck audit: no multiplication in the machine code, and none in a step of training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from pamcheck.cli.common import Json, counting, print_json, wrong_use

TRAIN = "train"


def audit(
    kernels: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[KERNEL]...",
            help="Operations, or full names from the table; default all. Or: train CONFIG.",
        ),
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(help="cpu, sm_80, sm_90, ...; may be repeated; default cpu, sm_80, sm_90 and sm_100."),
    ] = None,
    listing: Annotated[
        bool, typer.Option("--listing", help="Print the machine code of the kernel for the target instead.")
    ] = False,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="train: such as model.width=128; may be repeated."),
    ] = None,
    arithmetic: Annotated[
        str | None, typer.Option(help="train: native, exact or mimic, for every group of operations.")
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="train: how many steps; default 2.")] = None,
    cost: Annotated[
        bool, typer.Option("--cost", help="train: count operations and model their energy instead.")
    ] = False,
    json: Json = False,
) -> None:
    """Prove from the machine code that no kernel multiplies. Needs no GPU.

    `pamcheck audit train CONFIG` runs real steps of a training configuration, where every product, quotient, root
    and power in Python or NumPy is an error, and audits the compiled loops that ran.
    """
    names, targets = kernels or [], target or []
    of_train = settings is not None or arithmetic is not None or steps is not None or cost
    if names[:1] == [TRAIN]:
        if targets or listing or len(names) != 2:
            wrong_use("audit train takes one configuration, and no --target or --listing")
        _train(names[1], settings or [], arithmetic, steps or 2, cost, json)
    if of_train:
        wrong_use("--set, --arithmetic, --steps and --cost are for `audit train CONFIG`")
    _kernels(names, targets, listing, json)


def _kernels(names: Sequence[str], targets: Sequence[str], listing: bool, json: bool) -> None:
    from pamcheck.lookup import UnknownName
    from pamcheck.measure.audit import nvrtc, run, text

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
    _leave(found, text.lines, json)


def _train(
    name: str, settings: Sequence[str], arithmetic: str | None, steps: int, cost: bool, json: bool
) -> None:
    """Audit steps of a configuration, or count them, and leave."""
    from pamcheck.cli.audit_train import audit_training
    from pamcheck.cli.configured import configured
    from pamcheck.cli.train_cost import cost_lines, cost_of
    from pamcheck.measure.audit.guard import record
    from pamcheck.nn.data import DataError
    from pamcheck.nn.training import ConfigError

    try:
        config = configured(name, settings, arithmetic, None)
        if cost:
            found = cost_of(config)
            print_json(found.record()) if json else print("\n".join(cost_lines(found)))
            raise typer.Exit(0)
        with counting("watching steps, reading loops") as advance:
            audited = audit_training(config, steps, advance=advance)
    except (ConfigError, DataError) as error:
        wrong_use(str(error))
    _leave(audited, record.lines, json)


def _leave(found: Any, lines: Any, json: bool) -> None:
    """Print what was found, and leave with 0 where it holds, else 1."""
    if json:
        print_json(found.record())
    else:
        for line in lines(found):
            print(line)
    raise typer.Exit(0 if found.holds else 1)
