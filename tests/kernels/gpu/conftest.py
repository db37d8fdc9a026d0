"""The launchers of pamcheck.kernels.gpu_* on a runtime that needs no GPU: see emulator.h."""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pamcheck.kernels.device import Unit

HEADER = Path(__file__).with_name("emulator.h")


class Emulated:
    """NumPy arrays play the device's; kernels are compiled by the host's compiler and walked through."""

    multiprocessors = 1
    clock_hz = 0.0
    architecture = "sm_90"
    flags = "-O1 -ffp-contract=off -fwrapv"

    def __init__(self, compiler: str, folder: Path) -> None:
        self._compiler, self._folder = compiler, folder
        self._libraries: dict[str, ctypes.CDLL] = {}
        self.descending = False
        self.launched: list[str] = []

    def facts(self) -> dict[str, Any]:
        return {"name": "Emulated on the host"}

    def seconds(self, call: Callable[[], Any]) -> float:
        began = time.perf_counter()
        call()
        return time.perf_counter() - began

    def kernel(self, unit: Unit, name: str) -> Callable[..., None]:
        assert name in unit.kernels, (unit.name, name)
        library = self._library(unit)

        def launch(grid: tuple[int, ...], block: tuple[int, ...], arguments: tuple[Any, ...]) -> None:
            self.launched.append(name)
            assert all(length > 0 for length in (*grid, *block)), (name, grid, block)
            assert all(length <= 65535 for length in grid[1:]), (name, grid)
            words = [_slot(argument) for argument in arguments]
            library.emulate(
                ctypes.cast(getattr(library, name), ctypes.c_void_p),
                (ctypes.c_uint * 3)(*(*grid, 1, 1)[:3]),
                (ctypes.c_uint * 3)(*(*block, 1, 1)[:3]),
                (ctypes.c_longlong * len(words))(*words),
                len(words),
                int(self.descending),
            )

        return launch

    def empty(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
        # what is never written is seen; 16 bytes are what a device's allocator gives at least
        size = int(np.prod(shape, dtype=int)) * dtype.itemsize
        raw = np.full(size + 16, 0xA5, dtype=np.uint8)
        start = -raw.ctypes.data % 16
        return raw[start : start + size].view(dtype).reshape(shape)

    def upload(self, array: np.ndarray[Any, Any]) -> Any:
        copy = self.empty(array.shape, array.dtype)
        copy[...] = array
        return copy

    def download(self, array: Any) -> Any:
        return array

    def stream(self) -> int:
        return 0

    def address(self, array: Any) -> int:
        return int(array.ctypes.data)

    def _library(self, unit: Unit) -> ctypes.CDLL:
        key = hashlib.sha256(unit.source.encode()).hexdigest()[:16]
        if key not in self._libraries:
            source, target = self._folder / f"{key}.cpp", self._folder / f"{key}.so"
            source.write_text(unit.source, encoding="utf-8")
            # the checks of a fortified library take a jump between stacks for an attack
            flags = f"{self.flags} -std=c++17 -shared -fPIC -U_FORTIFY_SOURCE -Wno-unknown-pragmas"
            command = [
                self._compiler,
                *flags.split(),
                "-include",
                str(HEADER),
                str(source),
                "-o",
                str(target),
            ]
            done = subprocess.run(command, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            self._libraries[key] = ctypes.CDLL(str(target))
        return self._libraries[key]


def _slot(argument: Any) -> int:
    if isinstance(argument, np.ndarray):
        return int(argument.ctypes.data)
    assert isinstance(argument, np.integer), f"{argument!r} would be passed with a size of Python's choice"
    return int(argument)


@pytest.fixture(scope="session")
def compiler() -> str:
    found = [os.environ.get("CXX"), "g++", "c++", "clang++"]
    compiler = next((name for name in found if name and shutil.which(name)), None)
    if compiler is None:
        message = "no C++ compiler (g++, c++, clang++ or $CXX) to run the CUDA kernels on the host"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return compiler


@pytest.fixture(scope="session")
def emulated(compiler: str, tmp_path_factory: pytest.TempPathFactory) -> Emulated:
    return Emulated(compiler, tmp_path_factory.mktemp("emulated"))
