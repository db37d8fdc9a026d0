"""Operands and incoming cotangents of one distribution, as codes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pamcheck.formats import FloatFormat
from pamcheck.measure import sampling
from pamcheck.measure.values import Codes, Floats, decode


@dataclass(frozen=True)
class Drawn:
    """Operands and the incoming cotangents of a measurement, as codes of one format."""

    fmt: FloatFormat
    operands: tuple[Codes, ...]
    cotangent: Codes
    distribution: str

    @property
    def values(self) -> tuple[Floats, ...]:
        """The operands as float64."""
        return tuple(decode(codes, self.fmt) for codes in self.operands)


def draw(op: str, distribution: str, n: int, fmt: FloatFormat, seed: int = sampling.SEED) -> Drawn:
    """Return n tuples of operands and cotangents of a primitive, all of one distribution.

    uniform      mantissas uniform, exponent 0; for pasqrt exponents 0 and 1 in turn
    log-uniform  on [1/4, 4), with random signs where the operation takes them
    normal       mean 0, standard deviation 1; the size of it where the operation takes no sign
    paexp2's argument is uniform on [-4, 4) with the first two: a uniform fraction.
    """
    arity = 2 if op in ("pam", "padiv") else 1
    signed = arity == 2
    fraction = op == "paexp2" and distribution != "normal"
    if distribution == "uniform":
        codes = sampling.uniform_mantissa(fmt, (0,) * (arity + 1), n, seed).operands
    elif distribution == "log-uniform":
        codes = sampling.log_uniform(fmt, arity + 1, n, 0.25, 4.0, seed, signed=signed).operands
    else:
        codes = sampling.normal(fmt, arity + 1, n, seed=seed).operands
    delta, *operands = codes
    if fraction:
        operands = list(sampling.uniform(fmt, n, [(-4.0, 4.0)], seed + 1).operands)
    elif not signed and op != "paexp2":
        operands = [codes & operands[0].dtype.type(fmt.magnitude) for codes in operands]
    if op == "pasqrt" and distribution == "uniform":
        odd = (np.arange(n) % 2 * fmt.tiny).astype(operands[0].dtype)
        operands = [operands[0] + odd]
    return Drawn(fmt, tuple(operands), delta, distribution)
