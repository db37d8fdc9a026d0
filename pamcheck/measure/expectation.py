"""Expected errors of the real product and quotient when both mantissas are uniform on [0, 1).

The relative error is smooth on each affine piece, so Gauss-Legendre nodes between the breaks integrate it
to machine precision; only where |error| has a kink inside a piece do the outer panels limit it, to 1e-9.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

PANELS = 512
NODES = 12


def expected_error(name: str, offset: float = 0.0, *, absolute: bool = False) -> float:
    """Return E[error], or E[|error|], of the relative error of "pam" or "padiv" with an offset in octaves.

    Raises ValueError for another operation or an offset of an octave or more.
    """
    if name not in ("pam", "padiv"):
        raise ValueError(f"name is {name!r}; expectations are of 'pam' or 'padiv'")
    if not -1 < offset < 1:
        raise ValueError(f"offset is {offset} octaves; it must be less than one")
    edges = np.linspace(0.0, 1.0, PANELS + 1)
    f, weight_f = _nodes(edges[:-1], edges[1:])
    f, weight_f = f.ravel(), weight_f.ravel()
    breaks = _breaks(name, f, offset)
    total = 0.0
    for low, high in pairwise(breaks):
        g, weight_g = _nodes(low, high)
        error = _error(name, f[:, None], g, offset)
        inner = np.sum((np.abs(error) if absolute else error) * weight_g, axis=1)
        total += float(np.sum(weight_f * inner))
    return total


def _error(name: str, f: Floats, g: Floats, offset: float) -> Floats:
    """Return X(s) / (true mantissa ratio) - 1, with X the piecewise affine exponential."""
    s = f + g + offset if name == "pam" else f - g - offset
    whole = np.floor(s)
    ratio = np.exp2(whole) * (1 + s - whole)
    return ratio / ((1 + f) * (1 + g)) - 1 if name == "pam" else ratio * (1 + g) / (1 + f) - 1


def _breaks(name: str, f: Floats, offset: float) -> list[Floats]:
    """Return, for each f, the sorted g in [0, 1] where the affine piece changes or the error is zero."""
    lines = [np.zeros_like(f), np.ones_like(f)]
    for n in range(-2, 4):
        line = n - f - offset if name == "pam" else f - n - offset
        lines.append(np.clip(line, 0.0, 1.0))
        lines += [np.clip(np.nan_to_num(root, nan=0.0), 0.0, 1.0) for root in _roots(name, f, offset, n)]
    return list(np.sort(np.stack(lines), axis=0))


def _roots(name: str, f: Floats, offset: float, n: int) -> list[Floats]:
    """Return where the formula of piece n has error zero; a root outside its piece only adds a break."""
    with np.errstate(all="ignore"):
        scale = 2.0**n
        if name == "pam":  # scale (A + g) = (1 + f)(1 + g)
            a = 1 + f + offset - n
            return [(scale * a - (1 + f)) / ((1 + f) - scale)]
        b = 1 + f - offset - n  # scale (B - g)(1 + g) = 1 + f
        half, root = (b - 1) / 2, np.sqrt(((b - 1) / 2) ** 2 + b - (1 + f) / scale)
        return [half - root, half + root]


def _nodes(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Return Gauss-Legendre nodes and weights on each interval: shape low.shape + (NODES,)."""
    x, w = np.polynomial.legendre.leggauss(NODES)
    middle, radius = (low + high) / 2, (high - low) / 2
    return middle[..., None] + radius[..., None] * x, radius[..., None] * w
