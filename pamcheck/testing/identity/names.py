"""What an offset is called."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

from pamcheck.formats import FloatFormat
from pamcheck.measure.compensation import BALANCED, MOGAMI, design, l_mul_offset, minimax_offset
from pamcheck.operands import offset_codes


def offset_names(op: str, offset: int, fmt: FloatFormat) -> list[str]:
    """Return the published and the designed constants that are this offset in codes, of pam or padiv."""
    if not offset:
        return []
    octave = f"{abs(offset) // fmt.tiny} octave" + ("s" if abs(offset) >= 2 * fmt.tiny else "")
    if offset % fmt.tiny == 0:
        return [f"the exponent is {octave} too {'high' if (offset > 0) == (op == 'pam') else 'low'}"]
    return [name for name, octaves in _constants(op, fmt.mant_bits) if _codes(octaves, fmt) == offset]


@cache
def _constants(op: str, mant_bits: int) -> tuple[tuple[str, float], ...]:
    l_mul = Fraction(l_mul_offset(mant_bits))
    constants = {
        f"L-Mul's 2^-{l_mul.denominator.bit_length() - 1} (arXiv 2410.00907)": float(l_mul),
        "Mogami's constant (arXiv 2012.03458)": MOGAMI,
        "the offset with the least worst error": minimax_offset(op),
        "the offset balanced for pam and padiv, 7 - 4 sqrt 3": BALANCED,
        "the offset without bias for uniform mantissas": design(op, None, "uniform", "bias").octaves,
        "the offset with the least mean square for uniform mantissas": design(
            op, None, "uniform", "mse"
        ).octaves,
    }
    return tuple(constants.items())


def octaves(offset: int, fmt: FloatFormat) -> str:
    """Return an offset as codes and octaves: "524288 codes (0.0625 octaves)"."""
    return (
        f"{offset} code{'s' if abs(offset) != 1 else ''} ({float(Fraction(offset, fmt.tiny)):.9g} octaves)"
    )


def _codes(value: float, fmt: FloatFormat) -> int | None:
    try:
        return offset_codes(value, fmt)
    except ValueError:
        return None
