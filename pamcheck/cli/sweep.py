"""pamcheck sweep: every operand against an oracle."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pamcheck.cli.common import Json, print_json, wrong_use
from pamcheck.measure.sampling import SEED


def sweep(
    operation: Annotated[
        str, typer.Argument(help="pam, padiv, palog2, paexp2, pasqrt, palog, paexp or papow.")
    ],
    format: Annotated[str, typer.Argument(help="float32, bfloat16, ..., or eXmY.")],
    policy: Annotated[str, typer.Option(help="ftz, gradual or saturate.")] = "ftz",
    offset: Annotated[
        str, typer.Option(help="Compensation in octaves: a number or a fraction such as 1/16.")
    ] = "0",
    backend: Annotated[str, typer.Option(help="cpu or gpu.")] = "cpu",
    out: Annotated[
        Path | None, typer.Option(help="The certificate; a .parquet is written beside it.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue from the last finished block.")
    ] = False,
    limit: Annotated[
        float, typer.Option(min=0, help="Seconds; a sweep that would take longer is refused.")
    ] = 3600,
    dask: Annotated[
        str, typer.Option(help="Address of a dask scheduler; default is this machine's threads.")
    ] = "",
    samples: Annotated[int, typer.Option(min=0, help="Tuples to draw where not all can be tried.")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the sample.")] = SEED,
    json: Json = False,
) -> None:
    """Try every operand against an oracle of its own, and measure the error of each."""
    from pamcheck.measure.sweep import command
    from pamcheck.measure.sweep.plan import SweepError
    from pamcheck.measure.sweep.run import Interrupted

    request = command.Request(
        operation, format, policy, offset, backend, out, resume, limit, dask, samples, seed
    )
    try:
        found, paths = command.sweep(request)
    except Interrupted as error:
        print(f"pamcheck: {error}", file=sys.stderr)
        raise typer.Exit(130) from None
    except (ValueError, SweepError) as error:
        wrong_use(str(error))
    if json:
        print_json(command.record(found, paths))
    else:
        for line in command.lines(found):
            print(line)
    raise typer.Exit(0 if found.holds else 1)
