"""PyTorch tensors. Their dtypes are reached through integers of the same size, so that every bit survives."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pamcheck.formats import FORMATS, FloatFormat
from pamcheck.testing.subject import Codes
from pamcheck.testing.target import TargetFault, Unsupported
from pamcheck.testing.targets.arrays import hold_codes, hold_dtype, hold_shape
from pamcheck.testing.targets.errors import TargetError, in_a_line
from pamcheck.testing.targets.numpy_arrays import not_an_array

_INTEGER = {8: "uint8", 16: "int16", 32: "int32", 64: "int64"}


class TorchArrays:
    """See Arrays. Codes are tensors of PyTorch's integer of the storage's size: uint8, int16, int32 or int64."""

    def __init__(self, device: str = "cpu", codes: bool = False) -> None:
        try:
            self._torch: Any = importlib.import_module("torch")
            self._device = self._torch.empty(0, device=device).device
        except Exception as error:
            raise TargetError(f"PyTorch cannot be used on {device!r}: {in_a_line(error)}") from error
        self._codes = codes

    def given(self, codes: Codes, fmt: FloatFormat) -> Any:  # noqa: D102
        dtype = self._dtype(fmt)
        integers = codes.copy().view(_INTEGER[fmt.storage_bits])
        return self._torch.from_numpy(integers).to(self._device).view(dtype)

    def codes(self, result: Any, fmt: FloatFormat, count: int) -> Codes:  # noqa: D102
        if not isinstance(result, self._torch.Tensor):
            raise not_an_array(result, "a tensor of PyTorch")
        if result.device != self._device:
            raise TargetFault(
                "device",
                f"returned a tensor on {result.device} for operands on {self._device}; move it there",
            )
        hold_shape(tuple(result.shape), count)
        if not self._codes:
            hold_dtype(result.dtype, self._dtype(fmt))
        integers = self._integers(result)
        return hold_codes(integers if self._codes else integers.view(f"u{fmt.storage_bits // 8}"), fmt)

    def overwritten(self, given: Any, codes: Codes) -> bool:  # noqa: D102
        return given.shape != codes.shape or not np.array_equal(
            self._integers(given).view(codes.dtype), codes
        )

    def shared(self, result: Any, given: Any) -> bool:  # noqa: D102
        try:
            return bool(result.untyped_storage().data_ptr() == given.untyped_storage().data_ptr() != 0)
        except (AttributeError, NotImplementedError, RuntimeError):
            return False

    def differentiate(
        self, fn: Callable[..., Any], operands: Sequence[Any], cotangent: Any
    ) -> tuple[Any, ...]:
        """Return the gradients that autograd finds. Raises TargetFault where there are none to be found."""
        leaves = [operand.requires_grad_() for operand in operands]
        with self._torch.enable_grad():
            result = fn(*leaves)
        if not isinstance(result, self._torch.Tensor):
            raise not_an_array(result, "a tensor of PyTorch")
        hold_shape(tuple(result.shape), cotangent.shape[0])
        if not result.requires_grad:
            raise TargetFault("exception", "the result has no grad_fn: " + _NO_GRADIENT)
        found = self._torch.autograd.grad(result, leaves, cotangent, allow_unused=True)
        for number, gradient in enumerate(found, 1):
            if gradient is None:
                raise TargetFault("exception", f"no gradient reaches operand {number}: " + _NO_GRADIENT)
        return tuple(found)

    def _dtype(self, fmt: FloatFormat) -> Any:
        if self._codes:
            return getattr(self._torch, _INTEGER[fmt.storage_bits])
        dtype = getattr(self._torch, fmt.name, None) if fmt.name in FORMATS else None
        if not isinstance(dtype, self._torch.dtype):
            raise Unsupported(
                f"PyTorch has no dtype {fmt.name}; take a function of codes (codes=True, --codes)"
            )
        return dtype

    def _integers(self, tensor: Any) -> np.ndarray[Any, Any]:
        tensor = tensor.detach().to_dense() if tensor.layout != self._torch.strided else tensor.detach()
        # a tensor that PyTorch negates when it is read has no codes before it is written out
        tensor = tensor.resolve_neg().contiguous().cpu()
        if tensor.dtype.is_floating_point:
            tensor = tensor.view(getattr(self._torch, _INTEGER[8 * tensor.element_size()]))
        found: np.ndarray[Any, Any] = tensor.numpy()
        return found


_NO_GRADIENT = (
    "write a torch.autograd.Function for what works on bits, or take a function that returns the derivatives "
    "(gradient='function')"
)
