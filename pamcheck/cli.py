"""The command line: one thin command per verb.

Exit code 0 is good, 1 a failed check, 2 wrong use. Results go to stdout, progress to stderr. What a verb
needs is imported when it runs, so that `--help` is quick.
"""

from __future__ import annotations

import io
import json as json_module
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from pamcheck.measure.sampling import SEED

app = typer.Typer(
    name="pamcheck",
    help="Check and measure piecewise affine multiplication and its relatives.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Json = Annotated[bool, typer.Option("--json", help="Machine output on stdout.")]


@app.command()
def report(
    studies: Annotated[
        list[str] | None, typer.Argument(metavar="[STUDY]...", help="Which studies; default all.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of the report; replaced as a whole.")] = Path("reports"),
    quick: Annotated[bool, typer.Option("--quick", help="Smaller samples.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of every random sample.")] = SEED,
    json: Json = False,
) -> None:
    """Run studies and write the error report: HTML, Markdown, figures, tables.

    Studies that are already in the folder and are not run again stay on the page.
    """
    chosen = _studies(studies or [])
    from pamcheck.kernels.launch import thread_count
    from pamcheck.reporting.records import Settings
    from pamcheck.reporting.run import run_report
    from pamcheck.reporting.staging import ReportFolderError
    from pamcheck.reporting.workers import StudyDied

    for number in (signal.SIGTERM, signal.SIGHUP) if hasattr(signal, "SIGHUP") else (signal.SIGTERM,):
        signal.signal(number, _leave)  # so that processes and folders are cleared away as at an interrupt
    with _progress(5 * len(chosen) + 1) as advance:
        try:
            outcome = run_report(chosen, out, Settings(quick, seed), advance, thread_count())
        except ReportFolderError as error:
            _wrong_use(str(error))
        except StudyDied as error:
            print(f"pamcheck: {error}\nthe report in {out} is as it was", file=sys.stderr)
            raise typer.Exit(1) from None
    failed = [verdict for verdict in outcome.verdicts if not verdict.holds]
    if json:
        _print_json(
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


@app.command()
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
    from pamcheck.plotting import save
    from pamcheck.plotting.request import default_kind, draw, parse_domains, parse_offset

    try:
        formats = format or ["float32"]
        figure = draw(operation, kind, formats, parse_domains(domain or []), parse_offset(offset))
    except (ValueError, TypeError) as error:
        _wrong_use(str(error))
    if out is not None and out.name in ("", ".", ".."):
        _wrong_use(f"out is {str(out)!r}; it takes the path of a figure, such as figures/error")
    stem = out or Path(f"{operation}-{kind or default_kind(operation)}-{'-'.join(formats)}")
    try:
        paths = save(figure, stem.with_suffix("") if stem.suffix in (".svg", ".png") else stem)
    except OSError as error:
        _wrong_use(f"cannot write {stem}: {error.strerror}; give another --out")
    for path in paths:
        print(path)


@app.command()
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
        _wrong_use(str(error))
    if json:
        _print_json(command.record(found, paths))
    else:
        for line in command.lines(found):
            print(line)
    raise typer.Exit(0 if found.holds else 1)


@app.command()
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
        _wrong_use(str(error))
    except OSError as error:
        _wrong_use(f"cannot use {error.filename}: {error.strerror}")
    second = proofs.recheck(found) if again or stored.suffix == ".json" else None
    if json:
        print(found.to_json())
    else:
        print("\n".join(lines(found, second)))
    raise typer.Exit(0 if found.holds and (second is None or second.holds) else 1)


@app.command()
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
        _wrong_use("--listing takes one kernel and one --target")
    try:
        if listing:
            print(run.listing(names[0], targets[0]))
            return
        with _counting("compiling and reading") as advance:
            found = run.audit(names, targets, advance=advance)
    except (UnknownName, nvrtc.ToolMissing) as error:
        _wrong_use(str(error))
    if json:
        _print_json(found.record())
        raise typer.Exit(0 if found.holds else 1)
    for line in text.lines(found):
        print(line)
    raise typer.Exit(0 if found.holds else 1)


@app.command()
def bench(
    device: Annotated[str, typer.Option(help="cpu or gpu.")] = "cpu",
    side: Annotated[
        list[int] | None, typer.Option(min=1, help="Side of a square matrix product; may be repeated.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the operands.")] = SEED,
    json: Json = False,
) -> None:
    """Time elementwise operations and matrix products beside NumPy's, or on a GPU beside cuBLAS's."""
    from pamcheck.lookup import UnknownName, lookup

    try:
        where = lookup("device", device, {"cpu": "cpu", "gpu": "gpu"})
    except UnknownName as error:
        _wrong_use(str(error))
    tables = _bench_gpu(side) if where == "gpu" else _bench_cpu(side, seed)
    if json:
        _print_json({name: rows for name, (rows, _) in tables.items()})
        return
    import pandas as pd

    for name, (rows, columns) in tables.items():
        print(name)
        print(pd.DataFrame(rows)[columns].to_string(index=False, float_format="{:.3g}".format))


Rows = dict[str, tuple[list[dict[str, Any]], list[str]]]


def _bench_cpu(sides: list[int] | None, seed: int) -> Rows:
    from analyses import speed

    ratios = ["PAM (ms)", "NumPy (ms)", "speed ratio", "ratio, low", "ratio, high"]
    rates = ["PAM (GMAC/s)", "NumPy (GMAC/s)"]
    elementwise = [] if sides else [speed.throughput(name, seed) for name in speed.PAIRS]
    products = [speed.product(kind, side, seed) for side in sides or speed.SIDES for kind in speed.KINDS]
    found: Rows = {"matmul": (products, ["operands", "side", *ratios, *rates])}
    return {**({"elementwise": (elementwise, ["operation", *ratios])} if elementwise else {}), **found}


def _bench_gpu(sides: list[int] | None) -> Rows:
    from analyses.on_gpu import speed
    from pamcheck.kernels.gpu import DeviceError, runtime

    try:
        device = runtime()
    except DeviceError as error:
        _wrong_use(str(error))
    record = speed.stage(device, speed.Size(sides=tuple(sides)) if sides else speed.Size())
    matmul = ["shape", "kind", "median_s", "low_s", "high_s", "macs_per_s", "of_float32_product"]
    elementwise = ["operation", "format", "median_s", "low_s", "high_s", "bytes_per_s", "of_copy"]
    return {
        "elementwise": (record["elementwise"], elementwise),
        "matmul": (record["matmul"], matmul),
    }


@app.command()
def info(json: Json = False) -> None:
    """Show versions, operations with their bounds, formats, policies and studies."""
    from analyses import STUDIES
    from pamcheck.formats import FORMATS
    from pamcheck.kernels import cpu
    from pamcheck.kernels.table import OPS
    from pamcheck.policy import POLICIES
    from pamcheck.reporting.versions import versions

    facts: dict[str, Any] = {
        "versions": versions(),
        "operations": {
            name: f"[{op.contract.lower}, {op.contract.upper}] {op.contract.kind} error against {op.approximates}"
            if op.contract
            else f"composite, approximates {op.approximates}"
            for name, op in OPS.items()
        },
        "formats": {
            name: f"{fmt.exp_bits} exponent, {fmt.mant_bits} mantissa bits, specials {fmt.specials}"
            for name, fmt in FORMATS.items()
        },
        "policies": {
            name: "reference only" if policy.reference_only else "" for name, policy in POLICIES.items()
        },
        "studies": dict.fromkeys(STUDIES, ""),
        "compiled code": {"folder": str(cpu.cache_dir())},
    }
    if json:
        _print_json(facts)
        return
    for heading, rows in facts.items():
        print(heading)
        for name, text in rows.items():
            print(f"  {name:<16} {text}".rstrip())


def main() -> None:
    """Run the command line."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # a terminal that lacks a sign shows a question mark in its place
        sys.stdout.reconfigure(errors="replace")
    app()


def _leave(number: int, _: Any) -> None:
    raise SystemExit(128 + number)


def _studies(names: list[str]) -> list[Any]:
    """Import the named studies, or all. Leaves with exit code 2 for an unknown name."""
    import importlib

    from analyses import STUDIES
    from pamcheck.lookup import UnknownName, lookup

    table = {name: name for name in STUDIES}
    try:
        chosen = [lookup("study", name, table) for name in names]
    except UnknownName as error:
        _wrong_use(str(error))
    from pamcheck.reporting.records import as_study

    return [
        as_study(importlib.import_module(f"analyses.{name}")) for name in dict.fromkeys(chosen or STUDIES)
    ]


def _worst(verdicts: Sequence[Any]) -> str:
    """Return the worst case that the first of some verdicts names, for the last line."""
    named = next((verdict for verdict in verdicts if verdict.worst), None)
    return f"worst case {named.worst}; " if named else ""


def _progress(total: int) -> Any:
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


def _counting(what: str) -> Any:
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


def _print_json(data: Any) -> None:
    from pamcheck.reporting.records import plain

    print(json_module.dumps(plain(data), indent=1, ensure_ascii=False))


def _wrong_use(message: str) -> NoReturn:
    print(f"pamcheck: {message}", file=sys.stderr)
    raise typer.Exit(2)


if __name__ == "__main__":
    main()
