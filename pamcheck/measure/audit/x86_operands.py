"""x86-64: an instruction's text, taken apart into mnemonic and operands (AT&T syntax)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_REGISTER = re.compile(r"%([a-z]+[0-9]*[a-z]*)")
_LEGACY = {
    f"{prefix}{letter}{suffix}": f"r{letter}x"
    for letter in "abcd"
    for prefix, suffix in (("r", "x"), ("e", "x"), ("", "x"), ("", "l"), ("", "h"))
} | {
    f"{prefix}{name}{suffix}": f"r{name}"
    for name in ("si", "di", "bp", "sp")
    for prefix, suffix in (("r", ""), ("e", ""), ("", ""), ("", "l"))
}
_PREFIXES = frozenset({"lock", "rep", "repe", "repne", "repz", "repnz", "data16", "notrack"})
LOCAL = re.compile(r"\.?L[A-Z]+\w*")


@dataclass(frozen=True)
class Operand:
    """One operand: a register (with its mask), a place in memory, or anything else."""

    text: str
    register: str = ""
    mask: str = ""
    merges: bool = False
    memory: bool = False
    inside: tuple[str, ...] = ()  # registers of an address


Decoded = tuple[str, tuple[Operand, ...]]


def decode(text: str) -> tuple[str, tuple[Operand, ...]]:
    """Split an instruction into its mnemonic, without prefixes, and its operands."""
    words = text.split(None, 1)
    while words[0] in _PREFIXES and len(words) > 1:
        words = words[1].split(None, 1)
    return words[0], tuple(_operand(part) for part in _commas(words[1])) if len(words) > 1 else ()


def _commas(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append(text[start:place].strip())
            start = place + 1
    return [*parts, text[start:].strip()]


def _operand(text: str) -> Operand:
    body, _, decoration = text.partition(" {") if " {" in text else text.partition("{")
    mask = next(iter(_REGISTER.findall(decoration)), "")
    merges = bool(mask) and "z}" not in decoration
    star = body.lstrip("*")
    if star.startswith("$") or text.startswith("{"):
        return Operand(text)
    if star.startswith("%") and "(" not in star and ":" not in star:
        return Operand(text, register(star[1:].strip()), mask, merges)
    if "(" in star or not LOCAL.fullmatch(star):
        return Operand(
            text, "", mask, merges, True, tuple(register(name) for name in _REGISTER.findall(star))
        )
    return Operand(text)


def register(name: str) -> str:
    """Return the register that a name is a part of: rax for al, v3 for xmm3 and zmm3."""
    if name[1:3] == "mm" and name[0] in "xyz":
        return "v" + name[3:]
    if name in _LEGACY:
        return _LEGACY[name]
    return name.rstrip("dwb") if name[0] == "r" and name[1:2].isdigit() else name
