"""Run every kind of kernel where a fault stops the process: python guarded.py COMPILER FOLDER.

Arrays end at a page that cannot be touched. The compiler traps on a misaligned vector, on arithmetic that
leaves a signed word and on indices outside an array, and fills variables that nothing has been written to
with a pattern, so that what reads one computes nonsense. Prints a hash of the results.
"""

from __future__ import annotations

import ctypes
import hashlib
import mmap
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from conftest import Emulated

from pamcheck.formats import get_format
from pamcheck.kernels import gpu_elementwise
from pamcheck.kernels.gpu_matmul import matmul_codes, mimic_matmul_codes, slope_matmul_codes
from pamcheck.kernels.gpu_reduce import reduce_codes
from pamcheck.kernels.words import make_words
from pamcheck.policy import get_policy

TRAPS = "-fsanitize=alignment,signed-integer-overflow,shift,bounds,null -fsanitize-undefined-trap-on-error"
PATTERN = "-ftrivial-auto-var-init=pattern"


class Guarded(Emulated):
    """Arrays of which nothing beyond the end can be read."""

    flags = f"-O1 -ffp-contract=off {TRAPS}"

    def empty(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
        size = int(np.prod(shape, dtype=int)) * dtype.itemsize
        page, room = (
            mmap.PAGESIZE,
            -(-size // 16) * 16,
        )  # a vector's alignment, as a device's allocator has it
        whole = -(-room // page) * page
        pages = mmap.mmap(-1, whole + page)
        raw = np.frombuffer(pages, dtype=np.uint8)
        raw[:] = 0xA5
        libc = ctypes.CDLL(None, use_errno=True)
        failed = libc.mprotect(ctypes.c_void_p(raw.ctypes.data + whole), ctypes.c_size_t(page), 0)
        assert not failed, ctypes.get_errno()
        return raw[whole - room : whole - room + size].view(dtype).reshape(shape)


def digest(runtime: Any) -> str:
    """Return a hash of what each kernel gives, at sizes that fill no tile, on arrays of the runtime."""
    found, rng = hashlib.sha256(), np.random.default_rng(1946)
    for name, policy in [("float32", "ftz"), ("float8_e4m3fn", "gradual"), ("float64", "ftz")]:
        fmt = get_format(name)
        w, dtype = make_words(fmt, get_policy(policy)), np.dtype(f"u{fmt.storage_bits // 8}")

        def draw(*shape: int, low: int = 0, high: int = 0, of: Any = (fmt, dtype)) -> Any:
            f, to = of
            magnitudes = rng.integers(low, (high or f.magnitude) + 1, shape, dtype=np.uint64)
            signs = rng.integers(0, 2, shape, dtype=np.uint64) * np.uint64(f.sign)
            return runtime.upload((magnitudes | signs).astype(to))

        for body, count in (("pam", 2), ("paexp", 1), ("padiv_slope_b", 3))[
            : 3 if name == "float32" else 1
        ]:
            for shape in [(1,), (67,), (5, 9)]:
                operands = [draw(*shape) for _ in range(count)]
                operands[-1] = operands[-1][..., ::-1] if len(shape) > 1 else operands[-1]
                found.update(gpu_elementwise.run_codes(body, operands, w, runtime=runtime).tobytes())
        for low, high in [
            (fmt.one - 1, fmt.one + 1),
            (0, fmt.one),
            (fmt.tiny, fmt.one),
            (0, fmt.magnitude),
        ]:
            for m, k, n in [(3, 5, 7), (130, 9, 65), (2, 300, 1)]:
                a, b, delta = (draw(*ends, low=low, high=high) for ends in ((m, k), (k, n), (m, n)))
                found.update(matmul_codes(a, b, fmt, w, runtime=runtime).tobytes())
                found.update(slope_matmul_codes(delta, a, b, fmt, w, runtime=runtime).tobytes())
                found.update(mimic_matmul_codes(delta, a, b, fmt, w, runtime=runtime).tobytes())
        for ends in [(3, 70, 1), (2, 33, 5)]:
            x = draw(*ends)
            found.update(reduce_codes("sum", x, fmt, runtime=runtime).tobytes())
            found.update(reduce_codes("maximum", x, fmt, runtime=runtime).tobytes())
    return found.hexdigest()


if __name__ == "__main__":
    compiler, folder = sys.argv[1:]
    tried = [compiler, PATTERN, "-xc++", "-fsyntax-only", "/dev/null"]
    if not subprocess.run(tried, capture_output=True, check=False).returncode:
        Guarded.flags += f" {PATTERN}"
    print(digest(Guarded(compiler, Path(folder))))
