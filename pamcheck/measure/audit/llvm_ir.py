"""LLVM's intermediate code after optimisation: what the machine code is made from, on every processor."""

from __future__ import annotations

import re

from pamcheck.measure.audit import offences
from pamcheck.measure.audit.code import UNKNOWN, Flow, Function, Instruction, Kind, Meaning

_DEFINE = re.compile(r"define\b.*?@(\"[^\"]+\"|[^\s(]+)\(")
_LABEL = re.compile(r'("[^"]+"|[-\w.$]+):')
_ASSIGN = re.compile(r'%("[^"]+"|[-\w.$]+) = ')
_VALUE = re.compile(r'%("[^"]+"|[-\w.$]+)')
_CALLED = re.compile(r'@("[^"]+"|[-\w.$]+)\(')
_VECTOR = re.compile(r"<(\d+) x (?:float|double|half|bfloat)>")
_FLOAT = re.compile(r"\b(?:float|double|half|bfloat|x86_fp80|fp128)\b")
_LICENCE = re.compile(r"\b(?:fast|contract|reassoc|arcp|afn)\b")
_PREFIX = frozenset({"tail", "musttail", "notail"})

_OFFENDERS = {"fmul": offences.MULTIPLY, "fdiv": offences.DIVIDE, "frem": offences.REMAINDER}
_KINDS = {
    Kind.FLOAT_ADD: "fadd fsub",
    Kind.FLOAT_COMPARE: "fcmp",
    Kind.CONVERSION: "fptosi fptoui sitofp uitofp fpext fptrunc",
    Kind.INTEGER_MULTIPLY: "mul udiv sdiv urem srem",
    Kind.INTEGER: "add sub and or xor shl lshr ashr icmp select phi trunc zext sext bitcast ptrtoint inttoptr "
    "addrspacecast getelementptr extractvalue insertvalue extractelement insertelement shufflevector freeze fneg",
    Kind.MEMORY: "load store alloca fence cmpxchg atomicrmw",
    Kind.CONTROL: "br switch ret unreachable indirectbr",
}
_MEANINGS = {
    **{name: Meaning(Kind.OFFENDER, why) for name, why in _OFFENDERS.items()},
    **{name: Meaning(kind) for kind, names in _KINDS.items() for name in names.split()},
}

_INTRINSICS = (
    (r"fmuladd|fma", Meaning(Kind.OFFENDER, offences.FUSED)),
    (r"sqrt", Meaning(Kind.OFFENDER, offences.ROOT)),
    (r"exp\w*|log\w*|pow\w*|sin\w*|cos\w*|tan\w*|ldexp|a(?:sin|cos|tan2?)", Meaning(Kind.OFFENDER, offences.SPECIAL)),
    (r"vector\.reduce\.fadd", Meaning(Kind.FLOAT_ADD)),
    (r"vector\.reduce\.fmul", Meaning(Kind.OFFENDER, offences.MULTIPLY)),
    (r"vector\.reduce\.mul|[us]mul\..*", Meaning(Kind.INTEGER_MULTIPLY)),
    (r"(?:min|max)(?:num|imum|imumnum)|vector\.reduce\.f(?:min|max)\w*|is\.fpclass", Meaning(Kind.FLOAT_COMPARE)),
    (r"floor|ceil|trunc|rint|nearbyint|round\w*|fpto[us]i\.sat|l?lr(?:ou|i)nt|convert\.\w+", Meaning(Kind.CONVERSION)),
    (r"fabs|copysign|[us](?:max|min|cmp)|abs|ct(?:pop|lz|tz)|bswap|bitreverse|fsh[lr]|[us](?:add|sub)\.\w+(?:\.\w+)?|"
     r"vector\.(?!reduce\.(?:f|mul)).*|experimental\.vector\.(?!reduce).*|stepvector", Meaning(Kind.INTEGER)),
    (r"mem(?:set|cpy|move)\b.*|masked\.\w+|prefetch", Meaning(Kind.MEMORY)),
    (r"assume|lifetime\.\w+|dbg\.\w+|expect|donothing|experimental\.noalias\.scope\.decl|trap|stack(?:save|restore)|"
     r"invariant\.\w+|x86\.sse2\.pause|aarch64\.isb", Meaning(Kind.CONTROL)),
)  # fmt: skip
_INTRINSIC_PATTERNS = tuple((re.compile(pattern), found) for pattern, found in _INTRINSICS)
_SUFFIX = re.compile(r"(?:\.(?:v\d+)?(?:[fi]\d+|bf16|p\d+|nxv\w+))+$")


def parse(listing: str) -> tuple[Function, ...]:
    """Return the functions that a module defines."""
    found: list[Function] = []
    name, code, labels = "", list[Instruction](), dict[str, int]()
    defined = {match[1].strip('"') for match in _DEFINE.finditer(listing)}
    # the cases of a switch stand on lines of their own, indented further
    lines = [
        (number, line)
        for number, line in enumerate(re.sub(r"\n(    +|  \])", r"\t\1", listing).split("\n"), 1)
    ]
    for number, line in lines:
        definition = _DEFINE.match(line)
        if definition:
            name, code, labels = definition[1].strip('"'), [], {}
        elif line.startswith("}") and name:
            found.append(Function(name, tuple(code), labels))
            name = ""
        elif name and (label := _LABEL.match(line)):
            labels[label[1].strip('"')] = len(code)
        elif name and line.startswith("  ") and line[2] != ";":
            code.append(_instruction(number, line.strip(), defined))
    return tuple(found)


def _instruction(number: int, text: str, defined: set[str]) -> Instruction:
    text = re.sub(r", ![a-z].*$", "", text)
    assigned = _ASSIGN.match(text)
    body = text[assigned.end() :] if assigned else text
    words = body.split()
    opcode = words[1] if words[0] in _PREFIX else words[0]
    found = _called(body, defined) if opcode == "call" else _MEANINGS.get(opcode, UNKNOWN)
    licence = _LICENCE.search(body.split("@")[0].split("%")[0])
    if licence and (opcode.startswith("f") or _FLOAT.search(body)):
        found = Meaning(Kind.OFFENDER, f"{offences.FAST_MATH}: {licence[0]}")
    if found.kind is Kind.FLOAT_ADD:
        vector = _VECTOR.search(body)
        found = Meaning(found.kind, lanes=int(vector[1]) if vector else 1)
    return Instruction(
        line=number,
        text=text,
        meaning=found,
        flow=_flow(opcode, body, f"%{assigned[1]}" if assigned else "", found),
        loads=opcode in ("load", "atomicrmw", "cmpxchg"),
        stores=opcode in ("store", "atomicrmw", "cmpxchg"),
        targets=tuple(name.strip('"') for name in re.findall(r'label %("[^"]+"|[-\w.$]+)', body)),
        falls=opcode not in ("br", "switch", "ret", "unreachable", "indirectbr"),
    )


def _called(body: str, defined: set[str]) -> Meaning:
    called = _CALLED.search(body)
    if not called:
        return Meaning(Kind.OFFENDER, offences.BY_ADDRESS)
    name = called[1].strip('"')
    if name.startswith("llvm."):
        stem = _SUFFIX.sub("", name.removeprefix("llvm."))
        return next((found for pattern, found in _INTRINSIC_PATTERNS if pattern.fullmatch(stem)), UNKNOWN)
    why = "" if name in defined else offences.accuse_call(name)
    return Meaning(Kind.OFFENDER, why) if why else Meaning(Kind.CONTROL)


def _flow(opcode: str, body: str, result: str, found: Meaning) -> Flow:
    """Return what an instruction does with values. Addresses and comparisons end the flow."""
    values = tuple(f"%{name}" for name in _VALUE.findall(re.sub(r"label %\S+", "", body)))
    writes = (result,) if result else ()
    if opcode == "store":
        stored, _, _ = body.rpartition(", ptr ")
        return Flow(sinks=tuple(f"%{name}" for name in _VALUE.findall(stored)))
    if opcode in ("load", "icmp", "getelementptr", "inttoptr", "br", "switch", "alloca"):
        return Flow(writes=writes, kills=writes)
    if (
        found.kind in (Kind.FLOAT_ADD, Kind.FLOAT_COMPARE, Kind.CONVERSION, Kind.OFFENDER)
        or opcode == "ret"
    ):
        return Flow(writes=writes, kills=writes, sinks=values)
    if opcode in ("call", "atomicrmw", "cmpxchg") and found.kind is not Kind.INTEGER:
        computes = found.kind is Kind.INTEGER_MULTIPLY
        return Flow(values if computes else (), writes, writes, () if computes else values)
    return Flow(values, writes, writes)
