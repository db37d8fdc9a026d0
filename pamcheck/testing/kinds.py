"""Kinds of cases: what about the inputs or the result decides which guard of a unit they meet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pamcheck.kernels.words import make_words
from pamcheck.policy import POLICIES
from pamcheck.testing.subject import Codes, Subject

KINDS = (
    "where an input is NaN",
    "where an input is infinite",
    "where an input is zero",
    "where an input is subnormal",
    "where there is no result",
    "where the result is too large",
    "where the result is below the smallest normal number",
    "where inputs and results are normal numbers",
)
"""Every kind, in words; of several that hold, the first."""


def kinds_of(subject: Subject, inputs: Sequence[Codes], right: Sequence[Codes]) -> npt.NDArray[np.intp]:
    """Return the places in KINDS of cases, given their inputs and right answers, one array each."""
    w = make_words(subject.fmt, POLICIES["ftz"])
    sizes, results = (
        np.stack(columns).astype("u8") & np.uint64(w.magnitude) for columns in (inputs, right)
    )
    conditions = [
        (sizes > w.inf).any(0),
        (sizes > w.largest).any(0),
        (sizes == 0).any(0),
        (sizes < w.tiny).any(0),
        (results > w.inf).any(0),
        (results >= w.largest).any(0),
        (results < w.tiny).any(0),
    ]
    return np.select(conditions, list(range(len(conditions))), len(conditions)).astype(np.intp)
