"""Where mantissas lie: a density on [0, 1) of the fraction f in 2^E (1 + f), and its distribution function.

Signs and exponents change no relative error of pam and padiv, so of an operand's distribution only this is
left. For |x| with distribution function H, f is below t with probability sum over k of
H(2^k (1 + t)) - H(2^k).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pamcheck.lookup import lookup

Floats = npt.NDArray[np.float64]

_BINADES = 28  # below 2^-28 of the scale a normal density is constant to 2^-56


@dataclass(frozen=True)
class Mantissas:
    """The distribution of one operand's mantissa.

    density, cumulative  on arrays of values in [0, 1]
    breaks               where the density jumps
    """

    name: str
    density: Callable[[Floats], Floats]
    cumulative: Callable[[Floats], Floats]
    breaks: tuple[float, ...] = ()

    def on_grid(self, mant_bits: int) -> Floats:
        """Return the probability of each of the 2^mant_bits mantissas after rounding to nearest.

        What rounds up to the next power of two has mantissa 0 there.
        """
        steps = 1 << mant_bits
        middles = (np.arange(steps) + 0.5) / steps
        below = self.cumulative(middles)
        mass = np.diff(below, prepend=0.0)
        mass[0] += 1.0 - below[-1]
        return mass


def normal(scale: float = 1.0) -> Mantissas:
    """Return the mantissas of a normal variable of mean 0 and standard deviation `scale`."""
    if not 0 < scale < math.inf:
        raise ValueError(f"scale is {scale}; a standard deviation is positive and finite")
    edges = np.exp2(np.arange(-_BINADES, 5.0)) * 2.0 ** -(math.log2(scale) % 1)
    root, rest = math.sqrt(0.5), edges[0] * math.sqrt(2 / math.pi)
    erf = np.vectorize(math.erf, otypes=[np.float64])

    def exact(f: Floats) -> Floats:
        x = np.multiply.outer(1 + f, edges)
        return np.asarray(math.sqrt(2 / math.pi) * np.sum(edges * np.exp(-(x**2) / 2), axis=-1) + rest)

    def cumulative(f: Floats) -> Floats:
        inside = erf(np.multiply.outer(1 + f, edges) * root) - erf(edges * root)
        return np.asarray(np.sum(inside, axis=-1) + rest * f)

    # entire, and smooth on the scale of 1: degree 32 is exact to rounding, and fast
    density = np.polynomial.Chebyshev.interpolate(exact, 32, domain=(0, 1))
    return Mantissas(f"normal, standard deviation {scale:g}", density, cumulative)


def uniform_below(top: float) -> Mantissas:
    """Return the mantissas of a variable that is uniform on (-top, top), or on (0, top).

    With top = 2^E (1 + t), a mantissa below t can be in the highest binade too.
    """
    if not 0 < top < math.inf:
        raise ValueError(f"top is {top}; the end of an interval around 0 is positive and finite")
    mantissa, _ = math.frexp(top)
    reach = 2 * mantissa - 1

    def density(f: Floats) -> Floats:
        return np.where(f < reach, 2.0, 1.0) / (1 + reach)

    def cumulative(f: Floats) -> Floats:
        return (f + np.minimum(f, reach)) / (1 + reach)

    return Mantissas(f"uniform on (-{top:g}, {top:g})", density, cumulative, (reach,) if reach else ())


UNIFORM = Mantissas("mantissas uniform", np.ones_like, lambda f: f + 0.0)
LOG_UNIFORM = Mantissas(
    "log-uniform", lambda f: 1 / (math.log(2) * (1 + f)), lambda f: np.log1p(f) / math.log(2)
)
NORMAL = normal()
NAMED = {"uniform": UNIFORM, "log-uniform": LOG_UNIFORM, "normal": NORMAL}


def get_mantissas(distribution: str | Mantissas) -> Mantissas:
    """Return a distribution by its name: uniform (mantissas), log-uniform, normal; or the one given."""
    if isinstance(distribution, Mantissas):
        return distribution
    return lookup("distribution", distribution, NAMED)
