"""What a sweep is: an operation on a set of operands, cut into numbered blocks, the same wherever they run."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from typing import Any

import pamcheck
from pamcheck.formats import FloatFormat, get_format
from pamcheck.kernels import disk
from pamcheck.kernels.table import Operation, get_operation
from pamcheck.kernels.words import make_words
from pamcheck.lookup import lookup
from pamcheck.measure.sampling import SEED
from pamcheck.measure.sweep.compiling import source_key
from pamcheck.policy import get_policy

BLOCK = 1 << 22
PIECE = 1 << 16  # what goes through at a time, and stays in the second-level cache
BACKENDS = ("cpu", "gpu")
_EXHAUSTED_BITS = 32  # of operands, up to which every one is tried


class SweepError(Exception):
    """A sweep cannot be begun or continued. The message says why and what would do; nothing has been lost."""


@dataclass(frozen=True)
class Plan:
    """One sweep. Two plans that are equal have equal results, down to the hash.

    offset   in codes
    samples  tuples to draw where not all can be tried; 0 is as many as take some seconds
    block    tuples a block, a power of two
    version  of pamcheck; `kernels` and `sweep` are hashes of the sources and compilers behind the results
    """

    op: str
    format: str
    policy: str = "ftz"
    offset: int = 0
    backend: str = "cpu"
    seed: int = SEED
    samples: int = 0
    block: int = BLOCK
    version: str = ""
    kernels: str = ""
    sweep: str = ""

    @cached_property
    def operation(self) -> Operation:
        """The operation."""
        return get_operation(self.op)

    @cached_property
    def fmt(self) -> FloatFormat:
        """The format."""
        return get_format(self.format)

    @property
    def exhaustive(self) -> bool:
        """Whether every tuple of operands is tried."""
        return self.fmt.width * self.operation.arity <= _EXHAUSTED_BITS

    @property
    def in_float64(self) -> bool:
        """Whether truths in float64, with an occasional tail, are good enough for the statistics."""
        return self.fmt.mant_bits <= 23 and self.fmt.exp_bits <= 10

    @property
    def possible(self) -> int:
        """How many tuples of operands there are."""
        return int(1 << (self.fmt.width * self.operation.arity))

    @property
    def tuples(self) -> int:
        """How many are tried."""
        return self.possible if self.exhaustive else self.samples

    @property
    def block_size(self) -> int:
        """Tuples in a block."""
        return min(self.block if self.exhaustive else PIECE, self.tuples)

    @property
    def blocks(self) -> int:
        """Number of blocks; the last one of a sample may be shorter."""
        return -(-self.tuples // self.block_size)

    def record(self) -> dict[str, Any]:
        """Return the plan as plain data."""
        return asdict(self)

    def difference(self, other: Plan) -> str:
        """Return in words what differs in the other plan, or nothing."""
        for item in fields(self):
            mine, others = getattr(self, item.name), getattr(other, item.name)
            if mine != others:
                what = {"kernels": "version of the kernels", "sweep": "version of the sweep"}
                return f"{what.get(item.name, item.name)} {others!r}, not {mine!r}"
        return ""


def make_plan(
    op: str,
    format: str,
    policy: str = "ftz",
    offset: int = 0,
    backend: str = "cpu",
    seed: int = SEED,
    samples: int = 0,
) -> Plan:
    """Return the plan of a sweep by this version of the code.

    Raises ValueError for an unknown name, an offset that the operation does not take or that is an octave or
    more, a policy that no kernel has, and a number of samples below one.
    """
    operation, fmt, rules = get_operation(op), get_format(format), get_policy(policy)
    lookup("backend", backend, dict.fromkeys(BACKENDS))
    if offset and not operation.takes_offset:
        raise ValueError(f"offset is {offset}; {op} takes none, only pam and padiv do")
    if samples < 0 or seed < 0:
        raise ValueError(f"samples is {samples} and seed {seed}; neither may be negative")
    make_words(fmt, rules, offset)
    bare = Plan(op, fmt.name, rules.name, offset, backend)
    drawn = 0 if bare.exhaustive else samples
    if not bare.exhaustive and not samples:
        drawn = 1 << 22 if bare.in_float64 else _samples(operation.approximates)
    return replace(
        bare,
        seed=SEED if bare.exhaustive else seed,
        samples=drawn,
        version=pamcheck.__version__,
        kernels=disk.hash_of_elementwise(backend),
        sweep=source_key(),
    )


def _samples(function: str) -> int:
    """How many truths with a tail take some seconds."""
    return 1 << 18 if function in ("mul", "div", "sqrt") else 1 << 14
