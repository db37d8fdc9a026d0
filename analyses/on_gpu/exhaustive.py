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

from analyses.on_gpu.compared import Compared, compare_body
from pamcheck.formats import FORMATS, FloatFormat
from pamcheck.kernels.gpu import Runtime
from pamcheck.kernels.table import BODIES
from pamcheck.kernels.words import make_words
from pamcheck.policy import POLICIES

ROWS = 1 << 10  # of the second operand that go through at a time


@dataclass(frozen=True)
class Size:
    """What is tried: bodies, formats, whether all pairs of 16 bits and all of float32 are among it."""

    bodies: tuple[str, ...] = tuple(BODIES)
    formats: tuple[str, ...] = tuple(FORMATS)
    halves: bool = True
    singles: bool = True


SMALL = Size(("pam", "palog2", "pam_slope_a"), ("float4_e2m1fn", "float16"), halves=False, singles=False)


def stage(runtime: Runtime, size: Size = Size()) -> dict[str, Any]:
    """Compare, and return the record."""
    compared = [one for fmt in size.formats for one in _format(FORMATS[fmt], size, runtime)]
    return {
        "compared": [one.record() for one in compared],
        "cases": sum(one.cases for one in compared),
        "different": sum(one.different for one in compared),
    }


def _format(fmt: FloatFormat, size: Size, runtime: Runtime) -> Iterator[Compared]:
    for body in size.bodies:
        arity = BODIES[body][1]
        if fmt.width <= 8 or (arity == 1 and fmt.width == 16):
            for policy in POLICIES.values():
                if not policy.reference_only:
                    yield _all(body, arity, fmt, policy.name, runtime)
        elif (arity == 1 and fmt.width == 32 and size.singles) or (
            fmt.width == 16 and body in ("pam", "padiv") and size.halves
        ):
            yield _all(body, arity, fmt, "ftz", runtime)


def _all(body: str, arity: int, fmt: FloatFormat, policy: str, runtime: Runtime) -> Compared:
    """Compare on every tuple of codes; a slope's cotangent, the first operand, is thinned above 6 bits."""
    w = make_words(fmt, POLICIES[policy])
    dtype = f"u{fmt.storage_bits // 8}"
    compared = Compared(f"{body} {fmt.name} {policy}")
    if fmt.width == 32:
        for start in range(0, 1 << 32, 1 << 26):
            codes = np.arange(start, start + (1 << 26), dtype=np.uint64).astype(dtype)
            compare_body(compared, body, [codes], fmt, w, runtime)
        return compared
    codes = np.arange(1 << fmt.width, dtype=np.uint64).astype(dtype)
    if arity == 1:
        compare_body(compared, body, [codes], fmt, w, runtime)
    elif arity == 2:
        for start in range(0, codes.size, ROWS):
            rows = codes[start : start + ROWS, None]
            compare_body(compared, body, [rows, codes[None, :]], fmt, w, runtime)
    else:
        cotangents = codes[:: 8 if fmt.width > 6 else 1]
        operands = [cotangents[:, None, None], codes[None, :, None], codes[None, None, :]]
        compare_body(compared, body, operands, fmt, w, runtime)
    return compared
