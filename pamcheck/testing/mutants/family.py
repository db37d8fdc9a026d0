"""Families of mutants: a unit with a method replaced, registered with its words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from pamcheck.testing.mutant import Kind, Mutant
from pamcheck.testing.mutants.reach import differs, touched
from pamcheck.testing.mutants.unit import Unit
from pamcheck.testing.subject import Subject

Part = Callable[..., Any]
When = Callable[[Subject], bool]
CHAINED = frozenset(
    {"landmarks", "arrive", "leave"}
)  # methods of which several can be applied, one after another


class Body:
    """The body of a mutant: the unit of a subject, kept from one call to the next."""

    def __init__(self, unit: type[Unit], parts: frozenset[str], when: When | None) -> None:
        self.unit = unit
        self.parts = parts  # the methods that are not those of Unit
        self.when = when
        self._made: Unit | None = None
        self._touched: tuple[Subject, frozenset[str]] | None = None

    def __call__(self, *inputs_and_subject: Any) -> int | tuple[int, ...]:
        """Return the output, or outputs, for inputs with the subject after them."""
        *inputs, subject = inputs_and_subject
        return self.of(subject).answer(*inputs)

    def of(self, subject: Subject) -> Unit:
        """Return the unit for a subject."""
        made = self._made
        if made is None or made.subject is not subject:
            made = self._made = self.unit(subject)
        return made

    def touched(self, subject: Subject) -> frozenset[str]:
        """Return what a right unit must come by before this one can differ; nothing where it cannot at all."""
        if self._touched is None or self._touched[0] is not subject:
            apt = self.when is None or self.when(subject)
            self._touched = subject, touched(self.of(subject), self.parts) if apt else frozenset()
        return self._touched[1]


class Joint(Body):
    """The body of several mutants in one unit.

    Where one is given what it was not written for, the unit has no answer, or one that is no code: it is NaN then.
    """

    def __call__(self, *inputs_and_subject: Any) -> int | tuple[int, ...]:
        """Return the output, or outputs, for inputs with the subject after them."""
        *_, subject = inputs_and_subject
        top, nan = subject.fmt.sign | subject.fmt.magnitude, subject.fmt.nan or 0
        try:
            found = super().__call__(*inputs_and_subject)
        except (ArithmeticError, ValueError):
            found = (nan,) * len(subject.outputs)
        codes = found if isinstance(found, tuple) else (found,)
        codes = tuple(code if 0 <= code <= top else nan for code in codes)
        return codes if subject.mode else codes[0]


class Family:
    """Mutants with something in common: a list, filled in the order in which they are to be tried.

    title  what they have in common, as a heading of a table
    """

    def __init__(self, title: str) -> None:
        self.title = title
        self.members: list[Mutant] = []

    def add(
        self,
        name: str,
        words: str,
        advice: str,
        *,
        kind: Kind = "bug",
        when: When | None = None,
        **parts: Part,
    ) -> None:
        """Register a unit whose methods are replaced by `parts`.

        when  a subject that it can be about at all: what decides that faster than trying
        """
        self.members.append(make_mutant(name, words, advice, kind, when, parts))

    def part(
        self,
        method: str,
        name: str,
        words: str,
        advice: str,
        *,
        kind: Kind = "bug",
        when: When | None = None,
    ) -> Callable[[Part], Part]:
        """Return a decorator that registers a function in place of one method of the unit."""

        def register(function: Part) -> Part:
            self.add(name, words, advice, kind=kind, when=when, **{method: function})
            return function

        return register


def make_mutant(
    name: str,
    words: str,
    advice: str,
    kind: Kind,
    when: When | None,
    parts: dict[str, Part],
    make: type[Body] = Body,
) -> Mutant:
    """Return a mutant. Raises AttributeError for a part that no unit has, which would change nothing."""
    for part in parts:
        getattr(Unit, part)
    body = make(type(name, (Unit,), parts), frozenset(parts), when)
    return Mutant(name, words, advice, kind, lambda subject: differs(body, subject), body)


def together(mutants: Sequence[Mutant]) -> Mutant:
    """Return a unit with the parts of several mutants, those of later ones in place of earlier ones' of the same name.

    Landmarks, and what is done to every input and output, are changed by one after another instead.
    """
    parts: dict[str, Part] = {}
    for mutant in mutants:
        for name, part in parts_of(mutant).items():
            first = parts.get(name)
            parts[name] = _chained(first, part) if first and name in CHAINED else part
    return make_mutant(
        " + ".join(mutant.name for mutant in mutants),
        "; and ".join(mutant.words for mutant in mutants),
        "; ".join(dict.fromkeys(mutant.advice for mutant in mutants)),
        "bug" if any(mutant.kind == "bug" for mutant in mutants) else "deviation",
        None,
        parts,
        Joint,
    )


def parts_of(mutant: Mutant) -> dict[str, Part]:
    """Return the methods that a mutant of the catalogue replaces."""
    body = cast(Body, mutant.body)
    return {name: vars(body.unit)[name] for name in body.parts}


def _chained(first: Part, second: Part) -> Part:
    return lambda u, given: second(u, first(u, given))


def ops(*names: str, mode: str | None = None) -> When:
    """Return whether a subject is of one of these operations, and of this mode where one is given."""
    return lambda subject: subject.op in names and mode in (None, subject.mode)


def modes(*names: str) -> When:
    """Return whether a subject is of one of these modes; "" is values."""
    return lambda subject: subject.mode in names
