"""A check: one named property, with operands of its own that try it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pamcheck.testing.session import Session
from pamcheck.testing.subject import Subject


@dataclass(frozen=True)
class Check:
    """One property of an implementation.

    name     as printed and as --checks, skips and xfails files name it
    claim    what must hold, a sentence
    applies  whether it says anything about a subject
    run      asks and compares through the session
    """

    name: str
    claim: str
    applies: Callable[[Subject], bool]
    run: Callable[[Session], None]
