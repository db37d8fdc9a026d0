"""The words for what an instruction is accused of."""

from __future__ import annotations

MULTIPLY = "float multiply"
FUSED = "fused multiply-add"
DIVIDE = "float division"
ROOT = "square root"
RECIPROCAL = "reciprocal"
SPECIAL = "special function unit"
TENSOR = "matrix multiply"
PACKED_MULTIPLY = "packed float multiply"
DOT = "dot product"
REMAINDER = "float remainder"
SCALE = "float scaling"
FAST_MATH = "licence to contract or reorder"
UNCLASSIFIED = "unclassified instruction: unknown is not innocent"
REACHES_DATA = "integer multiply reaching data"
LEAVES = "call that leaves the kernel"
BY_ADDRESS = f"{LEAVES}: to an address that the listing does not show"

_MATH = """
acos acosh asin asinh atan atan2 atanh cbrt cos cosh erf erfc exp exp10 exp2 expm1 fdim fma fmod hypot ldexp
lgamma log log10 log1p log2 pow powi remainder remquo scalbln scalbn sin sincos sinh sqrt tan tanh tgamma
"""
MATH_FUNCTIONS = frozenset(_MATH.split())
"""Functions of libm, without the f or l that a float or long double variant ends with."""

RUNTIME = ("NRT_", "memset", "memcpy", "memmove", "bzero", "PyErr_", "Py_", "PyGILState_", "numba_gil_")
"""What Numba's compiled code calls that computes nothing: memory, reference counts, errors."""


def accuse_call(symbol: str) -> str:
    """Return what a call out of the kernel is accused of, or "" where it computes nothing."""
    plain = symbol.lstrip("_")
    if symbol.startswith(RUNTIME) or plain.startswith(RUNTIME):
        return ""
    stem = plain if plain in MATH_FUNCTIONS else plain[:-1]
    return f"{LEAVES}: {symbol}" + (" of the mathematics library" if stem in MATH_FUNCTIONS else "")
