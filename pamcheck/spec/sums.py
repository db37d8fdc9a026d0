"""Section 4 of the definition: IEEE additions on codes, and the two orders in which sums are taken.

Source: IEEE 754-2019, sections 4.3.1 and 6.3; docs/explanation/spec.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from pamcheck.formats import FORMATS, FloatFormat, get_format
from pamcheck.spec.numbers import checked, nan

LANES = 32
BLOCK = 256


def canonical_sum(codes: Sequence[int], fmt: str | FloatFormat) -> int:
    """Return the sum of codes in 32 lanes, accumulated by `accumulator(fmt)`, as a code of `fmt`.

    Lane l starts from +0 and adds codes l, l + 32, l + 64, ... in that order; then the lanes are folded
    with strides 16, 8, 4, 2, 1. The result is rounded to the format once. Subnormals keep their value
    under every policy. An empty sum is +0.

    Raises ValueError for a code wider than the format. Source: spec section 4.
    """
    f = get_format(fmt)
    wide = accumulator(f)
    terms = [convert(code, f, wide) for code in checked(codes, f)]
    lanes = [in_order(terms[lane::LANES], wide) for lane in range(LANES)]
    stride = LANES // 2
    while stride:
        lanes = [ieee_add(lanes[lane], lanes[lane + stride], wide) for lane in range(stride)]
        stride //= 2
    return convert(lanes[0], wide, f)


def blocked_sum(codes: Sequence[int], fmt: str | FloatFormat) -> int:
    """Return the sum of codes in blocks of 256, the order of matrix products, as a code of `fmt`.

    A block starts from +0 and adds its codes one after another; the sums of later blocks are added to
    that of the first one after another. Otherwise as canonical_sum. Source: spec section 4.
    """
    f = get_format(fmt)
    wide = accumulator(f)
    terms = [convert(code, f, wide) for code in checked(codes, f)]
    blocks = [in_order(terms[start : start + BLOCK], wide) for start in range(0, len(terms), BLOCK)]
    first, *others = blocks or [0]
    return convert(reduce(lambda total, block: ieee_add(total, block, wide), others, first), wide, f)


def in_order(codes: Sequence[int], f: FloatFormat) -> int:
    """Return +0 with the codes added one after another, in the format they are codes of."""
    return reduce(lambda total, code: ieee_add(total, code, f), codes, 0)


def ieee_add(x: int, y: int, fmt: str | FloatFormat) -> int:
    """Return the code of x + y: rounded once, to nearest, ties to even, with gradual underflow.

    inf - inf is NaN, and a NaN is the quiet one with sign clear. An exact sum of zero is +0, but
    -0 + -0 is -0. A sum above `largest` is what the format has for infinity.

    Raises ValueError for a code wider than the format. Source: IEEE 754-2019, 4.3.1 and 6.3.
    """
    f = get_format(fmt)
    x, y = checked([x, y], f)
    if f.is_nan(x) or f.is_nan(y):
        return nan(f)
    if f.is_inf(x) or f.is_inf(y):
        infinities = {code for code in (x, y) if f.is_inf(code)}
        return infinities.pop() if len(infinities) == 1 else nan(f)
    total = f.decode(x) + f.decode(y)
    return f.encode(total) if total else x & y & f.sign


def accumulator(fmt: str | FloatFormat) -> FloatFormat:
    """Return the format in which sums of a format's codes are accumulated: float32, else float64.

    float32 wherever it holds every value of the format. That is every named format but float64; a
    custom one such as e10m5 or e8m24, whose exponents or mantissas float32 has no room for,
    accumulates in float64, be it 32 bits wide or fewer.
    """
    f, float32 = get_format(fmt), FORMATS["float32"]
    narrow = f.exp_bits <= float32.exp_bits and f.mant_bits <= float32.mant_bits
    if narrow and f.decode(f.largest) <= float32.decode(float32.largest):
        return float32
    return FORMATS["float64"]


def convert(code: int, source: FloatFormat, target: FloatFormat) -> int:
    """Return a code of one format as a code of another: rounded to nearest even, zeros with their sign."""
    if source.is_nan(code):
        return nan(target)
    sign = target.sign if code & source.sign else 0
    if source.is_inf(code):
        return target.too_large(sign)
    return target.encode(source.decode(code)) if code & source.magnitude else sign
