"""Strategies for single operands and for what goes with them: codes, floats by class, pairs, offsets, policies."""

from __future__ import annotations

from typing import Literal

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from pamcheck.formats import FloatFormat, get_format
from pamcheck.lookup import lookup
from pamcheck.policy import POLICIES

Format = str | FloatFormat
CLASSES = ("zero", "normal", "subnormal", "inf", "nan")


def codes(fmt: Format) -> SearchStrategy[int]:
    """Return a strategy for any code of a format: both signs, subnormals, infinities, every NaN.

    Biased to zeros, the subnormal ends, tiny, one, neighbours of powers of two, largest, inf and NaN.
    Shrinks towards +0. Raises ValueError for an unknown format.
    """
    f = get_format(fmt)
    landmarks = _near({0, f.tiny, f.one, f.largest + 1, f.nan or f.magnitude, f.magnitude}, f)
    edges = st.sampled_from(_within(landmarks | {f.tiny >> 1}, 0, f.magnitude))
    return _signed(st.one_of(edges, _near_powers_of_two(f), st.integers(0, f.magnitude)), f)


def floats(fmt: Format, *classes: str) -> SearchStrategy[float]:
    """Return a strategy for the values of a format, as Python floats, of the classes named, or of all.

    classes  of "normal", "subnormal", "zero", "inf", "nan"; those that a format has no codes for draw nothing

    Both signs; one NaN. Shrinks towards zero, or towards one where only normal numbers are asked for.
    Raises ValueError for an unknown format or class, and where the format has none of the classes.
    """
    f = get_format(fmt)
    chosen = [lookup("class of floats", name, dict.fromkeys(CLASSES, name)) for name in classes] or CLASSES
    found = [strategy for name in chosen if (strategy := _of_class(f, name)) is not None]
    if not found:
        raise ValueError(f"classes are {', '.join(chosen)}; {f.name} has no such numbers")
    return st.one_of(found).map(f.to_float)


def normal_codes(fmt: Format, *, signed: bool = True) -> SearchStrategy[int]:
    """Return a strategy for the codes of normal numbers, of both signs unless `signed` is False.

    Biased to tiny, one, neighbours of powers of two and largest. Shrinks towards one.
    Raises ValueError for an unknown format.
    """
    f = get_format(fmt)
    edges = st.sampled_from([f.one, *_within(_near({f.tiny, f.one, f.largest}, f), f.tiny, f.largest)])
    magnitudes = st.one_of(edges, _near_powers_of_two(f), st.integers(f.tiny, f.largest))
    return _signed(magnitudes, f) if signed else magnitudes


def normal_pairs(fmt: Format, op: Literal["pam", "padiv"] = "pam") -> SearchStrategy[tuple[float, float]]:
    """Return a strategy for pairs of normal numbers whose PAM product (or quotient) is normal too.

    There the operation is exact in the sense of spec section 2, so error bounds hold without rounding.
    Values are floats, exact in the format, of both signs. Biased to powers of two, to both ends of the
    normal range, operands and result alike, and to the kinks: Ma + Mb = 1 or Ma = Mb, and one code
    to either side. Raises ValueError for an unknown format or operation.
    """
    f = get_format(fmt)
    if op not in ("pam", "padiv"):
        raise ValueError(f"op is {op!r}; pairs are made for 'pam' or 'padiv'")
    return _normal_pairs(f, op)


def offsets(fmt: Format) -> SearchStrategy[int]:
    """Return a strategy for compensation offsets, in codes: less than an octave, of both signs.

    Biased to 0, one code, and both ends. As an octave: Fraction(offset, fmt.tiny).
    Raises ValueError for an unknown format.
    """
    f = get_format(fmt)
    ends = st.sampled_from(_within({0, 1, -1, f.tiny - 1, 1 - f.tiny, f.tiny >> 4}, 1 - f.tiny, f.tiny - 1))
    return st.one_of(ends, st.integers(1 - f.tiny, f.tiny - 1))


def policies() -> SearchStrategy[str]:
    """Return a strategy for the names of the policies that kernels have: all but the reference's own."""
    return st.sampled_from([name for name, policy in POLICIES.items() if not policy.reference_only])


@st.composite
def _normal_pairs(draw: st.DrawFn, f: FloatFormat, op: str) -> tuple[float, float]:
    """Draw the first operand freely, then the second from the range that keeps the result normal."""
    first = draw(normal_codes(f))
    a = first & f.magnitude
    mantissa = a & (f.tiny - 1)
    if op == "pam":
        low, high, kink = f.tiny + f.one - a, f.largest + f.one - a, -mantissa & (f.tiny - 1)
    else:
        low, high, kink = a + f.one - f.largest, a + f.one - f.tiny, mantissa
    low, high = max(low, f.tiny), min(high, f.largest)
    fields = (low >> f.mant_bits, f.bias, high >> f.mant_bits)
    kinks = {(field << f.mant_bits) + kink for field in fields}
    edges = _within(_near({low, high, f.one} | kinks, f), low, high)
    second = draw(st.one_of(st.sampled_from(edges), st.integers(low, high)))
    return f.to_float(first), f.to_float(second | draw(st.sampled_from((0, f.sign))))


def _of_class(f: FloatFormat, name: str) -> SearchStrategy[int] | None:
    """Return a strategy for the codes of one class, None where the format has none."""
    if name == "normal":
        return normal_codes(f)
    if name == "subnormal":
        edges = st.sampled_from(_within({1, f.tiny >> 1, f.tiny - 1}, 1, f.tiny - 1))
        return _signed(st.one_of(edges, st.integers(1, f.tiny - 1)), f)
    single = {"zero": 0, "inf": f.inf, "nan": f.nan}[name]
    return None if single is None else _signed(st.just(single), f)


def _signed(magnitudes: SearchStrategy[int], f: FloatFormat) -> SearchStrategy[int]:
    return st.builds(int.__or__, magnitudes, st.sampled_from((0, f.sign)))


def _near_powers_of_two(f: FloatFormat) -> SearchStrategy[int]:
    """Return a strategy for normal codes at, or one code beside, a power of two."""
    powers = st.integers(1, f.largest >> f.mant_bits)
    near = st.builds(lambda field, step: (field << f.mant_bits) + step, powers, st.sampled_from((0, -1, 1)))
    return near.map(lambda code: min(max(code, f.tiny), f.largest))


def _near(magnitudes: set[int], f: FloatFormat) -> set[int]:
    """Return magnitudes with their neighbours, as far as they are codes."""
    beside = {magnitude + step for magnitude in magnitudes for step in (-1, 0, 1)}
    return set(_within(beside, 0, f.magnitude))


def _within(magnitudes: set[int], low: int, high: int) -> list[int]:
    return sorted(magnitude for magnitude in magnitudes if low <= magnitude <= high)
