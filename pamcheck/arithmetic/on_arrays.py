"""What every interpretation on arrays shares: IEEE additions, choices and moves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pamcheck.interchange import beside, gather
from pamcheck.kernels.words import make_words
from pamcheck.operands import format_of, is_weak, rounded
from pamcheck.policy import get_policy


class OnArrays:
    """What every interpretation on arrays shares: IEEE additions, choices and moves."""

    def sum(self, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        # a library adds narrow numbers up in their own format, where 256 ones and one more are 256
        wide = np.dtype(np.float32) if x.dtype.itemsize < 4 else x.dtype
        return np.sum(x, axis=axis, keepdims=keepdims, dtype=wide).astype(x.dtype, copy=False)

    def add(self, a: Any, b: Any) -> Any:
        return of_two("ieee_add", a, b)

    def sub(self, a: Any, b: Any) -> Any:
        return of_two("ieee_subtract", a, b)

    def neg(self, x: Any) -> Any:
        return negated(x)

    def maximum(self, a: Any, b: Any) -> Any:
        return of_two("ieee_maximum", a, b)

    def max(self, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return np.max(x, axis=axis, keepdims=keepdims)

    def floor(self, x: Any) -> Any:
        return np.floor(x)

    def where(self, condition: Any, a: Any, b: Any) -> Any:
        return chosen(condition, a, b)

    def reshape(self, x: Any, shape: tuple[int, ...]) -> Any:
        return x.reshape(shape)

    def transpose(self, x: Any, axes: Sequence[int]) -> Any:
        return x.transpose(axes)

    def take(self, x: Any, indices: Any) -> Any:
        return x[beside(row_indices(indices), x)]

    def value(self, x: Any) -> Any:
        return x

    def own_rule(self, forward: Callable[..., Any], backward: Callable[..., Any], *operands: Any) -> Any:  # noqa: ARG002
        return forward(self, *operands)


def row_indices(indices: Any) -> Any:
    """Return indices of rows as an array of integers. Raises TypeError for a mask, a slice or anything else."""
    found = indices if hasattr(indices, "dtype") else np.asarray(indices)
    if not hasattr(indices, "dtype") and not found.size:
        found = found.astype(np.intp)
    if found.dtype.kind not in "iu":
        raise TypeError(f"indices are of dtype {found.dtype}; they must be integers, one a row to take")
    return found


def alike(*operands: Any) -> list[Any]:
    """Return operands with Python numbers as scalars of the others' dtype, rounded once.

    Raises TypeError where the others have more than one dtype: none is promoted.
    """
    dtypes = list(dict.fromkeys(x.dtype.newbyteorder("=") for x in operands if not is_weak(x)))
    if len(dtypes) > 1:
        raise TypeError(
            f"operands have dtypes {' and '.join(map(str, dtypes))}; convert one, none is promoted"
        )
    dtype = dtypes[0] if dtypes else np.dtype(np.float64)
    return [rounded(x, "number", format_of(dtype)).view(dtype)[()] if is_weak(x) else x for x in operands]


def negated(x: Any) -> Any:
    """Return -x. On a GPU the sign bit is turned, which is all there is to it, subnormals included."""
    found = gather("neg", (x,))
    if found is None or not found.gpu:
        return np.negative(x)
    with found.on():
        return found.wrap(found.codes[0] ^ found.codes[0].dtype.type(found.fmt.sign))


_UFUNCS = {"ieee_add": np.add, "ieee_subtract": np.subtract, "ieee_maximum": np.maximum}


def of_two(name: str, a: Any, b: Any) -> Any:
    """Return an addition or a maximum: NumPy's, or on a GPU a kernel that keeps subnormals, as CuPy's do not."""
    found = gather(name, (a, b))
    if found is None or not found.gpu:
        return _UFUNCS[name](*alike(a, b))
    from pamcheck.kernels import gpu, gpu_elementwise

    words = make_words(found.fmt, get_policy("ftz"))
    with found.on():
        return found.wrap(gpu_elementwise.run_codes(name, found.codes, words, runtime=gpu.runtime()))


def chosen(condition: Any, a: Any, b: Any) -> Any:
    """Return a where a condition holds, else b. The condition may lie on the host, whatever a and b do."""
    like = next((x for x in (a, b) if not is_weak(x)), None)
    return np.where(beside(condition, like), *alike(a, b))


def reduced(arithmetic: Any, x: Any, shape: tuple[int, ...]) -> Any:
    """Return x summed over the axes along which an operand of that shape was repeated."""
    new = x.ndim - len(shape)
    axes = tuple(at for at in range(x.ndim) if at < new or shape[at - new] != x.shape[at])
    return arithmetic.sum(x, axis=axes, keepdims=True).reshape(shape) if axes else x
