"""Every exponent, every mantissa, every sign: the operands on grids, and random ones between."""

from __future__ import annotations

import numpy as np

from pamcheck.testing.checks.building import Draw, completed, has_sign, held, in_domain
from pamcheck.testing.checks.material import Ints, Wide, any_codes, mantissas, middling, signed
from pamcheck.testing.subject import Subject


def binades(draw: Draw) -> list[Wide]:
    """Return operands from every binade, or from every pair of binades, the lowest and highest fields included."""
    fmt, arity = draw.fmt, draw.subject.operation.arity
    fields = 1 << fmt.exp_bits
    count = draw.size(16384 if arity == 1 else 65536 if draw.subject.mode else 131072)
    numbers = _numbers(draw, fields**arity, count)
    chosen = [numbers % fields, numbers // fields][:arity]
    return completed(
        draw,
        [draw.signed((field << fmt.mant_bits) + mantissas(fmt, draw.rng, field.size)) for field in chosen],
    )


def mantissa_grid(draw: Draw) -> list[Wide]:
    """Return operands of every mantissa, or every pair, as many leading bits as there is room for."""
    fmt, arity = draw.fmt, draw.subject.operation.arity
    count = draw.size(16384)
    bits = min(fmt.mant_bits, (count.bit_length() - 1) // arity)
    number = np.arange(1 << (bits * arity))
    parts = [number & ((1 << bits) - 1), number >> bits][:arity]
    low = fmt.mant_bits - bits
    # the bits below the leading ones are random, but for the same numbers at every level
    filled = [(part << low) + draw.rng.integers(0, 1 << low, number.size) for part in parts]
    centre = _middle_fields(draw, number.size)
    operands = [draw.signed(centre + part) for part in filled]
    return completed(draw, in_domain(draw.subject, operands))


def signs(draw: Draw) -> list[Wide]:
    """Return numbers of moderate size with every combination of signs."""
    width = len(draw.subject.inputs)
    count = max(draw.size(4096) >> width, 1)
    sizes = [middling(draw.fmt, draw.rng, count) for _ in range(width)]
    combination = np.repeat(np.arange(1 << width), count)
    return [
        signed(np.tile(size, 1 << width), combination >> place & 1 == 1, draw.fmt)
        for place, size in enumerate(sizes)
    ]


def random_codes(draw: Draw) -> list[Wide]:
    """Return random codes, each as likely as any other."""
    count = draw.size(32768)
    return [any_codes(draw.fmt, draw.rng, count) for _ in draw.subject.inputs]


def offset_decides(draw: Draw) -> list[Wide]:
    """Return pairs that the offset takes across a power of two, across tiny or across the largest number."""
    fmt, offset = draw.fmt, draw.subject.offset
    count, last = draw.size(8192), fmt.largest >> fmt.mant_bits
    field = draw.rng.integers(1, last + 1, count, endpoint=True)
    # one pair in four is at an end of the range
    at_end = draw.rng.integers(0, 4, count) == 0
    field = np.where(at_end, np.array([1, last + 1])[draw.rng.integers(0, 2, count)], field)
    added = offset if draw.subject.op == "pam" else -offset
    size = abs(offset)
    # a code too far on both sides of what crosses; the first and the last that do are there often
    step = draw.rng.integers(-1, size + 1, count, endpoint=True)
    edges = np.array([-1, 0, 1, size - 1, size, size + 1])[draw.rng.integers(0, 6, count)]
    step = np.where(draw.rng.integers(0, 2, count) == 0, edges, step)
    total = (field << fmt.mant_bits) - np.sign(added) * step
    a = middling(fmt, draw.rng, count)
    b = total - (a - fmt.one) if draw.subject.op == "pam" else a - (total - fmt.one)
    kept = (b >= fmt.tiny) & (b <= fmt.largest)
    return completed(draw, [draw.signed(a[kept]), draw.signed(b[kept])])


def _numbers(draw: Draw, possible: int, count: int) -> Ints:
    """Return `count` numbers below `possible`, each as often as any other as nearly as can be."""
    if count < possible:
        # every field of each operand as often as any other: a step that is odd passes through all residues
        step = possible // count | 1
        return (np.arange(count) * step + int(draw.rng.integers(0, possible))) % possible
    return np.tile(np.arange(possible), max(count // possible, 1))


def _middle_fields(draw: Draw, count: int) -> Ints:
    return middling(draw.fmt, draw.rng, count) >> draw.fmt.mant_bits << draw.fmt.mant_bits


def _has_offset(subject: Subject) -> bool:
    return subject.offset != 0


CHECKS = (
    held(
        "binades",
        "For operands from every binade, in all pairs where there are two, as many as the level has room for, "
        "the result is the definition's.",
        binades,
    ),
    held(
        "mantissas",
        "For every mantissa, in all pairs where there are two, as many leading bits as the level has room for, "
        "the result is the definition's.",
        mantissa_grid,
    ),
    held(
        "signs",
        "Under every combination of signs of the same magnitudes the result is the definition's.",
        signs,
        lambda subject: has_sign(subject, 0) or len(subject.inputs) > 1,
    ),
    held(
        "offset_decides",
        "Where the offset takes a result across a power of two, or across an end of the range, it is in the result.",
        offset_decides,
        _has_offset,
    ),
    held(
        "random",
        "For random codes, each as likely as any other, the result is the definition's.",
        random_codes,
    ),
)
