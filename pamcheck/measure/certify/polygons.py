"""Certificates of products and quotients, checked again: a bound on a polygon is a polynomial that keeps its sign.

result - (1 + bound) truth, times a positive factor, is a quadratic polynomial in the mantissas. On a triangle it
lies in the hull of its six Bernstein coefficients, which are exact; triangles where they do not show the sign
are halved.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

from pamcheck.measure.certify.certificate import Box, Certificate

Corner = tuple[Fraction, Fraction]
Triangle = tuple[Corner, Corner, Corner]
_MOST = 20_000


def faults(certificate: Certificate) -> str:
    """Return what is wrong with the certificate of a product or quotient, or nothing."""
    op, c = certificate.op, certificate.offset
    seen, area = set(), Fraction(0)
    for box in certificate.boxes:
        corners = _corners(box)
        if corners is None:
            return "a box is no polygon in the unit square"
        n = _strip(op, c, corners)
        if n is None or n in seen:
            return "a polygon crosses the border of an affine piece, or covers one twice"
        seen.add(n)
        area += _area(corners)
        for bound, sign in ((box.upper, 1), (box.lower, -1)):
            if not _never_above_zero(_excess(op, c, n, bound, sign), corners):
                return f"the bound {bound} of the piece {n} is not proven"
    if area != 1:
        return f"the polygons cover {float(area):.6g} of the unit square"
    return _witnesses(certificate)


def _corners(box: Box) -> list[Corner] | None:
    if box.rule != "polygon" or len(box.corners) < 3 or any(len(corner) != 2 for corner in box.corners):
        return None
    corners = [(f, g) for f, g in box.corners if f is not None and g is not None]
    inside = all(0 <= part <= 1 for corner in corners for part in corner)
    convex = all(_turn(corners[i - 2], corners[i - 1], corners[i]) >= 0 for i in range(len(corners)))
    return corners if inside and convex and len(corners) == len(box.corners) else None


def _turn(a: Corner, b: Corner, c: Corner) -> Fraction:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _area(corners: list[Corner]) -> Fraction:
    return sum((_turn(corners[0], a, b) for a, b in pairwise(corners)), Fraction(0)) / 2


def _strip(op: str, c: Fraction, corners: list[Corner]) -> int | None:
    """Return n if the exponent of the result lies in [n, n + 1] at every corner, so in all of the polygon."""
    exponents = [f + g + c if op == "pam" else f - g - c for f, g in corners]
    n = min(exponents).__floor__()
    return n if max(exponents) <= n + 1 else None


def _excess(op: str, c: Fraction, n: int, bound: Fraction, sign: int) -> Callable[[Corner], Fraction]:
    """Return what is at most 0 where the bound holds, from above (1) or below (-1): a quadratic polynomial."""
    scale = Fraction(2) ** n

    def value(corner: Corner) -> Fraction:
        f, g = corner
        if op == "pam":
            return sign * (scale * (1 + f + g + c - n) - (1 + bound) * (1 + f) * (1 + g))
        return sign * (scale * (1 + f - g - c - n) * (1 + g) - (1 + bound) * (1 + f))

    return value


def _never_above_zero(value: Callable[[Corner], Fraction], corners: list[Corner]) -> bool:
    f, g = (sum((corner[axis] for corner in corners), Fraction(0)) / len(corners) for axis in (0, 1))
    triangles: list[Triangle] = [
        ((f, g), a, b) for a, b in zip(corners, corners[1:] + corners[:1], strict=True)
    ]
    count = 0
    while triangles:
        triangle = triangles.pop()
        count += 1
        ends = [value(corner) for corner in triangle]
        if max(ends) > 0 or count > _MOST:
            return False
        if any(_between(value, triangle, ends, i) > 0 for i in range(3)):
            triangles += _halved(triangle)
    return True


def _between(
    value: Callable[[Corner], Fraction], triangle: Triangle, ends: list[Fraction], i: int
) -> Fraction:
    """Return the Bernstein coefficient of the edge opposite to corner i."""
    j, k = (i + 1) % 3, (i + 2) % 3
    return 2 * value(_middle(triangle[j], triangle[k])) - (ends[j] + ends[k]) / 2


def _middle(a: Corner, b: Corner) -> Corner:
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2


def _halved(triangle: Triangle) -> list[Triangle]:
    """Return the two halves on either side of the middle of the longest edge."""
    a, b, c = max(
        (triangle[i:] + triangle[:i] for i in range(3)),
        key=lambda t: (t[0][0] - t[1][0]) ** 2 + (t[0][1] - t[1][1]) ** 2,
    )
    m = _middle(a, b)
    return [(a, m, c), (m, b, c)]


def _witnesses(certificate: Certificate) -> str:
    from pamcheck import spec

    for witness in (certificate.at_lower, certificate.at_upper):
        a, b = witness.operands
        if certificate.op == "pam":
            error = spec.pam(a, b, certificate.offset) / (a * b) - 1
        else:
            error = spec.padiv(a, b, certificate.offset) * b / a - 1
        if error != witness.error or not certificate.lower <= error <= certificate.upper:
            return f"the witness {witness} does not have its error"
    return ""
