"""PAM natural logarithm: palog2 over log2 e, by the PAM quotient  [spec section 2]."""

from __future__ import annotations

from pamcheck.kernels.log2 import log2
from pamcheck.kernels.quotient import quotient
from pamcheck.kernels.words import Words


def log(x: int, w: Words) -> int:
    """Return the PAM logarithm of a code, as a code. Domain: x > 0, as for palog2."""
    return quotient(log2(x, w), w.log2e, w)
