"""pamcheck verify: judge somebody else's implementation."""

from pathlib import Path
from typing import Annotated, Any

import typer

from pamcheck.cli.common import Json, counting, print_json, wrong_use
from pamcheck.measure.sampling import SEED

Names = list[str] | None


def verify(
    target: Annotated[
        str, typer.Argument(metavar="[TARGET]", help="module:function or path/to/file.py:function.")
    ] = "",
    program: Annotated[
        str, typer.Option("--exec", help="A program instead: hex operands a line in, results out.")
    ] = "",
    op: Annotated[
        str, typer.Option(help="pam, padiv, palog2, ...; default is the function's own name.")
    ] = "",
    format: Annotated[
        Names, typer.Option("--format", help="float32, bfloat16, ..., eXmY; may be repeated; default all.")
    ] = None,
    policy: Annotated[str, typer.Option(help="ftz, gradual, saturate or kosson2023.")] = "ftz",
    offset: Annotated[
        str, typer.Option(help="Compensation in octaves: a number or a fraction such as 1/16.")
    ] = "0",
    mode: Annotated[
        str, typer.Option(help="exact or mimic: judge the derivatives instead of the values.")
    ] = "",
    level: Annotated[str, typer.Option(help="1, 2 or exhaustive.")] = "1",
    check: Annotated[Names, typer.Option("--check", help="Only this check; may be repeated.")] = None,
    arrays: Annotated[str, typer.Option(help="What the function takes: numpy, torch or cupy.")] = "numpy",
    gradient: Annotated[
        str, typer.Option(help="function: it returns the cotangents; autograd: PyTorch finds them.")
    ] = "function",
    codes: Annotated[
        bool, typer.Option("--codes", help="The function maps codes, as unsigned integers.")
    ] = False,
    elementwise: Annotated[
        bool, typer.Option("--elementwise", help="The function takes one number at a time.")
    ] = False,
    time_limit: Annotated[
        float, typer.Option(min=0.001, help="Seconds that a program may take for a batch of cases.")
    ] = 10.0,
    accept: Annotated[Names, typer.Option(help="A deviation that is meant; may be repeated.")] = None,
    xfails_file: Annotated[
        Path | None, typer.Option(help="Checks that are expected to fail, one a line, # reason.")
    ] = None,
    skips_file: Annotated[Path | None, typer.Option(help="Checks to leave out, likewise.")] = None,
    case: Annotated[
        Names, typer.Option(help="Only this case: inputs as hex codes with commas; may be repeated.")
    ] = None,
    fingerprint: Annotated[
        bool, typer.Option("--fingerprint", help="Say which unit it is, instead of judging it.")
    ] = False,
    errors: Annotated[int, typer.Option(min=1, help="Failures that are shown.")] = 20,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML to this file.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of every random operand.")] = SEED,
    json: Json = False,
) -> None:
    """Judge an implementation of a PAM operation: checks, causes in words, the line that shows each."""
    from pamcheck.testing import command

    request = command.Request(
        target=target,
        program=program,
        op=op,
        formats=tuple(format or ()),
        policy=policy,
        offset=offset,
        mode=mode,
        level=level,
        checks=tuple(check or ()),
        arrays=arrays,
        gradient=gradient,
        codes=codes,
        elementwise=elementwise,
        time_limit=time_limit,
        accept=tuple(accept or ()),
        xfails_file=xfails_file,
        skips_file=skips_file,
        cases=tuple(case or ()),
        errors=errors,
        seed=seed,
    )
    if junit is not None and not junit.parent.is_dir():
        wrong_use(f"junit is {junit}, and there is no folder {junit.parent}")
    try:
        with counting("checking") as advance:
            found: Any = command.fingerprint(request) if fingerprint else command.verify(request, advance)
    except ValueError as error:
        wrong_use(str(error))
    if json:
        print_json(found.record())
    else:
        for line in found.lines():
            print(line)
    if junit is not None and not fingerprint:
        try:
            junit.write_bytes(found.junit())
        except OSError as error:
            wrong_use(f"cannot write {junit}: {error.strerror}; the result above stands")
    raise typer.Exit(130 if found.interrupted else 0 if found.passed else 1)
