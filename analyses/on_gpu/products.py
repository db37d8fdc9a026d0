"""Do the matrix products and sums on the GPU have the CPU's bits?

Claim   products and their cotangents, exact and mimic, of every variant, format of an array and policy, of
        sizes from 1 to 2048, batched, transposed, split and not; sums over the last and another axis
Method  operands built for a variant (none, zeros, underflow, specials); both sides compared code by code
Writes  reports/gpu/DEVICE/products.json
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from analyses.on_gpu.compared import Clock, Compared, summary
from pamcheck.formats import FORMATS, FloatFormat
from pamcheck.kernels import gpu_matmul, gpu_reduce, matmul_cpu, matmul_mimic, sums_cpu
from pamcheck.kernels.gpu import Runtime
from pamcheck.kernels.words import Words, make_words
from pamcheck.measure.sampling import SEED
from pamcheck.policy import POLICIES

Shape = tuple[tuple[int, ...], int, int, int]  # batch, m, k, n


@dataclass(frozen=True)
class Size:
    """Formats, shapes tried with every kind of operand, shapes tried once, and (outer, length, inner) of sums."""

    formats: tuple[str, ...] = tuple(FORMATS)
    shapes: tuple[Shape, ...] = (
        ((), 1, 1, 1),
        ((), 3, 257, 5),
        ((2, 3), 33, 64, 65),
        ((), 130, 1000, 70),
        ((), 384, 4096, 384),
    )
    large: tuple[Shape, ...] = (((), 2048, 2048, 2048), ((), 384, 16384, 384), ((8,), 512, 512, 512))
    sums: tuple[tuple[int, int, int], ...] = (
        (7, 1, 1),
        (5, 1000, 1),
        (3, 65, 130),
        (70000, 33, 1),
        (70000, 33, 2),
        (1, 4096, 300),
    )
    seconds: float = 400


SMALL = Size(
    ("float32", "float8_e5m2"),
    (((), 3, 257, 5), ((2,), 33, 5, 40)),
    (),
    ((7, 1, 1), (19, 65, 1), (3, 65, 130)),
)

KINDS = ("lean", "zeros", "underflow", "full")


def stage(runtime: Runtime, size: Size = Size()) -> dict[str, Any]:
    """Compare, and return the record."""
    rng = np.random.Generator(np.random.SFC64(SEED))
    clock = Clock(size.seconds)
    compared = [*_large(size, rng, runtime), *_small(size, rng, runtime, clock)]
    return {"seed": SEED, **summary(compared)}


def _small(size: Size, rng: np.random.Generator, runtime: Runtime, clock: Clock) -> Iterator[Compared]:
    for name in size.formats:
        fmt = FORMATS[name]
        for policy in POLICIES.values():
            if policy.reference_only:
                continue
            w = make_words(fmt, policy)
            for kind in KINDS:
                compared = Compared(f"matmul and cotangents {name} {policy.name} {kind}")
                for shape in size.shapes if policy.name == "ftz" else size.shapes[:2]:
                    if clock.over():
                        compared.cut = True
                        break
                    _pair(compared, shape, kind, fmt, w, rng, runtime)
                yield compared
        yield _sums(size.sums, fmt, rng, runtime)


def _large(size: Size, rng: np.random.Generator, runtime: Runtime) -> Iterator[Compared]:
    fmt = FORMATS["float32"]
    w = make_words(fmt, POLICIES["ftz"])
    for kind in KINDS[:2]:
        for shape in size.large:
            compared = Compared(f"matmul and cotangents float32 ftz {kind} {shape}")
            _pair(compared, shape, kind, fmt, w, rng, runtime, splits=(None,))
            yield compared


def _pair(
    compared: Compared,
    shape: Shape,
    kind: str,
    fmt: FloatFormat,
    w: Words,
    rng: np.random.Generator,
    runtime: Runtime,
    splits: tuple[bool | None, ...] = (False, True),
) -> None:
    """Compare a product and its first cotangents, an operand as it is and once transposed in memory."""
    batch, m, k, n = shape
    a, b, delta = (codes_of(kind, (*batch, *ends), fmt, rng) for ends in ((m, k), (k, n), (m, n)))
    b = np.ascontiguousarray(b.swapaxes(-1, -2)).swapaxes(-1, -2)
    product = matmul_cpu.matmul_codes(a, b, fmt, w)
    slope = matmul_cpu.slope_matmul_codes(delta, a, b, fmt, w)
    mimic = matmul_mimic.mimic_matmul_codes(delta, a, b, fmt, w)
    left, right, cotangent = (
        runtime.upload(x) for x in (a, np.ascontiguousarray(b.swapaxes(-1, -2)), delta)
    )
    right = right.swapaxes(-1, -2)
    for split in splits:
        got = gpu_matmul.matmul_codes(left, right, fmt, w, runtime=runtime, split=split)
        compared.add(runtime.download(got), product, fmt)
        got = gpu_matmul.slope_matmul_codes(cotangent, left, right, fmt, w, runtime=runtime, split=split)
        compared.add(runtime.download(got), slope, fmt)
        got = gpu_matmul.mimic_matmul_codes(cotangent, left, right, fmt, w, runtime=runtime, split=split)
        compared.add(runtime.download(got), mimic, fmt)


def _sums(
    shapes: tuple[tuple[int, int, int], ...], fmt: FloatFormat, rng: np.random.Generator, runtime: Runtime
) -> Compared:
    compared = Compared(f"sums {fmt.name}")
    for shape in shapes:
        codes = codes_of("full", shape, fmt, rng)
        got = gpu_reduce.reduce_codes("sum", runtime.upload(codes), fmt, runtime=runtime)
        compared.add(runtime.download(got), sums_cpu.sum_codes(codes, fmt), fmt)
    return compared


def codes_of(kind: str, shape: tuple[int, ...], fmt: FloatFormat, rng: np.random.Generator) -> Any:
    """Draw codes of one kind: near 1; with zeros; of low exponents and zeros; anything."""
    dtype = f"u{fmt.storage_bits // 8}"
    any_bits = rng.integers(0, 1 << fmt.width, shape, dtype=np.uint64)
    if kind == "full":
        return any_bits.astype(dtype)
    sign, rest = any_bits & np.uint64(fmt.sign), any_bits & np.uint64(fmt.magnitude)
    span = np.uint64(2 * fmt.tiny if kind != "underflow" else max(fmt.one - fmt.tiny, 1))
    start = np.uint64(fmt.one - fmt.tiny if kind != "underflow" else fmt.tiny)
    magnitude = start + rest % span
    if kind != "lean":
        magnitude[rng.integers(0, 4, shape) == 0] = 0
    return (sign | magnitude).astype(dtype)
