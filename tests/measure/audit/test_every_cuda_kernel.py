"""Every CUDA kernel of the package compiles for every architecture without a word, and multiplies nowhere."""

from __future__ import annotations

import os

import pytest

from pamcheck.measure.audit import nvrtc, sass
from pamcheck.measure.audit.kernels import GpuKernel, gpu_kernels
from pamcheck.measure.audit.record import audit_functions

KERNELS = list(gpu_kernels())
FAMILIES = sorted({kernel.family for kernel in KERNELS})


def chosen(family: str, arch: str) -> list[GpuKernel]:
    """Return a family's units: all for one architecture, those for float32 for the others."""
    return [unit for unit in KERNELS if unit.family == family and (unit.representative or arch == "sm_90")]


@pytest.mark.parametrize("arch", nvrtc.ARCHITECTURES)
@pytest.mark.parametrize("family", FAMILIES)
def test_every_kernel_compiles_without_a_warning_and_multiplies_nowhere(family: str, arch: str) -> None:
    if nvrtc.missing():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(nvrtc.missing())
    for unit in chosen(family, arch):
        cubin, log = nvrtc.compile_cubin(unit.source, arch, unit.options)
        assert log == "", f"{unit.name}, {arch}:\n{log}"
        functions = {function.name: function for function in sass.parse(nvrtc.disassemble(cubin))}
        assert set(unit.kernels) == set(functions), unit.name
        for name, function in functions.items():
            record = audit_functions((function,), arch, f"{unit.name}: {name}")
            assert record.holds, f"{record.kernel}, {arch}: {record.reason}"


def test_a_warning_is_seen() -> None:
    if nvrtc.missing():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(nvrtc.missing())
    source = 'extern "C" __global__ void k(int* x) { int unused; x[0] = 1; }'
    assert "warning" in nvrtc.compile_cubin(source, "sm_90")[1]
