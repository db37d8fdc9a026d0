"""What the study tries, and what it hands from step to step."""

from __future__ import annotations

from dataclasses import dataclass

from pamcheck.formats import FloatFormat
from pamcheck.measure.differentiability.chains import Chain
from pamcheck.measure.differentiability.counts import Count
from pamcheck.measure.differentiability.networks import Bias, Outcome
from pamcheck.measure.differentiability.tally import Tally

PAIRS, LINES = ("pam", "padiv"), ("palog2", "pasqrt", "paexp2")

POLICIES = ("ftz", "gradual")
BIASES: tuple[Bias, ...] = ("none", "frozen", "trained")
ACTIVATIONS = ("identity", "relu", "relu, 1 at 0", "paexp", "sigmoid")
INPUTS = {"float4_e2m1fn": (-1.5, -1.0, 1.0, 1.5), "float6_e2m3fn": (1.0, -1.25)}
SAMPLED = ("float32", "float64")


@dataclass(frozen=True)
class Checked:
    """One operation on all operands of a format: what was found, and the formula's count."""

    name: str
    fmt: FloatFormat
    policy: str
    found: Tally
    formula: Count


@dataclass(frozen=True)
class Network:
    """One network over all weights of a format."""

    fmt: FloatFormat
    activation: str
    bias: str
    outcome: Outcome


@dataclass(frozen=True)
class Measured:
    """Everything measured, by table."""

    checked: list[Checked]
    sampled: dict[str, tuple[int, int]]  # by format: operands tried, failures
    chains: list[tuple[str, FloatFormat, Chain]]
    networks: list[Network]
