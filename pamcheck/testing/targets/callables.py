"""A Python callable on arrays as a target."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pamcheck.testing.subject import Codes, Subject
from pamcheck.testing.target import TargetFault, Unsupported
from pamcheck.testing.targets.arity import hold_arity, hold_count
from pamcheck.testing.targets.arrays import Arrays, get_arrays
from pamcheck.testing.targets.errors import TargetError, in_a_line
from pamcheck.testing.targets.naming import file_of, name_of
from pamcheck.testing.targets.narrowing import narrowed
from pamcheck.testing.targets.quiet import Ear
from pamcheck.testing.targets.refusals import explain, ones
from pamcheck.testing.targets.scalars import Scalars, one_by_one
from pamcheck.testing.targets.twice import Twice, told_case


class CallableTarget:
    """A function of arrays.

    fn           for values fn(*operands) -> array; for derivatives fn(*operands, cotangent) -> a tuple of arrays,
                 one an operand, or the array itself where there is one operand
    name         as it is typed after `pamcheck verify`; by default module:function
    arrays       "numpy", "cupy", "torch", or "torch:DEVICE": whose arrays it takes and returns, with the dtype of
                 the format
    gradient     "autograd": fn gives values, and PyTorch finds its derivatives
    codes        the arrays hold codes, as unsigned integers (signed ones in PyTorch), in place of values
    elementwise  fn takes Python floats, or with `codes` ints, one case at a time

    Raises TargetError where the library cannot be used or the choices exclude each other.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        name: str | None = None,
        arrays: str = "numpy",
        gradient: str = "function",
        codes: bool = False,
        elementwise: bool = False,
    ) -> None:
        _hold_choices(fn, arrays, gradient, codes, elementwise)
        self.name = name or name_of(fn)
        self._fn, self._autograd, self._elementwise = fn, gradient == "autograd", elementwise
        self._codes = codes
        self._arrays: Arrays = Scalars(codes) if elementwise else get_arrays(arrays, codes)
        self._ear = Ear()
        self._notices: dict[str, str] = {}
        self._twice = Twice(self._note)

    def answer(self, subject: Subject, inputs: Sequence[Codes]) -> tuple[Codes, ...]:
        """See Target. A fault holds the first case that fails by itself, and the answers before it."""
        hold_arity(self._fn, subject.inputs[:-1] if self._derives(subject) else subject.inputs)

        def ask(cases: Sequence[Codes]) -> tuple[Codes, ...]:
            return self._ask(subject, cases)

        try:
            return self._twice.answer(ask, subject, inputs)
        except TargetFault as fault:
            if fault.answered:
                raise
            if fault.kind == "exception":
                explain(self._ask, self._takes_numbers, subject)
            raise narrowed(ask, inputs, fault) from fault

    def notices(self) -> tuple[str, ...]:
        """See Target."""
        return tuple(self._notices.values())

    def close(self) -> None:
        """See Target."""
        self._ear.close()

    def _derives(self, subject: Subject) -> bool:
        return self._autograd and bool(subject.mode)

    def _ask(self, subject: Subject, inputs: Sequence[Codes]) -> tuple[Codes, ...]:
        """Return the answers to a batch. Raises TargetFault, without a case, and Unsupported."""
        given = [self._arrays.given(codes, subject.fmt) for codes in inputs]
        with self._heard(), self._raised():
            results = hold_count(self._call(subject, given), subject)
            answers = tuple(self._arrays.codes(x, subject.fmt, inputs[0].size) for x in results)
            self._look_at(subject, inputs, given, results)
        return answers

    def _call(self, subject: Subject, given: list[Any]) -> Any:
        if self._derives(subject):
            *operands, cotangent = given
            return self._arrays.differentiate(self._fn, operands, cotangent)  # type: ignore[attr-defined]
        fn = one_by_one(self._fn, len(subject.outputs)) if self._elementwise else self._fn
        return fn(*given)

    def _takes_numbers(self, subject: Subject) -> bool:
        """Whether the function takes single numbers."""
        if self._elementwise:
            return False
        other = CallableTarget(self._fn, self.name, codes=self._codes, elementwise=True)
        try:
            other._ask(subject, ones(subject, 1))
        except (TargetFault, Unsupported):
            return False
        finally:
            other.close()
        return True

    def _look_at(
        self, subject: Subject, inputs: Sequence[Codes], given: Sequence[Any], results: Sequence[Any]
    ) -> None:
        for name, codes, array in zip(subject.inputs, inputs, given, strict=True):
            if self._arrays.overwritten(array, codes):
                told = told_case(subject, [int(codes[0]) for codes in inputs])
                self._note(
                    f"overwrites {name}",
                    f"overwrites its operand {name}, seen with {told} first in the array",
                )
            elif any(self._arrays.shared(result, array) for result in results):
                self._note(
                    f"shares {name}", f"returns an array that lies in the memory of its operand {name}"
                )

    @contextlib.contextmanager
    def _raised(self) -> Iterator[None]:
        try:
            yield
        except (TargetFault, Unsupported, KeyboardInterrupt):
            raise
        except BaseException as error:  # SystemExit too
            fault = TargetFault("exception", f"raised {in_a_line(error, file_of(self._fn))}")
            raise fault from error

    @contextlib.contextmanager
    def _heard(self) -> Iterator[None]:
        try:
            with self._ear.listening():
                yield
        finally:
            if line := next((line for line in self._ear.printed.splitlines() if line.strip()), ""):
                self._note("prints", f"prints when it is called: {line.strip()[:100]!r}")
            for warning in self._ear.warned:
                kind, text = warning.category.__name__, str(warning.message).strip().partition("\n")[0]
                self._note(f"warns {kind}", f"warns when it is called: {kind}: {text[:200]}")

    def _note(self, kind: str, sentence: str) -> None:
        self._notices.setdefault(kind, sentence)


def _hold_choices(fn: Any, arrays: str, gradient: str, codes: bool, elementwise: bool) -> None:
    if not callable(fn):
        raise TargetError(f"fn is of type {type(fn).__name__}; it must be a callable")
    if gradient not in ("function", "autograd"):
        raise TargetError(f"gradient is {gradient!r}; it must be 'function' or 'autograd'")
    if gradient == "autograd" and (codes or elementwise or arrays.partition(":")[0] != "torch"):
        raise TargetError("gradient='autograd' needs arrays='torch', without codes and elementwise")
    if elementwise and arrays != "numpy":
        raise TargetError(f"elementwise passes Python numbers; it goes with no arrays={arrays!r}")
