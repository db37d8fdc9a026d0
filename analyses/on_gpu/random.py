"""Does the GPU give the CPU's bits on a billion random pairs?

Claim   pam and padiv on 10^9 pairs of float32 codes each, every other operation and slope on 10^8, pam and
        padiv on 10^8 pairs of float64: half of the codes any bits, half with exponents near those of 1
Method  a seeded generator draws on the CPU; both sides run the same arrays, compared code by code
Writes  reports/gpu/DEVICE/random.json
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analyses.on_gpu.compared import Clock, Compared, compare_body, summary
from pamcheck.formats import FORMATS, FloatFormat
from pamcheck.kernels.gpu import Runtime
from pamcheck.kernels.table import BODIES
from pamcheck.kernels.words import make_words
from pamcheck.measure.sampling import SEED
from pamcheck.policy import POLICIES


@dataclass(frozen=True)
class Size:
    """How many cases, how many at a time, and for how long."""

    most: int = 1_000_000_000
    others: int = 100_000_000
    piece: int = 1 << 25
    seconds: float = 400


SMALL = Size(3000, 1000, 2048)


def stage(runtime: Runtime, size: Size = Size()) -> dict[str, Any]:
    """Compare, and return the record."""
    rng = np.random.Generator(np.random.SFC64(SEED))
    clock = Clock(size.seconds)
    compared = []
    for name, body in ((fmt, body) for fmt in ("float32", "float64") for body in BODIES):
        if name == "float64" and body not in ("pam", "padiv"):
            continue
        cases = size.most if name == "float32" and body in ("pam", "padiv") else size.others
        compared.append(_body(body, FORMATS[name], cases, size.piece, rng, runtime, clock))
    return {"seed": SEED, **summary(compared)}


def _body(
    body: str,
    fmt: FloatFormat,
    cases: int,
    piece: int,
    rng: np.random.Generator,
    runtime: Runtime,
    clock: Clock,
) -> Compared:
    w = make_words(fmt, POLICIES["ftz"])
    compared = Compared(f"{body} {fmt.name} ftz")
    while compared.cases < cases:
        if clock.over():
            compared.cut = True
            break
        count = min(piece, cases - compared.cases)
        operands = [draw(fmt, count, rng) for _ in range(BODIES[body][1])]
        compare_body(compared, body, operands, fmt, w, runtime)
    return compared


def draw(fmt: FloatFormat, count: int, rng: np.random.Generator) -> Any:
    """Draw codes: any bits in the first half, in the second exponents within 8 of that of 1."""
    dtype = f"u{fmt.storage_bits // 8}"
    codes = rng.integers(0, 1 << fmt.width, count, dtype=dtype, endpoint=False)
    near = codes[count // 2 :]
    near &= np.array(fmt.sign | (fmt.tiny - 1) | (15 << fmt.mant_bits), dtype=dtype)
    near += np.array(fmt.one - (fmt.tiny << 3), dtype=dtype)
    # both halves meet both in the operands of a pair
    rolled: Any = np.roll(codes, int(rng.integers(count)))
    return rolled
