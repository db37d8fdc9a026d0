"""x86-64: what an instruction does with registers, flags and the stack."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pamcheck.measure.audit import x86_table as table
from pamcheck.measure.audit.code import Flow, Kind, Meaning
from pamcheck.measure.audit.offences import accuse_call
from pamcheck.measure.audit.x86_operands import Operand
from pamcheck.measure.audit.x86_stack import Stack, span

# what a call may overwrite, and what it may be given
_LOST = ("rax", "rcx", "rdx", "rsi", "rdi", *(f"r{n}" for n in range(8, 12)), *(f"v{n}" for n in range(32)))
_ARGUMENTS = ("rdi", "rsi", "rdx", "rcx", "r8", "r9", *(f"v{n}" for n in range(8)))


Read = Callable[[Operand], tuple[str, ...]]


def flow(name: str, operands: tuple[Operand, ...], meaning: Meaning, stack: Stack, place: int) -> Flow:
    """Return what an instruction does with values; see code.Flow."""
    width = span(name, operands)

    def read(operand: Operand) -> tuple[str, ...]:
        """Return the locations whose values an operand reads: a register, or the bytes of the stack."""
        if operand.register:
            return (operand.register,)
        return stack.slots(operand, place, width) if operand.memory else ()

    if meaning.kind is Kind.CONTROL:
        return Flow(sinks=("rax", "v0")) if name.startswith("ret") else Flow()
    implied = _IMPLIED.get(name, _IMPLIED.get(name[:-1]))
    if implied and len(operands) <= 1:
        given = tuple(value for operand in operands for value in read(operand))
        return Flow(sources=(*implied[0], *given), writes=(*implied[1], "carry"))
    if name.startswith(("push", "pop")):
        return stack.pushed(name, operands, place)
    if name.startswith("mulx"):
        return Flow((*read(operands[0]), "rdx"), tuple(o.register for o in operands[1:]))
    if not operands:
        return Flow()
    return _general(name, operands, meaning, stack, place, read)


def call_flow(called: set[str], stack: Stack) -> Flow:
    """What a function of the listing is given is data; of what only moves memory, the byte it sets."""
    if called and all(symbol and not accuse_call(symbol) for symbol in called):
        return Flow(kills=_LOST, sinks=("rsi",) if any("memset" in symbol for symbol in called) else ())
    return Flow(kills=_LOST, sinks=(*_ARGUMENTS, *stack.every()))


_IMPLIED: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "mul": (("rax",), ("rax", "rdx")),
    "imul": (("rax",), ("rax", "rdx")),
    "div": (("rax", "rdx"), ("rax", "rdx")),
    "idiv": (("rax", "rdx"), ("rax", "rdx")),
    "cqto": (("rax",), ("rdx",)),
    "cltd": (("rax",), ("rdx",)),
    "cwtd": (("rax",), ("rdx",)),
    "cltq": (("rax",), ("rax",)),
    "cwtl": (("rax",), ("rax",)),
    "cbtw": (("rax",), ("rax",)),
}


def _general(
    name: str, operands: tuple[Operand, ...], meaning: Meaning, stack: Stack, place: int, read: Read
) -> Flow:
    *given, last = operands
    truth = table.COMPARES.fullmatch(name) is not None
    values = [value for operand in given for value in read(operand)]
    if name.removeprefix("v") not in table.SCALAR_MOVES:
        # of a scalar it is one bit, which of two values to take, as a branch would
        values += [operand.mask for operand in operands if operand.mask]
    if name.startswith("lea"):
        values = list(operands[0].inside)
    overwrites = table.OVERWRITES.fullmatch(name) is not None and not table.KEEPS.fullmatch(name)
    overwrites = (overwrites or (name.startswith("imul") and len(operands) == 3)) and not last.merges
    if not overwrites or not given:
        values += read(last)
    if meaning.kind in (Kind.FLOAT_ADD, Kind.FLOAT_COMPARE, Kind.CONVERSION):
        return _float_flow(values, last, overwrites)
    if table.CARRY_IN.fullmatch(name):
        values.append("carry")
    same = len(given) > 0 and all(o.register and o.register == given[0].register for o in operands[-2:])
    if truth or (table.ZEROES.fullmatch(name) and same):
        values, overwrites = [], overwrites or not truth
    flags = ("carry",) if table.CARRY_OUT.fullmatch(name) else ()
    if table.FLAGS_ONLY.fullmatch(name):
        return Flow(sources=tuple(values), writes=flags, kills=flags)
    if last.memory:
        return stack.stored(name, operands, tuple(values), flags, place)
    exchanged = (
        tuple(o.register for o in given if o.register)
        if name.startswith(("xchg", "xadd", "cmpxchg"))
        else ()
    )
    kills = (last.register, *flags) if overwrites and last.register else flags
    return Flow(tuple(values), (last.register, *flags, *exchanged), kills)


def _float_flow(values: Sequence[str], last: Operand, overwrites: bool) -> Flow:
    """What a float instruction reads is data, whatever becomes of it."""
    kills = (last.register,) if overwrites and last.register else ()
    return Flow(writes=(last.register,) if last.register else (), kills=kills, sinks=tuple(values))
