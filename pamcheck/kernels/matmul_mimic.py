"""The mimic cotangent of a matrix product on the CPU: a product with the transpose, and NaN beside infinities.

Every term is pam(delta, b) [spec section 3], so the sum is a matrix product, in the order of one. What a
product does not say is where there is no derivative: a row of b with an infinity or a NaN in it, or such an
element of a, leaves nothing but NaN.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pamcheck.formats import FloatFormat
from pamcheck.kernels.matmul_cpu import matmul_codes
from pamcheck.kernels.matmul_plan import broadcast
from pamcheck.kernels.matmul_scan import choose, scan
from pamcheck.kernels.words import Words

Codes = npt.NDArray[np.unsignedinteger[Any]]


def mimic_matmul_codes(
    delta: Codes, a: Codes, b: Codes, fmt: FloatFormat, w: Words, out: Codes | None = None
) -> Codes:
    """Return the mimic cotangent of a: the sum over j of pam(delta_ij, b_kj), NaN where there is none.

    (..., m, n), (..., m, k) and (..., k, n) to (..., m, k), with leading axes broadcast. That of b is this of
    the transposes, in the order delta, b, a, transposed. Any strides; `out`, of the result's shape, may
    overlap an operand.
    """
    factor = b.swapaxes(-1, -2)
    batch = broadcast([array.shape[:-2] for array in (delta, a, b)])
    shape = (*batch, a.shape[-2], a.shape[-1])
    if not (delta.size and a.size and b.size):
        return _into(out, np.zeros(shape, a.dtype))
    seen, own, other = scan(delta, w), scan(a, w), scan(b, w)
    variant = choose(seen, other, w)
    undefined = max(own.highest, other.highest) > w.largest
    plain = shape[:-2] == broadcast([delta.shape[:-2], b.shape[:-2]])
    if plain and not undefined:
        product = matmul_codes(delta, factor, fmt, w, out, variant)
        return product if out is None else out
    sums = matmul_codes(delta, factor, fmt, w, None, variant)
    if not undefined:
        return _into(out, np.broadcast_to(sums, shape).copy())
    beside = np.logical_or.reduce(_special(factor, w), axis=-2, keepdims=True)
    return _into(out, np.where(_special(a, w) | beside, a.dtype.type(w.nan), sums))


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
