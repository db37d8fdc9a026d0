"""pamcheck: the reference that multiplication-free arithmetic is checked against."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pamcheck.arrays import padiv, paexp, paexp2, palog, palog2, pam, papow, pasqrt
from pamcheck.contractions import matmul, sum
from pamcheck.derivatives import vjp

if TYPE_CHECKING:
    from pamcheck import testing
    from pamcheck.measure.certify import certify

__version__ = "0.1.0"
__all__ = [
    "certify",
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
    "testing",
    "vjp",
]


def __getattr__(name: str) -> Any:
    """Import what is large when it is first asked for."""
    if name == "certify":
        from pamcheck.measure.certify import certify

        return certify
    if name == "testing":
        return import_module("pamcheck.testing")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
