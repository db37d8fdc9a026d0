"""Packing for the matrix product: each element of an operand becomes the words that its variant's loop reads.

Whatever an addition cannot say is prepared here, once an element, for a loop that reads it hundreds of
times: limits for the other operand, and what lies beyond them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from pamcheck.formats import FloatFormat
from pamcheck.kernels import cpu
from pamcheck.kernels.values import accumulator
from pamcheck.kernels.words import Words


class Limits(NamedTuple):
    """What packing needs to know about a format and a policy, in codes of float32 or float64."""

    sign: int
    magnitude: int
    tiny: int
    largest: int
    inf: int
    shift: int
    overflow: int  # what a finite product above `largest` is, sign clear
    one: int
    quiet: int  # the bit that makes a NaN quiet
    top: int  # the largest word
    offset: int  # compensation, in codes
    none: int  # 0
    all: int  # -1


@lru_cache(maxsize=512)
def machine_limits(fmt: FloatFormat, w: Words) -> Limits:
    """Return the limits of a format as codes of its accumulator, in machine words."""
    wide = accumulator(fmt)
    finer = wide.mant_bits - fmt.mant_bits

    def embedded(code: int) -> int:
        return (code << finer) + ((wide.bias - fmt.bias) << wide.mant_bits)

    assert wide.nan is not None
    assert wide.inf is not None
    overflow = (
        wide.nan if w.overflow > w.inf else wide.inf if w.overflow > w.largest else embedded(w.largest)
    )
    bits = wide.width
    limits = Limits(
        sign=wide.sign - (1 << bits),
        magnitude=wide.magnitude,
        tiny=embedded(w.tiny),
        largest=embedded(w.largest),
        inf=wide.inf,
        shift=wide.one - ((w.one - w.shift) << finer),
        overflow=overflow,
        one=wide.one,
        quiet=wide.tiny >> 1,
        top=wide.magnitude,
        offset=(w.one - w.shift) << finer,
        none=0,
        all=-1,
    )
    return Limits(*(cpu.WORD[bits](value) for value in limits))


# One element into its words. A zero is any magnitude below `tiny`.


def plain(code: int, w: Limits) -> tuple[int, ...]:  # noqa: ARG001
    """The code."""
    return (code,)


def shifted(code: int, w: Limits) -> tuple[int, ...]:
    """The code less `shift`."""
    return (code - w.shift,)


def zeros_a(code: int, w: Limits) -> tuple[int, ...]:
    """The code and what `zeros_b` takes too much; |a|, a zero being 0."""
    size = code & w.magnitude
    return code + (w.inf - w.shift), size if size >= w.tiny else w.none


def zeros_b(code: int, w: Limits) -> tuple[int, ...]:
    """The code less infinity, which no number brings to the lowest word; a zero is that word."""
    return (code - w.inf if (code & w.magnitude) >= w.tiny else w.sign,)


def flush_a(code: int, w: Limits) -> tuple[int, ...]:
    """The code; the least |b| whose product is not a zero."""
    size = code & w.magnitude
    return code, max(w.tiny + w.shift - size, w.tiny) if size >= w.tiny else w.top


def flush_b(code: int, w: Limits) -> tuple[int, ...]:
    """The code less `shift`; |b|, a zero being 0."""
    size = code & w.magnitude
    return code - w.shift, size if size >= w.tiny else w.none


def full_a(code: int, w: Limits) -> tuple[int, ...]:
    """As `flush_a`; the greatest |b| whose product is finite; what a greater one gives, less the sign of b.

    For a zero those are infinities and NaN, and give NaN; for an infinity and a NaN it is every b.
    """
    size = code & w.magnitude
    low = max(w.tiny + w.shift - size, w.tiny)
    high = w.largest - max(size - w.shift, w.none)
    beyond = (code & w.sign) | w.overflow
    if size < w.tiny:
        low, high, beyond = w.top, w.largest, w.inf | w.quiet
    if size > w.largest:
        low, high, beyond = w.top, w.all, (code & w.sign) | w.inf
    if size > w.inf:
        beyond = w.inf | w.quiet
    return code, low, high, beyond


def full_b(code: int, w: Limits) -> tuple[int, ...]:
    """The code less `shift`; |b|, a zero being 0 and a NaN the largest word; what b makes of `beyond`.

    That is its sign, or a mark that turns an infinity into a NaN and leaves a NaN one.
    """
    size = code & w.magnitude
    mark = code & w.sign
    if size > w.inf:
        size, mark = w.top, w.quiet >> 1
    if size < w.tiny:
        size, mark = w.none, w.quiet >> 2
    return code - w.shift, size, mark


def unbiased(code: int, w: Limits) -> tuple[int, ...]:
    """The cotangent less `one`."""
    return (code - w.one,)


def slope_a(code: int, w: Limits) -> tuple[int, ...]:
    """The cotangent less `one`; its magnitude, a zero being 0."""
    size = code & w.magnitude
    return code - w.one, size if size >= w.tiny else w.none


def slope_b(code: int, w: Limits) -> tuple[int, ...]:
    """The code; a zero is the lowest word."""
    return (code if (code & w.magnitude) >= w.tiny else w.sign,)


def mantissa(code: int, w: Limits) -> tuple[int, ...]:
    """The mantissa, 0 for a zero, and the offset: what the slope of a product needs of the operand itself."""
    own = code & (w.quiet + (w.quiet - 1)) if (code & w.magnitude) >= w.tiny else w.none
    return (own + w.offset,)


PACKS: dict[str, tuple[Callable[..., tuple[int, ...]], Callable[..., tuple[int, ...]]]] = {
    "lean": (plain, shifted),
    "zeros": (zeros_a, zeros_b),
    "flush": (flush_a, flush_b),
    "full": (full_a, full_b),
    "slope_lean": (unbiased, plain),
    "slope": (slope_a, slope_b),
}
