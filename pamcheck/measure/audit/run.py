"""Auditing: compile each kernel afresh, read the listing, count, judge."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeVar

import numba

from pamcheck.kernels import cpu
from pamcheck.lookup import lookup
from pamcheck.measure.audit import aarch64, llvm_ir, nvrtc, sass, x86
from pamcheck.measure.audit.code import Function
from pamcheck.measure.audit.kernels import CpuKernel, GpuKernel, cpu_kernels, gpu_kernels
from pamcheck.measure.audit.offences import BY_ADDRESS
from pamcheck.measure.audit.record import Audit, Record, audit_functions

CPU, LLVM = "cpu", "llvm-ir"
TARGETS = (CPU, *nvrtc.ARCHITECTURES)

PARSERS: dict[str, Callable[[str], tuple[Function, ...]]] = {"x86-64": x86.parse, "aarch64": aarch64.parse}
_MACHINES = {"x86_64": "x86-64", "AMD64": "x86-64", "aarch64": "aarch64", "arm64": "aarch64"}

# By the beginning of their names: what Numba adds to a module.
_EXCLUDED = {
    "ZN7cpython": "Numba's entry from Python: unpacks the arguments and calls the kernel",
    "cfunc.": "Numba's entry from C: passes the arguments on to the kernel",
    "NRT_": "Numba's reference counts",
}

Advance = Callable[[str], None]
Kernel = TypeVar("Kernel", CpuKernel, GpuKernel)


def audit(
    kernels: Sequence[str] = (),
    targets: Sequence[str] = (),
    every: bool = True,
    advance: Advance = lambda _: None,
) -> Audit:
    """Audit kernels, by family or full name, for targets: "cpu" (this machine), "sm_80", ...; default all.

    every    all variants of a family, or those that stand for it; one that is named in full is always audited
    advance  called with the name of what was just done

    Raises UnknownName for a kernel or target that does not exist. What cannot be audited here is a line in
    `skipped`.
    """
    chosen = [_target(name) for name in targets] or list(TARGETS)
    architectures = [name for name in chosen if name != CPU]
    ours, units = list(cpu_kernels()), list(gpu_kernels())
    for name in kernels:
        _check(name, [*ours, *units])
    ours = list(_named(kernels, ours, every)) if CPU in chosen else []
    units = list(_named(kernels, units, every)) if architectures else []
    skipped: list[str] = []
    lacking = nvrtc.missing() if units else ""
    if lacking:
        skipped.append(f"{', '.join(architectures)} not audited: {lacking}")
        units = []
    if ours and machine() not in PARSERS:
        skipped.append(f"cpu not audited: no table of instructions for {platform.machine()}")
        ours = []
    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        # NVIDIA's compiler and disassembler run beside Numba, outside the interpreter
        waiting = [pool.submit(audit_gpu, unit, arch) for arch in architectures for unit in units]
        try:
            records = [record for kernel in ours for record in _told(audit_cpu(kernel), advance)]
            records += [record for task in waiting for record in _told(task.result(), advance)]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return Audit(tuple(records), tuple(skipped))


def _told(records: list[Record], advance: Advance) -> list[Record]:
    if records:
        advance(f"{records[0].kernel} {records[0].target}")
    return records


def audit_cpu(kernel: CpuKernel) -> list[Record]:
    """Compile a Numba kernel afresh and audit its machine code and the LLVM code that was made from."""
    asm, code, _ = cpu_listings(kernel)
    records = [
        judge(PARSERS[machine()](asm), machine(), kernel.name),
        judge(llvm_ir.parse(code), LLVM, kernel.name),
    ]
    return [_without_calls(record) for record in records] if kernel.hands_on else records


def _without_calls(record: Record) -> Record:
    """Return a record with calls by address among what is excluded, not among the offenders."""
    kept = tuple(item for item in record.offenders if item.why != BY_ADDRESS)
    calls = f"{len(record.offenders) - len(kept)} calls by address: of kernels that are audited themselves"
    return replace(record, offenders=kept, excluded=(*record.excluded, calls))


def judge(functions: Iterable[Function], target: str, name: str) -> Record:
    """Audit the functions of a Numba module, without what Numba adds to it, which the record names."""
    ours, excluded = [], []
    for function in functions:
        plain = function.name.lstrip("_")
        reason = next((why for start, why in _EXCLUDED.items() if plain.startswith(start)), "")
        if reason:
            excluded.append(f"{function.name}: {reason}")
        else:
            ours.append(function)
    return audit_functions(ours, target, name, tuple(excluded))


def cpu_listings(kernel: CpuKernel) -> tuple[str, str, str]:
    """Return assembly, optimised LLVM code and the kernel's symbol; nothing comes from the cache on disk.

    Numba's entries from Python and C are left out. They call the kernel, which is never put into them.
    """
    dispatcher: Any = numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, **cpu.OPTIONS)(
        kernel.build()
    )
    dispatcher.compile(kernel.signature)
    signature = dispatcher.signatures[0]
    symbol = str(dispatcher.overloads[signature].fndesc.mangled_name)
    code = dispatcher.inspect_llvm(signature)  # first: writing the assembly rewrites the module
    return dispatcher.inspect_asm(signature), code, symbol


def audit_gpu(kernel: GpuKernel, arch: str) -> list[Record]:
    """Compile a CUDA translation unit and audit every kernel in it."""
    functions = {function.name: function for function in sass.parse(gpu_listing(kernel, arch))}
    absent = [name for name in kernel.kernels if name not in functions]
    names = list(dict.fromkeys((*kernel.kernels, *functions)))
    return [
        audit_functions(() if name in absent else (functions[name],), arch, f"{kernel.name}: {name}")
        for name in names
    ]


def gpu_listing(kernel: GpuKernel, arch: str) -> str:
    """Return the machine code of a translation unit as a listing."""
    return nvrtc.listing(kernel.source, arch, kernel.options)


def listing(name: str, target: str) -> str:
    """Return the listing that a kernel's record numbers its lines by. `target` may also be "llvm-ir".

    A family stands for its first variant, of those that stand for others. Raises UnknownName for a kernel or
    target that does not exist, nvrtc.ToolMissing without NVIDIA's tools.
    """
    if target in (CPU, LLVM, *PARSERS):
        kernel = _first(name, list(cpu_kernels()))
        asm, code, _ = cpu_listings(kernel)
        return code if target == LLVM else asm
    return gpu_listing(_first(name, list(gpu_kernels())), _target(target))


def machine() -> str:
    """Return what this machine's instructions are called here."""
    return _MACHINES.get(platform.machine(), platform.machine())


def _target(name: str) -> str:
    if name.startswith("sm_") and name[3:].rstrip("af").isdigit():
        return name
    return lookup("target", name, {target: target for target in TARGETS})


def _named(names: Sequence[str], kernels: Iterable[Kernel], every: bool) -> Iterator[Kernel]:
    for kernel in kernels:
        if kernel.name in names or (
            (not names or kernel.family in names) and (every or kernel.representative)
        ):
            yield kernel


def _first(name: str, kernels: Sequence[Kernel]) -> Kernel:
    _check(name, kernels)
    ours = [kernel for kernel in kernels if name in (kernel.name, kernel.family)]
    return max(ours, key=lambda kernel: (kernel.name == name, kernel.representative))


def _check(name: str, kernels: Sequence[CpuKernel | GpuKernel]) -> None:
    """Raise UnknownName, with the families there are, for what is neither a family nor a full name."""
    if all(kernel.name != name for kernel in kernels):
        lookup(
            "kernel", name, {kernel.family: kernel for kernel in kernels}, also="a full name of the table"
        )
