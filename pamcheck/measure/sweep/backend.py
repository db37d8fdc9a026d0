"""Running the kernel under test on a piece: on the CPU, or on a GPU and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from pamcheck.kernels import cpu
from pamcheck.kernels.words import Words
from pamcheck.measure.sweep.plan import Plan, SweepError

Kernel = Callable[[str, Sequence[Any], Words, Any], None]


def kernel(plan: Plan) -> Kernel:
    """Return the function that runs a plan's kernel on arrays of codes: kernel(op, operands, words, out).

    Raises SweepError where there is no such device.
    """
    if plan.backend == "cpu":
        return on_cpu
    from pamcheck.kernels import gpu, gpu_elementwise

    try:
        runtime = gpu.runtime()
    except gpu.DeviceError as error:
        raise SweepError(str(error)) from None

    def on_gpu(op: str, operands: Sequence[Any], w: Words, out: Any) -> None:
        uploaded = [runtime.upload(codes) for codes in operands]
        out[...] = runtime.download(gpu_elementwise.run_codes(op, uploaded, w, runtime=runtime))

    return on_gpu


def on_cpu(op: str, operands: Sequence[Any], w: Words, out: Any) -> None:
    """Run the compiled loop that the public functions run, on this thread alone."""
    bits = cpu.word_bits(w)
    cpu.loop(op, bits)(*operands, out, _machine_words(w, bits))


_machine_words = lru_cache(maxsize=8)(cpu.machine_words)
