"""What a core of two operands is called."""

from __future__ import annotations

from pamcheck.testing.identity.core import PairCore
from pamcheck.testing.identity.names import octaves, offset_names
from pamcheck.testing.identity.rounding import EVEN, TOWARD_ZERO

FLOAT32_BITS = 23


def describe(core: PairCore) -> str:
    """Return what a core computes, in words."""
    return ", ".join(filter(None, [_what(core), _operands(core), _results(core), _order(core)]))


def subject_offset(core: PairCore) -> int:
    """Return the offset as a subject has it: padiv subtracts it."""
    offset = core.offset - _half(core)
    return offset if core.op == "pam" else -offset


def _half(core: PairCore) -> int:
    """Return what of an offset rounds results that are cut to nearest."""
    half = 1 << core.places >> 1
    return half if core.places and core.mode == TOWARD_ZERO and core.offset == half else 0


def _what(core: PairCore) -> str:
    noun = "product" if core.op == "pam" else "quotient"
    if core.kind == "exact":
        return (
            "through float32: exact, rounded once"
            if _is_float32(core)
            else f"exact {noun}, rounded {core.mode}"
        )
    if core.kind == "corrected":
        bits = f"the leading {core.table_bits}" if core.table_bits > 1 else "the leading bit"
        return f"PAM with a correction by {bits} mantissa bits of each operand".replace(
            "bit mantissa bits", "mantissa bit"
        )
    through = " through float32" if _is_float32(core) else ""
    offset = subject_offset(core)
    if not offset:
        return f"PAM (Mitchell){through}"
    names = offset_names(core.op, offset, core.fmt)
    said = f": {'; '.join(names)}" if names else ""
    return f"PAM{through} with an offset of {octaves(offset, core.fmt)}{said}"


def _operands(core: PairCore) -> str:
    if not core.drop or _is_float32(core):
        return ""
    which = {"both": "operands", "a": "operand a", "b": "operand b"}[core.dropped]
    return f"{which} {_cut(core.drop_mode)} to {core.fmt.mant_bits - core.drop} mantissa bits before"


def _results(core: PairCore) -> str:
    if not core.places or _is_float32(core):
        return ""
    cut = "rounded to nearest, ties up," if _half(core) else _cut(core.mode)
    return f"results {cut} to {core.fmt.mant_bits - core.places} mantissa bits"


def _order(core: PairCore) -> str:
    return "operands exchanged: b / a" if core.swapped else ""


def _cut(mode: str) -> str:
    return "truncated" if mode == TOWARD_ZERO else f"rounded {mode}"


def _is_float32(core: PairCore) -> bool:
    """Whether operands and results are float32's, in a format of more bits."""
    drop = core.fmt.mant_bits - FLOAT32_BITS
    at_both_ends = core.dropped == "both" and core.drop == core.places == drop > 0
    return at_both_ends and core.drop_mode == EVEN and core.mode == EVEN
