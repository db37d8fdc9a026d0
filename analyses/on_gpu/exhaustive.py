"""Does the GPU give the CPU's bits on every operand there is?

Claim   every operation and every slope: all operands of the formats of 8 bits and fewer under every policy
        (slopes: with every eighth cotangent above 6 bits); all codes of float16, bfloat16 and, at full
        size, float32 for one operand; all 2^32 pairs of float16 and bfloat16 for pam and padiv
Method  elementwise kernels on the device, the Numba loops on the CPU, compared code by code
Writes  reports/gpu/DEVICE/exhaustive.json
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from analyses.on_gpu.compared import Clock, Compared, compare_body, summary
from pamcheck.formats import FORMATS, FloatFormat
from pamcheck.kernels.gpu import Runtime
from pamcheck.kernels.table import BODIES
from pamcheck.kernels.words import make_words
from pamcheck.policy import POLICIES

ROWS = 1 << 10  # of the first operand that go through at a time
PIECE = 1 << 26  # codes of float32 that do


@dataclass(frozen=True)
class Size:
    """What is tried: bodies, formats, whether all pairs of 16 bits and all of float32 are among it, for how long."""

    bodies: tuple[str, ...] = tuple(BODIES)
    formats: tuple[str, ...] = tuple(FORMATS)
    halves: bool = True
    singles: bool = True
    seconds: float = 400


SMALL = Size(("pam", "palog2", "pam_slope_a"), ("float4_e2m1fn", "float16"), halves=False, singles=False)


def stage(runtime: Runtime, size: Size = Size()) -> dict[str, Any]:
    """Compare, and return the record."""
    clock = Clock(size.seconds)
    # the short ones first, so that a slow machine cuts only the long ones
    formats = sorted((FORMATS[name] for name in size.formats), key=lambda fmt: fmt.width)
    return summary([one for fmt in formats for one in _format(fmt, size, runtime, clock)])


def _format(fmt: FloatFormat, size: Size, runtime: Runtime, clock: Clock) -> Iterator[Compared]:
    if fmt.width == 32 and size.singles:
        yield from _singles([body for body in size.bodies if BODIES[body][1] == 1], fmt, runtime, clock)
    for body in size.bodies:
        arity = BODIES[body][1]
        if fmt.width <= 8 or (arity == 1 and fmt.width == 16):
            for policy in POLICIES.values():
                if not policy.reference_only:
                    yield _all(body, arity, fmt, policy.name, runtime, clock)
        elif fmt.width == 16 and body in ("pam", "padiv") and size.halves:
            yield _all(body, arity, fmt, "ftz", runtime, clock)


def _singles(bodies: list[str], fmt: FloatFormat, runtime: Runtime, clock: Clock) -> list[Compared]:
    """Compare bodies of one operand on every code, each piece of them sent to the device once."""
    w = make_words(fmt, POLICIES["ftz"])
    compared = [Compared(f"{body} {fmt.name} ftz") for body in bodies]
    for start in range(0, 1 << fmt.width, PIECE):
        if clock.over():
            for one in compared:
                one.cut = True
            break
        codes = np.arange(PIECE, dtype=f"u{fmt.storage_bits // 8}")
        codes += codes.dtype.type(start)
        uploaded = [runtime.upload(codes)]
        for one, body in zip(compared, bodies, strict=True):
            compare_body(one, body, [codes], fmt, w, runtime, uploaded)
    return compared


def _all(body: str, arity: int, fmt: FloatFormat, policy: str, runtime: Runtime, clock: Clock) -> Compared:
    """Compare on every tuple of codes; a slope's cotangent, the first operand, is thinned above 6 bits."""
    w = make_words(fmt, POLICIES[policy])
    dtype = f"u{fmt.storage_bits // 8}"
    compared = Compared(f"{body} {fmt.name} {policy}")
    codes = np.arange(1 << fmt.width, dtype=np.uint64).astype(dtype)
    if arity == 1:
        compare_body(compared, body, [codes], fmt, w, runtime)
    elif arity == 2:
        for start in range(0, codes.size, ROWS):
            if clock.over():
                compared.cut = True
                break
            rows = codes[start : start + ROWS, None]
            compare_body(compared, body, [rows, codes[None, :]], fmt, w, runtime)
    else:
        cotangents = codes[:: 8 if fmt.width > 6 else 1]
        operands = [cotangents[:, None, None], codes[None, :, None], codes[None, None, :]]
        compare_body(compared, body, operands, fmt, w, runtime)
    return compared
