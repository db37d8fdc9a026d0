"""Whether an operator or a call multiplies, from what it is given. Each function returns "" or an accusation.

An integer is innocent: a shape, a place, a counter. Integer arrays are, unless they are codes of floats.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from types import BuiltinFunctionType, MethodType, MethodWrapperType, ModuleType
from typing import Any

import numpy as np

from pamcheck.measure.audit.guard.allowed import (
    FLOAT_METHODS,
    FUNCTIONS,
    MATH,
    METHODS,
    OF_INTEGERS,
    PRODUCTS,
    REFUSED_MODULES,
    UFUNCS,
)

OURS = "pamcheck"
_LIBRARIES = ("numpy", "cupy", "ml_dtypes")


def integral(x: Any) -> bool:
    """Whether x is an integer, or an array of integers that are not the codes of floats."""
    if isinstance(x, (int, np.integer, np.bool_)):
        return True
    kind = getattr(getattr(x, "dtype", None), "kind", "")
    return kind in ("i", "u", "b") and not getattr(x, "codes", False)


def accuse_operator(sign: str, left: Any, right: Any) -> str:
    """Judge `left sign right` for one of * / // % ** @."""
    if integral(left) and integral(right) and sign != "@" and (sign != "/" or _whole(left, right)):
        return ""
    if isinstance(left, (str, bytes, list, tuple)) or isinstance(right, (str, bytes, list, tuple)):
        return "" if sign in "*%" else f"{told(left)} {sign} {told(right)}"
    if sign == "/" and hasattr(left, "joinpath"):
        return ""  # a path
    return f"{told(left)} {sign} {told(right)}"


def _whole(*_: Any) -> bool:
    return False  # a true quotient of integers is a float


def accuse_ufunc(name: str, inputs: Sequence[Any]) -> str:
    """Judge a ufunc of NumPy or CuPy, or one of its methods, by its name."""
    if name in UFUNCS or (name in OF_INTEGERS and inputs and all(map(integral, inputs))):
        return ""
    return f"np.{name}({', '.join(map(told, inputs))})"


def accuse_call(function: Any, arguments: Sequence[Any]) -> str:
    """Judge a call. Functions of the package are innocent: what they do is looked at when they run."""
    while isinstance(function, partial):
        arguments, function = (*function.args, *arguments), function.func
    found = _accuse(function, arguments)
    if found or _module(function).startswith(OURS):
        return found
    # what is handed on to be called: map(np.multiply, ...), reduce(operator.mul, ...)
    handed = (x for x in arguments if isinstance(x, (np.ufunc, BuiltinFunctionType)))
    return next((why for x in handed if (why := _accuse(x, ()))), "")


def _accuse(function: Any, arguments: Sequence[Any]) -> str:
    if type(function).__name__ == "ufunc":
        return accuse_ufunc(function.__name__, arguments)
    owner = getattr(function, "__self__", None)
    if isinstance(function, (BuiltinFunctionType, MethodWrapperType)) and not (
        owner is None or isinstance(owner, ModuleType)
    ):
        return _accuse_method(function.__name__, owner, arguments)
    if isinstance(function, MethodType) and _is_array(owner):
        return "" if _module(function).startswith(OURS) else _accuse_method(function.__name__, owner, ())
    module, name = _module(function), getattr(function, "__name__", type(function).__name__)
    root = module.partition(".")[0]
    if root in _LIBRARIES:
        return _accuse_library(function, name, arguments)
    if root in ("math", "operator", "_operator", "builtins"):
        return _accuse_builtin(function, name, arguments)
    if root in sys.stdlib_module_names and root not in REFUSED_MODULES:
        return ""
    return "" if root == OURS or _of_package(function) else f"call of {module}.{name}"


def _of_package(function: Any) -> bool:
    """Whether the source of a function or a class is watched, so that what it does is looked at when it runs."""
    from pamcheck.measure.audit.guard.guard import current

    guard = current()
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    file = getattr(code, "co_filename", None) or getattr(
        sys.modules.get(_module(function)), "__file__", None
    )
    return guard is not None and file is not None and guard.is_ours(file)


def _module(function: Any) -> str:
    return str(getattr(function, "__module__", None) or type(function).__module__ or "")


def _accuse_library(function: Any, name: str, arguments: Sequence[Any]) -> str:
    if isinstance(function, type) and issubclass(function, (np.generic, np.dtype, np.ndarray, np.nditer)):
        return ""
    if name in FUNCTIONS or (name in ("prod", "cumprod") and all(map(_counts, arguments))):
        return ""
    return f"np.{name}({', '.join(map(told, arguments))})"


def _accuse_builtin(function: Any, name: str, arguments: Sequence[Any]) -> str:
    if name.strip("_") in ("pow", "divmod", *(n.strip("_") for n in PRODUCTS)):
        return "" if all(integral(x) for x in arguments) and arguments else _call_told(function, arguments)
    if _module(function) == "math" and name not in MATH:
        return _call_told(function, arguments)
    if name in ("prod", "gcd", "lcm", "comb", "isqrt") and not all(map(_counts, arguments)):
        return _call_told(function, arguments)
    return ""


def _accuse_method(name: str, owner: Any, arguments: Sequence[Any]) -> str:
    if type(owner).__name__ == "ufunc":
        return accuse_ufunc(owner.__name__, [x for x in arguments if hasattr(x, "dtype")])
    if isinstance(owner, (np.nditer, np.dtype)):
        return ""
    if _is_array(owner):
        allowed = name in METHODS or (name in ("prod", *PRODUCTS) and integral(owner))
        return "" if allowed else f"{told(owner)}.{name}"
    if isinstance(owner, (float, complex)):
        return "" if name in FLOAT_METHODS else f"float.{name}"
    if name in PRODUCTS and not isinstance(owner, (int, str, bytes, list, tuple)):
        return f"{told(owner)}.{name}"
    refused = type(owner).__module__.partition(".")[0] in (*REFUSED_MODULES, *_LIBRARIES)
    return f"{told(owner)}.{name}" if refused else ""


def _is_array(x: Any) -> bool:
    """Whether x is an array or a scalar of NumPy or CuPy."""
    return isinstance(x, (np.ndarray, np.generic)) or type(x).__module__.partition(".")[0] == "cupy"


def _counts(x: Any) -> bool:
    """Whether an argument is an integer, or a sequence of integers. What is read once cannot be looked at."""
    return integral(x) or (isinstance(x, (tuple, list, range)) and all(integral(item) for item in x))


def _call_told(function: Any, arguments: Sequence[Any]) -> str:
    return f"{_module(function)}.{function.__name__}({', '.join(map(told, arguments))})"


def told(x: Any) -> str:
    """Return an operand's type, in short."""
    dtype = getattr(x, "dtype", None)
    if dtype is None:
        return type(x).__name__
    return f"{dtype}{list(x.shape)}" if getattr(x, "shape", ()) else str(dtype)
