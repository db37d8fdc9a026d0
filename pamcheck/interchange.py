"""Arrays that are not NumPy's: CuPy's, PyTorch's, and whatever else speaks DLPack. Nothing is copied.

An operand comes in as codes on its own device and the result goes out as its own library's array. PyTorch
is told apart because DLPack cannot say bfloat16 or float8 to NumPy: its tensors are viewed as integers on
both ways. Operands of one call come from one library and lie on one device; Python numbers go with any.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pamcheck.formats import FloatFormat, get_format
from pamcheck.operands import as_arrays, format_of, is_weak, labels_of, rounded

_OURS = frozenset((np.ndarray, float, int))
CPU, CUDA = 1, 2  # device types of DLPack
_REACHED_AS = {
    CPU: CPU,
    3: CPU,
    CUDA: CUDA,
    13: CUDA,
}  # pinned memory is the host's, managed memory a GPU's


@dataclass(frozen=True)
class Given:
    """Operands as codes.

    codes   arrays of one unsigned dtype, NumPy's or CuPy's; 0-d for a Python number
    fmt     their format
    wrap    makes the library's array of the result's codes
    gpu     whether they are CuPy's, and then `on` activates their device
    told    where they are, in words
    """

    codes: list[Any]
    fmt: FloatFormat
    wrap: Callable[[Any], Any]
    gpu: bool
    device: int
    told: str

    def on(self) -> contextlib.AbstractContextManager[Any]:
        """Return a context in which the operands' device is the current one."""
        return _on(self.device) if self.gpu else contextlib.nullcontext()


def is_foreign(x: Any) -> bool:
    """Whether x is an array of a library other than NumPy."""
    return _root(x) == "cupy" or (hasattr(x, "__dlpack__") and not isinstance(x, (np.ndarray, np.generic)))


def gather(name: str, operands: tuple[Any, ...], labels: Sequence[str] | None = None) -> Given | None:
    """Return foreign operands as codes, or None where every operand is NumPy's business.

    Errors call the operands by their labels. Raises TypeError where libraries, devices or dtypes are mixed
    or a dtype is not supported, and DeviceError where they are on a GPU that cannot be used.
    """
    if all(type(x) in _OURS for x in operands):
        return None  # as it mostly is, and quickly so
    first = next((x for x in operands if is_foreign(x)), None)
    if first is None:
        return None
    labels = labels or labels_of(name, len(operands))
    places = [None if is_weak(x) else _place(x) for x in operands]
    found = {place for place in places if place is not None}
    if len(found) > 1:
        told = " and ".join(
            f"{label} is {place.told()}" for label, place in zip(labels, places, strict=True) if place
        )
        raise TypeError(f"{told}; move one to the other, as no array is moved or copied here")
    place = found.pop()
    if place.kind == CUDA:
        from pamcheck.kernels.gpu import runtime

        runtime()  # says in one line what is missing, before anything else trips over it
    typed = [(x, label) for x, label in zip(operands, labels, strict=True) if not is_weak(x)]
    formats = {_format(x, label): label for x, label in typed}
    if len(formats) > 1:
        told = " and ".join(
            f"{label.removeprefix(f'{name}: ')} has format {fmt.name}" for fmt, label in formats.items()
        )
        raise TypeError(f"{name}: {told}; convert one of them, none is promoted")
    fmt = next(iter(formats))
    # a number must arrive where the arrays are, not on whichever device is the current one
    with _on(place.number) if place.kind == CUDA else contextlib.nullcontext():
        codes = [
            _number(x, label, fmt, place) if is_weak(x) else codes_of(x, fmt, label)
            for x, label in zip(operands, labels, strict=True)
        ]
    return Given(
        codes=codes,
        fmt=fmt,
        wrap=lambda codes: _wrapped(codes, fmt, first),
        gpu=place.kind == CUDA,
        device=place.number,
        told=place.told(),
    )


def given(name: str, operands: tuple[Any, ...], labels: Sequence[str]) -> Given:
    """Return operands of any library as codes, NumPy's included. Raises as `gather` and `as_arrays` do."""
    foreign = gather(name, operands, labels)
    if foreign is not None:
        return foreign
    arrays, fmt = as_arrays(name, operands, labels)
    dtype, code = arrays[0].dtype, f"u{fmt.storage_bits // 8}"
    return Given(
        codes=[array.view(code) for array in arrays],
        fmt=fmt,
        wrap=lambda codes: codes.view(dtype),
        gpu=False,
        device=0,
        told="an array of numpy on the CPU",
    )


def beside(constant: Any, like: Any) -> Any:
    """Return a NumPy array as one on the GPU where another array lies there; anything else as it is."""
    if not isinstance(constant, np.ndarray) or _root(like) != "cupy":
        return constant
    from pamcheck.kernels.gpu import runtime

    with _on(_place(like).number):
        return runtime().upload(constant)


def codes_of(x: Any, fmt: FloatFormat, label: str) -> Any:
    """Return a foreign array's codes, sharing its memory. Raises TypeError for one that cannot share it."""
    code = np.dtype(f"u{fmt.storage_bits // 8}")
    if _root(x) == "cupy":
        return x.view(code)
    if _place(x).kind == CPU:
        take = np.from_dlpack
    else:
        from pamcheck.kernels.gpu import load_cupy

        take = load_cupy().from_dlpack
    try:
        if _root(x) == "torch":
            # a tensor that PyTorch negates when it is read has no codes before it is written out
            x = x.detach().resolve_neg()
            x = x.view(getattr(sys.modules["torch"], _TORCH_INTEGER[fmt.storage_bits]))
        return take(x).view(code)
    except (BufferError, NotImplementedError, RuntimeError, TypeError, ValueError) as error:
        told = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise TypeError(
            f"{label} is an array of {_root(x)} of dtype {x.dtype} whose memory cannot be shared: {told}"
        ) from error


def target_of(name: str, out: Any, given: Given, shape: tuple[int, ...]) -> Any:
    """Return the codes of `out`. Raises TypeError or ValueError where it cannot take the result as it is."""
    if not is_foreign(out) or _place(out).told() != given.told:
        told = _place(out).told() if is_foreign(out) else f"a {type(out).__name__}"
        raise TypeError(f"{name}: out is {told}; it must be {given.told}, as the operands")
    fmt = _format(out, f"{name}: out")
    if fmt != given.fmt:
        raise TypeError(f"{name}: out has format {fmt.name}; it must be {given.fmt.name}, as the operands")
    if tuple(out.shape) != shape:
        raise ValueError(
            f"{name}: out has shape {tuple(out.shape)}; it must be {shape}, the shape of the result"
        )
    codes = codes_of(out, fmt, f"{name}: out")
    if not getattr(getattr(codes, "flags", None), "writeable", True):
        raise ValueError(f"{name}: out is read-only; it must be writeable")
    if _root(out) == "torch" and out.is_neg():
        raise ValueError(f"{name}: out is a negated view; write into a tensor of its own")
    if any(length > 1 and stride == 0 for length, stride in zip(codes.shape, codes.strides, strict=True)):
        raise ValueError(
            f"{name}: out repeats its elements along an axis; it must have one for each result"
        )
    return codes


_TORCH_INTEGER = {8: "uint8", 16: "int16", 32: "int32", 64: "int64"}


@dataclass(frozen=True)
class _Place:
    library: str
    kind: int
    number: int

    def told(self) -> str:
        where = {CPU: "on the CPU", CUDA: f"on GPU {self.number}"}.get(
            self.kind, f"on device type {self.kind}"
        )
        return f"an array of {self.library} {where}"


def _place(x: Any) -> _Place:
    if not is_foreign(x):
        return _Place("numpy", CPU, 0)
    try:
        found, number = (int(part) for part in x.__dlpack_device__())
    except (BufferError, NotImplementedError, RuntimeError, ValueError) as error:
        raise TypeError(f"an operand of {_root(x)} has no memory on the CPU or a GPU: {error}") from error
    kind = _REACHED_AS.get(found)
    if kind is None:
        raise TypeError(
            f"an operand of {_root(x)} lies on DLPack device type {found}; move it to the CPU or a CUDA GPU"
        )
    return _Place(_root(x), kind, 0 if kind == CPU else number)


def _on(device: int) -> contextlib.AbstractContextManager[Any]:
    """Return a context in which a GPU is the current one, where CuPy is there to make it so."""
    cupy = sys.modules.get("cupy")
    context: contextlib.AbstractContextManager[Any] = (
        cupy.cuda.Device(device) if cupy else contextlib.nullcontext()
    )
    return context


def _root(x: Any) -> str:
    """Return the library that an array is of, or that its class is derived from."""
    roots = [base.__module__.partition(".")[0] for base in type(x).__mro__]
    return next((root for root in roots if root in ("cupy", "torch")), roots[0])


def _format(x: Any, label: str) -> FloatFormat:
    if _root(x) == "torch":
        name = str(x.dtype).removeprefix("torch.")
        try:
            return get_format(name)
        except ValueError:
            raise TypeError(f"{label} has dtype {x.dtype}, which is not supported") from None
    try:
        dtype = np.dtype(x.dtype)
    except TypeError:
        raise TypeError(f"{label} has dtype {x.dtype}, which is not supported") from None
    return format_of(dtype, label)


def _number(x: Any, label: str, fmt: FloatFormat, place: _Place) -> Any:
    code = rounded(x, label, fmt)
    if place.kind == CPU:
        return code
    from pamcheck.kernels.gpu import runtime

    return runtime().upload(code)


def _wrapped(codes: Any, fmt: FloatFormat, like: Any) -> Any:
    """Return codes as values of the library that `like` is of."""
    if _root(like) == "cupy":
        return codes.view(like.dtype)
    if _root(like) == "torch":
        torch = sys.modules["torch"]
        tensor = torch.from_dlpack(
            codes.view(f"i{fmt.storage_bits // 8}" if fmt.storage_bits > 8 else "u1")
        )
        return tensor.view(getattr(torch, fmt.name))
    values = codes.view(np.dtype(like.dtype))
    namespace = getattr(like, "__array_namespace__", None)
    return namespace().from_dlpack(values) if namespace else values
