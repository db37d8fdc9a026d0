"""pamcheck plot: one figure."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pamcheck.cli.common import wrong_use


def plot(
    operation: Annotated[
        str, typer.Argument(help="pam, padiv, palog2, paexp2, pasqrt, palog, paexp or papow.")
    ],
    kind: Annotated[
        str, typer.Option(help="error, value, error-3d or value-3d; curve for one operand; histogram.")
    ] = "",
    format: Annotated[
        list[str] | None,
        typer.Option(
            "--format", help="float32, float8_e4m3fn, ..., or eXmY; several for a histogram of each."
        ),
    ] = None,
    domain: Annotated[
        list[str] | None, typer.Option(help="LOW:HIGH; once for every operand, or one for each.")
    ] = None,
    offset: Annotated[
        str, typer.Option(help="Compensation in octaves: a number or a fraction such as 1/16.")
    ] = "0",
    out: Annotated[
        Path | None, typer.Option(help="Path without ending; .svg and .png are written.")
    ] = None,
) -> None:
    """Draw an operation: its value, its error as a surface or a curve, or the error's histogram."""
    from pamcheck.operands import parse_offset
    from pamcheck.plotting import save
    from pamcheck.plotting.request import default_kind, draw, parse_domains

    try:
        formats = format or ["float32"]
        figure = draw(operation, kind, formats, parse_domains(domain or []), parse_offset(offset))
    except (ValueError, TypeError) as error:
        wrong_use(str(error))
    if out is not None and out.name in ("", ".", ".."):
        wrong_use(f"out is {str(out)!r}; it takes the path of a figure, such as figures/error")
    stem = out or Path(f"{operation}-{kind or default_kind(operation)}-{'-'.join(formats)}")
    try:
        paths = save(figure, stem.with_suffix("") if stem.suffix in (".svg", ".png") else stem)
    except OSError as error:
        wrong_use(f"cannot write {stem}: {error.strerror}; give another --out")
    for path in paths:
        print(path)
