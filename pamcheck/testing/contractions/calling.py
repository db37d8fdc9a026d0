"""A foreign function of whole arrays: what it is given, what it returns, and how it misbehaves."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

from pamcheck.formats import FloatFormat
from pamcheck.testing.contractions.case import LAYOUTS, Case
from pamcheck.testing.subject import Codes
from pamcheck.testing.target import TargetFault, Unsupported
from pamcheck.testing.targets.arity import hold_arity, hold_count
from pamcheck.testing.targets.arrays import get_arrays
from pamcheck.testing.targets.errors import TargetError, in_a_line
from pamcheck.testing.targets.quiet import Ear


class Called:
    """A function fn(*operands) of arrays of one library; results are one array, or a tuple of as many as outputs.

    fn       the function
    arrays   "numpy", "cupy", "torch", or "torch:DEVICE"
    codes    whether the arrays hold codes in place of values

    Raises TargetError for what cannot be called, and where the library cannot be used.
    """

    def __init__(self, fn: Callable[..., Any], arrays: str = "numpy", codes: bool = False) -> None:
        if not callable(fn):
            raise TargetError(f"fn is of type {type(fn).__name__}; it must be a callable")
        whose: Any = fn if hasattr(fn, "__qualname__") else type(fn)
        self.name = f"{whose.__module__}:{whose.__qualname__}"
        self._fn, self._arrays, self._ear = fn, get_arrays(arrays, codes), Ear()
        self._notices: dict[str, str] = {}

    def answer(
        self, case: Case, fmt: FloatFormat, names: Sequence[str], results: dict[str, tuple[int, ...]]
    ) -> tuple[Codes, ...]:
        """Return the codes of the results. Raises TargetFault and Unsupported.

        names    of the operands, as messages have them
        results  shape of each result by its name
        """
        hold_arity(self._fn, names)
        bases, operands = zip(*(self._given(x, lay, fmt) for x, lay in _laid(case)), strict=True)
        with self._heard(), self._raised(case):
            wanted: Any = SimpleNamespace(outputs=tuple(results))
            pairs = zip(hold_count(self._fn(*operands), wanted), results.values(), strict=True)
            found = tuple(self._codes(x, fmt, shape, operands) for x, shape in pairs)
            for name, (base, codes) in zip(names, bases, strict=True):
                if self._arrays.overwritten(base, codes):
                    self._note(
                        f"overwrites {name}", f"overwrites its operand {name}, seen with {case.name}"
                    )
        return found

    def hold_steady(self, case: Case, first: Sequence[Codes], again: Sequence[Codes]) -> None:
        """Note a result that was another one when the same was asked again."""
        if any((x != y).any() for x, y in zip(first, again, strict=True)):
            self._note("unsteady", f"gives different answers to the same operands, seen with {case.name}")

    def notices(self) -> tuple[str, ...]:
        """Return misbehaviour that spoilt no answer, a sentence each."""
        return tuple(self._notices.values())

    def close(self) -> None:
        """Let go of what was opened."""
        self._ear.close()

    def _given(self, codes: Codes, layout: str, fmt: FloatFormat) -> tuple[tuple[Any, Codes], Any]:
        """Return the memory that an operand lies in, with its codes, and the operand."""
        chosen = LAYOUTS[layout if codes.ndim >= LAYOUTS[layout].axes and codes.size else "contiguous"]
        laid = chosen.lay(codes)
        flat = laid.reshape(-1).copy()
        base = self._arrays.given(flat, fmt)
        return (base, flat), chosen.view(base.reshape(laid.shape))

    def _codes(
        self, result: Any, fmt: FloatFormat, shape: tuple[int, ...], operands: Sequence[Any]
    ) -> Codes:
        count = 1
        for length in shape:
            count *= length
        found = getattr(result, "shape", None)
        if found is None or tuple(found) == shape:
            flat = result.reshape(-1) if hasattr(result, "reshape") else result
            return self._arrays.codes(flat, fmt, count).reshape(shape)
        given = " and ".join(str(tuple(x.shape)) for x in operands)
        told = (
            f"returned an array of shape {tuple(found)} for operands of shapes {given}; it must be {shape}"
        )
        raise TargetFault("shape", told)

    @contextlib.contextmanager
    def _raised(self, case: Case) -> Iterator[None]:
        try:
            yield
        except (TargetFault, Unsupported, KeyboardInterrupt):
            raise
        except BaseException as error:  # SystemExit too
            shapes = " and ".join(str(x.shape) for x in case.operands)
            raise TargetFault(
                "exception", f"raised {in_a_line(error)}, at operands of shapes {shapes}"
            ) from error

    @contextlib.contextmanager
    def _heard(self) -> Iterator[None]:
        try:
            with self._ear.listening():
                yield
        finally:
            line = next((line for line in self._ear.printed.splitlines() if line.strip()), "")
            if line:
                self._note("prints", f"prints when it is called: {line.strip()[:100]!r}")
            for warning in self._ear.warned:
                kind, text = warning.category.__name__, str(warning.message).strip().partition("\n")[0]
                self._note(f"warns {kind}", f"warns when it is called: {kind}: {text[:200]}")

    def _note(self, kind: str, sentence: str) -> None:
        self._notices.setdefault(kind, sentence)


def _laid(case: Case) -> Iterator[tuple[Codes, str]]:
    layouts = case.layouts or ("contiguous",) * len(case.operands)
    return iter(zip(case.operands, layouts, strict=True))
