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

from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt

from pamcheck.formats import FORMATS, FloatFormat
from pamcheck.kernels.words import Words, make_words
from pamcheck.policy import Policy, get_policy

Array = npt.NDArray[Any]
Number = float | Fraction


def dtype_of(fmt: FloatFormat) -> np.dtype[Any]:
    """Return the NumPy or ml_dtypes dtype of a named format. Raises TypeError for a custom one."""
    if fmt.name not in FORMATS:
        raise TypeError(
            f"format {fmt.name} has no NumPy dtype; work on its codes with pamcheck.kernels.launch"
        )
    found: np.dtype[Any] = np.dtype(getattr(np, fmt.name, None) or getattr(ml_dtypes, fmt.name))
    return found


_FORMAT_OF: dict[np.dtype[Any], FloatFormat] = {dtype_of(fmt): fmt for fmt in FORMATS.values()}


def format_of(dtype: npt.DTypeLike, argument: str = "dtype") -> FloatFormat:
    """Return the format of a dtype. Raises TypeError, naming the argument, for one that has none."""
    found = _FORMAT_OF.get(np.dtype(dtype).newbyteorder("="))
    if found is None:
        raise TypeError(
            f"{argument} has dtype {np.dtype(dtype)}, which is not supported; convert it with .astype to one of: "
            + ", ".join(FORMATS)
        )
    return found


def offset_codes(offset: Number, fmt: FloatFormat) -> int:
    """Return a compensation offset, given in octaves (units of log2), as a whole number of codes.

    An offset is a constant that is added to bit patterns, so it is rounded to a multiple of
    2^-mant_bits, ties to even. Raises ValueError for one that is not finite or not below an octave.
    """
    if not -1 < offset < 1:
        raise ValueError(f"offset is {offset}; it must be a number of octaves between -1 and 1")
    exact = offset if isinstance(offset, (int, Fraction)) else Fraction(float(offset))
    codes = round(exact * fmt.tiny)
    if abs(codes) >= fmt.tiny:
        raise ValueError(
            f"offset is {offset}, which {fmt.name} rounds to a whole octave; take a smaller one"
        )
    return codes


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
    # numba takes half a second to import, so not before something is to be computed
    from pamcheck.kernels.launch import run_codes

    arrays, fmt = _as_arrays(name, operands)
    words: Words = make_words(fmt, get_policy(policy), offset_codes(offset, fmt))
    try:
        shape = np.broadcast_shapes(*(array.shape for array in arrays))
    except ValueError:
        shapes = " and ".join(str(array.shape) for array in arrays)
        raise ValueError(
            f"{name}: operands of shapes {shapes} do not broadcast against each other"
        ) from None
    if out is not None:
        _check_out(name, out, shape, arrays[0].dtype)
    code = np.dtype(f"u{fmt.storage_bits // 8}")
    result = run_codes(
        name, [array.view(code) for array in arrays], words, None if out is None else out.view(code)
    )
    if out is not None:
        return out
    values = result.view(arrays[0].dtype)
    return values[()] if all(np.isscalar(operand) for operand in operands) else values


_NAMES = {1: ("x",), 2: ("a", "b")}


def _as_arrays(name: str, operands: tuple[Any, ...]) -> tuple[list[Array], FloatFormat]:
    """Return the operands as arrays of one native dtype, and its format."""
    labels = [f"{name}: operand {letter}" for letter in _NAMES[len(operands)]]
    typed = [None if _is_weak(x) else _typed(x, label) for x, label in zip(operands, labels, strict=True)]
    dtypes = {array.dtype.newbyteorder("=") for array in typed if array is not None}
    if len(dtypes) > 1:
        found = " and ".join(str(array.dtype) for array in typed if array is not None)
        raise TypeError(
            f"{name}: operands have dtypes {found}; convert one of them with .astype, none is promoted"
        )
    dtype = dtypes.pop() if dtypes else np.dtype(np.float64)
    arrays = [
        _rounded(x, label, dtype) if array is None else array.astype(dtype, copy=False)
        for x, label, array in zip(operands, labels, typed, strict=True)
    ]
    return arrays, format_of(dtype)


def _is_weak(operand: Any) -> bool:
    """Whether an operand is a Python number, which takes the dtype of the others."""
    return isinstance(operand, (int, float)) and not isinstance(operand, (bool, np.generic))


def _typed(operand: Any, label: str) -> Array:
    if isinstance(operand, np.ma.MaskedArray):
        raise TypeError(f"{label} is a masked array, whose mask would be lost; fill it first")
    array = np.asarray(operand)
    format_of(array.dtype, label)
    return array


def _rounded(number: float, label: str, dtype: np.dtype[Any]) -> Array:
    """Return a Python number in a dtype, rounded once; a cast may round by way of float32."""
    try:
        value = float(number)
    except OverflowError:
        raise ValueError(f"{label} is an integer too large for a float64; write it as a float") from None
    fmt = format_of(dtype)
    return np.array(fmt.encode(value), dtype=f"u{fmt.storage_bits // 8}").view(dtype)


def _check_out(name: str, out: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """Raise where `out` cannot take the result as it is."""
    if not isinstance(out, np.ndarray) or isinstance(out, np.ma.MaskedArray):
        raise TypeError(f"{name}: out is a {type(out).__name__}; it must be a plain NumPy array")
    if out.dtype != dtype:
        raise TypeError(f"{name}: out has dtype {out.dtype}; it must be {dtype}, as the operands")
    if out.shape != shape:
        raise ValueError(f"{name}: out has shape {out.shape}; it must be {shape}, the shape of the result")
    if not out.flags.writeable:
        raise ValueError(f"{name}: out is read-only; it must be writeable")
