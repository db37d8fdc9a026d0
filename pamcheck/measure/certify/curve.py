"""The curve (paexp(t), e^t) over a range of inputs, and what lines bound a part of it: in float64, for the search.

Between breakpoints paexp is affine, so the second coordinate is a convex function of the first. Seen from above
only breakpoints and ends count; from below, each piece touches a line of slope s where e^t is s times its own slope.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

from pamcheck import functional, spec
from pamcheck.formats import FloatFormat
from pamcheck.measure.certify.pieces import OnPiece, pieces

NARROW = Fraction(1, 1 << 44)  # of the cells at 0, where pieces gather: each is as good as a point


def constant(fmt: FloatFormat | None) -> Fraction:
    """Return the log2 e of functional.softmax, rounded to the format."""
    return Fraction(functional.LOG2_E) if fmt is None else fmt.decode(fmt.encode(functional.LOG2_E))


def power(t: Fraction, log2_e: Fraction) -> Fraction:
    """Return what softmax has for e^t, exactly; its shift by whole octaves cancels in the quotient."""
    return spec.X(spec.pam(t, log2_e))


def breakpoints(low: Fraction, high: Fraction, log2_e: Fraction) -> list[Fraction]:
    """Return where paexp stops to be affine on [low, high], the ends, and 0 with its two narrow neighbours."""

    def text(x: Any, ar: Any) -> Any:
        return ar.exp2(ar.mul(x, log2_e))

    found = {low, Fraction(0), high} if low <= 0 <= high else {low, high}
    for start, end in ((low, min(high, -NARROW)), (max(low, NARROW), high)):
        if start < end:
            found |= {start, end, *(where.low for where, _ in pieces(text, start, end, OnPiece()))}
    return sorted(found)


class Touch(NamedTuple):
    """Where a line of some slope touches a part of the curve: input, the two coordinates."""

    t: float
    p: float
    e: float


@dataclass
class Part:
    """The curve between two inputs: corners of its hull from above, arcs of its hull from below."""

    ends: list[Touch]
    above: list[Touch] = field(default_factory=list)
    arcs: list[int] = field(default_factory=list)  # pieces of the hull from below, by their left end
    switches: list[float] = field(default_factory=list)  # slopes at which one arc takes over from the last

    slopes: tuple[float, float] = (0.0, 0.0)  # below and above those of the curve

    def __post_init__(self) -> None:
        steep = [(b.p - a.p) / (b.t - a.t) for a, b in pairwise(self.ends)]
        self.slopes = (self.ends[0].e / max(steep) / 2, self.ends[-1].e / min(steep) * 2)
        for here in self.ends:
            while len(self.above) > 1 and _turn(self.above[-2], self.above[-1], here) >= 0:
                self.above.pop()
            self.above.append(here)
        for i in range(len(self.ends) - 1):
            while self.arcs:
                switch = self._switch(self.arcs[-1], i)
                if not self.switches or switch > self.switches[-1]:
                    break
                self.arcs.pop()
                self.switches.pop()
            if self.arcs:
                self.switches.append(switch)
            self.arcs.append(i)

    def below(self, slope: float) -> Touch:
        """Return where a line of this slope touches the curve from below."""
        return self.touch(self.arcs[bisect_left(self.switches, slope)], slope)

    def touch(self, i: int, slope: float) -> Touch:
        """Return where a line of this slope touches piece i from below."""
        a, b = self.ends[i], self.ends[i + 1]
        steep = (b.p - a.p) / (b.t - a.t)
        t = min(max(math.log(slope * steep), a.t), b.t)
        return b if t == b.t else a if t == a.t else Touch(t, a.p + steep * (t - a.t), math.exp(t))

    def _switch(self, i: int, j: int) -> float:
        """Return the slope above which piece j reaches lower lines than piece i to its left."""
        low, high = self.slopes
        while True:
            slope = (low + high) / 2
            if slope in (low, high):
                return high
            left, right = self.touch(i, slope), self.touch(j, slope)
            if left.e - slope * left.p < right.e - slope * right.p:
                low = slope
            else:
                high = slope


class Curve:
    """The curve on [low, high]; its parts are made once."""

    def __init__(self, low: Fraction, high: Fraction, fmt: FloatFormat | None) -> None:
        self.log2_e = constant(fmt)
        self.cuts = breakpoints(low, high, self.log2_e)
        self._floats = [float(t) for t in self.cuts]
        self._points: dict[float, Touch] = {}
        self._parts: dict[tuple[float, float], Part] = {}

    def at(self, t: float) -> Touch:
        """Return the point of the curve at an input."""
        if t not in self._points:
            self._points[t] = Touch(t, float(power(Fraction(t), self.log2_e)), math.exp(t))
        return self._points[t]

    def part(self, low: float, high: float) -> Part:
        """Return the curve between two inputs."""
        if (low, high) not in self._parts:
            inner = [t for t in self._floats if low < t < high]
            self._parts[low, high] = Part([self.at(t) for t in (low, *inner, high)])
        return self._parts[low, high]

    def input_of(self, p: float, low: float, high: float) -> float:
        """Return the input between two where paexp is p, or the nearer end."""
        ends = self.part(low, high).ends
        i = min(max(bisect_left([end.p for end in ends], p), 1), len(ends) - 1)
        a, b = ends[i - 1], ends[i]
        return min(max(a.t + (p - a.p) * (b.t - a.t) / (b.p - a.p), low), high)


def _turn(a: Touch, b: Touch, c: Touch) -> float:
    return (b.p - a.p) * (c.e - a.e) - (b.e - a.e) * (c.p - a.p)
