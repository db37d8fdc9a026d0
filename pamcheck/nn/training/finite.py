"""Finding the first tensor of a forward pass that is not finite."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np

from pamcheck.nn.groups import Groups

# what a masked softmax makes infinite on purpose is chosen and compared, never computed with
_LOOKED_AT = ("mul", "div", "exp2", "log2", "sqrt", "exp", "log", "matmul", "sum", "add", "sub")


class NonFiniteValue(ArithmeticError):
    """A value that is infinite or NaN; the message names the operation that made it."""


class Looking:
    """An Arithmetic that looks at every result and stops at the first that is not finite."""

    fused = None  # nothing in one pass, as every operation is to be looked at

    def __init__(self, base: Any, group: str) -> None:
        self._base, self._group = base, group
        self.name = base.name

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._base, name)
        if name not in _LOOKED_AT:
            return found

        def looked(*operands: Any, **options: Any) -> Any:
            result = found(*operands, **options)
            bad = ~np.isfinite(result)
            if bool(bad.any()):
                raise NonFiniteValue(
                    f"{name} of the group {self._group} ({self.name}) made {int(bad.sum())} of {bad.size} "
                    f"elements infinite or NaN, in a result of shape {tuple(result.shape)}"
                )
            return result

        return looked

    def own_rule(self, forward: Callable[..., Any], backward: Callable[..., Any], *operands: Any) -> Any:  # noqa: ARG002
        return forward(self, *operands)


def looking(ars: Groups) -> Groups:
    """Return groups that compute as others do and stop at the first result that is not finite."""
    found: dict[str, Any] = {x.name: Looking(getattr(ars, x.name), x.name) for x in fields(ars)}
    return Groups(**found)


def first_non_finite(loss: Callable[[Groups], Any], weights: dict[str, Any], ars: Groups) -> str:
    """Return in words which weight is not finite, or which operation of a loss made the first such value."""
    for name, x in weights.items():
        if not bool(np.isfinite(x).all()):
            return f"weight {name} is not finite"
    try:
        with np.errstate(all="ignore"):
            loss(looking(ars))
    except NonFiniteValue as error:
        return str(error)
    return "no operation alone made it"
