"""The weights of a model as one flat array, so that an optimizer is a few passes over it and no loop by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np


def has_axes(name: str, weight: Any) -> bool:  # noqa: ARG001
    """Whether a weight is a matrix or more, and not a bias or a gain: the usual choice of what decays."""
    return bool(weight.ndim > 1)


@dataclass(frozen=True)
class Parameters:
    """Named weights end to end in one float32 array; those that decay lie first.

    flat     array (n,), of NumPy or CuPy
    decayed  how many of its elements decay, from the first on
    """

    flat: Any
    decayed: int
    _shapes: tuple[tuple[str, tuple[int, ...]], ...]

    @classmethod
    def of(cls, weights: Mapping[str, Any], decays: Callable[[str, Any], bool] = has_axes) -> Parameters:
        """Return a copy of weights as Parameters.

        weights  float32 arrays of one library and device
        decays   from a name and its array to whether weight decay applies to it

        Raises TypeError for another dtype, naming the weight, and ValueError for no weights at all.
        """
        if not weights:
            raise ValueError("weights is empty; it must hold an array at least")
        for name, weight in weights.items():
            _check_dtype(name, weight)
        chosen = {name: bool(decays(name, weight)) for name, weight in weights.items()}
        # by name, so that the order of a mapping that was read back from a file makes no difference
        names = sorted(weights, key=lambda name: (not chosen[name], name))
        shapes = tuple((name, tuple(weights[name].shape)) for name in names)
        decayed = sum(weights[name].size for name in names if chosen[name])
        return cls(_end_to_end([weights[name] for name in names]), decayed, shapes)

    def views(self) -> dict[str, Any]:
        """Return the weights by name, as views of `flat`."""
        ends = [0]
        for _, shape in self._shapes:
            ends.append(ends[-1] + prod(shape))
        places = zip(self._shapes, pairwise(ends), strict=True)
        return {name: self.flat[start:end].reshape(shape) for (name, shape), (start, end) in places}

    def gather(self, gradients: Mapping[str, Any]) -> Any:
        """Return arrays by name as one flat array in the order of `flat`; zeros for one that is None.

        Raises KeyError for a name that is missing, ValueError for a shape and TypeError for a dtype that is
        not the weight's.
        """
        parts = []
        for name, view in self.views().items():
            if name not in gradients:
                raise KeyError(f"gradients has no {name!r}; it must have every weight, None for one unused")
            part = gradients[name] if gradients[name] is not None else np.zeros_like(view)
            _check_dtype(name, part)
            if tuple(part.shape) != tuple(view.shape):
                raise ValueError(
                    f"the gradient of {name!r} has shape {part.shape}; it must be {view.shape}"
                )
            parts.append(part)
        return _end_to_end(parts)

    def replaced(self, flat: Any) -> Parameters:
        """Return Parameters of the same names with other values. Raises ValueError for another shape."""
        if tuple(flat.shape) != tuple(self.flat.shape):
            raise ValueError(f"flat has shape {flat.shape}; it must be {self.flat.shape}")
        return replace(self, flat=flat)


def _check_dtype(name: str, array: Any) -> None:
    if getattr(array, "dtype", None) != np.float32:
        found = getattr(array, "dtype", type(array).__name__)
        raise TypeError(f"{name!r} is of {found}; it must be an array of float32")


def _end_to_end(arrays: list[Any]) -> Any:
    return np.concatenate([array.reshape(-1) for array in arrays])
