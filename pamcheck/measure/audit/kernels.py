"""What is audited: every compiled kernel of the package, and the types it is compiled for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from numba import types

from pamcheck.kernels import cpu, team
from pamcheck.kernels.table import BODIES, KINDS, OPS, cotangents
from pamcheck.kernels.words import Words


@dataclass(frozen=True)
class CpuKernel:
    """A Numba kernel for one choice of argument types.

    family          what a user calls it: the operation
    variant         what tells it from the others of its family
    build           returns the Python function that Numba compiles; called when the kernel is audited
    representative  whether it is audited where not every variant is
    hands_on        whether it calls other kernels by their address, each of which is audited itself
    """

    family: str
    variant: str
    build: Callable[[], Any]
    signature: tuple[Any, ...]
    representative: bool = True
    hands_on: bool = False

    @property
    def name(self) -> str:
        """Family and variant."""
        return f"{self.family} {self.variant}".rstrip()


@dataclass(frozen=True)
class GpuKernel:
    """One CUDA translation unit and the kernels in it; the rest as for CpuKernel."""

    family: str
    variant: str
    source: str
    kernels: tuple[str, ...]
    options: tuple[str, ...] = ()
    representative: bool = True

    @property
    def name(self) -> str:
        """Family and variant."""
        return f"{self.family} {self.variant}"


STORAGE = {32: (8, 16, 32), 64: (32, 64)}
"""Bits of the codes that an elementwise loop is called with, by the width of its words.

64-bit words are needed for float64 and for those custom formats of 32 bits whose totals leave 32-bit words.
"""


def cpu_kernels() -> Iterator[CpuKernel]:
    """Return every Numba kernel: each elementwise loop for each word and storage size, and the matrix product."""
    from pamcheck.measure.audit.matmul_kernels import matmul_kernels

    for name, (_, arity) in BODIES.items():
        for bits, sizes in STORAGE.items():
            for size in sizes:
                yield elementwise(name, arity, bits, size)
    for op, mode in product((op.name for op in OPS.values() if op.arity == 2), KINDS):
        for bits, sizes in STORAGE.items():
            for size in sizes:
                yield both_cotangents(op, mode, bits, size)
    yield from matmul_kernels()
    yield from team_kernels()


def team_kernels() -> Iterator[CpuKernel]:
    """Return what hands the parts of a loop to threads."""
    for name, function in team.FUNCTIONS.items():
        arity = function.__code__.co_argcount
        yield CpuKernel(
            "team",
            name,
            lambda name=name: team.compiled(name)._function,  # type: ignore[misc]
            (types.int64,) * arity,
            representative=False,
            hands_on=name in team.HANDING_ON,
        )


def elementwise(name: str, arity: int, bits: int, size: int) -> CpuKernel:
    """Return the elementwise loop of a body for words of `bits` and codes of `size` bits.

    Representative is the size that the word is named for: the others are the same text with a cast more.
    """
    return CpuKernel(
        family=name,
        variant=f"{bits}-bit words, uint{size}",
        build=lambda: cpu.loop(name, bits)._function,
        signature=(*[unsigned(size, readonly=True)] * arity, unsigned(size), words_type(bits)),
        representative=size == bits,
    )


def both_cotangents(op: str, mode: str, bits: int, size: int) -> CpuKernel:
    """Return the loop that makes both cotangents of an operation in one pass."""
    names = cotangents(op, mode)
    return CpuKernel(
        family=f"{op}_{KINDS[mode]}",
        variant=f"both, {bits}-bit words, uint{size}",
        build=lambda: cpu.loop_of_two(*names, bits)._function,
        signature=(*[unsigned(size, readonly=True)] * 3, *[unsigned(size)] * 2, words_type(bits)),
        representative=size == bits,
    )


def unsigned(size: int, readonly: bool = False) -> Any:
    """Return the type of a flat array of codes of so many bits."""
    return types.Array(types.Integer.from_bitwidth(size, signed=False), 1, "C", readonly=readonly)


def words_type(bits: int) -> Any:
    """Return the type of the machine words that loops take."""
    return types.NamedUniTuple(types.Integer.from_bitwidth(bits, signed=True), len(Words._fields), Words)


def gpu_kernels() -> Iterator[GpuKernel]:
    """Return every CUDA translation unit of the package; representative are those for float32."""
    from pamcheck.kernels import device

    for unit in device.sources():
        name = unit.name.replace("slope matmul", "matmul_slope")
        family, _, variant = name.partition(" ")
        ours = variant.startswith(("float32 ftz", "32-bit "))
        yield GpuKernel(family, variant, unit.source, unit.kernels, device.AS_CUPY, ours)
