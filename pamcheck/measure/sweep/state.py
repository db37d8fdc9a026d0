"""An unfinished sweep on disk: the plan, how many blocks are done, and their tally.

The file is replaced as a whole, and a hash over its contents tells a truncated or damaged one.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pamcheck.measure.sweep.plan import Plan, SweepError
from pamcheck.measure.sweep.strata import strata
from pamcheck.measure.sweep.tally import Arrays, Tally

_MAGIC = b"pamcheck sweep, unfinished\n"


@dataclass
class State:
    """Blocks 0 to done - 1 of a plan, and the wall time that they took in all runs."""

    plan: Plan
    done: int
    tally: Tally
    seconds: float = 0.0
    runs: int = 1


def fresh(plan: Plan) -> State:
    """Return a sweep that has not begun."""
    return State(plan, 0, Tally.empty(plan.operation.arity, strata(plan.fmt).size))


def save(state: State, path: Path) -> None:
    """Write a state, whole or not at all. Raises SweepError where that cannot be."""
    tally = state.tally
    header = {
        "plan": state.plan.record(),
        "done": state.done,
        "seconds": state.seconds,
        "runs": state.runs,
        "digest": [str(word) for word in tally.digest],
        "differences": tally.differences,
        "cpu_seconds": tally.cpu_seconds,
    }
    buffer = io.BytesIO()
    np.savez_compressed(buffer, header=json.dumps(header), at=tally.at, **tally.arrays._asdict())
    data = buffer.getvalue()
    write_whole(path, _MAGIC + hashlib.sha256(data).hexdigest().encode() + b"\n" + data)


def load(plan: Plan, path: Path) -> State:
    """Return the state in a file, to be continued by a plan.

    Raises SweepError where there is no such file, it is damaged, or it is of another plan or version.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SweepError(
            f"nothing to resume: cannot read {path}: {error.strerror}; leave out --resume"
        ) from None
    header, arrays = _contents(raw, path)
    known = {key: value for key, value in header["plan"].items() if key in asdict(plan)}
    found = Plan(**known)
    if difference := plan.difference(found):
        raise SweepError(
            f"{path} is of another sweep: {difference}; resume it as it was begun, or give another --out"
        )
    at = arrays.pop("at")
    tally = Tally(
        Arrays(**arrays),
        at,
        tuple(int(word) for word in header["digest"]),  # type: ignore[arg-type]
        [tuple(row) for row in header["differences"]],
        header["cpu_seconds"],
    )
    return State(plan, header["done"], tally, header["seconds"], header["runs"] + 1)


def write_whole(path: Path, data: bytes) -> None:
    """Put data in the place of a file in one step. Raises SweepError where it cannot be written."""
    staging = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        staging.write_bytes(data)
        staging.replace(path)
    except OSError as error:
        raise SweepError(f"cannot write {path}: {error.strerror}; give another --out") from None
    finally:
        with suppress(OSError):
            staging.unlink(missing_ok=True)


def _contents(raw: bytes, path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    if not raw.startswith(_MAGIC):
        raise SweepError(f"{path} is no unfinished sweep of pamcheck; give another --out")
    digest, _, data = raw[len(_MAGIC) :].partition(b"\n")
    if hashlib.sha256(data).hexdigest().encode() != digest:
        raise SweepError(f"{path} is truncated or damaged; remove it and begin again")
    with np.load(io.BytesIO(data)) as archive:
        arrays = {name: archive[name] for name in archive.files}
    return json.loads(str(arrays.pop("header"))), arrays
