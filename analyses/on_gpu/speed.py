"""How fast is the GPU?

Claim   elementwise operations at 85% of a device copy's bandwidth or more; the lean matrix product at 75% or
        more of the issue-rate limit at 2048 and 4096, and at 40% or more for 384 x 16384 by 16384 x 384
Method  device events around each call, one warm-up, medians with the range; the copy, cuBLAS in float32
        (TF32 off) and every variant in the same run. Whole calls: packing and scanning are in the time.
        The limit: multiprocessors x 128 lanes x the clock the device states, by the instructions a
        multiply-accumulate takes in the machine code's inner loop
Writes  reports/gpu/DEVICE/speed.json
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from analyses.on_gpu.products import codes_of
from pamcheck.formats import FORMATS
from pamcheck.kernels import gpu_elementwise, gpu_matmul
from pamcheck.kernels.gpu import Runtime
from pamcheck.kernels.table import BODIES, OPS
from pamcheck.kernels.words import make_words
from pamcheck.measure.sampling import SEED
from pamcheck.policy import POLICIES

LANES = 128  # instructions of one thread that a multiprocessor issues in a cycle: 4 schedulers x 32


@dataclass(frozen=True)
class Size:
    """Bytes of an elementwise array, sides of square products, the long one, and how often each is timed."""

    bytes: int = 1 << 30
    sides: tuple[int, ...] = (64, 128, 256, 512, 1024, 2048, 4096)
    long: tuple[int, int, int] = (384, 16384, 384)
    rounds: int = 15


SMALL = Size(1 << 12, (8,), (3, 520, 3), 3)


def stage(runtime: Runtime, size: Size = Size()) -> dict[str, Any]:
    """Measure, and return the record."""
    copy = _copy(runtime, size)
    try:
        per_mac = instructions_per_mac(runtime.architecture)
    except (
        AttributeError,
        ImportError,
        KeyError,
        OSError,
        RuntimeError,
        StopIteration,
        ValueError,
    ) as error:
        # the measurement is worth having without the count that it is set against
        print(f"pamcheck: no instructions are counted: {error!r}", file=sys.stderr)
        per_mac = None
    return {
        "copy_bytes_per_s": copy,
        "elementwise": [
            _elementwise(name, fmt, copy, runtime, size)
            for fmt in ("float32", "float16", "float8_e4m3fn")
            for name in (BODIES if fmt == "float32" else OPS)
        ],
        "instructions_per_mac": per_mac,
        "matmul": [
            _matmul(shape, kind, per_mac, runtime, size)
            for shape in [*((side, side, side) for side in size.sides), size.long]
            for kind in ("lean", "zeros", "underflow", "full")
            if kind != "full" or max(shape) <= 1024
        ],
    }


def instructions_per_mac(architecture: str) -> dict[str, float] | None:
    """Return what each variant's inner loop issues for a term, by disassembly; None without the tools.

    Every variant's loop makes as many terms as the lean one has additions; `underflow` adds twice a term.
    """
    from pamcheck.kernels import device
    from pamcheck.measure.audit import nvrtc, sass
    from pamcheck.measure.audit.kernels import gpu_kernels
    from pamcheck.measure.audit.loops import inner_loop
    from pamcheck.measure.audit.run import gpu_listing

    if nvrtc.missing():
        return None
    unit = device.matmul(32, False)
    kernel = next(item for item in gpu_kernels() if item.source == unit.source)
    functions = {function.name: function for function in sass.parse(gpu_listing(kernel, architecture))}
    loops = {name: inner_loop(functions[name]) for name in gpu_matmul.FAST[:3]}
    lean = loops["lean"]
    if lean is None or not lean.adds:
        return None
    return {name: loop.instructions / lean.adds for name, loop in loops.items() if loop is not None}


def _timed(runtime: Runtime, rounds: int, call: Callable[[], Any]) -> dict[str, float]:
    call()
    seconds = [runtime.seconds(call) for _ in range(rounds)]
    return {"median_s": statistics.median(seconds), "low_s": min(seconds), "high_s": max(seconds)}


def _copy(runtime: Runtime, size: Size) -> float:
    source = runtime.upload(np.arange(size.bytes // 4, dtype=np.uint32))
    target = runtime.empty(source.shape, source.dtype)
    median = _timed(runtime, size.rounds, lambda: target.__setitem__(slice(None), source))["median_s"]
    return float(2 * source.nbytes / median)


def _elementwise(name: str, fmt: str, copy: float, runtime: Runtime, size: Size) -> dict[str, Any]:
    f = FORMATS[fmt]
    w = make_words(f, POLICIES["ftz"])
    rng = np.random.Generator(np.random.SFC64(SEED))
    dtype = np.dtype(f"u{f.storage_bits // 8}")
    count = size.bytes // dtype.itemsize
    draw = (rng.integers(0, 1 << f.width, count, dtype=dtype) for _ in range(BODIES[name][1]))
    operands = [runtime.upload(codes) for codes in draw]
    out = runtime.empty((count,), dtype)
    timing = _timed(
        runtime,
        size.rounds,
        partial(gpu_elementwise.run_codes, name, operands, w, out, runtime=runtime),
    )
    rate = (BODIES[name][1] + 1) * out.nbytes / timing["median_s"]
    return {
        "operation": name,
        "format": fmt,
        "elements": count,
        **timing,
        "bytes_per_s": rate,
        "of_copy": rate / copy,
    }


def _matmul(
    shape: tuple[int, int, int], kind: str, per_mac: dict[str, float] | None, runtime: Runtime, size: Size
) -> dict[str, Any]:
    m, k, n = shape
    f = FORMATS["float32"]
    w = make_words(f, POLICIES["ftz"])
    rng = np.random.Generator(np.random.SFC64(SEED))
    a, b = (runtime.upload(codes_of(kind, ends, f, rng)) for ends in ((m, k), (k, n)))
    ours = _timed(runtime, size.rounds, partial(gpu_matmul.matmul_codes, a, b, f, w, runtime=runtime))
    left, right = (runtime.upload(rng.standard_normal(ends, dtype=np.float32)) for ends in ((m, k), (k, n)))
    theirs = _timed(runtime, size.rounds, lambda: left @ right)
    rate = m * k * n / ours["median_s"]
    delta = runtime.upload(codes_of(kind, (m, n), f, rng))
    back = {
        mode: _timed(runtime, size.rounds, partial(run, delta, a, b, f, w, runtime=runtime))
        for mode, run in (
            ("exact", gpu_matmul.slope_matmul_codes),
            ("mimic", gpu_matmul.mimic_matmul_codes),
        )
    }
    row: dict[str, Any] = {
        "shape": [m, k, n],
        "kind": kind,
        **ours,
        "macs_per_s": rate,
        "float32_product": theirs,
        "cotangent": back,
        "cotangent_of_product": {mode: ours["median_s"] / time["median_s"] for mode, time in back.items()},
        "of_float32_product": theirs["median_s"] / ours["median_s"],
    }
    if per_mac and kind in per_mac and runtime.clock_hz:
        limit = runtime.multiprocessors * LANES * runtime.clock_hz / per_mac[kind]
        row |= {"issue_limit_macs_per_s": limit, "of_issue_limit": rate / limit}
    return row
