"""Proofs of error bounds: `certify` makes a certificate, `recheck` checks one by another way.

    certificate                        boxes, witnesses, JSON
    subjects, pieces, search           functions of one variable: affine pieces, extremes on each
    functions, products                certificates of the real functions
    grids, rounded, binades            the same in a format; ULP errors by the binade of the truth
    rows, forms, norms, composites     dot and layer_norm: exact rows, error forms, absolute errors
    curve, shares, share_tree, softmax a softmax: bounds of regions, and the branch and bound over them
    recheck                            the second checker: again, inequalities, middle, jets, polygons, ..._again

What is proven, and how, is in docs/explanation/proofs.md.
"""

from __future__ import annotations

from fractions import Fraction

from pamcheck.formats import FloatFormat, get_format
from pamcheck.lookup import lookup
from pamcheck.measure.certify.certificate import (
    KINDS,
    Box,
    Certificate,
    DamagedCertificate,
    Interval,
    Kind,
    Witness,
)
from pamcheck.measure.certify.composites import COMPOSITES, certify_composite
from pamcheck.measure.certify.functions import certify_function
from pamcheck.measure.certify.grids import certify_grid
from pamcheck.measure.certify.products import certify_product
from pamcheck.measure.certify.recheck import Recheck, recheck
from pamcheck.measure.certify.rounded import certify_rounded
from pamcheck.measure.certify.subjects import SUBJECTS
from pamcheck.operands import Number, offset_codes

__all__ = [
    "OPERATIONS",
    "Box",
    "Certificate",
    "DamagedCertificate",
    "Recheck",
    "Witness",
    "certify",
    "recheck",
]

OPERATIONS: tuple[str, ...] = ("pam", "padiv", *SUBJECTS, *COMPOSITES)


def certify(
    op: str,
    *,
    format: str | FloatFormat | None = None,
    offset: Number = 0,
    kind: str | None = None,
    domain: tuple[Number, Number] | None = None,
    size: int | None = None,
) -> Certificate:
    """Prove the range of an operation's error, and find operands that attain or approach its ends.

    op      pam, padiv; palog2, paexp2, pasqrt, rsqrt (padiv(1, pasqrt(x))), palog, paexp, papow (its power 1/2);
            sigmoid, silu, gelu (against x sigmoid(1.702 x)); dot, softmax, layer_norm
    format  name of a format, for normal operands and normal results under ftz; without one, the real functions
    offset  compensation of pam and padiv, in octaves; in a format rounded to whole codes
    kind    "relative", "absolute", "ulp" (in a format); default is that of the operation's contract
    domain  (low, high) of the operand; default is all of it where the error has a bound there, else as documented;
            of a layer norm, for its absolute error, (low, high) of the mean in standard deviations
    size    number of terms of a composite

    The certificate has holds, lower, upper, witness, reason, and boxes from which `recheck` proves it again.
    Raises ValueError, saying what would do, for names and ranges that are not certified. Source: spec 1, 2, 5.
    """
    lookup("operation", op, dict.fromkeys(OPERATIONS, op))
    fmt = None if format is None else get_format(format)
    default: Kind = SUBJECTS[op].kind if op in SUBJECTS else "relative"
    chosen: Kind = default if kind is None else lookup("kind", kind, {name: name for name in KINDS})
    where = None if domain is None else _interval(domain)
    if offset and op not in ("pam", "padiv"):
        raise ValueError(f"offset is {offset}; {op} takes none, only pam and padiv do")
    if size is not None and op not in COMPOSITES:
        raise ValueError(f"size is {size}; {op} takes none, only {', '.join(COMPOSITES)} do")
    if where is not None and op in ("pam", "padiv", "dot"):
        raise ValueError(f"domain of {op}: it takes none, the error is that of all operands")
    if fmt is None and chosen == "ulp":
        raise ValueError("kind is 'ulp'; real functions have no ULP, name a format")
    if op == "rsqrt" and fmt is not None:
        raise ValueError(
            f"format of rsqrt is {fmt.name}; it is no operation of its own, certify its real function"
        )
    if op in COMPOSITES:
        return certify_composite(op, chosen, size, where, fmt)
    if op in SUBJECTS:
        return (
            certify_function(op, chosen, where) if fmt is None else certify_rounded(op, fmt, chosen, where)
        )
    if chosen == "absolute":
        raise ValueError(f"kind is 'absolute'; that error of {op} has no bound, take 'relative' or 'ulp'")
    if fmt is not None:
        return certify_grid(op, fmt, chosen, offset_codes(offset, fmt))
    if not -1 < offset < 1:
        raise ValueError(f"offset is {offset}; it must be a number of octaves between -1 and 1")
    return certify_product(op, Fraction(offset))


def _interval(domain: tuple[Number, Number]) -> Interval:
    try:
        low, high = (Fraction(end) for end in domain)
    except (OverflowError, ValueError, TypeError):
        raise ValueError(f"domain is {domain}; it takes two finite numbers") from None
    return low, high
