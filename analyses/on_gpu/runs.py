"""What do networks reach that only a GPU trains in minutes?

Claim   nanoGPT's 10.7-million-parameter configuration, without a multiplication, reaches a validation loss of 1.50 on
        Tiny Shakespeare (nanoGPT itself: 1.4697); translation of Multi30k is within 0.7 BLEU of the float model
Method  the shipped configurations, everything mimic, for Multi30k beside native floats. A call takes at most 400
        seconds and continues what an earlier one left in runs/gpu: call it until every run is finished. The texts are
        looked for in PAMCHECK_DATA; a run whose text is not there is left out, and the record says so
Writes  reports/gpu/DEVICE/runs.json
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analyses.on_gpu.compared import Clock
from analyses.training_runs import in_groups
from pamcheck.kernels.gpu import Runtime
from pamcheck.nn.data import DataError
from pamcheck.nn.training import Run, load, train
from pamcheck.nn.training.text import record


@dataclass(frozen=True)
class Size:
    """Runs by name: a configuration, an arithmetic, and what is changed; where they are kept, and for how long."""

    runs: Mapping[str, tuple[str, str, Mapping[str, Any]]] = field(
        default_factory=lambda: {
            "shakespeare, mimic": ("shakespeare", "mimic", {}),
            "multi30k, float": ("multi30k", "native", {}),
            "multi30k, mimic": ("multi30k", "mimic", {}),
        }
    )
    folder: Path = Path("runs/gpu")
    device: str = "gpu"
    seconds: float = 400


SMALL = Size(
    {"digits, mimic": ("digits", "mimic", {"model.width": 16, "model.layers": 1, "train.steps": 4})},
    Path("runs/gpu-small"),
    "cpu",
)


def stage(runtime: Runtime, size: Size = Size()) -> dict[str, Any]:  # noqa: ARG001
    """Go on with the runs, one after another, and return the record: what each came to so far."""
    clock = Clock(size.seconds)
    found: dict[str, dict[str, Any]] = {}
    for name, (config, choice, changes) in size.runs.items():
        if clock.over():
            found[name] = {"begun": False}
            continue
        try:
            found[name] = _told(_continued(name, config, {**changes, **in_groups(choice)}, size, clock))
        except DataError as error:
            found[name] = {"left_out": str(error)}
    return {"runs": found, "finished": all(x.get("finished", False) for x in found.values())}


def _continued(name: str, config: str, changes: Mapping[str, Any], size: Size, clock: Clock) -> Run:
    folder = size.folder / name.replace(", ", "-")
    return train(load(config, changes), folder, resume=True, device=size.device, stop=clock.over)


def _told(run: Run) -> dict[str, Any]:
    """Return what a run came to; of one that goes on, the best look at the validation data so far."""
    looked = [row.validation_loss for row in run.rows if not math.isnan(row.validation_loss)]
    return {**record(run), "best_validation_loss_so_far": min(looked, default=math.nan), "folder": ""}
