"""What a contraction is: a sum whose terms are made of operands, in a canonical order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from pamcheck.formats import FloatFormat
from pamcheck.kernels.table import Operation, get_operation
from pamcheck.policy import Policy
from pamcheck.testing.contractions.adding import Numbers, codes_of, numbers_of
from pamcheck.testing.contractions.orders import ORDERS
from pamcheck.testing.subject import Codes, Mode, Subject

Parts = tuple[Codes, ...]
"""What elements of a result are made of: arrays (elements, codes), the same elements in each."""

Mask = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Way:
    """One way to be otherwise.

    words   the diagnosis, a clause
    advice  a sentence
    kind    "bug", or "deviation" for what can be meant
    """

    words: str
    advice: str
    kind: str = "bug"


@dataclass(frozen=True)
class Contraction(ABC):
    """A matrix product, a sum, or the derivative of a product.

    fmt, policy, offset, mode  as of a Subject; offset is in codes

    name      "matmul" or "sum"
    order     the canonical order, a key of ORDERS
    operands  names of the operands, outputs those of the results
    layouts   how operands or results may lie otherwise, by name
    """

    fmt: FloatFormat
    policy: Policy
    offset: int = 0
    mode: Mode = ""

    name: ClassVar[str]
    order: ClassVar[str]
    operands: ClassVar[tuple[str, ...]]
    outputs: ClassVar[tuple[str, ...]]
    layouts: ClassVar[dict[str, Way]]

    @property
    @abstractmethod
    def ways(self) -> dict[str, Way]:
        """How terms may be otherwise, by name."""

    @abstractmethod
    def expected(self, operands: Sequence[Codes]) -> tuple[Codes, ...]:
        """Return the results that are right, in the canonical order."""

    @abstractmethod
    def parts(self, operands: Sequence[Codes], output: int, places: Any) -> Parts:
        """Return what the elements at flat places of a result are made of."""

    @abstractmethod
    def names(self, parts: Parts, output: int) -> tuple[str, ...]:
        """Return a name for every code of one element's parts, in order."""

    @abstractmethod
    def terms(self, parts: Parts, output: int) -> Codes:
        """Return the terms as codes (elements, terms)."""

    @abstractmethod
    def other_terms(self, parts: Parts, output: int, way: str, wide: FloatFormat) -> Numbers | None:
        """Return the terms in one of the other ways as numbers of the accumulator; None where it does not apply."""

    @abstractmethod
    def truly(self, parts: Parts, output: int, got: Codes) -> Mask:
        """Return where answers look like those of true products; nowhere where there are none."""

    @abstractmethod
    def alone(self, parts: Parts, output: int) -> tuple[Codes, ...]:
        """Return operands that have the one element with these parts as a result's only one."""

    @abstractmethod
    def rearranged(self, operands: Sequence[Codes]) -> dict[str, tuple[Codes, ...]]:
        """Return the results if operands or results were laid out otherwise, where their shapes allow it."""


def canonical(what: Contraction, terms: Codes, wide: FloatFormat) -> Codes:
    """Return the sums of rows of terms, in the canonical order, rounded once; wide is the accumulator."""
    with np.errstate(all="ignore"):
        sums = ORDERS[what.order].run(numbers_of(terms, what.fmt, wide))
        return codes_of(sums + sums.dtype.type(0), what.fmt, wide)


@dataclass(frozen=True)
class Element(Subject):
    """One element of a contraction's result, as the subject of a failure.

    what    the contraction, output the number of the result
    names   of the codes it is made of; sizes how many each part has
    """

    what: Any = field(default=None, compare=False)
    output: int = 0
    names: tuple[str, ...] = ()
    sizes: tuple[int, ...] = ()

    @cached_property
    def operation(self) -> Operation:
        """The operation that makes the terms: a product."""
        return get_operation("pam")

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """Names of the codes the element is made of."""
        return self.names

    @cached_property
    def outputs(self) -> tuple[str, ...]:
        """The result's name."""
        return (self.what.outputs[self.output],)

    def expected(self, inputs: Sequence[Codes]) -> tuple[Codes, ...]:
        """Return the element in the canonical order, for columns of its codes."""
        from pamcheck.kernels.values import accumulator

        rows = np.stack(list(inputs), axis=1) if inputs else np.zeros((1, 0), self.dtype)
        cuts = np.cumsum(self.sizes)[:-1]
        terms = self.what.terms(tuple(np.split(rows, cuts, axis=1)), self.output)
        return (canonical(self.what, terms, accumulator(self.fmt)),)

    def __str__(self) -> str:
        return told(self.what)


def element(what: Contraction, parts: Parts, output: int) -> Element:
    """Return the subject of one element with these parts."""
    sizes = tuple(part.shape[1] for part in parts)
    names = what.names(parts, output)
    return Element(what.name, what.fmt, what.policy, what.offset, what.mode, what, output, names, sizes)


def told(what: Contraction) -> str:
    """Return a contraction in words."""
    name = f"{what.mode} derivatives of {what.name}" if what.mode else what.name
    offset = f", offset {what.offset} codes" if what.offset else ""
    return f"{name} in {what.fmt.name}, policy {what.policy.name}{offset}"


def whole(what: Contraction) -> Element:
    """Return a contraction itself as a subject: its inputs are whole arrays."""
    return Element(what.name, what.fmt, what.policy, what.offset, what.mode, what, 0, what.operands)
