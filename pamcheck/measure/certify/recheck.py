"""The second checker: from the boxes of a certificate alone, by another way than the one that made it.

It shares with the certifier the text of the functions, the definition's exact fractions and the lemmas of
docs/explanation/proofs.md. Whether a box is one piece is decided from its middle; bounds are proven as
polynomial or Taylor inequalities in integers, never as a quotient; what was tried by the kernels is computed by
the definition; nothing is searched for.
"""

from __future__ import annotations

from dataclasses import dataclass

from pamcheck.measure.certify import again, composites_again, polygons, rounded_again
from pamcheck.measure.certify.certificate import Certificate
from pamcheck.measure.certify.composites import COMPOSITES


@dataclass(frozen=True)
class Recheck:
    """Whether a certificate stands, and if not the first thing that is wrong with it."""

    holds: bool
    reason: str


def recheck(certificate: Certificate) -> Recheck:
    """Check a certificate anew: the boxes cover the domain, each bound holds, the range follows from them."""
    try:
        fault = _fault(certificate)
    except (ArithmeticError, AssertionError, LookupError, ValueError, TypeError, RecursionError) as error:
        fault = f"its parts do not fit together: {error}"
    return Recheck(not fault, fault or "every bound was proven again")


def _fault(certificate: Certificate) -> str:
    if certificate.lower > certificate.upper or (
        certificate.evidence == "proof" and _lacks_boxes(certificate)
    ):
        return "there is no range, or no box that it follows from"
    if certificate.op in COMPOSITES:
        return composites_again.faults(certificate)
    if certificate.format:
        return rounded_again.faults(certificate)
    if certificate.op not in ("pam", "padiv"):
        return again.faults(certificate)
    hull = min(box.lower for box in certificate.boxes), max(box.upper for box in certificate.boxes)
    if hull != (certificate.lower, certificate.upper):
        return "the range is not that of the boxes"
    return polygons.faults(certificate)


def _lacks_boxes(certificate: Certificate) -> bool:
    return not certificate.boxes and certificate.op not in ("dot", "layer_norm")
