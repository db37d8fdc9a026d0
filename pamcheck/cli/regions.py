"""pamcheck regions: the affine pieces of an expression or a network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pamcheck.cli.common import Json, print_json, wrong_use
from pamcheck.measure.sampling import SEED


def regions(
    expression: Annotated[
        str, typer.Argument(help='Such as "pam(x, y)", "softmax(x, y)", "gelu(x)", "mlp:FILE.safetensors".')
    ],
    domain: Annotated[
        list[str],
        typer.Option(
            help="LOW:HIGH, once or once for each variable in alphabetical order; of mlp, for t and s."
        ),
    ],
    smallest: Annotated[
        int, typer.Option(min=-1000, help="Parts where an operand is below 2^SMALLEST are left out.")
    ] = -16,
    max_cells: Annotated[int, typer.Option(help="More cells than that are left out.")] = 100_000,
    output: Annotated[int | None, typer.Option(help="Only this one of several results, from 0.")] = None,
    at: Annotated[
        Path | None,
        typer.Option(help="Points of mlp by rows: .npy, .safetensors or text; default is random."),
    ] = None,
    row: Annotated[
        list[int] | None,
        typer.Option(help="Number of a row of --at: the point; again, where t, and s, lead to."),
    ] = None,
    line: Annotated[bool, typer.Option("--line", help="Of mlp: one direction instead of two.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of random points and directions.")] = SEED,
    out: Annotated[
        Path | None, typer.Option(help="Where the figure and the cells go: OUT.svg, OUT.png, OUT.json.")
    ] = None,
    recheck: Annotated[
        bool, typer.Option("--recheck", help="Verify the cells again, independently of what found them.")
    ] = False,
    json: Json = False,
) -> None:
    """Cut a segment or a box into the pieces on which a function is affine, exactly, and count them."""
    from pamcheck.measure.regions_request import command, told

    request = command.Request(
        expression, tuple(domain), smallest, max_cells, output, at, tuple(row or ()), line, seed, recheck
    )
    try:
        found = command.regions(request)
        files = [] if out is None else _write(found, out)
    except (ValueError, OSError) as error:
        wrong_use(str(error))
    if json:
        print_json(told.record(found, [str(path) for path in files]))
    else:
        for text in (*(f"wrote {path}" for path in files), *told.lines(found)):
            print(text)
    raise typer.Exit(0 if found.good else 1)


def _write(found: Any, out: Path) -> list[Path]:
    """Write the figure, where there is something to draw, and the cells."""
    from pamcheck.measure.regions import to_json
    from pamcheck.plotting import save
    from pamcheck.plotting.regions import draw

    out.parent.mkdir(parents=True, exist_ok=True)
    cells = out.with_name(out.name + ".json")
    cells.write_text(to_json(found.partition) + "\n", encoding="utf-8")
    drawn = found.partition.cells
    return [*(save(draw(found.partition, found.axes, found.shown), out) if drawn else []), cells]
