"""pamcheck certify: prove an error bound, or check a proof."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pamcheck.cli.common import Json, wrong_use


def certify(
    operation: Annotated[
        str,
        typer.Argument(metavar="OP", help="pam, palog, gelu, softmax, ...; or a certificate, FILE.json."),
    ],
    format: Annotated[
        str | None,
        typer.Option("--format", help="float32, bfloat16, ..., eXmY; default the real function."),
    ] = None,
    offset: Annotated[
        str, typer.Option(help="Compensation in octaves: a number or a fraction such as 1/16.")
    ] = "0",
    kind: Annotated[str | None, typer.Option(help="relative, absolute or ulp.")] = None,
    domain: Annotated[str | None, typer.Option(help="LOW:HIGH of the operand.")] = None,
    size: Annotated[int | None, typer.Option(min=1, help="Terms of dot, softmax, layer_norm.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Prove it a second time, from its boxes.")] = False,
    out: Annotated[Path | None, typer.Option(help="Write the certificate to this file, as JSON.")] = None,
    json: Json = False,
) -> None:
    """Prove the error bound of an operation and print the operands that come nearest to it.

    With the path of a certificate: check it anew.
    """
    from pamcheck.measure import certify as proofs
    from pamcheck.measure.certify.text import lines, parse_domain, parse_number

    stored = Path(operation)
    try:
        if stored.suffix == ".json":
            found = proofs.Certificate.from_json(stored.read_text(encoding="utf-8"))
        else:
            where = None if domain is None else parse_domain(domain)
            number = parse_number("offset", offset)
            found = proofs.certify(
                operation, format=format, offset=number, kind=kind, domain=where, size=size
            )
        if out is not None:
            out.write_text(found.to_json() + "\n", encoding="utf-8")
    except (ValueError, TypeError) as error:
        wrong_use(str(error))
    except OSError as error:
        wrong_use(f"cannot use {error.filename}: {error.strerror}")
    second = proofs.recheck(found) if again or stored.suffix == ".json" else None
    if json:
        print(found.to_json())
    else:
        print("\n".join(lines(found, second)))
    raise typer.Exit(0 if found.holds and (second is None or second.holds) else 1)
