"""Arrays of other libraries through the public functions: a stand-in for CuPy, and anything with DLPack."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import pamcheck as pc
from pamcheck.kernels import gpu


class ndarray(np.ndarray):
    """A NumPy array that says of itself what a CuPy array says."""

    def __dlpack_device__(self) -> tuple[int, int]:
        return (2, 0)


ndarray.__module__ = "cupy"


def on_gpu(values: Any, dtype: str = "float32") -> Any:
    aligned = np.zeros(np.shape(values), dtype).view(ndarray)
    aligned[...] = values
    return aligned


@pytest.fixture
def device(emulated: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(gpu, "runtime", lambda: emulated)
    return emulated


class Speaks:
    """An array of a library that is known by DLPack only."""

    def __init__(self, values: np.ndarray, device: tuple[int, int] = (1, 0)) -> None:
        self.values, self.device = values, device
        self.dtype, self.shape = values.dtype, values.shape

    def __dlpack__(self, **options: Any) -> Any:
        return self.values.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.device

    def __array_namespace__(self) -> Any:
        class Namespace:
            @staticmethod
            def from_dlpack(values: np.ndarray) -> Speaks:
                return Speaks(values)

        return Namespace


@pytest.mark.parametrize("name", ["pam", "padiv", "papow", "palog2", "paexp2", "pasqrt", "palog", "paexp"])
def test_an_array_on_the_gpu_is_answered_by_one_on_the_gpu_with_the_same_bits(
    name: str, device: Any
) -> None:
    rng = np.random.default_rng(3)
    function = getattr(pc, name)
    operands = [rng.standard_normal((5, 7)).astype(np.float32) for _ in range(2)]
    operands = operands[: 2 if name in ("pam", "padiv", "papow") else 1]
    got = function(*map(on_gpu, operands))
    want = function(*operands)
    assert np.array_equal(np.asarray(got).view(np.uint32), want.view(np.uint32))
    assert got.dtype == np.float32
    assert device.launched


def test_numbers_go_with_arrays_of_any_library(device: Any) -> None:
    x = on_gpu([1.5, -2.0, 3.0])
    assert np.array_equal(pc.pam(x, 1.5), pc.pam(np.asarray(x), np.float32(1.5)))
    assert np.array_equal(pc.padiv(3, x), pc.padiv(np.float32(3), np.asarray(x)))
    assert device.launched


def test_out_and_offset_and_policy_reach_the_gpu(device: Any) -> None:
    x = on_gpu([1.5, 1e-30, 3e38, 0.0])
    out = on_gpu(np.zeros(4))
    assert pc.pam(x, x, offset=2**-4, policy="saturate", out=out) is out
    assert np.array_equal(
        np.asarray(out), pc.pam(np.asarray(x), np.asarray(x), offset=2**-4, policy="saturate")
    )
    assert device.launched


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda x: pc.pam(x, np.ones(3, np.float32)),
            "operand a is an array of cupy on GPU 0 and .* numpy on the CPU",
        ),
        (lambda x: pc.pam(x, Speaks(np.ones(3, np.float32))), "array of cupy .* on the CPU"),
        (lambda x: pc.pam(x, on_gpu([1, 2, 3], "float16")), "float32 and float16"),
        (
            lambda x: pc.pam(x, x, out=np.zeros(3, np.float32)),
            "out is a ndarray; it must be an array of cupy on GPU 0",
        ),
        (lambda _: pc.pam(on_gpu([1, 2, 3], "int32"), 2), "int32"),
        (lambda _: pc.pam(Speaks(np.ones(3, np.float32), (8, 0)), 2), "device type 8"),
    ],
)
@pytest.mark.usefixtures("device")
def test_what_does_not_go_together_is_named(call: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        call(on_gpu([1, 2, 3]))


@pytest.mark.usefixtures("device")
def test_shapes_that_do_not_go_together_are_named() -> None:
    with pytest.raises(ValueError, match=r"\(3,\) and \(4,\)"):
        pc.pam(on_gpu([1, 2, 3]), on_gpu([1, 2, 3, 4]))
    with pytest.raises(ValueError, match=r"out has shape \(4,\)"):
        pc.pam(on_gpu([1, 2, 3]), 2, out=on_gpu([1, 2, 3, 4]))


def test_an_array_that_speaks_dlpack_shares_its_memory_and_gets_its_own_kind_back() -> None:
    values = np.array([1.5, -2.5, 0.75])
    got = pc.pam(Speaks(values), 1.5)
    assert isinstance(got, Speaks)
    assert np.array_equal(got.values, pc.pam(values, 1.5))
    out = Speaks(np.zeros(3))
    assert pc.pam(Speaks(values), Speaks(values), out=out) is out
    assert np.array_equal(out.values, pc.pam(values, values))


def test_without_cupy_an_array_on_a_gpu_gets_one_line_that_says_what_would_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(gpu.DeviceError, match=r"needs CuPy.*pip install"):
        pc.pam(Speaks(np.ones(3, np.float32), (2, 0)), 2)


class FakeCuPy(ModuleType):
    """As much of CuPy as fails on a machine without a device, a driver, memory or a compiler."""

    def __init__(self, failing: type[BaseException], text: str) -> None:
        super().__init__("cupy")

        class Of:
            pass

        def fail(*_: Any) -> None:
            raise failing(text)

        self.cuda = Of()
        self.cuda.runtime, self.cuda.memory, self.cuda.compiler = Of(), Of(), Of()
        self.cuda.runtime.CUDARuntimeError = type("CUDARuntimeError", (RuntimeError,), {})
        self.cuda.memory.OutOfMemoryError = type("OutOfMemoryError", (MemoryError,), {})
        self.cuda.compiler.CompileException = type("CompileException", (Exception,), {})
        self.cuda.runtime.getDevice = fail


def failing_with(pick: Any, text: str) -> FakeCuPy:
    module = FakeCuPy(RuntimeError, text)
    error = pick(module.cuda)

    def fail(*_: Any) -> None:
        raise error(text)

    module.cuda.runtime.getDevice = fail
    return module


@pytest.mark.parametrize(
    ("pick", "text", "error", "message"),
    [
        (
            lambda c: c.runtime.CUDARuntimeError,
            "cudaErrorInsufficientDriver: too old",
            gpu.DeviceError,
            "driver",
        ),
        (
            lambda c: c.runtime.CUDARuntimeError,
            "cudaErrorNoDevice: no CUDA-capable",
            gpu.DeviceError,
            "nvidia-smi",
        ),
        (
            lambda c: c.memory.OutOfMemoryError,
            "Out of memory allocating 99 bytes",
            MemoryError,
            "work in parts",
        ),
        (lambda c: c.compiler.CompileException, "kern.cu(1): error", gpu.DeviceError, "NVRTC refused"),
        (lambda _: OSError, "libnvrtc.so.12: cannot open", gpu.DeviceError, "finds no compiler"),
    ],
)
def test_a_device_that_cannot_be_used_is_explained_in_one_line(
    pick: Any, text: str, error: type[BaseException], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cupy", failing_with(pick, text))
    with pytest.raises(error, match=message) as caught:
        gpu.runtime()
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


def test_torch_tensors_of_every_format_go_in_and_come_out() -> None:
    torch = pytest.importorskip("torch")
    for name in ("float64", "float32", "float16", "bfloat16", "float8_e5m2", "float8_e4m3fn"):
        x = torch.randn(3, 4).to(getattr(torch, name))
        y = pc.pam(x.T, 1.5)
        assert y.dtype == x.dtype
        assert y.shape == (4, 3)
        same = pc.pam(x, 1.5)
        assert torch.equal(
            y.view(torch.uint8).flatten().sort()[0], same.view(torch.uint8).flatten().sort()[0]
        )
