"""What an operation would cost in hardware: elementary operations, and published energies of those.

Source of the energies: M. Horowitz, Computing's energy problem (and what we can do about it), ISSCC 2014, 45 nm
at 0.9 V. It has no figure for a division, a root or a transcendental function, none for a conversion and none for
bit operations: what stands in for those is a parameter here, and an assumption.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Of integers: additions, comparisons (a subtraction each), shifts and logic ("bits"), conversions between
# integers and floats. Two additions: the magnitudes, and the code of one. Two comparisons: below `tiny`, above
# `largest`. Three bit operations: the sign of either operand away, the sign of the result in.
ELEMENTARY: Mapping[str, Mapping[str, int]] = {
    "pam": {"int add": 2, "int compare": 2, "bits": 3},
    "padiv": {"int add": 2, "int compare": 2, "bits": 3},
    "palog2": {"int add": 1, "int compare": 1, "convert": 1},
    "paexp2": {"int add": 1, "int compare": 2, "convert": 1},
    "pasqrt": {"int add": 1, "int compare": 1, "bits": 2},
    "slope": {"int add": 2, "int compare": 2, "bits": 3},
    "exponent": {"int add": 1},
    "sign": {"bits": 1},
    "floor": {"bits": 1},
    "compare": {"int compare": 1},
    "float add": {"float add": 1},
    "float multiply": {"float multiply": 1},
    "float divide": {"special": 1},
    "float sqrt": {"special": 1},
    "float exp": {"special": 1},
    "float log": {"special": 1},
}
"""Operations as they are counted, each in elementary ones."""


@dataclass(frozen=True)
class Energies:
    """Picojoules of elementary operations.

    multiply, add  of floats, and int_add of integers of 32 bits: published
    special        a division, root, exponential or logarithm of floats: as many multiplications. Assumed; 1 is
                   less than any, so that the baseline is a lower bound
    compare        of two integers: a subtraction, so an integer addition
    bits           a shift or logic operation: assumed to cost no more than an integer addition
    convert        between an integer and a float: assumed to cost what a float addition does, which shifts and
                   rounds likewise
    """

    name: str
    multiply: float
    add: float
    int_add: float = 0.1
    special: float = 1.0
    compare: float = 0.1
    bits: float = 0.1
    convert: float | None = None

    def of(self, operation: str) -> float:
        """Return the picojoules of an operation of ELEMENTARY. Raises KeyError for another."""
        elementary = {
            "float multiply": self.multiply,
            "float add": self.add,
            "special": self.special * self.multiply,
            "int add": self.int_add,
            "int compare": self.compare,
            "bits": self.bits,
            "convert": self.add if self.convert is None else self.convert,
        }
        return sum(count * elementary[name] for name, count in ELEMENTARY[operation].items())


HOROWITZ_FLOAT32 = Energies("float32", multiply=3.7, add=0.9)
HOROWITZ_FLOAT16 = Energies("float16", multiply=1.1, add=0.4)
