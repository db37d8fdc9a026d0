"""x86-64: an assembly listing as LLVM prints it (AT&T syntax), read into functions."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pamcheck.measure.audit import x86_table as table
from pamcheck.measure.audit.assembly import Parsed, addresses_in, call_offence, split_functions
from pamcheck.measure.audit.code import Function, Instruction, Kind, Meaning
from pamcheck.measure.audit.x86_flow import call_flow, flow
from pamcheck.measure.audit.x86_operands import Decoded, Operand, decode
from pamcheck.measure.audit.x86_stack import Stack

_SYMBOL = re.compile(r"\$?\"?([A-Za-z_.$][\w.$@]*)\"?")
_TABLE = re.compile(r"\.?LJTI\w+")


def parse(listing: str) -> tuple[Function, ...]:
    """Return the functions of a listing, in its order."""
    return tuple(_function(parsed) for parsed in split_functions(listing))


def _function(parsed: Parsed) -> Function:
    decoded = [decode(line.text) for line in parsed.lines]
    targets = _jump_targets(parsed, decoded)
    stack = Stack.of(decoded, parsed.labels, targets)
    code = tuple(_instruction(parsed, place, decoded, stack) for place in range(len(decoded)))
    return Function(parsed.name, code, parsed.labels)


def _jump_targets(parsed: Parsed, decoded: Sequence[Decoded]) -> list[tuple[str, ...]]:
    """Return for each instruction the labels that it may jump to; through a table, all of the table's."""
    targets: list[tuple[str, ...]] = []
    tables = [name for line in parsed.lines for name in _TABLE.findall(line.text)]
    through_table = tuple(label for name in tables for label in parsed.tables.get(name, ()))
    for name, operands in decoded:
        if not name.startswith("j"):
            targets.append(())
        elif operands and operands[-1].text.startswith("*"):
            targets.append(through_table)
        else:
            targets.append(tuple(o.text for o in operands if o.text in parsed.labels))
    return targets


def _instruction(parsed: Parsed, place: int, decoded: Sequence[Decoded], stack: Stack) -> Instruction:
    line, (name, operands) = parsed.lines[place], decoded[place]
    meaning = table.meaning(name)
    texts = " ".join(operand.text for operand in operands)
    if meaning.kind is Kind.FLOAT_ADD:
        meaning = Meaning(meaning.kind, lanes=table.lanes(name, texts))
    targets = stack.targets[place]
    called: set[str] = set()
    if name.startswith("call") or (name.startswith("jmp") and not targets):
        called = _called(parsed, place, decoded, stack.targets)
        why = call_offence(called, parsed)
        meaning = Meaning(Kind.OFFENDER, why) if why else meaning
    if (
        meaning.kind is Kind.INTEGER
        and name.startswith(("mov", "vmov"))
        and any(o.memory for o in operands)
    ):
        meaning = Meaning(Kind.MEMORY)
    address_only = name.startswith(("lea", "nop", "prefetch", "call", "j"))
    return Instruction(
        line=line.number,
        text=line.text,
        meaning=meaning,
        flow=call_flow(called, stack) if called else flow(name, operands, meaning, stack, place),
        loads=not address_only and _loads(name, operands),
        stores=not address_only and _stores(name, operands),
        targets=targets,
        falls=not _ends(name),
    )


def _loads(name: str, operands: tuple[Operand, ...]) -> bool:
    read = operands if not _moves(name) else operands[:-1]
    return name.startswith(("pop", "lods", "movs")) or any(operand.memory for operand in read)


def _stores(name: str, operands: tuple[Operand, ...]) -> bool:
    written = bool(operands) and operands[-1].memory and not table.FLAGS_ONLY.fullmatch(name)
    return (
        name.startswith(("push", "stos"))
        or (written and len(operands) > 1)
        or (written and name[:3] in _SINGLE)
    )


_SINGLE = frozenset({"inc", "dec", "neg", "not", "set", "shl", "shr", "sar", "sal", "pop"})


def _moves(name: str) -> bool:
    return name.startswith(
        ("mov", "vmov", "set", "kmov", "vpmov", "vextract", "vcvt", "pextr", "vpextr", "extract")
    )


def _called(
    parsed: Parsed, place: int, decoded: Sequence[Decoded], targets: Sequence[tuple[str, ...]]
) -> set[str]:
    """Return the symbols that a call or tail call may go to; "" for what the listing does not say."""
    target = decoded[place][1][-1]
    if not target.register:
        found = _SYMBOL.match(target.text.lstrip("*"))
        known = found and (not target.inside or target.inside == ("rip",))
        return {found[1].partition("@")[0]} if found and known else {""}
    falls = [not _ends(name) for name, _ in decoded]
    return addresses_in(
        target.register, place, lambda at: _assigned(*decoded[at]), parsed.labels, targets, falls
    )


def _ends(name: str) -> bool:
    """Whether nothing is ever run after an instruction but what it jumps to."""
    return name.startswith(("jmp", "ret", "ud2"))


def _assigned(name: str, operands: tuple[Operand, ...]) -> tuple[str, str]:
    """Return the register that an instruction writes, and the symbol whose address it puts there, if any."""
    if name.startswith("call"):
        return "*", ""
    if not operands or table.FLAGS_ONLY.fullmatch(name) or name.startswith(("push", "j")):
        return "", ""
    symbol = _SYMBOL.match(operands[0].text) if name.startswith(("movabs", "movq", "movl", "lea")) else None
    constant = operands[0].text.startswith("$") or operands[0].inside == ("rip",)
    known = symbol and constant and len(operands) == 2
    return operands[-1].register, symbol[1].partition("@")[0] if symbol and known else ""
