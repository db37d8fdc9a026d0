"""What is audited is what runs: the argument types of every loop, and every CUDA kernel by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numba import types

from pamcheck.formats import get_format
from pamcheck.kernels import (
    launch,
    matmul_cpu,
    matmul_general,
    matmul_loops,
    matmul_scan,
    sums_cpu,
    team,
    values,
)
from pamcheck.kernels.atomics import call
from pamcheck.kernels.table import BODIES, KINDS, cotangents
from pamcheck.kernels.words import make_words
from pamcheck.measure.audit import run
from pamcheck.measure.audit.kernels import (
    CpuKernel,
    both_cotangents,
    cpu_kernels,
    elementwise,
    gpu_kernels,
    team_kernels,
)
from pamcheck.measure.audit.matmul_kernels import conversion, fast, general, scan, summation
from pamcheck.measure.values import code_dtype
from pamcheck.policy import get_policy

FTZ = get_policy("ftz")


def ran(loop: Any) -> set[tuple[Any, ...]]:
    """Return the argument types that a loop has been called with in this process."""
    return set(loop._compiled.signatures)


def ones(name: str, *shape: int) -> Any:
    fmt = get_format(name)
    return np.full(shape, fmt.one, code_dtype(fmt))


@pytest.mark.parametrize(
    ("name", "bits", "size"),
    [
        ("float8_e4m3fn", 32, 8),
        ("bfloat16", 32, 16),
        ("float32", 32, 32),
        ("float64", 64, 64),
        ("e5m26", 64, 32),
    ],
)
def test_an_elementwise_loop_is_audited_as_it_is_called(name: str, bits: int, size: int) -> None:
    from pamcheck.kernels import cpu

    launch.run_codes("pam", [ones(name, 3), ones(name, 3)], make_words(get_format(name), FTZ))
    kernel = elementwise("pam", 2, bits, size)
    assert kernel.signature in ran(cpu.loop("pam", bits))
    assert kernel.name in {item.name for item in cpu_kernels()}


@pytest.mark.parametrize(("name", "bits"), [("float32", 32), ("float64", 64)])
def test_the_fast_products_are_audited_as_they_are_called(name: str, bits: int) -> None:
    fmt = get_format(name)
    w = make_words(fmt, FTZ)
    matmul_cpu.matmul_codes(ones(name, 3, 4), ones(name, 4, 5), fmt, w, variant="lean")
    matmul_cpu.slope_matmul_codes(
        ones(name, 3, 5), ones(name, 3, 4), ones(name, 4, 5), fmt, w, variant="slope"
    )
    assert fast("lean", bits).signature in ran(matmul_loops.loop("lean", bits))
    assert fast("slope", bits).signature in ran(matmul_loops.loop("slope", bits))


@pytest.mark.parametrize("name", ["float32", "bfloat16", "e8m18", "e5m26"])
def test_the_general_product_and_conversions_are_audited_as_they_are_called(name: str) -> None:
    from pamcheck.kernels import cpu

    fmt = get_format(name)
    w = make_words(fmt, FTZ)
    matmul_cpu.matmul_codes(ones(name, 3, 4), ones(name, 4, 5), fmt, w, variant="general")
    loop = matmul_general.loop(
        False, cpu.word_bits(w), values.accumulator(fmt).name, matmul_general.reading(fmt)
    )
    assert general(fmt, slope=False).signature in ran(loop)
    if not values.same_codes(fmt):
        assert conversion(fmt, "encode").signature in ran(values._loop("encode"))


def test_the_sum_and_the_scan_are_audited_as_they_are_called() -> None:
    fmt = get_format("float32")
    sums_cpu.sum_codes(ones("float32", 2, 40, 1), fmt)
    assert summation(32, across=False).signature in ran(sums_cpu._loop(False))
    matmul_scan.scan(ones("float32", 3, 4), make_words(fmt, FTZ))
    assert scan(32).signature in ran(matmul_scan._loop())


def test_every_body_and_every_matrix_kernel_is_in_the_list() -> None:
    families = {kernel.family for kernel in cpu_kernels()}
    assert set(BODIES) <= families
    assert {"matmul", "matmul_slope", "sum", "scan", "decode", "encode"} <= families
    names = [kernel.name for kernel in cpu_kernels()]
    assert len(names) == len(set(names))
    on_gpu = list(gpu_kernels())
    assert set(BODIES) <= {kernel.family for kernel in on_gpu}
    assert all(kernel.kernels and '#include "' not in kernel.source for kernel in on_gpu)
    assert {kernel.family for kernel in on_gpu if kernel.representative} == {
        kernel.family for kernel in on_gpu
    }


@pytest.mark.parametrize(
    ("name", "bits", "size"), [("float8_e4m3fn", 32, 8), ("float32", 32, 32), ("float64", 64, 64)]
)
@pytest.mark.parametrize("mode", KINDS)
def test_a_loop_of_both_cotangents_is_audited_as_it_is_called(
    mode: str, name: str, bits: int, size: int
) -> None:
    from pamcheck.kernels import cpu

    launch.run_vjp("pam", mode, [ones(name, 3)] * 3, make_words(get_format(name), FTZ))
    kernel = both_cotangents("pam", mode, bits, size)
    assert kernel.signature in ran(cpu.loop_of_two(*cotangents("pam", mode), bits))
    assert kernel.name in {item.name for item in cpu_kernels()}


def test_what_hands_parts_to_threads_is_audited_as_it_is_called() -> None:
    kernels = {kernel.variant: kernel for kernel in team_kernels()}
    assert set(kernels) == set(team.FUNCTIONS)
    assert {kernel.name for kernel in kernels.values()} <= {item.name for item in cpu_kernels()}
    found = {variant: run.audit_cpu(kernel) for variant, kernel in kernels.items()}
    assert all(record.holds for records in found.values() for record in records), found
    for variant, records in found.items():
        calls = sum("calls by address" in reason for record in records for reason in record.excluded)
        assert calls == (2 if variant in team.HANDING_ON else 0)


def bad(code: int, x: float) -> float:
    """Call by address, and multiply."""
    call(code, code, code)
    return x * x


def test_only_the_call_by_address_is_excused() -> None:
    for hands_on, most in ((False, 2), (True, 1)):
        kernel = CpuKernel("bad", "one", lambda: bad, (types.int64, types.float64), hands_on=hands_on)
        for record in run.audit_cpu(kernel):
            assert not record.holds
            assert len(record.offenders) == most, record.offenders
