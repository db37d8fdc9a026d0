"""The fingerprint: what a unit is, how sure that is, and the probes that decided it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pamcheck.formats import FloatFormat
from pamcheck.testing.identity.probe import Probe

CANNOT_TELL = "cannot tell"


SHOWN = 2  # probes of a conclusion that are printed; the record has them all


@dataclass(frozen=True)
class Row:
    """Least and greatest correction, in codes, where operands begin with these mantissa bits."""

    a: str
    b: str
    least: int
    greatest: int


@dataclass(frozen=True)
class Conclusion:
    """One thing found out.

    aspect         what about: "computed", "sign of numbers", "inf * 0", ...
    found          the conclusion, in words
    agree, asked   how many independent probes agree with it, of how many
    probes         some that do
    contradicting  some that do not
    also           other conclusions that the same probes leave open
    fault          what prevented probes from being answered
    table          corrections by mantissas, where they have no law
    """

    aspect: str
    found: str
    agree: int = 0
    asked: int = 0
    probes: tuple[Probe, ...] = ()
    contradicting: tuple[Probe, ...] = ()
    also: tuple[str, ...] = ()
    fault: str = ""
    table: tuple[Row, ...] = ()

    @property
    def confidence(self) -> float:
        """Share of the probes that agree; 0 without any."""
        return self.agree / self.asked if self.asked else 0.0

    def lines(self) -> Iterator[str]:
        """Yield the conclusion as text."""
        found = self.found.partition("; differs: ")[0]  # which the summary has said
        yield f"{self.aspect}: {found}  [{self.agree} of {self.asked} probes]"
        if self.also:
            yield f"    or, by the same probes: {'; '.join(self.also)}"
        for probe in self.probes[:SHOWN]:
            yield f"    {probe}"
        for probe in self.contradicting:
            yield f"    against it: {probe}"
        if self.fault:
            yield f"    not answered: {self.fault}"
        for row in self.table:
            yield f"    1.{row.a}... , 1.{row.b}... : {row.least:+d} to {row.greatest:+d} codes"

    def record(self) -> dict[str, Any]:
        """Return the conclusion as plain data."""
        return {
            "aspect": self.aspect,
            "found": self.found,
            "agree": self.agree,
            "asked": self.asked,
            "confidence": self.confidence,
            "probes": [probe.record() for probe in self.probes],
            "contradicting": [probe.record() for probe in self.contradicting],
            "also": list(self.also),
            "fault": self.fault,
            "table": [[row.a, row.b, row.least, row.greatest] for row in self.table],
        }


@dataclass(frozen=True)
class Fingerprint:
    """Which unit this is.

    variant      what it computes, in words
    offset       of PAM, in codes, as a subject has it; None for what is no PAM
    policy       the named policy whose special values it has, or "none of the named"
    nearest      the nearest named policy
    differences  from that, in words
    confidence   share of random cases, kept apart, that the model of these conclusions predicts to the bit
    conclusions  everything found out, with its probes
    asked        how many cases were answered
    calls        in how many calls of the target
    """

    target: str
    op: str
    fmt: FloatFormat
    variant: str
    offset: int | None
    policy: str
    nearest: str
    differences: tuple[str, ...]
    confidence: float
    conclusions: tuple[Conclusion, ...]
    asked: int
    calls: int

    @property
    def probes(self) -> tuple[Probe, ...]:
        """The probes that decided, of all conclusions."""
        return tuple(dict.fromkeys(probe for one in self.conclusions for probe in one.probes))

    def conclusion(self, aspect: str) -> Conclusion:
        """Return the conclusion about an aspect. Raises KeyError for one that there is not."""
        for one in self.conclusions:
            if aspect in one.aspect.split(", "):
                return one
        raise KeyError(
            f"aspect is {aspect!r}; there are {', '.join(one.aspect for one in self.conclusions)}"
        )

    @property
    def summary(self) -> tuple[str, ...]:
        """What it computes, where it differs from the nearest policy, and how sure that is."""
        return (
            f"computes {self.variant}",
            f"policy: {self.policy}" + (f", nearest {self.nearest}" if self.policy != self.nearest else ""),
            *(f"    {words}" for words in self.differences),
            f"confidence: {self.confidence:.1%} of random cases predicted to the bit; "
            f"{self.asked} cases in {self.calls} calls",
        )

    @property
    def lines(self) -> tuple[str, ...]:
        """The fingerprint as text."""
        head = (f"{self.target}: {self.op} in {self.fmt.name}", *self.summary)
        return (*head, *(line for one in self.conclusions for line in one.lines()))

    def __str__(self) -> str:
        return "\n".join(self.lines)

    def record(self) -> dict[str, Any]:
        """Return the fingerprint as plain data, for JSON."""
        return {
            "target": self.target,
            "op": self.op,
            "format": self.fmt.name,
            "variant": self.variant,
            "offset_codes": self.offset,
            "policy": self.policy,
            "nearest_policy": self.nearest,
            "differences": list(self.differences),
            "confidence": self.confidence,
            "asked": self.asked,
            "calls": self.calls,
            "conclusions": [one.record() for one in self.conclusions],
        }
