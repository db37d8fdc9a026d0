"""A probe: operands that were asked, and what came back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pamcheck.formats import FloatFormat

DIGITS = {False: 9, True: 17}  # that tell any two values apart: up to float32, and beyond


@dataclass(frozen=True)
class Probe:
    """One question and its answer, as codes of `fmt`; the answer may be no code of it."""

    fmt: FloatFormat
    inputs: tuple[int, ...]
    answer: int

    def __str__(self) -> str:
        return f"{', '.join(show(x, self.fmt) for x in self.inputs)} -> {show(self.answer, self.fmt)}"

    def record(self) -> dict[str, Any]:
        """Return the probe as plain data: codes in hexadecimal, and values as text."""
        return {
            "inputs": [self.fmt.hex(x) for x in self.inputs],
            "values": [value(x, self.fmt) for x in self.inputs],
            "answer": self.fmt.hex(self.answer),
            "answer_value": value(self.answer, self.fmt),
        }


def show(code: int, fmt: FloatFormat) -> str:
    """Return a code as bits and value: "0x3fc0 (1.5)"."""
    return f"{fmt.hex(code)} ({value(code, fmt)})"


def value(code: int, fmt: FloatFormat) -> str:
    """Return what a code stands for, as text."""
    if not 0 <= code < 2 * fmt.sign:
        return f"no code of {fmt.name}"
    return f"{fmt.to_float(code):.{DIGITS[fmt.mant_bits > 23]}g}"
