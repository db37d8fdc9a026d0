"""The matrix product and the sum, on arrays, in the canonical order [spec section 4].

Operands, dtypes, policies and errors are those of pamcheck.arrays. The order of every addition is fixed, so
the bits do not depend on threads, strides or the device.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.array_utils import normalize_axis_tuple

from pamcheck.formats import FloatFormat
from pamcheck.interchange import Given, gather, target_of
from pamcheck.kernels.words import Words, make_words
from pamcheck.operands import Array, Number, as_arrays, check_out, matmul_shape, offset_codes
from pamcheck.policy import Policy, get_policy


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
    dtype once; any NaN is the quiet one with sign clear.

    offset  compensation of the products, in octaves, as in `pam`
    raises  ValueError for a 0-d operand or shapes that do not fit each other
    """
    given = gather("matmul", (a, b))
    if given is not None:
        return _matmul_foreign(given, policy, offset, out)
    arrays, fmt = as_arrays("matmul", (a, b))
    words = make_words(fmt, get_policy(policy), offset_codes(offset, fmt))
    shape, code = matmul_shape("matmul", arrays), np.dtype(f"u{fmt.storage_bits // 8}")
    if out is not None:
        check_out("matmul", out, shape, arrays[0].dtype)
    target = None if out is None else np.asarray(out).view(code)
    result = _product(None, [array.view(code) for array in arrays], fmt, words, shape, target)
    return result.view(arrays[0].dtype)[()] if out is None else out


def _matmul_foreign(given: Given, policy: str | Policy, offset: Number, out: Any) -> Any:
    words = make_words(given.fmt, get_policy(policy), offset_codes(offset, given.fmt))
    shape = matmul_shape("matmul", given.codes)
    target = None if out is None else target_of("matmul", out, given, shape)
    with given.on():
        result = _product(given, given.codes, given.fmt, words, shape, target)
    return given.wrap(result) if out is None else out


def _product(
    given: Given | None,
    codes: list[Any],
    fmt: FloatFormat,
    words: Words,
    shape: tuple[int, ...],
    target: Any,
) -> Any:
    """Return the product of codes, in `target` if there is one; an operand of one axis gets a second."""
    direct = target if all(x.ndim > 1 for x in codes) else None
    left = codes[0] if codes[0].ndim > 1 else codes[0][np.newaxis]
    right = codes[1] if codes[1].ndim > 1 else codes[1][:, np.newaxis]
    if given is not None and given.gpu:
        from pamcheck.kernels import gpu, gpu_matmul

        result = gpu_matmul.matmul_codes(left, right, fmt, words, direct, runtime=gpu.runtime())
    else:
        from pamcheck.kernels.matmul_cpu import matmul_codes

        result = matmul_codes(left, right, fmt, words, direct)
    if target is not None and direct is None:
        target[...] = result.reshape(shape)
    return result.reshape(shape)


def sum(x: npt.ArrayLike, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Any:
    """Return sums in the canonical order: 32 lanes, then folded. Axes as numpy.sum; several are one, in C order.

    Accumulated in float32 (float64 for float64) and rounded to the dtype once. Subnormals keep their value;
    a sum of nothing is +0, and so is a sum of negative zeros. Raises numpy.exceptions.AxisError for an axis
    that x has not.
    """
    given = gather("sum", (x,))
    if given is not None:
        with given.on():
            return given.wrap(sum_codes_over(given.gpu, given.codes[0], given.fmt, axis, keepdims))
    [array], fmt = as_arrays("sum", (x,))
    codes = array.view(f"u{fmt.storage_bits // 8}")
    return sum_codes_over(False, codes, fmt, axis, keepdims).view(array.dtype)[()]


def sum_codes_over(gpu: bool, codes: Any, fmt: FloatFormat, axis: Any, keepdims: bool) -> Any:
    """Return the sums of codes over axes: those before, those summed and those after become one each."""
    every = range(codes.ndim)
    axes = tuple(every) if axis is None else sorted(normalize_axis_tuple(axis, max(codes.ndim, 1)))
    axes = axes[: codes.ndim]  # a 0-d array is summed along axis 0 as if it had one, as by numpy.sum
    kept = [at for at in every if at not in axes]
    together = not axes or axes[-1] - axes[0] < len(axes)
    before = [at for at in kept if not axes or at < axes[0]] if together else kept
    after = [at for at in kept if at not in before]
    outer, n, inner = (prod(codes.shape[at] for at in part) for part in (before, axes, after))
    three = codes.transpose((*before, *axes, *after)).reshape(outer, n, inner)
    if gpu:
        from pamcheck.kernels import gpu as device
        from pamcheck.kernels import gpu_reduce

        result = gpu_reduce.reduce_codes("sum", three, fmt, runtime=device.runtime())
    else:
        from pamcheck.kernels.sums_cpu import sum_codes

        result = sum_codes(three, fmt)
    shape = [1 if at in axes else length for at, length in enumerate(codes.shape) if keepdims or at in kept]
    return result.reshape(shape)
