"""What the tests of optimizers share: textbook updates in float64, arrays that refuse to multiply, small runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pamcheck.arithmetic import Pam
from pamcheck.arithmetic.on_arrays import OnArrays

Array = np.ndarray[Any, Any]
SEED = 2305
ALLOWED = {"add", "subtract", "negative", "maximum", "greater", "less", "isfinite", "invert"}


class NoProducts(np.ndarray):
    """An array that takes part in additions and comparisons, and raises on every other ufunc."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if ufunc.__name__ not in ALLOWED or method != "__call__":
            raise AssertionError(f"numpy.{ufunc.__name__} ({method}) was called on weights or gradients")
        plain = [np.asarray(x) if isinstance(x, NoProducts) else x for x in inputs]
        return guarded(getattr(ufunc, method)(*plain, **options))


def guarded(x: Any) -> Any:
    """Return an array, or a scalar, as one that refuses to multiply."""
    return np.asarray(x).view(NoProducts)


class Recording(OnArrays):
    """Pam on arrays that refuse to multiply; it notes which operations were asked for."""

    name = "recording"

    def __init__(self) -> None:
        self.ops: list[str] = []

    def where(self, condition: Any, a: Any, b: Any) -> Any:
        return guarded(super().where(np.asarray(condition), a, b))


def _operation(name: str) -> Callable[..., Any]:
    def run(self: Recording, *operands: Any, **options: Any) -> Any:
        self.ops.append(name)
        plain = [np.asarray(x) if isinstance(x, np.ndarray) else x for x in operands]
        return guarded(getattr(Pam(), name)(*plain, **options))

    return run


for _name in ("mul", "div", "sqrt", "exp2", "log2", "exp", "log", "sum"):
    setattr(Recording, _name, _operation(_name))


@pytest.fixture
def recording() -> Recording:
    return Recording()


@pytest.fixture
def guard() -> Callable[[Any], Any]:
    return guarded


@pytest.fixture
def normal() -> Callable[..., Array]:
    def draw(*shape: int, seed: int = 0, scale: float = 1.0) -> Array:
        rng = np.random.default_rng((SEED, seed))
        return (rng.standard_normal(shape) * scale).astype(np.float32)

    return draw


@pytest.fixture
def run() -> Callable[..., tuple[Array, dict[str, Any]]]:
    """Return a function that takes steps with given gradients."""

    def steps(
        optimizer: Any,
        flat: Any,
        gradients: Any,
        ar: Any,
        decayed: int = 0,
        rate: Any = None,
        state: Any = None,
    ) -> tuple[Array, dict[str, Any]]:
        state = optimizer.initial(flat) if state is None else state
        for gradient in gradients:
            flat, state = optimizer.step(
                flat, gradient, state, optimizer.rate if rate is None else rate, decayed, ar
            )
        return flat, state

    return steps
