"""What the audit's tests share: compiling a small kernel and naming its offenders."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numba
import pytest
from numba import types

from pamcheck.kernels import cpu
from pamcheck.measure.audit import llvm_ir, nvrtc, run, sass
from pamcheck.measure.audit.record import Record, audit_functions

F32 = types.Array(types.float32, 1, "C")
ARRAYS = {
    "float32": F32,
    "float64": types.Array(types.float64, 1, "C"),
    "int32": types.Array(types.int32, 1, "C"),
    "float32 2d": types.Array(types.float32, 2, "C"),
}
Compiled = Callable[..., dict[str, Record]]


@pytest.fixture(scope="session")
def compiled() -> Compiled:
    """Compile a Python function with Numba; return the records of its machine code and its LLVM code."""

    def records(function: Callable[..., Any], *kinds: str, **options: Any) -> dict[str, Record]:
        signature = tuple(ARRAYS[kind] for kind in kinds)
        dispatcher: Any = numba.njit(**{**cpu.OPTIONS, **options})(function)
        dispatcher.compile(signature)
        code, asm = dispatcher.inspect_llvm(signature), dispatcher.inspect_asm(signature)
        return {
            "machine": run.judge(run.PARSERS[run.machine()](asm), run.machine(), function.__name__),
            "llvm": run.judge(llvm_ir.parse(code), run.LLVM, function.__name__),
        }

    return records


@pytest.fixture(scope="session")
def on_gpu() -> Callable[[str, str], Record]:
    """Compile CUDA source for an architecture; return the record of its kernels together."""
    lacking = nvrtc.missing()
    if lacking:
        assert os.environ.get("CI", "").lower() not in ("true", "1"), (
            f"on CI nothing is left out: {lacking}"
        )
        pytest.skip(lacking)

    def record(source: str, arch: str) -> Record:
        return audit_functions(sass.parse(nvrtc.listing(source, arch)), arch, "test")

    return record
