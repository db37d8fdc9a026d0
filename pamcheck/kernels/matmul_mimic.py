"""The mimic cotangents of a matrix product on the CPU: products with the other factor, and NaN beside infinities.

Every term is pam(delta, b) [spec section 3], so the sum is a matrix product, in the order of one. What a
product does not say is where there is no derivative: a row of b with an infinity or a NaN in it, or such an
element of a, leaves nothing but NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from pamcheck.formats import FloatFormat
from pamcheck.kernels.matmul_cpu import matmul_codes
from pamcheck.kernels.matmul_plan import broadcast
from pamcheck.kernels.matmul_scan import Range, scan
from pamcheck.kernels.words import Words

Codes = npt.NDArray[np.unsignedinteger[Any]]
Ranges = tuple[Range, Range, Range]


def mimic_matmul_codes(
    delta: Codes,
    a: Codes,
    b: Codes,
    fmt: FloatFormat,
    w: Words,
    out: Codes | None = None,
    ranges: Ranges | None = None,
) -> Codes:
    """Return the mimic cotangent of a: the sum over j of pam(delta_ij, b_kj), NaN where there is none.

    (..., m, n), (..., m, k) and (..., k, n) to (..., m, k), with leading axes broadcast. That of b is this of
    the transposes, in the order delta, b, a, transposed. Any strides; `out`, of the result's shape, may
    overlap an operand. `ranges` are those of delta, a and b, if they were scanned.
    """

    def product(found: Ranges, target: Codes | None) -> Codes:
        return matmul_codes(delta, b.swapaxes(-1, -2), fmt, w, target, None, (found[0], found[2]))

    def beside() -> Any:
        return np.logical_or.reduce(_special(b, w), axis=-1)[..., np.newaxis, :]

    return _defined(product, beside, delta, a, b, w, out, ranges)


def mimic_right_codes(
    delta: Codes,
    a: Codes,
    b: Codes,
    fmt: FloatFormat,
    w: Words,
    out: Codes | None = None,
    ranges: Ranges | None = None,
) -> Codes:
    """Return the mimic cotangent of b: the sum over i of pam(a_ik, delta_ij), NaN where there is none.

    Shapes as in mimic_matmul_codes, to (..., k, n): what that gives of the transposes, as a product commutes,
    in an array that lies as b does.
    """

    def product(found: Ranges, target: Codes | None) -> Codes:
        return matmul_codes(a.swapaxes(-1, -2), delta, fmt, w, target, None, (found[2], found[0]))

    def beside() -> Any:
        return np.logical_or.reduce(_special(a, w), axis=-2)[..., :, np.newaxis]

    turned = None if ranges is None else (ranges[0], ranges[2], ranges[1])
    return _defined(product, beside, delta, b, a, w, out, turned)


def _defined(
    product: Callable[[Ranges, Codes | None], Codes],
    beside: Callable[[], Any],
    delta: Codes,
    own: Codes,
    other: Codes,
    w: Words,
    out: Codes | None,
    ranges: Ranges | None,
) -> Codes:
    """Return the product, and NaN where `own` is special or `beside` says that the other factor is."""
    batch = broadcast([array.shape[:-2] for array in (delta, own, other)])
    shape = (*batch, *own.shape[-2:])
    if not (delta.size and own.size and other.size):
        return _into(out, np.zeros(shape, own.dtype))
    found = ranges or (scan(delta, w), scan(own, w), scan(other, w))
    undefined = max(found[1].highest, found[2].highest) > w.largest
    plain = batch == broadcast([delta.shape[:-2], other.shape[:-2]])
    if plain and not undefined:
        codes = product(found, out)
        return codes if out is None else out
    sums = product(found, None)
    if not undefined:
        return _into(out, np.broadcast_to(sums, shape).copy())
    return _into(out, np.where(_special(own, w) | beside(), own.dtype.type(w.nan), sums))


def _special(codes: Codes, w: Words) -> npt.NDArray[np.bool_]:
    """Return where codes are infinite or NaN."""
    kind = codes.dtype.type
    special: npt.NDArray[np.bool_] = (codes & kind(w.magnitude)) > kind(w.largest)
    return special


def _into(out: Codes | None, codes: Codes) -> Codes:
    if out is None:
        return codes
    out[...] = codes
    return out
