"""Certificates as lines on a terminal, and what a command line says as numbers."""

from __future__ import annotations

from fractions import Fraction

from pamcheck.measure.certify.certificate import Certificate, Witness
from pamcheck.measure.certify.recheck import Recheck
from pamcheck.measure.certify.subjects import SUBJECTS

_TRUTHS = {"pam": "a b", "padiv": "a / b", "rsqrt": "1/sqrt", "dot": "the sum of products"}
_LONGEST = 60  # characters of a number that is taken


def lines(certificate: Certificate, second: Recheck | None = None) -> list[str]:
    """Return what a certificate says; the last line begins with PASS or FAIL."""
    c = certificate
    truth = _TRUTHS.get(c.op) or (SUBJECTS[c.op].truth if c.op in SUBJECTS else c.op)
    where = c.format or "real function"
    rows = [
        f"{c.kind} error of {c.name} against {truth}, {where}",
        f"domain   {', '.join(_interval(part) for part in c.domain)}" + (f"; {c.scope}" if c.scope else ""),
        f"least    {_end(c.lower, c.at_lower, c.closed_forms[0])}",
        f"greatest {_end(c.upper, c.at_upper, c.closed_forms[1])}",
        f"because  {c.evidence}: {c.reason}",
    ]
    if second is not None:
        rows.append(f"again    {'proven again' if second.holds else 'REFUSED'}: {second.reason}")
    state = "PASS" if c.holds and (second is None or second.holds) else "FAIL"
    ends = f"[{float(c.lower):+.10g}, {float(c.upper):+.10g}]"
    rows.append(f"{state}  {c.kind} error of {c.name} in {ends}; worst case {c.witness}")
    return rows


def parse_domain(text: str) -> tuple[Fraction, Fraction]:
    """Return LOW:HIGH as fractions. Raises ValueError, saying what would do, for another text."""
    ends = text.split(":")
    if len(ends) != 2:
        raise ValueError(f"domain is {text!r}; write LOW:HIGH")
    low, high = (parse_number("domain", end) for end in ends)
    return low, high


def parse_number(what: str, text: str) -> Fraction:
    """Return a decimal number or a fraction such as 1/16, exactly. Raises ValueError for another text."""
    try:
        if len(text) > _LONGEST or "e" in text.lower():
            raise ValueError
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        shown = text if len(text) <= _LONGEST else text[:_LONGEST] + "..."
        raise ValueError(f"{what} is {shown!r}; write a number such as 0.0625 or 1/16") from None


def _interval(part: tuple[Fraction | None, Fraction | None]) -> str:
    low, high = part
    if low is None and high is None:
        return "all"
    return f"{'-inf' if low is None else f'{float(low):.9g}'}:{'inf' if high is None else f'{float(high):.9g}'}"


def _end(bound: Fraction, witness: Witness, closed: str) -> str:
    shown = f"{float(bound):+.12g}" + (f" = {closed}" if closed else "")
    gap = abs(bound - witness.error)
    return f"{shown}; {'attained' if gap == 0 else f'within {float(gap):.1e}'} at {witness}"
