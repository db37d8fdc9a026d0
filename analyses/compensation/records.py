"""What the compensation study measures, and the format pairs and distributions it covers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pamcheck.measure.compensation import Design, get_mantissas
from pamcheck.measure.compensation.moments import Moments
from pamcheck.measure.errors import Summary

OPS = ("pam", "padiv")
PAIRS: tuple[tuple[str, str] | None, ...] = (
    None,
    ("bfloat16", "bfloat16"),
    ("bfloat16", "float8_e4m3"),
    ("bfloat16", "float4_e2m1fn"),
    ("float8_e4m3", "float8_e4m3"),
    ("float8_e4m3", "float4_e2m1fn"),
    ("float8_e5m2", "float8_e5m2"),
    ("float4_e2m1fn", "float4_e2m1fn"),
)
DISTRIBUTIONS = ("uniform", "log-uniform", "normal")
OBJECTIVES: dict[str, str] = {"worst": "least worst error", "bias": "no bias", "mse": "least mean square"}
MIXED = ("bfloat16", "float4_e2m1fn")
END = 0.11


@dataclass(frozen=True)
class Sampled:
    """The mean relative error of a seeded sample of real operands, with its standard error."""

    bias: float
    spread: float


@dataclass(frozen=True)
class Measured:
    """Designs, the course of the error along the offset, and what confirms them."""

    designs: list[Design]
    offsets: list[float]
    courses: dict[str, list[Moments]]  # by operation, with uniform mantissas
    sampled: dict[str, Sampled]  # by operation, at the offset without bias
    mixed: Summary  # the mixed pair in the kernel, with the offset found for its bias


def find(
    designs: Sequence[Design], op: str, formats: tuple[str, str] | None, distribution: str, objective: str
) -> Design:
    """Return the design of an operation for formats, a distribution and an aim, by their names."""
    name = get_mantissas(distribution).name
    key = (op, formats, name, objective)
    return next(d for d in designs if (d.op, d.formats, d.distribution, d.objective) == key)
