"""What a recorded function sees: an array of places of scalars, with the shape of an array."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


class Recorded:
    """An array of places. It has no dtype, as it has no rounding."""

    __slots__ = ("at",)

    def __init__(self, at: Any) -> None:
        self.at: Array = np.asarray(at)

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the axes."""
        return tuple(self.at.shape)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.at.ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        return self.at.size

    @property
    def T(self) -> Recorded:
        """The value with its axes in the opposite order."""
        return Recorded(self.at.T)

    def __len__(self) -> int:
        """Return the length of the first axis."""
        return len(self.at)

    def __getitem__(self, key: Any) -> Recorded:
        """Return what the index selects, as of an array."""
        return Recorded(self.at[key])

    def __array__(self, *_: Any, **__: Any) -> Any:
        """Refuse to become an array: NumPy's functions would not be recorded."""
        raise TypeError("recorded values are no arrays; compute with the methods of the Arithmetic")

    def __bool__(self) -> bool:
        """Refuse to be a condition: what is recorded runs on other points too."""
        raise TypeError("a recorded value decides nothing; use where, maximum or floor of the Arithmetic")
