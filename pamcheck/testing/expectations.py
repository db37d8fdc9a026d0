"""Checks that are expected to fail or are left out: names with reasons, from a file or from Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from pamcheck.testing.subject import Subject


class Expectations(dict[str, str]):
    """Reasons by pattern: the name of a check, or a glob over identifiers such as "pam/bfloat16/ftz/*"."""

    def idle(self, names: Iterable[tuple[Subject, str]]) -> list[str]:
        """Return the patterns that name none of these checks of subjects."""
        known = [(identifier(subject, check), check) for subject, check in names]
        return [p for p in self if not any(p == check or fnmatchcase(name, p) for name, check in known)]

    def reason(self, subject: Subject, check: str) -> str | None:
        """Return why a check of a subject is in here, "" where no reason was given, None where it is not."""
        name = identifier(subject, check)
        for pattern, why in self.items():
            if pattern == check or fnmatchcase(name, pattern):
                return why
        return None


def identifier(subject: Subject, check: str) -> str:
    """Return the name of a check of a subject: operation, mode of derivatives, format, policy, check."""
    mode = f".{subject.mode}" if subject.mode else ""
    offset = f"+{subject.offset}" if subject.offset else ""
    return f"{subject.op}{mode}{offset}/{subject.fmt.name}/{subject.policy.name}/{check}"


def expectations(given: Mapping[str, str] | Iterable[str] | None) -> Expectations:
    """Return a mapping, or names without reasons, as Expectations."""
    if given is None:
        return Expectations()
    if isinstance(given, str):
        raise TypeError(
            f"a single text {given!r} was given; it takes a mapping or a list of names of checks"
        )
    return Expectations(given if isinstance(given, Mapping) else dict.fromkeys(given, ""))


def read_expectations(path: Path) -> Expectations:
    """Return what a file lists: a name or pattern a line; what follows a # is the reason.

    Raises ValueError for a line of several words, and for a file that cannot be read.
    """
    found = Expectations()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        told = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise ValueError(f"cannot read {path}: {told}") from None
    for number, line in enumerate(text.splitlines(), start=1):
        name, _, reason = line.partition("#")
        words = name.split()
        if len(words) > 1:
            raise ValueError(
                f"{path}, line {number}: {line.strip()!r} has {len(words)} words; write one check a line, "
                "and its reason after a #"
            )
        if words:
            found[words[0]] = reason.strip()
    return found
