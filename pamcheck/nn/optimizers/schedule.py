"""A learning rate with warm-up and cosine decay, without a cosine  [Loshchilov & Hutter, arXiv 1608.03983]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pamcheck.arithmetic import Arithmetic
from pamcheck.nn.optimizers.optimizer import check_settings


@dataclass(frozen=True)
class Cosine:
    """The rate of each step: a linear warm-up, then half a cosine down to a minimum, then the minimum.

    rate     the greatest, at step `warmup`
    minimum  the least after warm-up, at step `steps` and after it
    warmup   steps of linear warm-up: rate (step + 1) / (warmup + 1), as nanoGPT has it
    steps    the step at which the minimum is reached

    The cosine is Bhaskara's rational one, in every arithmetic: (1 - cos(pi x)) / 2 is q 5/2 / (1 + q) with
    q = x^2 up to the middle, and by symmetry from there on. It is exact at both ends and in the middle and
    off by less than 0.0009 of rate - minimum; under PAM, where progress and quotient err too, by less than
    0.06 of it. The mean rate is the cosine's in both, as the two halves mirror each other to the bit.

    Raises ValueError for rates or steps that do not fit each other.
    """

    rate: float
    minimum: float = 0.0
    warmup: int = 0
    steps: int = 1

    def __post_init__(self) -> None:
        check_settings("differences", {}, rate=self.rate, minimum=self.minimum)
        if self.minimum > self.rate:
            raise ValueError(f"minimum is {self.minimum}; it must be at most {self.rate}, the rate")
        if not 0 <= self.warmup < self.steps:
            raise ValueError(f"warmup is {self.warmup}; it must be 0 or more and below steps, {self.steps}")

    def at(self, step: int, ar: Arithmetic) -> Any:
        """Return the rate of a step, counted from 0, as a NumPy float32. Raises ValueError for step < 0."""
        if step < 0:
            raise ValueError(f"step is {step}; it must be 0 or more")
        rate, minimum = np.float32(self.rate), np.float32(self.minimum)
        if step < self.warmup:
            return ar.mul(rate, ar.div(np.float32(step + 1), np.float32(self.warmup + 1)))
        span, done, left = self.steps - self.warmup, step - self.warmup, self.steps - step
        if left <= 0:
            return minimum
        # what is lost since the start or still to be lost, whichever is less, is a part of at most one half
        part = ar.mul(np.float32(rate - minimum), _rise(np.float32(min(done, left)), np.float32(span), ar))
        return ar.sub(rate, part) if done <= left else ar.add(minimum, part)


def _rise(count: Any, span: Any, ar: Arithmetic) -> Any:
    """Return (1 - cos(pi count / span)) / 2, for a quotient of 0 to 1/2, by Bhaskara's formula."""
    progress = ar.div(count, span)
    square = ar.mul(progress, progress)
    return ar.div(ar.mul(np.float32(2.5), square), ar.add(square, np.float32(1)))
