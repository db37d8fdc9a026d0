"""What a network is judged by: one yardstick for every arithmetic, and beside it what the network says of itself.

The loss that a PAM network computes is off by a tenth of a nat and more, as the quotient in log_softmax errs by up to
an eighth of the log-sum-exp; training does not see it, as the derivative is softmax less the target. So networks are
compared by the cross entropy of their logits in float64, which is looked at and from which nothing is computed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pamcheck import functional
from pamcheck.arithmetic import Arithmetic
from pamcheck.nn.training.digest import on_host


@dataclass(frozen=True)
class Look:
    """What the validation data says of a network.

    loss      mean cross entropy in nats, of the logits in float64
    accuracy  share of the targets whose logit is the greatest, or NaN where nobody asks for it
    own_loss  the same loss by the network's own arithmetic
    """

    loss: float
    accuracy: float = math.nan
    own_loss: float = math.nan


def look_at(
    batches: Iterable[Any],
    logits: Callable[[Any], Any],
    targets: Callable[[Any], Any],
    ar: Arithmetic,
    classes: bool = False,
) -> Look:
    """Return what batches say: means over all their targets; NaN for no batch.

    logits   of a batch, (..., classes)
    targets  of a batch, on the host, integers (...); those below 0 are padding and do not count
    ar       the network's own arithmetic of the loss
    classes  whether accuracy is wanted
    """
    total = np.zeros(3)
    count = 0
    for batch in batches:
        wanted = np.asarray(targets(batch)).reshape(-1)
        found = logits(batch)
        rows = found.reshape(wanted.size, found.shape[-1])
        seen = wanted >= 0
        own = on_host(functional.cross_entropy(rows, np.where(seen, wanted, 0), ar)).astype(np.float64)
        host = on_host(rows).astype(np.float64)
        losses = cross_entropies(host, np.where(seen, wanted, 0))
        right = host.argmax(axis=1) == wanted
        total += [float(x[seen].sum()) for x in (losses, right, own)]
        count += int(seen.sum())
    if not count:
        return Look(math.nan)
    loss, accuracy, own_loss = (total / count).tolist()
    return Look(loss, accuracy if classes else math.nan, own_loss)


def cross_entropies(logits: Any, targets: Any) -> Any:
    """Return -log softmax at the target of each row, float64: (rows, classes) and integers (rows,) to (rows,)."""
    with np.errstate(all="ignore"):
        shifted = logits - logits.max(axis=1, keepdims=True)
        return np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(targets)), targets]
