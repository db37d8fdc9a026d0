"""What a target is held to: an operation or its derivatives, in a format, under a policy, with an offset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from pamcheck import spec
from pamcheck.formats import FloatFormat, get_format
from pamcheck.kernels.launch import run_codes, run_vjp
from pamcheck.kernels.table import Operation, cotangents, get_operation
from pamcheck.kernels.words import Words, make_words
from pamcheck.operands import Number, offset_codes
from pamcheck.policy import Policy, get_policy

Codes = npt.NDArray[np.unsignedinteger[Any]]
Mode = Literal["", "exact", "mimic"]

_LETTERS = {1: ("x",), 2: ("a", "b")}


@dataclass(frozen=True)
class Subject:
    """One operation with everything that decides its result.

    op      name in pamcheck.kernels.table.OPS
    fmt     format of operands, cotangents and results
    policy  special-value policy
    offset  compensation, in codes
    mode    "" for values; "exact" or "mimic" for the cotangents of the operands
    """

    op: str
    fmt: FloatFormat
    policy: Policy
    offset: int = 0
    mode: Mode = ""

    @cached_property
    def operation(self) -> Operation:
        """The operation's entry in the table."""
        return get_operation(self.op)

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs: the operands, and last the cotangent of the result where there is one."""
        return (*_LETTERS[self.operation.arity], *(("cotangent",) if self.mode else ()))

    @cached_property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs: the result, or the cotangent of each operand."""
        return tuple(f"d{x}" for x in _LETTERS[self.operation.arity]) if self.mode else ("result",)

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        """The unsigned integer that holds a code."""
        return np.dtype(f"u{self.fmt.storage_bits // 8}")

    @cached_property
    def words(self) -> Words:
        """The integers that kernels take. Raises ValueError for a policy that only the reference has."""
        return make_words(self.fmt, self.policy, self.offset)

    def expected(self, inputs: Sequence[Codes]) -> tuple[Codes, ...]:
        """Return the codes that are right, one array an output.

        inputs  arrays of codes of one shape, in the order of `inputs`

        By the compiled kernels, which sweeps hold to the definition; under a policy that kernels do not have,
        by the definition itself.
        """
        arrays = [np.ascontiguousarray(codes, self.dtype) for codes in inputs]
        if self.policy.reference_only:
            return (self._defined(arrays),)
        if self.mode:
            *operands, cotangent = arrays
            return run_vjp(self.op, self.mode, [cotangent, *operands], self.words)
        return (run_codes(self.op, arrays, self.words),)

    def _defined(self, arrays: Sequence[Codes]) -> Codes:
        rows = zip(*(codes.ravel().tolist() for codes in arrays), strict=True)
        found = [spec.evaluate(self.op, row, self.fmt, self.policy, self.offset) for row in rows]
        return np.array(found, self.dtype).reshape(arrays[0].shape)

    def __str__(self) -> str:
        what = f"{self.mode} derivatives of {self.op}" if self.mode else self.op
        octaves = Fraction(self.offset, self.fmt.tiny)
        offset = f", offset {octaves} octaves ({self.offset} codes)" if self.offset else ""
        return f"{what} in {self.fmt.name}, policy {self.policy.name}{offset}"


def make_subject(
    op: str,
    format: str | FloatFormat = "float32",
    policy: str | Policy = "ftz",
    offset: Number = 0,
    mode: str = "",
) -> Subject:
    """Return the subject of these names; `offset` is in octaves and rounded to codes.

    Raises ValueError, naming what exists, for unknown names, an offset that the operation does not take, and
    a policy that does not fit the operation, the format or derivatives.
    """
    operation, fmt, rules = get_operation(op), get_format(format), get_policy(policy)
    if offset and not operation.takes_offset:
        raise ValueError(f"offset is {offset}; {op} takes none, only pam and padiv do")
    if mode:
        cotangents(op, mode)
    codes = offset_codes(offset, fmt)
    if not rules.reference_only:
        make_words(fmt, rules, codes)
    elif mode:
        raise ValueError(f"policy {rules.name!r} has no derivatives; take 'ftz'")
    else:
        spec.evaluate(op, (fmt.one,) * operation.arity, fmt, rules, codes)
    return Subject(op, fmt, rules, codes, mode)  # type: ignore[arg-type]
