"""A scalar model of a unit, put together from what was found: it predicts an answer for every case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from pamcheck.formats import FloatFormat
from pamcheck.testing.identity.cases import kind_of
from pamcheck.testing.identity.core import Core, Extended, PairCore, exact_size
from pamcheck.testing.identity.fitting import Case
from pamcheck.testing.identity.rounding import extended, rounded
from pamcheck.testing.identity.rules import AS_ZERO, KEPT, ORDINARY, SOME_NAN, Seen, rules_of

ANY_NAN = -1
"""What the model predicts for a NaN of which it does not know the bits."""


@dataclass(frozen=True)
class Edge:
    """Where results begin (end) to be numbers: at extended codes of at least (below) `at`.

    by  "result": the PAM result is compared; "product": the true product or quotient
    """

    at: int | Fraction
    by: str = "result"


@dataclass(frozen=True)
class Model:
    """A unit.

    core   what it computes of ordinary operands; None where that is unknown
    rules  class of a case to the rule that answers it; see `class_of` and ZONES
    """

    op: str
    fmt: FloatFormat
    core: Core | None
    low: Edge
    high: Edge
    rules: Mapping[str, str] = field(default_factory=dict)

    def predict(self, case: Case) -> int | None:
        """Return the answer; None where the model has none, ANY_NAN for a NaN with unknown bits."""
        name = self.class_of(case)
        if name == "num":
            return self._computed(case, keep=False)
        return self.apply(self.rules.get(name, ""), case)

    def class_of(self, case: Case) -> str:
        """Return the class of the operands: "inf,zero", "-sub"; "num" where all are computed with."""
        kinds = [kind_of(code, self.fmt) for code in case]
        if set(kinds) == {"num"}:
            negative = (
                len(case) == 1 and self.op in ("palog2", "palog", "pasqrt") and case[0] & self.fmt.sign
            )
            return "-num" if negative else "num"
        if len(case) == 1:
            return ("-" if case[0] & self.fmt.sign else "+") + kinds[0]
        return ",".join(kinds)

    def zone(self, case: Case, keep: bool = False) -> str:
        """Return where the result of operands lies: "inside", one of ZONES, or "" where nothing is computed."""
        found = self._result(case, keep)
        if self.core is None or not isinstance(found, tuple) or found[0] is None:
            return ""
        t, negative = found[0], found[1]
        total = rounded(t, negative, self.core.mode, self.core.places)
        if self._reached(self.low, total, case) is False:
            return "under" if total > 0 else "far under"
        if self._reached(self.high, total, case):
            return "over" if total <= self.fmt.magnitude else "far over"
        return "inside"

    def apply(self, rule: str, case: Case) -> int | None:
        """Return what a rule answers to a case."""
        f = self.fmt
        if rule == SOME_NAN:
            return ANY_NAN
        if rule == AS_ZERO:
            small = [kind_of(code, f) == "sub" for code in case]
            flushed = tuple(
                code & f.sign if is_sub else code for code, is_sub in zip(case, small, strict=True)
            )
            return self.predict(flushed) if any(small) else None
        if rule in (KEPT, ORDINARY):
            kept = rule == KEPT
            if kept and any(kind_of(code, f) not in ("num", "sub") for code in case):
                return None
            return self._computed(case, keep=kept)
        body = rules_of(f, len(case)).get(rule)
        return None if body is None else body(self.seen(case))

    def seen(self, case: Case, keep: bool = False) -> Seen:
        """Return what rules go by."""
        found = self._result(case, keep)
        mode = "" if self.core is None else self.core.mode
        if isinstance(found, tuple) and found[0] is not None and self.core is not None:
            t, negative = found[0], found[1]
            return Seen(self.fmt, case, negative, t, rounded(t, negative, mode, self.core.places), mode)
        negative = bool(sum(code & self.fmt.sign for code in case) & self.fmt.sign)
        return Seen(self.fmt, case, negative, None, None, mode)

    def _computed(self, case: Case, keep: bool) -> int | None:
        found = self._result(case, keep)
        if not isinstance(found, tuple):
            return found
        zone = self.zone(case, keep)
        if zone == "":
            return self.fmt.sign if found[1] else 0
        seen = self.seen(case, keep)
        if zone == "inside" and seen.total is not None:
            return (self.fmt.sign if seen.negative else 0) | (seen.total & self.fmt.magnitude)
        body = rules_of(self.fmt, len(case)).get(self.rules.get(zone, ""))
        return ANY_NAN if self.rules.get(zone) == SOME_NAN else None if body is None else body(seen)

    def _result(self, case: Case, keep: bool) -> tuple[Extended | None, bool] | int | None:
        if self.core is None:
            return None
        f = self.fmt
        magnitudes = [code & f.magnitude for code in case]
        sizes = tuple(extended(x, f) if keep and x else x for x in magnitudes)
        return self.core.result(sizes, tuple(bool(code & f.sign) for code in case))

    def _reached(self, edge: Edge, total: int, case: Case) -> bool:
        if edge.by == "result" or not isinstance(self.core, PairCore):
            return total >= edge.at
        a, b = (
            extended(code & self.fmt.magnitude, self.fmt) if code & self.fmt.magnitude else 0
            for code in case
        )
        a, b = (b, a) if self.core.swapped else (a, b)
        return exact_size(self.op, a, b, self.fmt) >= edge.at


ZONES = {
    "under": "results below the range",
    "far under": "results far below the range",
    "over": "results above the range",
    "far over": "results far above the range",
}
"""Where a result is no number of the format: far is where its integer does not fit below the sign bit."""
