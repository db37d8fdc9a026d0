"""Reverse-mode differentiation: a tape that interprets an Arithmetic and asks it for its rules.

    tape = Tape()
    ar = tape.over(Pam("mimic"))
    weight = tape.variable(array)
    tape.backward(functional.mean(functional.linear(x, weight, None, ar), ar))
    weight.grad

A tape is written once and read back once. It keeps what the rules need and nothing more, and lets go of it
step by step as it is read. Several arithmetics may write to one tape. What is no Variable is a constant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pamcheck.arithmetic import PULLED, Differentiable, Pullback
from pamcheck.nn.taped import Taped
from pamcheck.nn.variable import Slot, TapeError, Variable
from pamcheck.operands import format_of

__all__ = ["NonFiniteGradient", "Tape", "TapeError", "Variable"]


class NonFiniteGradient(ArithmeticError):
    """A cotangent that is infinite or NaN; the message names the operation that made the first one."""


@dataclass(slots=True)
class _Step:
    """One operation on the tape."""

    op: str
    arithmetic: Differentiable
    result: Slot
    operands: tuple[Slot | None, ...]
    pull: Pullback


class Tape:
    """What was computed, in order, until it is read back."""

    def __init__(self) -> None:
        self._steps: list[_Step] = []
        self.done = self.failed = False

    def __len__(self) -> int:
        return len(self._steps)

    def over(self, arithmetic: Differentiable) -> Taped:
        """Return the Arithmetic that computes by another one and writes to this tape."""
        return Taped(self, arithmetic)

    def variable(self, value: Any) -> Variable:
        """Return a leaf: an array whose gradient is wanted. Raises TypeError for anything but floats."""
        self._check_open()
        if isinstance(value, Variable) or not hasattr(value, "dtype") or not hasattr(value, "shape"):
            raise TypeError(f"value is a {type(value).__name__}; it must be an array")
        format_of(value.dtype, "value")
        return Variable(value, self, Slot(tuple(value.shape), value.dtype, kept=True))

    def watch(self, variable: Variable) -> Variable:
        """Keep the gradient of an intermediate value, and return it."""
        self._check_open()
        self._check_own(variable)
        variable.slot.kept = True
        return variable

    def backward(self, output: Variable, cotangent: Any = None, *, check: bool = True) -> None:
        """Read the tape back from `output`, which leaves a gradient in every leaf and watched value.

        cotangent  array of the output's shape and dtype; for an output of one element, 1 by default
        check      look at every cotangent that an operation computes, and raise NonFiniteGradient at the first
                   that is not finite, naming what made it: one pass over each

        Raises TapeError for a tape that was read back, ValueError or TypeError for an unfit cotangent.
        """
        self._check_open()
        self._check_own(output)
        seed = _seed(output, cotangent)
        output.slot.cotangent = seed.copy() if output.slot.kept else seed
        self.done = self.failed = True
        try:
            while self._steps:
                step = self._steps.pop()
                self._pull(step, len(self._steps), check)
                if not step.result.kept:
                    step.result.cotangent = None
            self.failed = False
        finally:
            self._steps.clear()

    def _pull(self, step: _Step, place: int, check: bool) -> None:
        if step.result.cotangent is None:
            return
        needed = [slot is not None for slot in step.operands]
        cotangents = step.pull(step.result.cotangent, needed)
        for number, (slot, cotangent) in enumerate(zip(step.operands, cotangents, strict=True)):
            if slot is None:
                continue
            if step.op.startswith("own rule"):
                _check_fit(step.op, slot, cotangent)
            if check and not _is_handed_on(step, slot) and not bool(np.isfinite(cotangent).all()):
                raise NonFiniteGradient(_told(step, place, number, cotangent))
            if slot.cotangent is not None:
                cotangent = step.arithmetic.add(slot.cotangent, cotangent)
            elif slot.kept and step.op not in PULLED:
                cotangent = (
                    cotangent.copy()
                )  # moves hand on what others hold too, and gradients get written to
            slot.cotangent = cotangent

    def record(
        self, op: str, arithmetic: Differentiable, operands: tuple[Any, ...], value: Any, pull: Pullback
    ) -> Variable:
        """Write down one operation and return its result; operands that are no Variable are constants."""
        self._check_open()
        for x in operands:
            if isinstance(x, Variable):
                self._check_own(x)
        slots = tuple(x.slot if isinstance(x, Variable) else None for x in operands)
        step = _Step(op, arithmetic, Slot(tuple(value.shape), value.dtype), slots, pull)
        self._steps.append(step)
        return Variable(value, self, step.result)

    def _check_open(self) -> None:
        if self.done:
            raise TapeError("this tape was read back and holds nothing any more; make a new Tape")

    def _check_own(self, variable: Variable) -> None:
        if not isinstance(variable, Variable):
            raise TypeError(f"a {type(variable).__name__} was given; it must be a Variable of this tape")
        if variable.tape is not self:
            raise TapeError("this Variable is of another tape; pass its value to use it as a constant")


# What these send back is what they were given, moved, negated, or a choice of it and zeros; summed as well
# where the operand was repeated.
_MOVES = frozenset(("reshape", "transpose", "sum", "max"))
_CHOICES = frozenset(("add", "sub", "neg", "maximum", "where"))


def _is_handed_on(step: _Step, slot: Slot) -> bool:
    """Whether a cotangent consists of elements that were looked at when an earlier step made them."""
    return step.op in _MOVES or (step.op in _CHOICES and slot.shape == step.result.shape)


def _seed(output: Variable, cotangent: Any) -> Any:
    if cotangent is None:
        if output.value.size != 1:
            raise ValueError(f"the output has shape {output.shape}; give a cotangent of that shape")
        return np.ones_like(output.value)
    if tuple(np.shape(cotangent)) != output.shape:
        raise ValueError(f"cotangent has shape {np.shape(cotangent)}; it must be {output.shape}")
    if not hasattr(cotangent, "dtype") or cotangent.dtype != output.dtype:
        raise TypeError(
            f"cotangent has dtype {getattr(cotangent, 'dtype', type(cotangent))}; it must be {output.dtype}"
        )
    return cotangent


def _check_fit(op: str, slot: Slot, cotangent: Any) -> None:
    found = getattr(cotangent, "shape", None), getattr(cotangent, "dtype", None)
    if found != (slot.shape, slot.dtype):
        raise ValueError(
            f"backward of {op} gave a cotangent of shape {found[0]} and dtype {found[1]}; "
            f"it must be {slot.shape} and {slot.dtype}, as the operand"
        )


def _told(step: _Step, place: int, number: int, cotangent: Any) -> str:
    bad = ~np.isfinite(cotangent)
    at = np.unravel_index(int(bad.argmax()), bad.shape)
    value, index = cotangent[at], tuple(int(axis) for axis in at)
    incoming = "finite" if bool(np.isfinite(step.result.cotangent).all()) else "not finite either"
    return (
        f"backward of {step.op} ({step.arithmetic.name}), step {place} of the tape, made {int(bad.sum())} of "
        f"{bad.size} elements of the cotangent of operand {number} infinite or NaN, the first {value} "
        f"at {index}; the cotangent that it was given is {incoming}"
    )
