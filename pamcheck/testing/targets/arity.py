"""How many arguments a function takes, and how many results it gives."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from pamcheck.testing.subject import Subject
from pamcheck.testing.target import TargetFault


def hold_arity(fn: Callable[..., Any], names: Sequence[str]) -> None:
    """Raise TargetFault where a function cannot be called with inputs of these names, one after another.

    Judged by its signature, before it is called: a TypeError from inside it is another matter.
    """
    wanted = f"it is called with {len(names)} ({', '.join(names)})"
    if hasattr(fn, "nin"):  # a ufunc, which would take one more array for its output
        if fn.nin != len(names):
            raise TargetFault("arity", f"takes {fn.nin} operands; {wanted}")
        return
    try:
        signature = inspect.signature(_called(fn))
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*names)
    except TypeError as error:
        parameters = ", ".join(str(x).partition(":")[0] for x in signature.parameters.values())
        raise TargetFault("arity", f"takes ({parameters}); {wanted}: {error}") from None


def hold_count(results: Any, subject: Subject) -> Sequence[Any]:
    """Return a function's results as a sequence. Raises TargetFault for more or fewer than there should be."""
    wanted = subject.outputs
    if isinstance(results, tuple) or (isinstance(results, list) and len(wanted) > 1):
        found = list(results)
    elif results is None:
        raise TargetFault("arity", "returned None; is a return statement missing?")
    else:
        found = [results]
    if len(found) == len(wanted):
        return found
    told = (
        f"a {type(results).__name__} of {len(results)}"
        if isinstance(results, tuple | list)
        else "one result"
    )
    should = "the result" if len(wanted) == 1 else f"a tuple of {len(wanted)}: {', '.join(wanted)}"
    raise TargetFault("arity", f"returned {told}; it must be {should}")


def _called(fn: Any) -> Any:
    """Return what a call ends in: a module of PyTorch takes anything, and hands it on to its forward."""
    is_module = any(base.__module__ == "torch.nn.modules.module" for base in type(fn).__mro__)
    return fn.forward if is_module else fn
