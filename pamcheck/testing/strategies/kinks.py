"""Operands on the breakpoints of an operation, where one affine piece meets the next, and one code beside."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from pamcheck.formats import FloatFormat, get_format
from pamcheck.kernels.table import get_operation
from pamcheck.testing.strategies.scalars import Format, normal_codes

_BESIDE = st.sampled_from((0, -1, 1))


def kink_neighbours(op: str, fmt: Format) -> SearchStrategy[tuple[int, ...]]:
    """Return a strategy for operands, as codes, at a breakpoint of an operation or one code to either side.

    pam, papow       mantissas that add up to one; powers of two
    padiv            equal mantissas; powers of two
    paexp2, paexp    whole numbers
    palog2, palog, pasqrt
                     powers of two

    Numbers are normal, of both signs. Shrinks towards one. Raises ValueError for an unknown name.
    """
    f, operation = get_format(fmt), get_operation(op)
    if operation.arity == 2:
        return st.one_of(_pairs(f, carry=op != "padiv"), st.tuples(_powers(f), normal_codes(f)))
    if op in ("paexp2", "paexp"):
        return st.tuples(_whole(f))
    return st.tuples(_powers(f))


@st.composite
def _pairs(draw: st.DrawFn, f: FloatFormat, carry: bool) -> tuple[int, ...]:
    """Draw one operand freely, the other with the mantissa that the breakpoint asks for."""
    first = draw(normal_codes(f))
    mantissa = first & (f.tiny - 1)
    wanted = -mantissa & (f.tiny - 1) if carry else mantissa
    fields = (st.just(f.bias), st.integers(1, f.largest >> f.mant_bits))
    field = draw(st.one_of(*fields))
    return first, _beside(draw, f, (field << f.mant_bits) + wanted)


@st.composite
def _powers(draw: st.DrawFn, f: FloatFormat) -> int:
    field = draw(st.one_of(st.just(f.bias), st.integers(1, f.largest >> f.mant_bits)))
    return _beside(draw, f, field << f.mant_bits)


@st.composite
def _whole(draw: st.DrawFn, f: FloatFormat) -> int:
    """Draw the code of a whole number within the exponents of the format, as far as it has one."""
    reach = min(f.bias + f.mant_bits, 1 << (f.mant_bits + 1))
    number = draw(st.integers(1, reach))
    return _beside(draw, f, f.encode(float(number)))


def _beside(draw: st.DrawFn, f: FloatFormat, size: int) -> int:
    moved = min(max(size + draw(_BESIDE), f.tiny), f.largest)
    return moved | draw(st.sampled_from((0, f.sign)))
