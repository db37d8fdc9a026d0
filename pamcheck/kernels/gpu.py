"""CuPy: loading kernels, compile options, launch. Nothing else imports CuPy, and this file only when asked.

What the launchers of this package need of a device is small and stands in `Runtime`. CuPy is one; the tests
have another, which compiles the same sources for the host and walks the grid thread by thread.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from types import ModuleType
from typing import Any, Protocol

import numpy as np

from pamcheck.kernels.device import OPTIONS, Unit
from pamcheck.kernels.words import Words

Launch = Callable[[tuple[int, ...], tuple[int, ...], tuple[Any, ...]], None]
"""Runs a kernel: grid, block, arguments. Whole numbers are NumPy scalars of the parameter's own type."""


KEPT_BYTES = 4096  # of an array of constants that stays on the device


class DeviceError(RuntimeError):
    """A GPU was asked for and cannot be used; the message says what was found and what would do."""


class Runtime(Hashable, Protocol):
    """What a launcher needs of a device. Arrays are NumPy's or have NumPy's interface."""

    multiprocessors: int
    clock_hz: float  # the highest that the device states; 0 where it states none
    architecture: str  # as in "sm_90"

    def facts(self) -> dict[str, Any]:
        """Return the device's name and what else identifies a measurement."""

    def seconds(self, call: Callable[[], Any]) -> float:
        """Return how long a call keeps the device busy."""

    def kernel(self, unit: Unit, name: str) -> Launch:
        """Return a kernel of a unit, compiled for the current device."""

    def empty(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
        """Return a new array in C order."""

    def upload(self, array: np.ndarray[Any, Any]) -> Any:
        """Return a copy of a NumPy array on the device."""

    def stream(self) -> int:
        """Return the queue that launches go to; what another queue has uploaded may not have arrived."""

    def download(self, array: Any) -> np.ndarray[Any, Any]:
        """Return a device array as a NumPy array."""

    def address(self, array: Any) -> int:
        """Return the address of an array's first element."""


class CuPyRuntime:
    """The current CUDA device, through CuPy. CuPy keeps compiled kernels on disk (CUPY_CACHE_DIR)."""

    def __init__(self, cupy: ModuleType) -> None:
        self._cupy = cupy
        with explained(cupy):
            attributes = cupy.cuda.Device().attributes
            self.multiprocessors = int(attributes["MultiProcessorCount"])
            self.clock_hz = 1e3 * float(attributes.get("ClockRate", 0))
            self.architecture = f"sm_{cupy.cuda.Device().compute_capability}"

    def facts(self) -> dict[str, Any]:
        """Return the device's name and what else identifies a measurement."""
        cupy = self._cupy
        properties = cupy.cuda.runtime.getDeviceProperties(cupy.cuda.runtime.getDevice())
        return {
            "name": properties["name"].decode(),
            "architecture": self.architecture,
            "multiprocessors": self.multiprocessors,
            "clock_hz": self.clock_hz,
            "memory_bytes": int(properties["totalGlobalMem"]),
            "driver": cupy.cuda.runtime.driverGetVersion(),
            "nvrtc": ".".join(map(str, cupy.cuda.nvrtc.getVersion())),
            "cupy": cupy.__version__,
        }

    def seconds(self, call: Callable[[], Any]) -> float:
        """Return how long a call keeps the device busy, by events around it."""
        start, stop = self._cupy.cuda.Event(), self._cupy.cuda.Event()
        start.record()
        call()
        stop.record()
        stop.synchronize()
        return float(self._cupy.cuda.get_elapsed_time(start, stop)) / 1e3

    def kernel(self, unit: Unit, name: str) -> Launch:
        """Return a kernel of a unit, compiled for the current device."""
        with explained(self._cupy):
            return _cupy_kernel(unit, name)

    def empty(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
        """Return a new array in C order."""
        with explained(self._cupy):
            return self._cupy.empty(shape, dtype)

    def upload(self, array: np.ndarray[Any, Any]) -> Any:
        """Return a copy of a NumPy array on the device."""
        with explained(self._cupy):
            return self._cupy.asarray(array)

    def stream(self) -> int:
        """Return the queue that launches go to."""
        return int(self._cupy.cuda.get_current_stream().ptr)

    def download(self, array: Any) -> np.ndarray[Any, Any]:
        """Return a device array as a NumPy array."""
        with explained(self._cupy):
            host: np.ndarray[Any, Any] = self._cupy.asnumpy(array)
            return host

    def address(self, array: Any) -> int:
        """Return the address of an array's first element."""
        return int(array.data.ptr)


def runtime() -> CuPyRuntime:
    """Return the current device. Raises DeviceError, in one line, where there is none to use."""
    cupy = load_cupy()
    with explained(cupy):
        number = cupy.cuda.runtime.getDevice()
    return _runtime_of(number)


def load_cupy() -> ModuleType:
    """Import CuPy. Raises DeviceError where it is missing or broken."""
    try:
        import cupy
    except ImportError as error:
        raise DeviceError(
            f'the GPU needs CuPy, which cannot be imported ({_line(error)}); pip install "pamcheck[gpu]"'
        ) from None
    module: ModuleType = cupy
    return module


@cache
def _runtime_of(device: int) -> CuPyRuntime:  # noqa: ARG001, one for each device
    return CuPyRuntime(load_cupy())


@cache
def _module(unit: Unit) -> Any:
    return load_cupy().RawModule(code=unit.source, options=OPTIONS)


@cache
def _cupy_kernel(unit: Unit, name: str) -> Launch:
    cupy = load_cupy()
    function = _module(unit).get_function(name)

    def launch(grid: tuple[int, ...], block: tuple[int, ...], arguments: tuple[Any, ...]) -> None:
        with explained(cupy):
            function(grid, block, arguments)

    return launch


@contextmanager
def explained(cupy: ModuleType) -> Iterator[None]:
    """Turn what CuPy raises for a device that cannot be used into a line that says what would do."""
    try:
        yield
    except DeviceError:
        raise
    except cupy.cuda.compiler.CompileException as error:
        raise DeviceError(f"NVRTC refused a kernel of pamcheck: {_line(error)}") from error
    except (MemoryError, ImportError, OSError, RuntimeError) as error:
        told = _explanation(error, cupy)
        if told is None:
            raise
        raise told from error


def _explanation(error: BaseException, cupy: ModuleType) -> Exception | None:
    """Return what to raise instead of an error of CuPy's, or None for one that is not about the device."""
    line = _line(error)
    of_cuda = isinstance(error, (cupy.cuda.runtime.CUDARuntimeError, cupy.cuda.driver.CUDADriverError))
    if isinstance(error, MemoryError) or (of_cuda and re.search("OUT_OF_MEMORY|MemoryAllocation", line)):
        return MemoryError(
            f"the GPU is out of memory: {line}; "
            "free arrays and cupy.get_default_memory_pool().free_all_blocks(), or work in parts"
        )
    if of_cuda:
        return DeviceError(f"the GPU cannot be used: {line}; {_remedy(line)}")
    # without a library cuda-pathfinder raises an error of its own, older versions of CuPy a RuntimeError
    if isinstance(error, (ImportError, OSError)) or re.search(r"\blib\w+\.so|\.dll\b", line):
        return DeviceError(
            f"CuPy finds no compiler: {line}; install NVRTC for the CUDA version CuPy was built for, "
            'as in pip install "cupy-cuda12x[ctk]"'
        )
    return None


def _line(error: BaseException) -> str:
    """Return the line of a message that says the most: what CuPy quotes as the original error, else the first."""
    lines = [line.strip() for line in str(error).splitlines() if re.search(r"\w", line)]
    quoted = lines.index("Original error:") + 1 if "Original error:" in lines else 0
    return (lines[quoted:] or lines or [type(error).__name__])[0]


def _remedy(message: str) -> str:
    if "Insufficient" in message or "insufficient" in message:
        return "there is no NVIDIA driver, or one older than the CUDA version CuPy was built for: see nvidia-smi"
    if "NoDevice" in message or "no CUDA-capable" in message:
        return "no device is visible: see nvidia-smi and CUDA_VISIBLE_DEVICES"
    return "see nvidia-smi"


def device_words(runtime: Runtime, bits: int, w: Words) -> Any:
    """Return words on the device, as a kernel reads them."""
    mask = (1 << bits) - 1
    return constants(runtime, np.array([value & mask for value in w], dtype=f"u{bits // 8}"))


def constants(runtime: Runtime, numbers: np.ndarray[Any, Any]) -> Any:
    """Return numbers on the device, not to be written to: short arrays are kept for the next call.

    Each queue of launches has its own, so that none reads before its copy has arrived.
    """
    if numbers.nbytes > KEPT_BYTES:
        return runtime.upload(numbers)
    return _kept(runtime, runtime.stream(), numbers.dtype.str, numbers.tobytes())


@lru_cache(maxsize=4096)
def _kept(runtime: Runtime, stream: int, dtype: str, data: bytes) -> Any:  # noqa: ARG001, one for each stream
    return runtime.upload(np.frombuffer(data, dtype))
