"""The simplest case that fails in the same way: Hypothesis shrinks, codes say what is simple."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from pamcheck.formats import FloatFormat

Case = tuple[int, ...]

EXAMPLES = 300


def shrunk(fmt: FloatFormat, case: Case, fails: Callable[[Case], bool]) -> Case:
    """Return a case that fails and is no less simple; the case itself where none is found.

    fails  whether the target fails at a case, in the way that is looked for
    """
    from hypothesis import HealthCheck, Phase, find, settings
    from hypothesis import strategies as st
    from hypothesis.errors import NoSuchExample

    remembered = cache(fails)
    quiet = settings(
        max_examples=EXAMPLES,
        database=None,
        derandomize=True,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    choices = st.tuples(*(st.sampled_from(simpler(fmt, code)) for code in case))
    try:
        found: Case = find(choices, remembered, settings=quiet)
    except NoSuchExample:
        return case
    return min(found, case, key=lambda codes: complexity(fmt, codes))


def simpler(fmt: FloatFormat, code: int) -> list[int]:
    """Return codes to put in place of one, simplest first and itself last."""
    size, sign = code & fmt.magnitude, code & fmt.sign
    mantissa, base = size & (fmt.tiny - 1), size & ~(fmt.tiny - 1)
    found = [fmt.one, fmt.one | fmt.tiny >> 1, 0, fmt.tiny]
    for low in range(fmt.mant_bits, 0, -1):
        kept = mantissa >> low << low
        found += [fmt.one | kept, base | kept]
    for high in range(1, fmt.mant_bits):
        kept = mantissa & ((1 << high) - 1)
        found += [fmt.one | kept, base | kept]
    found += [fmt.one | mantissa, size]
    found += [sign | other for other in found]
    distinct = list(dict.fromkeys([*(c for c in found if c < 2 * fmt.sign), code]))
    return distinct[: distinct.index(code) + 1]


def complexity(fmt: FloatFormat, codes: Sequence[int]) -> tuple[int, ...]:
    """Return a key that orders cases: few mantissa bits first, then near to one, then positive."""
    sizes = [code & fmt.magnitude for code in codes]
    mantissas = [size & (fmt.tiny - 1) for size in sizes]
    return (
        sum(fmt.mant_bits - _trailing_zeros(m, fmt.mant_bits) for m in mantissas),
        sum(m.bit_count() for m in mantissas),
        sum(abs((size >> fmt.mant_bits) - fmt.bias) for size in sizes),
        sum(code >= fmt.sign for code in codes),
        sum(sizes),
    )


def _trailing_zeros(mantissa: int, bits: int) -> int:
    return (mantissa & -mantissa).bit_length() - 1 if mantissa else bits
