"""Matrix products on the GPU: pack and scan both operands, then let the leanest exact kernel do the work.

The host reads nothing back: every variant is launched, and all but one leave at once (device/matmul.cu).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from pamcheck.formats import FloatFormat
from pamcheck.kernels import device
from pamcheck.kernels.cpu import word_bits
from pamcheck.kernels.gpu import Runtime, constants, device_words
from pamcheck.kernels.values import sum_type
from pamcheck.kernels.words import Words

THREADS = 128  # of a block that makes a tile
BLOCK = 256  # steps of the sum whose terms are added up before they join the total
FAST_TILE, BODY_TILE = (128, 64), (64, 32)  # lines and columns: device/matmul.cu, side()
FAST = ("lean", "zeros", "underflow", "full")
TILE = {
    "lean": FAST_TILE,
    "zeros": FAST_TILE,
    "underflow": FAST_TILE,
    "full": BODY_TILE,
    "general": BODY_TILE,
}
PACK_SIDE = 32
MOST_RESULTS = 65535  # that one grid can hold
MOST_ROWS = 65535  # of blocks, in a grid
SUMS_BYTES = 1 << 30  # of sums in the accumulator's format, at one time


def matmul_codes(
    a: Any,
    b: Any,
    fmt: FloatFormat,
    w: Words,
    out: Any | None = None,
    *,
    runtime: Runtime,
    split: bool | None = None,
) -> Any:
    """Return the PAM product of device arrays of codes, (..., m, k) and (..., k, n) to (..., m, n).

    Any strides; leading axes broadcast. `split` makes every 256 steps of the sum a block of threads of its
    own; None decides by how many tiles there are. The result is the same.
    """
    problem = _Problem(fmt, w, a, np.swapaxes(b, -1, -2), None, runtime)
    return problem.solve(out, split)


def slope_matmul_codes(
    delta: Any,
    a: Any,
    b: Any,
    fmt: FloatFormat,
    w: Words,
    out: Any | None = None,
    *,
    runtime: Runtime,
    split: bool | None = None,
) -> Any:
    """Return the exact cotangent of a: (..., m, n), (..., m, k), (..., k, n) to (..., m, k).

    Element (i, k) is the sum over j of the slope that pam(a_ik, b_kj) sends back for delta_ij. That of b is
    the same function of the transposed arrays: slope(delta^T, b^T, a^T)^T.
    """
    problem = _Problem(fmt, w, delta, b, a, runtime)
    return problem.solve(out, split)


def mimic_matmul_codes(
    delta: Any,
    a: Any,
    b: Any,
    fmt: FloatFormat,
    w: Words,
    out: Any | None = None,
    *,
    runtime: Runtime,
    split: bool | None = None,
) -> Any:
    """Return the mimic cotangent of a: (..., m, n), (..., m, k), (..., k, n) to (..., m, k).

    Element (i, k) is the sum over j of pam(delta_ij, b_kj), NaN where a_ik or any b_kj is infinite or NaN.
    That of b is the same function of the transposed arrays: mimic(delta^T, b^T, a^T)^T.
    """
    problem = _Problem(fmt, w, delta, b, a, runtime, mimic=True)
    return problem.solve(out, split)


def lifted(w: Words) -> Words:
    """Return the words of a format whose codes were shifted left to float32's mantissa, without subnormals."""
    places = 23 - w.mant_bits
    inf, nan, sign = 0x7F800000, 0x7FC00000, 0x80000000

    def lift(code: int) -> int:
        magnitude = code & w.magnitude
        top = sign if code & w.sign else 0
        if magnitude > w.inf:
            return nan
        return top | (inf if magnitude > w.largest else magnitude << places)

    return w._replace(
        sign=sign,
        magnitude=sign - 1,
        mant_bits=23,
        one=w.one << places,
        shift=w.shift << places,
        least=w.tiny << places,
        tiny=w.tiny << places,
        largest=w.largest << places,
        inf=inf,
        nan=lift(w.nan),
        overflow=lift(w.overflow),
        overflow_sign=sign if w.overflow_sign else 0,
        infinite=lift(w.infinite),
        infinite_sign=sign if w.infinite_sign else 0,
        gradual=0,
        bottom=-((23 + 4) << 23),
        log2e=w.log2e << places,
        ln2=w.ln2 << places,
    )


@dataclass(frozen=True)
class _Packed:
    """An operand as the kernels read it, and which of its matrices every batch entry takes."""

    array: Any
    padded: int
    picks: np.ndarray[Any, Any]


class _Problem:
    """sum over s of term(left[i, s], right[j, s]), for one `own[i, j]` each or none.

    A term is the slope at `own` or, in a mimic problem, the product, and `own` says where there is none.
    """

    def __init__(
        self,
        fmt: FloatFormat,
        w: Words,
        left: Any,
        right: Any,
        own: Any | None,
        runtime: Runtime,
        mimic: bool = False,
    ) -> None:
        self.runtime, self.left, self.right, self.own = runtime, left, right, own
        self.lines, self.columns, self.depth = left.shape[-2], right.shape[-2], left.shape[-1]
        operands = [left, right] if own is None else [left, right, own]
        self.batch = np.broadcast_shapes(*(x.shape[:-2] for x in operands))
        self.dtype = np.dtype(left.dtype)
        self.bits = word_bits(w) if sum_type(fmt) == np.float32 else 64
        self.fast = self.bits == 32 and not w.gradual
        code_bits = 8 * self.dtype.itemsize
        self.mimic = mimic
        self.unit = device.matmul(self.bits, own is not None and not mimic)
        self.packer, self.folder, self.undefiner = (
            unit(code_bits, self.bits) for unit in (device.pack, device.fold, device.undefined)
        )
        self.given = device_words(runtime, self.bits, w)
        self.packed = device_words(runtime, self.bits, lifted(w)) if self.fast else self.given

    def solve(self, out: Any | None, split: bool | None) -> Any:
        shape = (*self.batch, self.lines, self.columns)
        result = self.runtime.empty(shape, self.dtype)
        if result.size:
            if self.depth:
                self._launch(result.reshape(-1, self.lines, self.columns), split)
            else:
                result[...] = 0
        if out is None:
            return result
        out[...] = result
        return out

    def _launch(self, result: Any, split: bool | None) -> None:
        scans = self.runtime.empty((12,), np.dtype(np.int32))
        scans[...] = constants(self.runtime, np.tile(np.array([0x7FFFFFFF, 0, 0, 0], dtype=np.int32), 3))
        left = self._pack(self.left, scans, 0, FAST_TILE[0])
        right = self._pack(self.right, scans, 1, FAST_TILE[1])
        own = left if self.own is None else self._pack(self.own, scans, 2, FAST_TILE[0])
        blocks = -(-self.depth // BLOCK)
        picks = np.stack([left.picks, right.picks, own.picks], axis=1).astype(np.int32)
        apart = blocks > 1 and (self._should_split(blocks, len(picks)) if split is None else split)
        kept = blocks if apart else 1
        real = np.dtype(np.float32 if self.bits == 32 else np.float64)
        most = max(1, min(MOST_RESULTS // kept, SUMS_BYTES // (real.itemsize * kept * self._area)))
        for part in _parts(len(picks), most):
            chosen = np.repeat(picks[part], kept, axis=0)
            block = np.tile(np.arange(kept, dtype=np.int32), len(picks[part]))
            plan = np.concatenate([chosen, block[:, None]], axis=1)
            sums = self.runtime.empty((len(plan), self.lines, self.columns), real)
            for piece in _parts(len(plan)):
                self._run(left, right, own, sums[piece], scans, plan[piece], int(apart))
            self._fold(sums, result[part], kept)
            if self.mimic:
                self._undefine(right, own, scans, picks[part], result[part])

    @property
    def _area(self) -> int:
        return int(self.lines * self.columns)

    def _should_split(self, blocks: int, results: int) -> bool:
        """Whether there are too few tiles to keep the device busy and memory for the blocks' sums."""
        tiles = results * math.prod(
            -(-n // t) for n, t in zip((self.lines, self.columns), FAST_TILE, strict=True)
        )
        size = 4 if self.bits == 32 else 8
        return (
            blocks > 1
            and tiles < 4 * self.runtime.multiprocessors
            and size * blocks * self._area <= SUMS_BYTES
            and blocks <= MOST_RESULTS
        )

    def _pack(self, x: Any, scans: Any, which: int, tile: int) -> _Packed:
        """Pack the matrices of x, (..., lines, steps), each once, however often the batch repeats it."""
        lines, steps = x.shape[-2:]
        size = x.dtype.itemsize
        batch = x.shape[:-2]
        count = math.prod(batch)
        offsets = np.zeros(batch, dtype=np.int64)
        for axis, (length, stride) in enumerate(zip(batch, x.strides, strict=False)):
            along = np.arange(length, dtype=np.int64) * (stride // size)
            offsets += along.reshape((-1,) + (1,) * (len(batch) - 1 - axis))
        by_line, by_step = x.strides[-2] // size, x.strides[-1] // size
        padded = -(-lines // tile) * tile
        packed = self.runtime.empty((count, steps, padded), np.dtype(f"u{self.bits // 8}"))
        kernel = self.runtime.kernel(self.packer, "pack")
        flat = offsets.ravel()
        for part in _parts(count):
            grid = (padded // PACK_SIDE, -(-steps // PACK_SIDE), len(flat[part]))
            if grid[1] > MOST_ROWS:
                raise ValueError(
                    f"the sum has {steps:,} terms; the GPU takes at most {MOST_ROWS * PACK_SIDE:,}"
                )
            kernel(
                grid,
                (PACK_SIDE, 8),
                (
                    x,
                    packed[part],
                    scans[4 * which : 4 * which + 4],
                    constants(self.runtime, flat[part]),
                    np.int64(by_line),
                    np.int64(by_step),
                    np.int32(lines),
                    np.int32(steps),
                    np.int32(padded),
                    np.int32(not self.fast),
                    np.int32(abs(by_step) < abs(by_line)),
                    self.given,
                ),
            )
        picks = np.broadcast_to(np.arange(count).reshape(batch), self.batch).ravel()
        return _Packed(packed, padded, picks)

    def _run(
        self,
        left: _Packed,
        right: _Packed,
        own: _Packed,
        sums: Any,
        scans: Any,
        plan: np.ndarray[Any, Any],
        split: int,
    ) -> None:
        numbers = (self.lines, self.columns, self.depth, left.padded, right.padded, split)
        arguments = (
            left.array,
            right.array,
            own.array,
            sums,
            scans,
            constants(self.runtime, plan.ravel()),
            *(np.int32(number) for number in numbers),
            self.packed,
        )
        for variant in FAST if self.fast else ("general",):
            lines, columns = TILE[variant]
            grid = (-(-self.columns // columns), -(-self.lines // lines), len(plan))
            if grid[1] > MOST_ROWS:
                raise ValueError(f"the result has {self.lines:,} rows; the GPU takes {MOST_ROWS * lines:,}")
            self.runtime.kernel(self.unit, variant)(grid, (THREADS,), arguments)

    def _fold(self, sums: Any, result: Any, blocks: int) -> None:
        grid = (-(-self._area // 256), len(result))
        arguments = (sums, result, np.int64(self._area), np.int32(blocks), self.given)
        self.runtime.kernel(self.folder, "fold")(grid, (256,), arguments)

    def _undefine(
        self, right: _Packed, own: _Packed, scans: Any, picks: np.ndarray[Any, Any], result: Any
    ) -> None:
        """Write NaN where the mimic cotangent does not exist."""
        arguments = (
            right.array,
            own.array,
            result,
            scans,
            np.int32(self.fast),
            constants(self.runtime, np.ascontiguousarray(picks[:, 1:]).ravel()),
            *(np.int32(n) for n in (self.lines, self.columns, self.depth, own.padded, right.padded)),
            self.packed,
            self.given,
        )
        grid = (-(-self.columns // 256), 1, len(result))
        self.runtime.kernel(self.undefiner, "undefined")(grid, (256,), arguments)


def _parts(count: int, most: int = MOST_RESULTS) -> Iterator[slice]:
    for start in range(0, count, most):
        yield slice(start, min(start + most, count))
