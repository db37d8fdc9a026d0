"""What a multiplication-free step may use, each with its reason. What is on no list here is refused.

The names are those of NumPy's functions, ufuncs and methods of arrays; CuPy's have the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ADDS = "adds, subtracts or turns a sign"
COMPARES = "compares, or chooses among what is given"
BITS = "works on bits"
INTEGRAL = "rounds to an integer: bits of a mantissa are cleared"
MOVES = "moves, copies or views"
FINDS = "finds, counts or sorts by comparing"
MAKES = "makes an array of given entries"
ASKS = "asks about types, shapes or memory"


def _listed(*entries: tuple[str, str]) -> Mapping[str, str]:
    return {name: reason for reason, names in entries for name in names.split()}


UFUNCS = _listed(
    (ADDS, "add subtract negative positive absolute fabs"),
    (
        COMPARES,
        "maximum minimum fmax fmin equal not_equal less less_equal greater greater_equal sign clip "
        "logical_and logical_or logical_not logical_xor isfinite isinf isnan isnat",
    ),
    (
        BITS,
        "bitwise_and bitwise_or bitwise_xor invert left_shift right_shift signbit copysign bitwise_count",
    ),
    (INTEGRAL, "floor ceil trunc rint"),
)

OF_INTEGERS = frozenset(["multiply", "floor_divide", "remainder", "mod", "divmod", "power"])
"""Ufuncs that are allowed on integers that are no codes: places, sizes, counters."""

FUNCTIONS = _listed(
    (ADDS, "sum cumsum"),
    (COMPARES, "max min amax amin where any all array_equal clip"),
    (
        MOVES,
        "reshape transpose swapaxes moveaxis ravel squeeze expand_dims broadcast_to broadcast_arrays copy copyto "
        "concatenate stack split array_split take take_along_axis put_along_axis repeat tile roll flip asarray "
        "ascontiguousarray asanyarray array require from_dlpack frombuffer atleast_1d atleast_2d as_strided pad "
        "sliding_window_view swapaxes array_repr array_str",
    ),
    (
        FINDS,
        "argmax argmin argsort sort unique nonzero flatnonzero searchsorted count_nonzero bincount lexsort",
    ),
    (
        MAKES,
        "empty zeros ones full empty_like zeros_like ones_like full_like arange tril triu eye fromiter indices",
    ),
    (
        ASKS,
        "shape ndim size dtype result_type can_cast isscalar may_share_memory shares_memory iterable finfo iinfo "
        "normalize_axis_tuple normalize_axis_index broadcast_shapes unravel_index promote_types issubdtype "
        "errstate byte_bounds",
    ),
)

METHODS = _listed(
    (ADDS, "sum cumsum __add__ __sub__ __neg__"),
    (COMPARES, "max min any all clip"),
    (
        MOVES,
        "reshape transpose swapaxes ravel flatten squeeze copy view astype take item tolist tobytes fill get set "
        "repeat __getitem__ __setitem__ __array__ __copy__ __deepcopy__ byteswap setflags __reduce__",
    ),
    (FINDS, "argmax argmin argsort sort nonzero searchsorted"),
    (ASKS, "__dlpack__ __dlpack_device__ newbyteorder"),
)

MATH = _listed(
    (COMPARES, "isfinite isinf isnan copysign fabs"),
    (INTEGRAL, "floor ceil trunc"),
    ("adds integers or multiplies them; refused for floats", "prod gcd lcm comb isqrt"),
    (ADDS, "fsum"),
)

FLOAT_METHODS = frozenset(["is_integer", "hex", "as_integer_ratio", "fromhex", "conjugate", "item"])

REFUSED_MODULES = frozenset(
    ["cmath", "random", "statistics", "fractions", "decimal", "_random", "_decimal"]
)
"""Of the standard library, which is trusted otherwise."""

PRODUCTS = frozenset(
    f"__{prefix}{name}__"
    for prefix in ("", "r", "i")
    for name in ("mul", "truediv", "floordiv", "mod", "pow", "matmul", "divmod")
)


@dataclass(frozen=True)
class Place:
    """A function that may multiply more than integers, and why.

    file    how its path ends
    source  what the line must have in it
    """

    file: str
    function: str
    reason: str
    source: str = ""


_ENCODING = "reads a number written in a text as a code of the format, in exact fractions: a constant"
_TABLE = "reads the limits of a format, in exact fractions: a constant"
_SCALE = "the scale of attention, 1/sqrt(d): a constant of the configuration, the same in every step"

PLACES: tuple[Place, ...] = (
    Place("pamcheck/formats.py", "FloatFormat.encode", _ENCODING),
    Place("pamcheck/formats.py", "_floor_log2", _ENCODING),
    Place("pamcheck/formats.py", "FloatFormat.decode", _TABLE),
    Place("pamcheck/formats.py", "FloatFormat.to_float", _TABLE),
    Place("pamcheck/nn/attention.py", "scaled_attention", _SCALE, "1.0 / math.sqrt("),
    Place("pamcheck/functional.py", "attention", _SCALE, "1.0 / math.sqrt("),
)
