"""PAM product of PyTorch tensors, with its exact derivatives for autograd.

pam(a, b)         what to use
pam_broken(a, b)  the same with one bug: the slope forgets the sign of the other operand

Values are read as integers by Tensor.view, so nothing here multiplies floats. Subnormals count as zeros.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor


class Layout(NamedTuple):
    """What the bit patterns of a dtype look like: the integer that holds one, and its landmarks.

    sign is the sign bit with every bit above it, as an int64 has it when a narrower integer is widened.
    """

    integer: torch.dtype
    mant_bits: int
    sign: int
    one: int
    inf: int

    @property
    def tiny(self) -> int:
        """Code of the smallest normal number."""
        return 1 << self.mant_bits

    @property
    def nan(self) -> int:
        """Code of the quiet NaN, sign clear."""
        return self.inf | (self.tiny >> 1)


LAYOUTS = {
    torch.float64: Layout(torch.int64, 52, -(1 << 63), 1023 << 52, 2047 << 52),
    torch.float32: Layout(torch.int32, 23, -(1 << 31), 127 << 23, 255 << 23),
    torch.float16: Layout(torch.int16, 10, -(1 << 15), 15 << 10, 31 << 10),
    torch.bfloat16: Layout(torch.int16, 7, -(1 << 15), 127 << 7, 255 << 7),
}


def pam(a: Tensor, b: Tensor) -> Tensor:
    """Return the PAM product of two tensors of one dtype, which broadcast. Differentiable, once."""
    return Pam.apply(*torch.broadcast_tensors(a, b))


def pam_broken(a: Tensor, b: Tensor) -> Tensor:
    """Return the same with a slope that forgets a sign: for seeing that it is found."""
    return PamBroken.apply(*torch.broadcast_tensors(a, b))


class Pam(torch.autograd.Function):
    """The product, and the exact derivative of the affine piece that holds the operands."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor) -> Tensor:
        """Return the product of two tensors of one dtype and shape."""
        ctx.save_for_backward(a, b)
        return _product(a, b)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, delta: Tensor) -> tuple[Tensor, Tensor]:
        """Return the cotangents of both operands."""
        a, b = ctx.saved_tensors
        return _slope(delta, a, b), _slope(delta, b, a)


class PamBroken(Pam):
    """The product with a bug in its slopes."""

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, delta: Tensor) -> tuple[Tensor, Tensor]:
        """Return cotangents without the sign of the other operand."""
        a, b = ctx.saved_tensors
        return _slope(delta, a, b.abs()), _slope(delta, b, a.abs())


def _product(a: Tensor, b: Tensor) -> Tensor:
    f, (ca, cb) = _layout(a, b), (_codes(a), _codes(b))
    ma, mb = ca & ~f.sign, cb & ~f.sign
    zero = (ma < f.tiny) | (mb < f.tiny)
    infinite = (ma == f.inf) | (mb == f.inf)
    magnitude = torch.where(zero, 0, _moved(ma, mb - f.one, f))
    magnitude = torch.where(infinite, f.inf, magnitude)
    code = magnitude | ((ca ^ cb) & f.sign)
    nan = (ma > f.inf) | (mb > f.inf) | (infinite & zero)
    return _floats(torch.where(nan, f.nan, code), a.dtype)


def _slope(delta: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Return the cotangent of a: delta, moved by the exponent of b and the carry of the mantissas."""
    f, (cd, ca, cb) = _layout(a, b), (_codes(delta), _codes(a), _codes(b))
    md, ma, mb = cd & ~f.sign, ca & ~f.sign, cb & ~f.sign
    mask = f.tiny - 1
    mantissa = torch.where(ma < f.tiny, 0, ma & mask)
    step = ((mb + mantissa) & ~mask) - f.one  # a carry goes into the exponent of b by itself
    magnitude = torch.where(md < f.tiny, 0, _moved(md, step, f))
    magnitude = torch.where(md == f.inf, f.inf, magnitude)
    code = torch.where(mb < f.tiny, 0, magnitude | ((cd ^ cb) & f.sign))
    nan = (md > f.inf) | (ma >= f.inf) | (mb >= f.inf)
    return _floats(torch.where(nan, f.nan, code), a.dtype)


def _moved(magnitude: Tensor, step: Tensor, f: Layout) -> Tensor:
    """Return magnitude + step, flushed below the smallest normal number, infinite above the largest."""
    above = magnitude >= f.inf - step.clamp(min=0)  # before adding: the sum of two float64 codes may wrap
    total = magnitude + step
    return torch.where(above, f.inf, torch.where(total < f.tiny, 0, total))


def _layout(a: Tensor, b: Tensor) -> Layout:
    if a.dtype != b.dtype or a.dtype not in LAYOUTS:
        raise TypeError(
            f"operands are {a.dtype} and {b.dtype}; pam takes two of one of {', '.join(map(str, LAYOUTS))}"
        )
    return LAYOUTS[a.dtype]


def _codes(x: Tensor) -> Tensor:
    """Return bit patterns, widened to int64."""
    return x.contiguous().view(LAYOUTS[x.dtype].integer).to(torch.int64)


def _floats(codes: Tensor, dtype: torch.dtype) -> Tensor:
    return codes.to(LAYOUTS[dtype].integer).view(dtype)
