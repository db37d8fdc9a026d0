"""CuPy: loading kernels, compile options, launch. Nothing else imports CuPy, and this file only when asked.

What the launchers of this package need of a device is small and stands in `Runtime`. CuPy is one; the tests
have another, which compiles the same sources for the host and walks the grid thread by thread.
"""

from __future__ import annotations

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
            f'the GPU needs CuPy, which cannot be imported ({error}); pip install "pamcheck[gpu]"'
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
    except cupy.cuda.runtime.CUDARuntimeError as error:
        raise DeviceError(f"the GPU cannot be used: {_first_line(error)}; {_remedy(str(error))}") from error
    except cupy.cuda.memory.OutOfMemoryError as error:
        raise MemoryError(
            f"the GPU is out of memory: {_first_line(error)}; "
            "free arrays and cupy.get_default_memory_pool().free_all_blocks(), or work in parts"
        ) from error
    except cupy.cuda.compiler.CompileException as error:
        raise DeviceError(f"NVRTC refused a kernel of pamcheck: {_first_line(error)}") from error
    except (ImportError, OSError) as error:
        raise DeviceError(
            f"CuPy finds no compiler: {_first_line(error)}; install NVRTC for the CUDA version CuPy was "
            'built for, as in pip install "cupy-cuda12x[ctk]"'
        ) from error


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _remedy(message: str) -> str:
    if "Insufficient" in message or "insufficient" in message:
        return "there is no NVIDIA driver, or one older than the CUDA version CuPy was built for: see nvidia-smi"
    if "NoDevice" in message or "no CUDA-capable" in message:
        return "no device is visible: see nvidia-smi and CUDA_VISIBLE_DEVICES"
    return "see nvidia-smi"


@lru_cache(maxsize=256)
def device_words(runtime: Runtime, bits: int, *words: Words) -> Any:
    """Return words on the device, one after the other, as a kernel reads them."""
    mask = (1 << bits) - 1
    flat = np.array([value & mask for w in words for value in w], dtype=f"u{bits // 8}")
    return runtime.upload(flat)
