"""What every optimizer is, and what they share: running averages, numbers as arrays, what decays."""

from __future__ import annotations

import math
from typing import Any, Literal, Protocol

import numpy as np

from pamcheck.arithmetic import Arithmetic
from pamcheck.interchange import beside
from pamcheck.lookup import lookup

Form = Literal["differences", "products"]
State = dict[str, Any]


class Optimizer(Protocol):
    """An update rule: frozen hyper-parameters, and functions of arrays."""

    @property
    def rate(self) -> float:
        """The learning rate that a schedule starts from."""

    def initial(self, flat: Any) -> State:
        """Return the state before the first step: float32 arrays by name, all that a checkpoint must keep."""

    def step(
        self, flat: Any, gradient: Any, state: State, rate: Any, decayed: int, ar: Arithmetic
    ) -> tuple[Any, State]:
        """Return new weights and the new state; nothing that is given is written to.

        flat, gradient  float32 arrays (n,) of NumPy or CuPy
        state           what initial or the last step returned
        rate            the learning rate of this step: a Python number or a float32 scalar
        decayed         how many elements of flat, from the first on, are subject to weight decay

        Raises TypeError for another dtype, ValueError for shapes that do not fit.
        """


def constants(beta: float) -> tuple[float, float]:
    """Return beta, rounded to float32, and 1 less that: what an average keeps, and the share of what is new.

    The second is 1 less the rounded beta, not the rounded 1 - beta: then the first moment of the first step,
    corrected by 1 - beta^1, is the first gradient itself, under PAM too.
    """
    keep = np.float32(beta)
    return float(keep), float(np.float32(1) - keep)


def average(form: Form, ar: Arithmetic, old: Any, new: Any, keep: Any, share: Any) -> Any:
    """Return keep old + share new, or, as a difference, old + share (new - old): equal but for rounding.

    Under PAM only the second comes to rest at what it averages; see docs/explanation/training.md.
    """
    if form == "products":
        return ar.add(ar.mul(keep, old), ar.mul(share, new))
    return ar.add(old, ar.mul(share, ar.sub(new, old)))


def remainder(form: Form, ar: Arithmetic, x: Any, keep: Any, share: Any) -> Any:
    """Return keep x, or, as a difference, x - share x."""
    return ar.mul(keep, x) if form == "products" else ar.sub(x, ar.mul(share, x))


def scalar(x: Any, like: Any) -> Any:
    """Return a number as a 0-d float32 array where another array lies."""
    if isinstance(x, (int, float, np.generic, np.ndarray)):
        return beside(np.asarray(x, np.float32), like)
    return x


def where_decayed(flat: Any, decayed: int) -> Any:
    """Return booleans: which elements of a flat array decay. Raises ValueError for more than there are."""
    if not 0 <= decayed <= flat.size:
        raise ValueError(f"decayed is {decayed}; it must be 0 to {flat.size}, the size of flat")
    found = np.zeros_like(flat, dtype=np.bool_)
    found[:decayed] = True
    return found


def check_arrays(**arrays: Any) -> None:
    """Raise TypeError where an array is not float32, ValueError where it is not flat or not as the first."""
    shape = next(iter(arrays.values())).shape
    for name, array in arrays.items():
        if array.dtype != np.float32:
            raise TypeError(f"{name} has dtype {array.dtype}; it must be float32")
        if array.ndim != 1 or array.shape != shape:
            wanted = "one axis" if array.shape == shape else f"shape {tuple(shape)}, that of flat"
            raise ValueError(f"{name} has shape {tuple(array.shape)}; it must have {wanted}")


def check_settings(form: str, betas: dict[str, float], **numbers: float) -> None:
    """Raise ValueError for an unknown form, a beta outside [0, 1), a number that is negative or not finite."""
    lookup("form", form, {"differences": None, "products": None})
    for name, beta in betas.items():
        if not 0 <= beta < 1 or np.float32(beta) == 1:
            raise ValueError(f"{name} is {beta}; it must be at least 0 and, as a float32, below 1")
    for name, number in numbers.items():
        if not (number >= 0 and math.isfinite(number)):
            raise ValueError(f"{name} is {number}; it must be finite and at least 0")
