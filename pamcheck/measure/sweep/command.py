"""The body of `pamcheck sweep`: from the words of a command line to certificates and an exit code."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pamcheck.formats import get_format
from pamcheck.measure.sampling import SEED
from pamcheck.measure.sweep import backend, certificate, progress, state
from pamcheck.measure.sweep.certificate import Certificate
from pamcheck.measure.sweep.plan import Plan, SweepError, make_plan
from pamcheck.measure.sweep.run import on_threads, run
from pamcheck.measure.sweep.summary import REASONS
from pamcheck.operands import offset_codes, parse_offset


@dataclass(frozen=True)
class Request:
    """What the command line said; see `pamcheck sweep --help`."""

    op: str
    format: str
    policy: str = "ftz"
    offset: str = "0"
    backend: str = "cpu"
    out: Path | None = None
    resume: bool = False
    limit: float = 3600.0
    dask: str = ""
    samples: int = 0
    seed: int = SEED


def sweep(request: Request) -> tuple[Certificate, list[Path]]:
    """Run a sweep and write its certificate. Returns it, and the files.

    Raises ValueError for wrong words, SweepError for what stands in the way, and run.Interrupted.
    """
    plan = make_plan(
        request.op,
        request.format,
        request.policy,
        _offset(request),
        request.backend,
        request.seed,
        request.samples,
    )
    out = request.out or Path(default_name(plan))
    part = out.with_suffix(".part")
    begun = _begin(plan, out, part, request.resume)
    if not request.dask:
        backend.kernel(plan)
        with progress.bar(plan) as advance, _ending():
            done = run(begun, part, on_threads, request.limit, 0, advance)
        where = "this machine"
    else:
        done, where = _on_cluster(begun, part, request)
    found = certificate.certify(done, where)
    paths = certificate.write(found, out)
    part.unlink(missing_ok=True)
    return found, paths


def default_name(plan: Plan) -> str:
    """Return the name of a certificate: operation, format, and what is not the default."""
    extra = [plan.policy] if plan.policy != "ftz" else []
    extra += [f"offset{plan.offset:+d}"] if plan.offset else []
    return "-".join(["sweep", plan.op, plan.format, *extra]) + ".json"


def lines(found: Certificate) -> Iterator[str]:
    """Yield what the command prints; the last line begins with PASS or FAIL."""
    statistics = found.statistics
    yield f"{found.plan['op']}, policy {found.plan['policy']}: {found.coverage}"
    left_out = {name: statistics[name] for name in REASONS if statistics[name]}
    yield f"compared  {statistics['compared']:,}; left out: " + (
        ", ".join(f"{name} {count:,}" for name, count in left_out.items()) or "none"
    )
    for name, row in found.worst.items():
        operands = ", ".join(f"{value:.9g}" for value in row["operands"])
        yield f"{name:<11} {row['error']:<+13.7g} at ({operands}) = ({', '.join(row['codes'])})"
    for row in found.differences["first"]:
        yield "DIFFERS  " + ", ".join(f"{key} {value}" for key, value in row.items())
    yield f"hash  {found.hash}"
    count, run_ = found.differences["count"], found.run
    worst = found.worst.get("min_rel"), found.worst.get("max_rel")
    ends = [row for row in worst if row]
    shown = ""
    if ends:
        row = max(ends, key=lambda each: abs(each["error"]))
        operands = ", ".join(f"{value:.9g}" for value in row["operands"])
        shown = f"; worst relative error {row['error']:+.6g} at ({operands}) = ({', '.join(row['codes'])})"
    yield (
        f"{'PASS' if found.holds else 'FAIL'}  {statistics['n'] - count:,} of {statistics['n']:,} results are the "
        f"oracle's{shown}; {run_['seconds']:.1f} s, {run_['cpu_seconds']:.1f} s of processors"
    )


def record(found: Certificate, paths: list[Path]) -> dict[str, Any]:
    """Return what the command prints as JSON."""
    return {
        "holds": found.holds,
        "files": [str(path) for path in paths],
        "hash": found.hash,
        "coverage": found.coverage,
        "differences": found.differences,
        "statistics": found.statistics,
        "worst": found.worst,
        "run": found.run,
    }


def _begin(plan: Plan, out: Path, part: Path, resume: bool) -> state.State:
    """Return where to begin, before anything is computed or overwritten."""
    if out.suffix == ".part" or out.suffix == ".parquet" or not out.name:
        raise SweepError(f"out is {str(out)!r}; it takes the path of the certificate, such as sweep.json")
    if out.exists():
        old = Plan(**{**plan.record(), **_of_plan(certificate.load(out)["plan"])})
        same = ("op", "format", "policy", "offset")
        if any(getattr(old, name) != getattr(plan, name) for name in same):
            raise SweepError(f"{out} is the certificate of another sweep; give another --out")
    if resume:
        return state.load(plan, part)
    if part.exists():
        raise SweepError(f"{part} is an unfinished sweep; continue it with --resume, or remove it")
    begun = state.fresh(plan)
    state.save(begun, part)  # so that a folder that cannot be written is found out now
    part.unlink()
    return begun


def _of_plan(found: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name in Plan.__dataclass_fields__}


def _on_cluster(begun: state.State, part: Path, request: Request) -> tuple[state.State, str]:
    from pamcheck.measure.sweep.cluster import Cluster

    cluster = Cluster(request.dask)
    try:
        with progress.bar(begun.plan) as advance, _ending():
            done = run(begun, part, cluster.runner(), request.limit, cluster.workers, advance)
    finally:
        cluster.close()
    return done, f"a cluster of {cluster.workers} threads"


def _offset(request: Request) -> int:
    octaves = parse_offset(request.offset)
    return offset_codes(octaves, get_format(request.format)) if octaves else 0


@contextmanager
def _ending() -> Iterator[None]:
    """Make SIGTERM an interrupt, so that what is done is saved then too."""

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
