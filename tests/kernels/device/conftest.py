"""The device header as a library of this machine: built by its C++ compiler, called by ctypes."""

from __future__ import annotations

import ctypes
import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pamcheck.kernels
from pamcheck.formats import get_format
from pamcheck.kernels import cpu
from pamcheck.kernels.table import BODIES
from pamcheck.kernels.words import make_words
from pamcheck.policy import get_policy

DEVICE = Path(pamcheck.kernels.__file__).parent / "device"
HOST = Path(__file__).with_name("host.cpp")
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-Werror"]
OPTIONS = ["-std=c++17", "-O2", "-shared", "-fPIC", *WARNINGS]


@pytest.fixture(scope="session")
def device_folder() -> Path:
    """Return the folder of the header."""
    return DEVICE


@pytest.fixture(scope="session")
def compiler() -> list[str]:
    """Return the command of the C++ compiler: $CXX, else what is installed. CI must have one."""
    names = [os.environ.get("CXX", ""), "c++", "g++", "clang++"]
    found = next((name for name in names if name and shutil.which(shlex.split(name)[0])), None)
    if found is None:
        missing = f"no C++ compiler: none of $CXX, {', '.join(names[1:])} is installed"
        (pytest.fail if os.environ.get("CI", "").lower() in ("true", "1") else pytest.skip)(missing)
    return shlex.split(found)


@pytest.fixture(scope="session")
def build(compiler: list[str], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return `build(name, *options)`: host.cpp as a shared library of that name."""

    def run(name: str, *options: str) -> Path:
        library = tmp_path_factory.mktemp("host") / f"{name}.so"
        command = [*compiler, *OPTIONS, *options, f"-I{DEVICE}", str(HOST), "-o", str(library)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert result.returncode == 0, f"{shlex.join(command)}\n{result.stderr[:4000]}"
        return library

    return run


@pytest.fixture(scope="session")
def run_header(build: Callable[..., Path]) -> Callable[..., Any]:
    """Return `run_header(name, operands, w, k=0)`: as launch.run_codes, by the header. `k` is for scale."""
    function = ctypes.CDLL(str(build("header"))).pamcheck_run
    function.argtypes = [
        ctypes.c_char_p,
        *[ctypes.c_int] * 2,
        *[ctypes.c_void_p] * 4,
        ctypes.c_size_t,
        ctypes.c_void_p,
        ctypes.c_longlong,
    ]

    def run(name: str, operands: Sequence[Any], w: Any, k: int = 0) -> Any:
        body = BODIES[name][0].__name__ if name in BODIES else name
        shape = np.broadcast_shapes(*(operand.shape for operand in operands))
        flat = [np.ascontiguousarray(np.broadcast_to(operand, shape)) for operand in operands]
        out = np.empty(shape, flat[0].dtype)
        bits = cpu.word_bits(w)
        words = np.array(cpu.machine_words(w, bits), np.int64)
        codes = [array.ctypes.data for array in (*flat, *flat[-1:] * 2)][:3]
        status = function(
            body.encode(), out.itemsize * 8, bits, *codes, out.ctypes.data, out.size, words.ctypes.data, k
        )
        assert status == 0, f"{body} on {out.dtype} in words of {bits} bits: status {status}"
        return out

    return run


@pytest.fixture(scope="session")
def header(run_header: Callable[..., Any]) -> Callable[..., Any]:
    """Return `header(name, codes, fmt, policy="ftz", offset=0, k=0)`: arrays of codes in and out."""

    def run(
        name: str, codes: Sequence[Any], fmt: str, policy: str = "ftz", offset: int = 0, k: int = 0
    ) -> Any:
        f = get_format(fmt)
        arrays = [np.asarray(code, dtype=f"u{f.storage_bits // 8}") for code in codes]
        return run_header(name, arrays, make_words(f, get_policy(policy), offset), k)

    return run
