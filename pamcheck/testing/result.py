"""What came out: of each check, of the whole, and the failures that are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pamcheck.testing.identity import Fingerprint
from pamcheck.testing.session import Disagreement
from pamcheck.testing.subject import Subject
from pamcheck.testing.target import TargetFault

Status = Literal["passed", "failed", "fault", "skipped", "xfailed", "xpassed"]


@dataclass(frozen=True)
class Failure:
    """One case that is wrong, as small as it could be made.

    check      name of the check
    subject    what was asked for
    inputs     codes, in the order of subject.inputs
    got        codes, in the order of subject.outputs; empty where there was no answer
    expected   likewise
    rule       why that is expected, where it is not the definition's result
    diagnosis  what is the matter, in words; "" where nothing known fits
    repro      one command line that repeats just this case
    """

    check: str
    subject: Subject
    inputs: tuple[int, ...]
    got: tuple[int, ...]
    expected: tuple[int, ...]
    rule: str = ""
    diagnosis: str = ""
    repro: str = ""

    def but(self, **changes: Any) -> Failure:
        """Return the failure with some fields replaced."""
        return replace(self, **changes)

    @property
    def distance(self) -> tuple[int | None, ...]:
        """How many codes of the format lie between got and expected; None at a NaN, and without an answer."""
        fmt = self.subject.fmt
        pairs = zip(self.got, self.expected, strict=False)
        return tuple(
            None if fmt.is_nan(a) or fmt.is_nan(b) else _place(a, fmt.sign) - _place(b, fmt.sign)
            for a, b in pairs
        )


@dataclass(frozen=True)
class Group:
    """Failures with one cause.

    name    of the mutant that does the same; "unexplained"
    kind    "bug", "deviation", "fault" or "unexplained"
    words   the diagnosis
    advice  what to do about it
    cases   how many failures
    shown   one of them, shrunk
    """

    name: str
    kind: str
    words: str
    advice: str
    cases: int
    shown: Failure | None = None

    @property
    def known(self) -> bool:
        """Whether the cause accounts for its failures to the bit, and for nothing that is right."""
        return self.kind != "unexplained" and not self.words.startswith("partly:")


@dataclass(frozen=True)
class Outcome:
    """What became of one check.

    status    xfailed and xpassed: of a check that is expected to fail
    cases     how many were compared
    failed    how many of them were wrong
    reason    why it was skipped or is expected to fail; what the fault was
    found     the wrong ones
    fault     what the target did instead of answering
    """

    check: str
    claim: str
    status: Status
    cases: int
    failed: int
    seconds: float
    reason: str = ""
    found: tuple[Disagreement, ...] = ()
    fault: TargetFault | None = None


@dataclass(frozen=True)
class Result:
    """The verdict on a target.

    target     its name
    outcomes   of every check
    groups     failures by cause, most frequent first
    failures   the ones to show, one a cause first
    notices    misbehaviour that spoilt no answer
    level      how much was asked
    lacking    what shows that the target does not do the format; "" where it does
    identity   which unit it is by its answers alone, where no single cause fits
    interrupted  whether checks were left out because somebody would not wait
    """

    target: str
    subject: Subject
    outcomes: tuple[Outcome, ...]
    groups: tuple[Group, ...] = ()
    failures: tuple[Failure, ...] = ()
    notices: tuple[str, ...] = ()
    level: str = "1"
    seconds: float = 0.0
    lacking: str = ""
    identity: Fingerprint | None = None
    interrupted: bool = False
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether something was compared, no check failed that was not expected to, and none passed that was."""
        wrong = any(o.status in ("failed", "fault", "xpassed") for o in self.outcomes)
        return self.cases > 0 and not wrong and not self.interrupted

    @property
    def cases(self) -> int:
        """How many cases were compared."""
        return sum(o.cases for o in self.outcomes)

    @property
    def failed(self) -> int:
        """How many of them were wrong, those of checks expected to fail left out."""
        return sum(o.failed for o in self.outcomes if o.status in ("failed", "fault"))

    def __str__(self) -> str:
        from pamcheck.testing.text import lines

        return "\n".join(lines(self))

    def of(self, status: Status) -> Sequence[Outcome]:
        """Return the outcomes with a status."""
        return [o for o in self.outcomes if o.status == status]


def _place(code: int, sign: int) -> int:
    """Return where a code stands in the order of values; both zeros at 0."""
    return -(code - sign) if code >= sign else code
