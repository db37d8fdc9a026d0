"""Finding a thing by its name, and saying what exists when it is not there."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")


class UnknownName(ValueError):
    """A name that is not in its table. The message holds the nearest known name and all known ones."""


def lookup(kind: str, name: str, table: Mapping[str, T], also: str = "") -> T:
    """Return `table[name]`. Raises UnknownName, a ValueError, for a name that is not there.

    also  what else the caller would have taken, for the message
    """
    if isinstance(name, str) and name in table:
        return table[name]
    near = difflib.get_close_matches(str(name), table, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ";"
    raise UnknownName(f"unknown {kind} {name!r}{hint} known: {', '.join([*table, *filter(None, [also])])}")
