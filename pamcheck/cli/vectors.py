"""pamcheck vectors: cases with expected results, and the check of answers to them."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from pamcheck.cli.common import Json, print_json, wrong_use
from pamcheck.measure.sampling import SEED


def vectors(
    operation: Annotated[
        str, typer.Argument(metavar="OP", help="pam, padiv, palog2, paexp2, pasqrt, palog, paexp or papow.")
    ],
    format: Annotated[str, typer.Argument(help="float32, bfloat16, ..., or eXmY.")],
    level: Annotated[str, typer.Option(help="1, 2 or exhaustive.")] = "1",
    count: Annotated[
        int | None, typer.Option("-n", min=1, help="How many cases; beyond the level's, random ones.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of every random operand.")] = SEED,
    prefix: Annotated[str, typer.Option(help="Leading hex digits of the first operand.")] = "",
    policy: Annotated[str, typer.Option(help="ftz, gradual, saturate or kosson2023.")] = "ftz",
    offset: Annotated[
        str, typer.Option(help="Compensation in octaves: a number or a fraction such as 1/16.")
    ] = "0",
    mode: Annotated[str, typer.Option(help="exact or mimic: derivatives instead of values.")] = "",
    style: Annotated[str, typer.Option(help="testfloat, readmemh, csv or parquet.")] = "testfloat",
    header: Annotated[
        bool, typer.Option("--header/--no-header", help="Comments that say what the file is.")
    ] = True,
    out: Annotated[Path | None, typer.Option(help="Write to this file instead of stdout.")] = None,
    check: Annotated[
        str, typer.Option(metavar="FILE", help="Check the answers in this file; - for stdin.")
    ] = "",
    errors: Annotated[int, typer.Option(min=1, help="Wrong answers that are shown.")] = 20,
    json: Json = False,
) -> None:
    """Write cases with the results that are right, for whatever reads files; or check the answers in one."""
    from pamcheck.operands import parse_offset
    from pamcheck.testing import vectors as cases
    from pamcheck.testing.vectors import text

    try:
        request = cases.Request(
            operation,
            format,
            level,  # type: ignore[arg-type]
            count,
            seed,
            prefix,
            policy,
            parse_offset(offset),
            mode,
            style,  # type: ignore[arg-type]
            header,
        )
        if not check:
            _write(request, out)
            return
        verdict = _check(request, check, errors)
    except ValueError as error:
        wrong_use(str(error))
    except BrokenPipeError:
        sys.stderr.close()  # whoever read has enough; nothing is left to be said to it
        raise typer.Exit(0) from None
    except OSError as error:
        wrong_use(f"cannot use {error.filename or out or check}: {error.strerror}")
    if json:
        print_json(text.record(request, verdict))
    else:
        for line in text.lines(request, verdict):
            print(line)
    raise typer.Exit(0 if verdict.passed else 1)


def _write(request: Any, out: Path | None) -> None:
    from pamcheck.testing.vectors import write

    if out is None:
        summary = write(request, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    else:
        with out.open("wb") as file:
            summary = write(request, file)
    print(f"{summary.cases:,} cases of {request.subject}, sha256 {summary.sha256}", file=sys.stderr)


def _check(request: Any, source: str, errors: int) -> Any:
    from pamcheck.testing.vectors import check

    if source == "-":
        return check(request, sys.stdin.buffer, errors)
    with Path(source).open("rb") as file:
        return check(request, file, errors)
