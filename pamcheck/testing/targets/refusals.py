"""Why a function does not take even ones: it lacks the format, or wants single numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from pamcheck.formats import FloatFormat, get_format
from pamcheck.testing.subject import Codes, Subject
from pamcheck.testing.target import TargetFault, Unsupported

COMMON = ("float32", "float64", "float16", "bfloat16")


def explain(
    ask: Callable[[Subject, Sequence[Codes]], tuple[Codes, ...]],
    takes_numbers: Callable[[Subject], bool],
    subject: Subject,
) -> None:
    """Say more of a function that raised, where it raises for ones too; return where it does not.

    ask            a batch, of any format
    takes_numbers  whether single numbers, in place of arrays, would be answered

    Raises Unsupported where another format's ones are answered and the error is a TypeError, a
    NotImplementedError or names the dtype; and TargetFault, with advice, for a function of single numbers.
    """
    try:
        ask(subject, ones(subject))
        return
    except TargetFault as fault:
        refusal = fault
    if refusal.kind != "exception":
        return
    if any(_answers(ask, replace(subject, fmt=get_format(name))) for name in COMMON):
        if _is_of_dtype(refusal.__cause__, subject.fmt):
            raise Unsupported(f"does not take {subject.fmt.name}: of ones it {refusal}") from refusal
    elif takes_numbers(subject):
        raise TargetFault(
            "exception",
            f"takes single numbers, not arrays ({refusal}); ask it so: elementwise=True, --elementwise",
        ) from refusal


def ones(subject: Subject, count: int = 2) -> tuple[Codes, ...]:
    """Return cases that any implementation of a format answers: 1.0 for every input."""
    return tuple(np.full(count, subject.fmt.one, subject.dtype) for _ in subject.inputs)


def _answers(ask: Callable[[Subject, Sequence[Codes]], tuple[Codes, ...]], subject: Subject) -> bool:
    try:
        ask(subject, ones(subject))
    except (TargetFault, Unsupported):
        return False
    return True


def _is_of_dtype(error: BaseException | None, fmt: FloatFormat) -> bool:
    return isinstance(error, TypeError | NotImplementedError) or fmt.name in str(error)
