"""One step of training, counted and not computed: for the cost study and for `pamcheck audit train --cost`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pamcheck.measure.cost import Counting, Ledger, stand_in
from pamcheck.nn.autograd import Tape
from pamcheck.nn.groups import Groups
from pamcheck.nn.optimizers import Parameters, clip


def counted(
    stepper: Any, batch: Any, shapes: Mapping[str, tuple[int, ...]], kinds: Mapping[str, str]
) -> Ledger:
    """Return the operations of one step: forward, backward, clipping, schedule and optimizer.

    stepper  of the configuration, for its model, optimizer, schedule and random numbers
    shapes   of the weights by name
    kinds    native, exact or mimic by group, whatever the stepper's own are
    """
    ledger, tape = Ledger(), Tape()
    counting: dict[str, Any] = {name: Counting(kind, name, ledger) for name, kind in kinds.items()}
    ars = Groups(**counting)
    weights = {name: stand_in(shape) for name, shape in shapes.items()}
    with ledger.during("forward"):
        leaves = {name: tape.variable(x) for name, x in weights.items()}
        dropout = stepper.random.stream("dropout").at(0)
        loss = stepper.model.loss(leaves, batch, ars.taped(tape), dropout)
    with ledger.during("backward"):
        tape.backward(loss, check=False)
    with ledger.during("optimizer"):
        held = Parameters.of(weights)
        flat, ar = stand_in(held.flat.shape), ars.optimizer
        gradient, _ = clip(stand_in(flat.shape), stepper.config.optimizer.clip or math.inf, ar)
        rate = stepper.schedule.at(stepper.schedule.warmup + 1, ar)
        stepper.optimizer.step(flat, gradient, stepper.optimizer.initial(flat), rate, held.decayed, ar)
    return ledger
