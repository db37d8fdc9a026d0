"""Units that do something else altogether: other operands, another operation, another order of bytes."""

from __future__ import annotations

from pamcheck.kernels.table import OPS
from pamcheck.testing.mutants.families.precision import nearest, number
from pamcheck.testing.mutants.family import Family, modes, ops
from pamcheck.testing.mutants.unit import Unit
from pamcheck.testing.subject import Subject

family = Family("Wiring")
READ = "check how operands are read and results written"


def _binary(subject: Subject) -> bool:
    return not subject.mode and subject.operation.arity == 2


def _words(subject: Subject) -> bool:
    return subject.fmt.storage_bits > 8


def _reversed(u: Unit, code: int) -> int:
    size = u.subject.fmt.storage_bits // 8
    return int.from_bytes(code.to_bytes(size, "little"), "big") & (u.w.sign | u.w.magnitude)


family.add("operands_swapped", "the operands are exchanged", "read a, then b", when=_binary,
           value=lambda u, a, b: Unit.value(u, b, a))  # fmt: skip
family.add("left_operand_twice", "the first operand is read twice: f(a, a)", READ, when=_binary,
           value=lambda u, a, _: Unit.value(u, a, a))  # fmt: skip
family.add("right_operand_twice", "the second operand is read twice: f(b, b)", READ, when=_binary,
           value=lambda u, _, b: Unit.value(u, b, b))  # fmt: skip
family.add("bytes_reversed", "the bytes of the result are in reverse order", "write the highest byte as asked for",
           when=_words, leave=_reversed)  # fmt: skip
family.add("operand_bytes_reversed", "the bytes of the operands are read in reverse order",
           "read the highest byte as it is written", when=_words, arrive=_reversed)  # fmt: skip
family.add("high_half_only", "only the high half of the result's bits is returned", "return the whole word",
           when=_words,
           leave=lambda u, code: code >> u.subject.fmt.width // 2 << u.subject.fmt.width // 2)  # fmt: skip
family.add("low_half_only", "only the low half of the result's bits is returned", "return the whole word", when=_words,
           leave=lambda u, code: code & ((1 << u.subject.fmt.width // 2) - 1))  # fmt: skip
family.add("sign_bit_of_result_cleared", "the sign bit of every result is clear", "return the sign bit",
           leave=lambda u, code: code & u.w.magnitude)  # fmt: skip
family.add("sign_bit_of_operands_ignored", "the sign bits of the operands are ignored", "read the sign bits",
           arrive=lambda u, code: code & u.w.magnitude)  # fmt: skip
family.add("returns_left", "the first operand is returned as it came", "compute something", when=modes(""),
           value=lambda _, *xs: xs[0])  # fmt: skip
family.add("returns_right", "the second operand is returned as it came", "compute something", when=_binary,
           value=lambda _, *xs: xs[-1])  # fmt: skip
family.add("returns_zero", "every result is 0", "compute something, or look where the result is lost", when=modes(""),
           value=lambda *_: 0)  # fmt: skip
family.add("returns_one", "every result is 1", "compute something", when=modes(""),
           value=lambda u, *_: u.subject.fmt.one)  # fmt: skip
family.add("returns_nan", "every result is NaN", "look for the first operation that gives NaN",
           value=lambda u, *_: u.w.nan,
           cotangents=lambda u, _, *xs: (u.w.nan,) * len(xs))  # fmt: skip


@family.part(
    "value", "adds", "the operands are added as numbers: it is their sum", "add their codes, not their values",
    when=ops("pam", mode=""),
)  # fmt: skip
def _adds(u: Unit, a: int, b: int) -> int:
    if u.no_number(a) or u.no_number(b):
        return Unit.value(u, a, b)
    total = number(u, a) + number(u, b)
    return nearest(u, total) if total else a & b & u.w.sign


def _instead_of(op: str) -> None:
    """Register a unit that computes another operation."""
    arity = OPS[op].arity

    def when(subject: Subject) -> bool:
        return not subject.mode and subject.op != op and subject.operation.arity == arity

    family.add(f"computes_{op}", f"it is {op} that is computed", "call the operation that is asked for", when=when,
               value=lambda u, *xs: getattr(u, op)(*xs))  # fmt: skip


for _name in OPS:
    _instead_of(_name)
