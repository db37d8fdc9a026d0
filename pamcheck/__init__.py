"""pamcheck: the reference that multiplication-free arithmetic is checked against."""

from pamcheck.arrays import padiv, paexp, paexp2, palog, palog2, pam, papow, pasqrt
from pamcheck.contractions import matmul, sum
from pamcheck.derivatives import vjp

__version__ = "0.1.0"
__all__ = [
    "matmul",
    "padiv",
    "paexp",
    "paexp2",
    "palog",
    "palog2",
    "pam",
    "papow",
    "pasqrt",
    "sum",
    "vjp",
]
