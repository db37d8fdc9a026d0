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
        (lambda x: pc.pam(x, on_gpu([1, 2, 3], "float16")), "float32 and operand b has format float16"),
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
        self.cuda.runtime, self.cuda.memory, self.cuda.compiler, self.cuda.driver = Of(), Of(), Of(), Of()
        self.cuda.driver.CUDADriverError = type("CUDADriverError", (RuntimeError,), {})
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
        # what cuda-pathfinder raises for CuPy 14 is a RuntimeError
        (
            lambda _: RuntimeError,
            'Failure finding "libnvrtc.so.13": x',
            gpu.DeviceError,
            "finds no compiler",
        ),
        (
            lambda c: c.driver.CUDADriverError,
            "CUDA_ERROR_LAUNCH_FAILED: unspecified",
            gpu.DeviceError,
            "cannot be used",
        ),
        (
            lambda c: c.driver.CUDADriverError,
            "CUDA_ERROR_OUT_OF_MEMORY: out of memory",
            MemoryError,
            "work in parts",
        ),
        (
            lambda c: c.runtime.CUDARuntimeError,
            "cudaErrorMemoryAllocation: out of memory",
            MemoryError,
            "work in parts",
        ),
        (lambda _: RuntimeError, "something of its own", RuntimeError, "^something of its own$"),
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


def test_a_cupy_that_cannot_be_imported_is_quoted_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        @staticmethod
        def find_spec(name: str, *_: Any) -> None:
            if name == "cupy":
                told = "====\nFailed to import CuPy.\n\nOriginal error:\n  ImportError: libcuda.so.1: gone\n===="
                raise ImportError(told)

    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Broken, *sys.meta_path])
    with pytest.raises(
        gpu.DeviceError, match=r"\(ImportError: libcuda.so.1: gone\); pip install"
    ) as caught:
        gpu.runtime()
    assert "\n" not in str(caught.value)


def test_a_number_is_uploaded_to_the_device_that_its_array_is_on(
    device: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    current: list[int] = [0]
    places: list[int] = []

    class Device:
        def __init__(self, number: int) -> None:
            self.number = number

        def __enter__(self) -> None:
            current.append(self.number)

        def __exit__(self, *_: object) -> None:
            current.pop()

    module = ModuleType("cupy")
    module.cuda = ModuleType("cupy.cuda")
    module.cuda.Device = Device
    monkeypatch.setitem(sys.modules, "cupy", module)
    monkeypatch.setattr(ndarray, "__dlpack_device__", lambda _: (2, 3))
    honest = type(device).upload
    monkeypatch.setattr(
        type(device), "upload", lambda self, array: (places.append(current[-1]), honest(self, array))[1]
    )
    assert np.array_equal(np.asarray(pc.pam(on_gpu([1.5, 3]), 1.5)), [2.0, 4.0])
    assert set(places) == {3}
    assert current == [0]


def test_constants_are_kept_for_each_queue_and_long_ones_not_at_all() -> None:
    class Queues:
        uploads = 0
        queue = 0

        def stream(self) -> int:
            return self.queue

        def upload(self, array: np.ndarray) -> Any:
            self.uploads += 1
            return array

    queues: Any = Queues()
    for queue, uploads in [(0, 1), (0, 1), (7, 2), (0, 2)]:
        queues.queue = queue
        assert gpu.constants(queues, np.arange(5)).tolist() == [0, 1, 2, 3, 4]
        assert queues.uploads == uploads
    for uploads in (3, 4):
        gpu.constants(queues, np.zeros(gpu.KEPT_BYTES // 8 + 1))
        assert queues.uploads == uploads


def test_memory_that_is_pinned_or_managed_counts_as_where_it_is_reached(
    device: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    device.launched.clear()
    pinned = Speaks(np.array([1.5, 3.0], np.float32), (3, 0))
    assert np.array_equal(pc.pam(pinned, 1.5).values, [2.0, 4.0])
    assert not device.launched
    monkeypatch.setattr(ndarray, "__dlpack_device__", lambda _: (13, 0))
    assert np.array_equal(np.asarray(pc.pam(on_gpu([1.5, 3]), 1.5)), [2.0, 4.0])
    assert device.launched


@pytest.mark.usefixtures("device")
def test_an_out_that_repeats_its_elements_is_refused() -> None:
    repeated = np.lib.stride_tricks.as_strided(on_gpu([0.0]), (3,), (0,), subok=True)
    with pytest.raises(ValueError, match="out repeats its elements"):
        pc.pam(on_gpu([1, 2, 3]), 2, out=repeated)


def test_an_array_whose_memory_cannot_be_shared_is_named() -> None:
    class Refuses(Speaks):
        def __dlpack__(self, **options: Any) -> Any:
            raise BufferError("bfloat16 is not supported\nby this exporter")

    with pytest.raises(TypeError, match=r"operand b .* cannot be shared: bfloat16 is not supported$"):
        pc.pam(Speaks(np.ones(3)), Refuses(np.ones(3)))


@pytest.mark.parametrize(
    "shapes", [((3, 4), (4, 5)), ((2, 1, 3, 4), (5, 4, 2)), ((4,), (4, 3)), ((4,), (4,))]
)
def test_products_and_sums_of_arrays_on_the_gpu_have_the_bits_of_the_cpu(
    shapes: tuple[tuple[int, ...], ...], device: Any
) -> None:
    device.launched.clear()
    rng = np.random.default_rng(5)
    a, b = (rng.standard_normal(shape).astype(np.float32) for shape in shapes)
    got, want = pc.matmul(on_gpu(a), on_gpu(b)), pc.matmul(a, b)
    assert any("pack" in name for name in device.launched)
    assert np.array_equal(np.asarray(got), want)
    for axis in (None, 0, -1):
        assert np.array_equal(np.asarray(pc.sum(on_gpu(a), axis)), pc.sum(a, axis)), axis
    with pytest.raises(ValueError, match="do not fit"):
        pc.matmul(on_gpu(a), on_gpu(np.ones((9, 9))))
    if np.ndim(want) > 1:
        out = on_gpu(np.zeros(want.shape))
        assert pc.matmul(on_gpu(a), on_gpu(b), out=out) is out
        assert np.array_equal(np.asarray(out), want)


def test_torch_tensors_that_are_views_of_some_kind_are_read_as_they_are_seen() -> None:
    torch = pytest.importorskip("torch")
    x = torch.tensor([1.5, -3.0])
    negated = torch._neg_view(x)
    assert pc.pam(negated, 1.5).tolist() == [-2.0, 4.0]
    assert pc.pam(torch.tensor(1.5), 1.5).shape == ()
    assert pc.pam(x.clone().requires_grad_(), 1.5).tolist() == [2.0, -4.0]
    assert pc.pam(x.as_subclass(type("Mine", (torch.Tensor,), {})), 1.5).tolist() == [2.0, -4.0]
    with pytest.raises(ValueError, match="out is a negated view"):
        pc.pam(x, 1.5, out=negated)
    with pytest.raises(ValueError, match="out repeats"):
        pc.pam(x, 1.5, out=torch.zeros(1).expand(2))
    with pytest.raises(TypeError, match="cannot be shared"):
        pc.pam(torch.eye(2).to_sparse(), 1.5)


def test_torch_tensors_of_every_format_go_in_and_come_out() -> None:
    torch = pytest.importorskip("torch")
    for name in ("float64", "float32", "float16", "bfloat16", "float8_e5m2", "float8_e4m3fn"):
        x = torch.randn(3, 4).to(getattr(torch, name))
        y = pc.pam(x.T, 1.5)
        assert y.dtype == x.dtype
        assert y.shape == (4, 3)
        same = pc.pam(x, 1.5)
        assert torch.equal(y.T.contiguous().view(torch.uint8), same.contiguous().view(torch.uint8))
