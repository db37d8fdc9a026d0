"""Certificates of functions of one variable: boxes over the affine pieces, and near the points they gather at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from pamcheck import truth
from pamcheck.contracts import Bound
from pamcheck.formats import FloatFormat
from pamcheck.measure.certify.certificate import Box, Certificate, Interval, Kind, Witness
from pamcheck.measure.certify.pieces import OnPiece, at_point, pieces
from pamcheck.measure.certify.search import PAD, TRUTHS, Extremes, error_at, extremes, fraction
from pamcheck.measure.certify.subjects import SUBJECTS, Subject

TIGHT = Fraction(1, 10**9)
SMALL = Fraction(1, 1 << 20)  # half-width of the box around a point where pieces gather
LIMIT = Fraction(1, 1 << 36)  # the same around a limit of the error
TAIL = 4  # octaves from 1 beyond which logarithms are bounded as a whole
CHORD = Fraction(860714, 10**7)  # palog2 lies below log2 by less
LN2 = (Fraction(693147180559945309, 10**18), Fraction(693147180559945310, 10**18))


@dataclass(frozen=True)
class Part:
    """A box, and the points that come nearest to its ends, where it is not only bounded."""

    box: Box
    found: Extremes | None = None


def certify_function(
    op: str, kind: Kind, domain: Interval | None = None, fmt: FloatFormat | None = None
) -> Certificate:
    """Return the certificate of a real function of SUBJECTS; its constants are rounded to a format, if given.

    Raises ValueError for a domain that is empty, leaves that of the function, or has too many pieces.
    """
    subject = SUBJECTS[op]
    chosen = subject.domains[kind] if domain is None else checked(op, subject, domain)
    parts = list(_parts(op, subject, kind, chosen, OnPiece(fmt)))
    found = [part.found for part in parts if part.found]
    low, high = min(found, key=lambda e: e.at_lower[1]), max(found, key=lambda e: e.at_upper[1])
    lower, upper = min(part.box.lower for part in parts), max(part.box.upper for part in parts)
    plain = domain is None and fmt is None
    closed = subject.closed.get(kind, (None, None)) if plain else (None, None)
    certificate = Certificate(
        op=op,
        format="",
        offset=Fraction(0),
        kind=kind,
        domain=(chosen,),
        scope=subject.scopes.get(kind, "") if domain is None else "",
        lower=lower,
        upper=upper,
        at_lower=_witness(subject, kind, low.at_lower[0], fmt, up=True),
        at_upper=_witness(subject, kind, high.at_upper[0], fmt, up=False),
        closed_forms=tuple("" if bound is None else str(bound) for bound in closed),  # type: ignore[arg-type]
        boxes=tuple(part.box for part in parts),
        evidence="proof",
        holds=True,
        reason="",
    )
    return judged(certificate, closed)


def judged(
    certificate: Certificate, closed: tuple[Bound | None, Bound | None], gap: Fraction = TIGHT
) -> Certificate:
    """Return the certificate with its verdict: closed forms lie in the enclosures, which are narrow."""
    ends = (
        (certificate.lower, certificate.at_lower.error),
        (certificate.at_upper.error, certificate.upper),
    )
    missed = [
        str(bound)
        for bound, (low, high) in zip(closed, ends, strict=True)
        if bound is not None and not low <= fraction_of(bound) <= high
    ]
    wide = certificate.gap > gap * max(Fraction(1), -certificate.lower, certificate.upper)
    found = f"{float(certificate.gap):.1e}"
    reason = f"{len(certificate.boxes)} boxes cover the domain; outer and inner range differ by {found}"
    if any(certificate.closed_forms):
        reason += "; closed forms " + ("do not agree: " + ", ".join(missed) if missed else "agree")
    return certificate.but(holds=not missed and not wide, reason=reason)


def fraction_of(bound: Bound) -> Fraction:
    """Return a bound as a fraction: exact, or to some 30 digits."""
    return bound if isinstance(bound, Fraction) else fraction(truth.closed_form(bound))


def checked(op: str, subject: Subject, domain: Interval) -> Interval:
    """Return a domain that is finite and not empty, or raise ValueError, saying what would do."""
    low, high = domain
    if low is None or high is None or not low < high or (subject.positive and low <= 0):
        where = "0 < LOW < HIGH" if subject.positive else "LOW < HIGH"
        raise ValueError(f"domain of {op} is {low}:{high}; it takes finite {where}")
    return domain


def _parts(op: str, subject: Subject, kind: Kind, domain: Interval, arithmetic: OnPiece) -> Iterator[Part]:
    """Yield boxes in ascending order; together they cover the domain."""
    low, high = domain
    if high is None:
        start, end = Fraction(1, 1 << TAIL), Fraction(1 << TAIL)
        yield Part(tail(op, arithmetic, left=True))
        yield from _parts(op, subject, kind, (start, end), arithmetic)
        yield Part(tail(op, arithmetic, left=False))
        return
    assert low is not None
    logarithm = subject.truth in ("log", "log2") and kind == "relative"
    centre = Fraction(1) if logarithm else subject.gathers
    if centre is None or not low <= centre <= high:
        yield from _pieces(subject, kind, low, high, arithmetic)
        return
    # without pieces that gather, the limit is approached smoothly, and one wide box is proven as easily
    reach = SMALL if not logarithm else LIMIT if subject.gathers else Fraction(1, 16)
    if low < centre:
        yield from _pieces(subject, kind, low, max(low, centre - reach), arithmetic)
        yield Part(
            near(op, kind, arithmetic, max(low, centre - reach), centre),
            _approach(subject, centre - LIMIT, logarithm, arithmetic),
        )
    if high > centre:
        yield Part(
            near(op, kind, arithmetic, centre, min(high, centre + reach)),
            _approach(subject, centre + LIMIT, logarithm, arithmetic),
        )
        yield from _pieces(subject, kind, min(high, centre + reach), high, arithmetic)


def _pieces(
    subject: Subject, kind: Kind, low: Fraction, high: Fraction, arithmetic: OnPiece
) -> Iterator[Part]:
    if low == high:
        return
    # all pieces first, so that a domain with too many is refused before anything is searched
    for where, values in list(pieces(subject.function, low, high, arithmetic)):
        found = extremes(TRUTHS[subject.truth], kind, where, values)
        yield Part(Box("piece", ((where.low,), (where.high,)), found.lower, found.upper), found)


def _approach(subject: Subject, x: Fraction, logarithm: bool, arithmetic: OnPiece) -> Extremes | None:
    """Return the relative error next to its limit, as a point that may be a witness."""
    if not logarithm:
        return None
    error = error_at(TRUTHS[subject.truth], "relative", x, at_point(subject.function, x, arithmetic))
    return Extremes(Fraction(0), Fraction(0), (x, fraction(error.b)), (x, fraction(error.a)))


def near(op: str, kind: Kind, arithmetic: OnPiece, low: Fraction, high: Fraction) -> Box:
    """Return the box between a point where pieces gather and one nearby, with the range that is proven there."""
    corners = ((low,), (high,))
    if not (op in ("palog", "palog2") and kind == "relative"):
        reach = 32 * (high - low)
        return Box("small", corners, -reach, reach)
    side = 1 if low == 1 else 2
    least, most = _shares(op, arithmetic)
    near_one, far = (Fraction(1), high) if low == 1 else (low, Fraction(1))
    return Box(
        "limit", corners, side * LN2[0] * least * near_one - 1 - PAD, side * LN2[1] * most * far - 1 + PAD
    )


def tail(op: str, arithmetic: OnPiece, *, left: bool) -> Box:
    """Return the box of all operands at least TAIL octaves below or above 1: relative errors of logarithms."""
    least, most = _shares(op, arithmetic)
    corners: Any = (
        ((Fraction(0),), (Fraction(1, 1 << TAIL),)) if left else ((Fraction(1 << TAIL),), (None,))
    )
    drop = CHORD / TAIL
    if left:
        return Box("tail", corners, least - 1 - PAD, most * (1 + drop) - 1 + PAD)
    return Box("tail", corners, least * (1 - drop) - 1 - PAD, most - 1 + PAD)


def _shares(op: str, arithmetic: OnPiece) -> tuple[Fraction, Fraction]:
    """Return the range of what a logarithm's result is of palog2 ln 2: dividing by log2 e errs upward only."""
    if op == "palog2":
        return Fraction(1), Fraction(1)
    constant = arithmetic.log2_e
    mantissa = constant - 1
    worst = (2 - mantissa) * (1 + mantissa) / 2
    return 1 / (constant * LN2[1]), worst / (constant * LN2[0])


def _witness(subject: Subject, kind: Kind, x: Fraction, fmt: FloatFormat | None, *, up: bool) -> Witness:
    """Return the witness at the float64 nearest to a point, or at the point where that loses too much."""
    found = []
    for operand in (Fraction(float(x)), x):
        result = at_point(subject.function, operand, OnPiece(fmt))
        error = error_at(TRUTHS[subject.truth], kind, operand, result)
        found.append(Witness((operand,), fraction(error.b if up else error.a)))
    near, exact = found
    return near if abs(near.error - exact.error) < PAD else exact
