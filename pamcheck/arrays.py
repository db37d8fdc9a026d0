"""The public operations, on arrays: dtype, broadcasting, out=, scalars, errors. Semantics: docs/explanation/spec.md.

Common to all of them:

operands  array_like of one dtype: float64, float32, float16, or an ml_dtypes type (bfloat16, float8_e5m2,
          float8_e4m3, float8_e4m3fn, float6_*, float4_e2m1fn). Python numbers take the dtype of the other
          operand, or float64. Operands broadcast as in NumPy; none is written to.
policy    "ftz", "gradual" or "saturate", see pamcheck.policy; "kosson2023" is in pamcheck.spec only
out       array of the broadcast shape and the operands' dtype; may overlap an operand
returns   an array of that shape and dtype, or a NumPy scalar where every operand is a scalar
raises    TypeError for an unsupported or mixed dtype, ValueError for shapes that do not broadcast, an
          unusable `out`, an unknown policy, or an offset of an octave or more
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pamcheck.interchange import Given, gather, target_of
from pamcheck.kernels.words import make_words
from pamcheck.operands import (
    Array,
    Number,
    as_arrays,
    broadcast_shape,
    check_out,
    offset_codes,
)
from pamcheck.policy import Policy, get_policy


def pam(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    *,
    offset: Number = 0,
    policy: str | Policy = "ftz",
    out: Array | None = None,
) -> Any:
    """Return the PAM product: relative error against a*b in [-1/9, 0] with no offset.

    offset  compensation c in octaves: 2^-4 is L-Mul's, (0x3f800000 - 0x3f76d000) / 2^23 Mogami's
    """
    return _apply("pam", (a, b), policy, out, offset)


def padiv(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    *,
    offset: Number = 0,
    policy: str | Policy = "ftz",
    out: Array | None = None,
) -> Any:
    """Return the PAM quotient a / b: relative error in [0, 1/8] with no offset. x/0 is ±inf, 0/0 NaN.

    offset  compensation in octaves, subtracted: the inverse of `pam` with the same offset
    """
    return _apply("padiv", (a, b), policy, out, offset)


def palog2(x: npt.ArrayLike, *, policy: str | Policy = "ftz", out: Array | None = None) -> Any:
    """Return the piecewise affine log2: below log2 x by at most 0.0861. palog2(±0) is -inf, x < 0 NaN."""
    return _apply("palog2", (x,), policy, out)


def paexp2(x: npt.ArrayLike, *, policy: str | Policy = "ftz", out: Array | None = None) -> Any:
    """Return the piecewise affine 2^x: above 2^x by at most 6.148%. paexp2(-inf) is +0."""
    return _apply("paexp2", (x,), policy, out)


def pasqrt(x: npt.ArrayLike, *, policy: str | Policy = "ftz", out: Array | None = None) -> Any:
    """Return the piecewise affine square root: above sqrt x by at most 6.067%. ±0 stay, x < 0 is NaN."""
    return _apply("pasqrt", (x,), policy, out)


def palog(x: npt.ArrayLike, *, policy: str | Policy = "ftz", out: Array | None = None) -> Any:
    """Return the PAM natural logarithm padiv(palog2(x), log2 e)."""
    return _apply("palog", (x,), policy, out)


def paexp(x: npt.ArrayLike, *, policy: str | Policy = "ftz", out: Array | None = None) -> Any:
    """Return the PAM exponential paexp2(pam(x, log2 e)). Its relative error grows with abs(x)."""
    return _apply("paexp", (x,), policy, out)


def papow(
    a: npt.ArrayLike, y: npt.ArrayLike, *, policy: str | Policy = "ftz", out: Array | None = None
) -> Any:
    """Return the PAM power paexp2(pam(palog2(a), y)). a < 0 is NaN, and so is 0^0, being inf * 0."""
    return _apply("papow", (a, y), policy, out)


def _apply(
    name: str, operands: tuple[Any, ...], policy: str | Policy, out: Array | None, offset: Number = 0
) -> Any:
    given = gather(name, operands)
    if given is not None:
        return _apply_foreign(name, given, policy, out, offset)
    # numba takes half a second to import, so not before something is to be computed
    from pamcheck.kernels.launch import run_codes

    arrays, fmt = as_arrays(name, operands)
    words = make_words(fmt, get_policy(policy), offset_codes(offset, fmt))
    shape = broadcast_shape(name, arrays)
    if out is not None:
        check_out(name, out, shape, arrays[0].dtype)
    code = np.dtype(f"u{fmt.storage_bits // 8}")
    result = run_codes(
        name, [array.view(code) for array in arrays], words, None if out is None else out.view(code)
    )
    if out is not None:
        return out
    values = result.view(arrays[0].dtype)
    return values[()] if all(np.isscalar(operand) for operand in operands) else values


def _apply_foreign(name: str, given: Given, policy: str | Policy, out: Any, offset: Number) -> Any:
    words = make_words(given.fmt, get_policy(policy), offset_codes(offset, given.fmt))
    shape = broadcast_shape(name, given.codes)
    target = None if out is None else target_of(name, out, given, shape)
    with given.on():
        if given.gpu:
            from pamcheck.kernels import gpu, gpu_elementwise

            result = gpu_elementwise.run_codes(name, given.codes, words, target, runtime=gpu.runtime())
        else:
            from pamcheck.kernels.launch import run_codes

            result = run_codes(name, given.codes, words, target)
    return given.wrap(result) if out is None else out
