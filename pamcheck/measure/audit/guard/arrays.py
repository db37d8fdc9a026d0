"""Arrays that raise where NumPy multiplies: a subclass that lets through what is on the list, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np

from pamcheck.measure.audit.guard.allowed import FUNCTIONS
from pamcheck.measure.audit.guard.judging import accuse_ufunc, told


class GuardedArray(np.ndarray[Any, Any]):
    """An array whose every use by NumPy is looked at. What is made from one is one.

    codes  whether integers are the bit patterns of floats, which no product may be of

    Raises MultiplicationError on a product, quotient, power, root, transcendental function, contraction or
    anything else that is not listed in `allowed`. `unprotected` gives the plain array back.
    """

    codes: bool

    def __array_finalize__(self, source: Any) -> None:
        floats = getattr(source, "dtype", None) is not None and source.dtype.kind not in "iub"
        self.codes = isinstance(source, GuardedArray) and (source.codes or floats)

    def __array_ufunc__(
        self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **options: Any
    ) -> Any:
        _judge(accuse_ufunc(ufunc.__name__, inputs if method == "__call__" else inputs[:1]))
        if out is not None:
            options["out"] = tuple(map(unprotected, out))
        codes = any(getattr(x, "codes", False) for x in inputs)
        result = getattr(ufunc, method)(*map(unprotected, inputs), **options)
        if out is not None:
            return out[0] if len(out) == 1 else out
        return tuple(_again(x, codes) for x in result) if type(result) is tuple else _again(result, codes)

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        name = function.__name__
        contents = [x for x in arguments if hasattr(x, "dtype")]
        _judge("" if name in FUNCTIONS else f"np.{name}({', '.join(map(told, contents))})")
        several = [x for x in arguments if isinstance(x, (list, tuple))]
        given = [*arguments, *(x for part in several for x in part)]
        codes = any(getattr(x, "codes", False) for x in given)
        result = super().__array_function__(function, types, arguments, options)
        return (
            type(result)(_again(x, codes) for x in result)
            if type(result) in (tuple, list)
            else _again(result, codes)
        )

    def _places(self, name: str, *arguments: Any, **options: Any) -> Any:
        found = getattr(unprotected(self), name)(*arguments, **options)
        return _again(found, False)

    def argmax(self, *arguments: Any, **options: Any) -> Any:
        """Return places, which are no codes."""
        return self._places("argmax", *arguments, **options)

    def argmin(self, *arguments: Any, **options: Any) -> Any:
        """Return places, which are no codes."""
        return self._places("argmin", *arguments, **options)

    def argsort(self, *arguments: Any, **options: Any) -> Any:
        """Return places, which are no codes."""
        return self._places("argsort", *arguments, **options)


def _refused(name: str) -> Any:
    def method(self: GuardedArray, *arguments: Any, **options: Any) -> Any:
        _judge(f"{told(self)}.{name}")
        return getattr(unprotected(self), name)(*arguments, **options)

    return method


# methods that NumPy computes without asking the array
for _name in ("mean", "var", "std", "prod", "cumprod", "dot", "round", "trace"):
    setattr(GuardedArray, _name, _refused(_name))


def _judge(accusation: str) -> None:
    from pamcheck.measure.audit.guard.guard import accused

    if accusation:
        accused(accusation)


def _again(x: Any, codes: bool) -> Any:
    if not isinstance(x, np.ndarray):
        return x
    guarded = x.view(GuardedArray)
    guarded.codes = codes and x.dtype.kind in "iu"
    return guarded


def unprotected(x: Any) -> Any:
    """Return the plain array of a guarded one, sharing its memory; anything else as it is."""
    return x.view(np.ndarray) if isinstance(x, GuardedArray) else x


def protect(x: Any) -> Any:
    """Return arrays as guarded ones, also inside of mappings, tuples, lists and dataclasses; CuPy's as they are."""
    if type(x) is np.ndarray:
        return x.view(GuardedArray)
    if isinstance(x, Mapping):
        return {key: protect(value) for key, value in x.items()}
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return type(x)(*map(protect, x))
    if type(x) in (tuple, list):
        return type(x)(map(protect, x))
    if is_dataclass(x) and not isinstance(x, type):
        return replace(x, **{item.name: protect(getattr(x, item.name)) for item in fields(x) if item.init})
    return x
