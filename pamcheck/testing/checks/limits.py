"""The ends of the format: subnormal inputs, results too small, results too large, to the last code."""

from __future__ import annotations

from functools import lru_cache, partial

import numpy as np

from pamcheck.testing.checks.building import Draw, held, joined, thinned, tuples
from pamcheck.testing.checks.crossings import crossings
from pamcheck.testing.checks.material import (
    Ints,
    Wide,
    both_signs,
    finite_codes,
    ints,
    is_negative,
    landmarks,
    normals,
    signed,
    subnormals,
)
from pamcheck.testing.subject import Subject

_ROWS = 1024  # of other inputs, at most


def subnormal_operands(draw: Draw) -> list[Wide]:
    """Return subnormal numbers as each input, beside finite numbers and subnormal ones."""
    fmt, width = draw.fmt, len(draw.subject.inputs)
    small = both_signs(subnormals(fmt), fmt)
    drawn = draw.rng.integers(1, fmt.tiny, draw.size(8192))
    small = np.concatenate([small, draw.signed(drawn)])
    others = np.concatenate([finite_codes(fmt, draw.rng, 512), small[:: small.size // 64 + 1]])
    pools = [[others] * place + [small] + [others] * (width - 1 - place) for place in range(width)]
    return joined([tuples(draw, pool, draw.size(8192) // width) for pool in pools])


def limits(draw: Draw, *, low_side: bool) -> list[Wide]:
    """Return inputs on both sides of where results become too small, or too large, for a normal number.

    Both neighbouring codes, those next to them, and codes at distances of about every power of two: as far as
    results go beyond the limits, past the sign bit and around to the other end of the word.
    """
    width, count = len(draw.subject.inputs), draw.size(16384)
    parts = [_around(draw, place, low_side, count // width) for place in range(width)]
    return thinned(draw, joined(parts), count)


def landmark_tuples(draw: Draw) -> list[Wide]:
    """Return tuples of the codes at which a format's classes begin and end."""
    codes = both_signs(landmarks(draw.fmt), draw.fmt)
    return tuples(draw, [codes] * len(draw.subject.inputs), draw.size(8192))


def _around(draw: Draw, place: int, low_side: bool, count: int) -> list[Wide]:
    fmt, subject = draw.fmt, draw.subject
    geometric = {(1 << j) + step for j in range(fmt.width - 1) for step in (-1, 0, 1)} | {2, 3}
    edges = max(count // (2 * len(geometric)), 4)
    # enough of them that a crossing that few have is met; the definition alone is slow
    inputs = _others(draw, edges if subject.policy.reference_only else min(max(edges, 256), _ROWS))
    found = crossings(subject, inputs, place, low_side, edges, draw.rng)
    # where there are few, as with one operand, more codes beside each
    dense = range(min(count // (2 * max(found.row.size, 1)), 4096))
    steps = ints({0, *geometric, *dense})
    magnitudes = np.concatenate([found.low[:, None] - steps, found.high[:, None] + steps], axis=1)
    row = np.repeat(found.row, magnitudes.shape[1])
    return _varied(draw, inputs, place, row, magnitudes.ravel())


def _others(draw: Draw, rows: int) -> list[Wide]:
    """Return inputs from all over the range; the signs of a single one are both there."""
    if len(draw.subject.inputs) == 1:
        return [both_signs(ints({draw.fmt.one}), draw.fmt)]
    return [draw.signed(normals(draw.fmt, draw.rng, rows)) for _ in draw.subject.inputs]


def _varied(draw: Draw, inputs: list[Wide], place: int, row: Ints, magnitudes: Ints) -> list[Wide]:
    inside = (magnitudes >= 0) & (magnitudes <= draw.fmt.magnitude)
    columns = [column[row[inside]] for column in inputs]
    columns[place] = signed(magnitudes[inside], is_negative(columns[place], draw.fmt), draw.fmt)
    return columns


@lru_cache(maxsize=256)
def _reached(subject: Subject, low_side: bool) -> bool:
    """Whether results of a subject ever become too small, or too large."""
    if subject.policy.reference_only:
        return True  # its thresholds lie inside every format that it takes
    draw = Draw(subject, "1", np.random.default_rng(0))
    inputs = _others(draw, 256)
    return any(
        crossings(subject, inputs, place, low_side, 1, draw.rng).row.size for place in range(len(inputs))
    )


CHECKS = (
    held(
        "subnormal_operands",
        "A subnormal input counts as the policy says: as a zero of its sign, or with its value.",
        subnormal_operands,
    ),
    held(
        "underflow_edge",
        "On both sides of where a result becomes too small for a normal number, to the last code and far below, "
        "the result is the definition's.",
        partial(limits, low_side=True),
        lambda subject: _reached(subject, True),
    ),
    held(
        "overflow_edge",
        "On both sides of where a result becomes too large, to the last code and far above, where a sum carries "
        "into the sign or wraps around, the result is the definition's.",
        partial(limits, low_side=False),
        lambda subject: _reached(subject, False),
    ),
    held(
        "landmarks",
        "On every tuple of the codes at which the format's classes begin and end the result is the definition's.",
        landmark_tuples,
    ),
)
