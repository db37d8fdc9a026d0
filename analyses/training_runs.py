"""Training runs for the studies: each case once a seed, side by side, kept until a source that it rests on changes.

A run takes one thread and its bits do not depend on how many there are, so as many runs as there are processors
go at a time. A run that was stopped is resumed, one that is finished is only looked at again.
"""

from __future__ import annotations

import hashlib
import math
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd

from pamcheck.kernels import disk
from pamcheck.kernels.launch import thread_count
from pamcheck.nn.groups import GROUPS
from pamcheck.nn.training import load, train
from pamcheck.reporting.workers import Progress, run_jobs

# what no number of a run depends on
_APART = ("cli", "reporting", "plotting", "testing", "measure")


@dataclass(frozen=True)
class Case:
    """A configuration under the name that tables call it by; `config` is a shipped one."""

    name: str
    config: str
    overrides: Mapping[str, Any] = field(default_factory=dict)


def in_groups(choice: str, *groups: str) -> dict[str, str]:
    """Return the overrides for one arithmetic in some groups, or in all, and native floats in the others."""
    return {f"arithmetic.{name}": choice if not groups or name in groups else "native" for name in GROUPS}


def run_cases(cases: Sequence[Case], seeds: Sequence[int], quick: bool = False) -> pd.DataFrame:
    """Return one row a case and seed: config, case, seed, loss, own_loss, accuracy, curve, hash.

    quick  the runs are short: one after another in this process, and nothing of them is kept

    loss, accuracy  of all of the validation data, after the last step; accuracy is NaN for language
    own_loss        the same loss as the run's own arithmetic has it
    curve           (step, validation loss) on the way
    """
    if quick:
        with tempfile.TemporaryDirectory() as folder:
            return pd.DataFrame([_trained(case, seed, Path(folder)) for seed in seeds for case in cases])
    jobs = [
        (f"{case.config}, {case.name}, seed {seed}", _trained, (case, seed, runs_folder()))
        for seed in seeds
        for case in cases
    ]
    with one_thread_each() as workers:
        found = run_jobs(jobs, workers, lambda *_: None)
    return pd.DataFrame([found[name] for name, *_ in jobs])


@contextmanager
def one_thread_each() -> Iterator[int]:
    """Have the processes that are started inside take one thread each; gives how many may run at a time."""
    workers, held = thread_count(), {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield workers
    finally:
        for name, value in held.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value


_THREADS = ("PAMCHECK_THREADS", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def _trained(case: Case, seed: int, root: Path, _: Progress = lambda *_: None) -> dict[str, Any]:
    """Train, or look again at, one case with one seed, in a folder of its own under `root`."""
    config = load(case.config, {**case.overrides, "train.seed": seed})
    # named by its settings, so that studies share the runs that they have in common
    told = hashlib.sha256(repr(config).encode()).hexdigest()[:16]
    run = train(config, root / f"{case.config}-{seed}-{told}", resume=True)
    assert run.last is not None
    return {
        "config": case.config,
        "case": case.name,
        "seed": seed,
        "loss": run.last.loss,
        "own_loss": run.last.own_loss,
        "accuracy": run.last.accuracy,
        "curve": [
            (row.step, row.validation_loss) for row in run.rows if not math.isnan(row.validation_loss)
        ],
        "hash": run.hash,
    }


def runs_folder() -> Path:
    """Return the folder of runs made from exactly these sources: beside the compiled code, in the cache."""
    return disk.cache_dir().parent / f"training-{sources_key()}"


@cache
def sources_key() -> str:
    """Return a hash of every source file that a number of a run may depend on."""
    root = Path(str(resources.files("pamcheck")))
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        part = path.relative_to(root)
        if path.suffix in (".py", ".toml") and part.parts[0] not in _APART:
            digest.update(part.as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
