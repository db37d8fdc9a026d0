"""Do training steps on the GPU leave the weights that they leave on the CPU, bit for bit?

Claim   weights and the optimizer's state after some steps, forward, backward, clipping and AdamW, with exact and with
        mimic derivatives, dropout, causal masks and a vision transformer, are equal in every bit
Method  the same Stepper on both sides, from the same first weights and on the same batches
Writes  reports/gpu/DEVICE/training.json
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analyses.on_gpu.compared import Clock, Compared, summary
from analyses.training_runs import in_groups
from pamcheck.formats import FORMATS
from pamcheck.kernels.gpu import Runtime
from pamcheck.nn.training import Stepper, load
from pamcheck.nn.training.digest import digest, on_host
from pamcheck.nn.training.place import Place
from pamcheck.nn.training.steps import State
from pamcheck.nn.training.tasks import open_task


@dataclass(frozen=True)
class Size:
    """Configurations with what is changed in them, and how many steps of each."""

    cases: Mapping[str, Mapping[str, Any]] = field(
        default_factory=lambda: {"digits": {}, "topics": {"model.dropout": 0.1}}
    )
    steps: int = 20
    seconds: float = 400


SMALL = Size(
    {"digits": {"model.width": 8, "model.layers": 1, "model.heads": 2, "train.batch": 2, "model.patch": 4}},
    steps=1,
)


def stage(runtime: Runtime, size: Size = Size()) -> dict[str, Any]:
    """Compare, and return the record; `hashes` are those of the CPU's weights."""
    clock, compared, hashes = Clock(size.seconds), [], {}
    for name, changes in size.cases.items():
        for mode in ("exact", "mimic"):
            one = Compared(f"{name}, {mode}, {size.steps} steps")
            one.cut = clock.over()
            if not one.cut:
                hashes[one.what] = _compare(one, name, {**changes, **in_groups(mode)}, size, runtime)
            compared.append(one)
    return {"hashes": hashes, **summary(compared)}


def _compare(
    compared: Compared, name: str, changes: Mapping[str, Any], size: Size, runtime: Runtime
) -> str:
    """Take the steps on both sides and compare what they leave; return the hash of the CPU's weights."""
    config = load(name, changes)
    task = open_task(config)
    stepper = Stepper(config, task.model)
    ends = [_end(stepper, task, place, size.steps) for place in (Place(runtime.upload), Place(lambda x: x))]
    got, want = (({**end.weights, **end.optimizer}) for end in ends)
    for key, array in want.items():
        codes = [np.atleast_1d(on_host(x)).view(np.uint32) for x in (got[key], array)]
        compared.add(codes[0], codes[1], FORMATS["float32"])
    return digest(ends[1].weights)


def _end(stepper: Stepper, task: Any, place: Place, steps: int) -> State:
    state = stepper.initial(place.upload)
    for step in range(steps):
        state, _ = stepper.step(state, place.batch(task.batch(step)))
    return state
