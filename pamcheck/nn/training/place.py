"""Where a run computes: the processor or a GPU."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pamcheck.lookup import UnknownName, lookup
from pamcheck.nn.training.config import ConfigError


@dataclass(frozen=True)
class Place:
    """How arrays get to where a run computes."""

    upload: Callable[[Any], Any]

    def batch(self, batch: Any) -> Any:
        """Return a batch with its floats there. Integers and masks stay on the host: they are checked first."""
        return type(batch)(*(self.upload(x) if _is_floats(x) else x for x in batch))


def make_place(device: str) -> Place:
    """Return the place of "cpu" or "gpu". Raises ConfigError for another, DeviceError where there is no GPU."""
    try:
        lookup("device", device, {"cpu": None, "gpu": None})
    except UnknownName as error:
        raise ConfigError(str(error)) from None
    if device == "cpu":
        return Place(lambda x: x)
    from pamcheck.kernels.gpu import runtime

    return Place(runtime().upload)


def _is_floats(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"
