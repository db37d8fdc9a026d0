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

from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.array_utils import normalize_axis_tuple

from pamcheck.interchange import Given, gather, target_of
from pamcheck.kernels.words import make_words
from pamcheck.operands import (
    Array,
    Number,
    as_arrays,
    broadcast_shape,
    check_out,
    matmul_shape,
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


def matmul(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    *,
    offset: Number = 0,
    policy: str | Policy = "ftz",
    out: Array | None = None,
) -> Any:
    """Return the matrix product with every product a pam: shapes as numpy.matmul, (..., m, k) by (..., k, n).

    Products are summed in ascending k, in blocks of 256, in float32 (float64 for float64), and rounded to the
    dtype once; any NaN is the quiet one with sign clear. The bits do not depend on threads or strides.

    offset  compensation of the products, in octaves, as in `pam`
    raises  ValueError for a 0-d operand or shapes that do not fit each other
    """
    given = gather("matmul", (a, b))
    arrays, fmt = as_arrays("matmul", (a, b)) if given is None else (given.codes, given.fmt)
    words = make_words(fmt, get_policy(policy), offset_codes(offset, fmt))
    shape, code = matmul_shape("matmul", arrays), np.dtype(f"u{fmt.storage_bits // 8}")
    target = None
    if out is not None and given is not None:
        target = target_of("matmul", out, given, shape)
    elif out is not None:
        check_out("matmul", out, shape, arrays[0].dtype)
        target = np.asarray(out).view(code)
    left, right = arrays[0].view(code), arrays[1].view(code)
    direct = target if left.ndim > 1 and right.ndim > 1 else None
    left = left[np.newaxis] if left.ndim == 1 else left
    right = right[:, np.newaxis] if right.ndim == 1 else right
    if given is not None and given.gpu:
        from pamcheck.kernels import gpu, gpu_matmul

        with given.on():
            result = gpu_matmul.matmul_codes(left, right, fmt, words, direct, runtime=gpu.runtime())
    else:
        from pamcheck.kernels.matmul_cpu import matmul_codes

        result = matmul_codes(left, right, fmt, words, direct)
    if target is not None and direct is None:
        target[...] = result.reshape(shape)
    if out is not None:
        return out
    return given.wrap(result.reshape(shape)) if given else result.view(arrays[0].dtype).reshape(shape)[()]


def sum(x: npt.ArrayLike, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Any:
    """Return sums in the canonical order: 32 lanes, then folded. Axes as numpy.sum; several are one, in C order.

    Accumulated in float32 (float64 for float64) and rounded to the dtype once. Subnormals keep their value;
    a sum of nothing is +0, and so is a sum of negative zeros. Raises numpy.exceptions.AxisError for an axis
    that x has not.
    """
    given = gather("sum", (x,))
    [array], fmt = as_arrays("sum", (x,)) if given is None else (given.codes, given.fmt)
    axes = (
        tuple(range(array.ndim)) if axis is None else sorted(normalize_axis_tuple(axis, max(array.ndim, 1)))
    )
    axes = axes[: array.ndim]  # a 0-d array is summed along axis 0 as if it had one, as by numpy.sum
    kept = [at for at in range(array.ndim) if at not in axes]
    before = [at for at in kept if not axes or at < axes[0]]
    if axes and axes[-1] - axes[0] >= len(axes):
        before = kept  # the axes do not lie together: bring them to the end
    after = [at for at in kept if at not in before]
    outer, n, inner = (prod(array.shape[at] for at in part) for part in (before, axes, after))
    codes = (
        array.view(f"u{fmt.storage_bits // 8}").transpose((*before, *axes, *after)).reshape(outer, n, inner)
    )
    shape = [1 if at in axes else length for at, length in enumerate(array.shape) if keepdims or at in kept]
    if given is not None and given.gpu:
        from pamcheck.kernels import gpu, gpu_reduce

        with given.on():
            result = gpu_reduce.reduce_codes("sum", codes, fmt, runtime=gpu.runtime())
    else:
        from pamcheck.kernels.sums_cpu import sum_codes

        result = sum_codes(codes, fmt)
    return given.wrap(result.reshape(shape)) if given else result.view(array.dtype).reshape(shape)[()]


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
