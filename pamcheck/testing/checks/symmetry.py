"""Relations of signs and of order, asked of the target alone: commutativity and oddness."""

from __future__ import annotations

import numpy as np

from pamcheck.testing.check import Check
from pamcheck.testing.checks.asking import ask, relate
from pamcheck.testing.checks.building import Draw, drawing, joined, tuples
from pamcheck.testing.checks.material import Wide, any_codes, finite_codes, normals
from pamcheck.testing.session import Session


def commutativity(session: Session) -> None:
    """Ask for pam(a, b) and pam(b, a), or for the cotangents of both."""
    draw = drawing(session)
    a, b, *cotangent = _mixed(draw, 8192)
    got = ask(session, [a, b, *cotangent])
    other = ask(session, [b, a, *cotangent])
    rule = "db and da of pam(b, a)" if session.subject.mode else "pam(b, a)"
    relate(session, [a, b, *cotangent], got, other[::-1], rule)


def oddness(session: Session) -> None:
    """Ask with the sign of each operand turned, one at a time."""
    inputs = _mixed(drawing(session), 8192)
    got = ask(session, inputs)
    letters = session.subject.inputs
    for place in range(len(inputs)):
        arguments = [f"-{x}" if i == place else x for i, x in enumerate(letters)]
        _turned(session, inputs, got, place, f"-{session.subject.op}({', '.join(arguments)})")


def cotangent_oddness(session: Session) -> None:
    """Ask with the sign of the cotangent turned."""
    inputs = _mixed(drawing(session), 8192)
    got = ask(session, inputs)
    _turned(session, inputs, got, len(inputs) - 1, "minus the result for minus the cotangent")


def _turned(session: Session, inputs: list[Wide], got: list[Wide], place: int, rule: str) -> None:
    sign = np.uint64(session.subject.fmt.sign)
    turned = [column ^ sign if i == place else column for i, column in enumerate(inputs)]
    relate(session, inputs, got, [other ^ sign for other in ask(session, turned)], rule)


def _mixed(draw: Draw, count: int) -> list[Wide]:
    """Return inputs of every kind: normal numbers, any codes, and landmarks among each other."""
    size, width = draw.size(count), len(draw.subject.inputs)
    third = max(size // 3, 1)
    plain = [draw.signed(normals(draw.fmt, draw.rng, third)) for _ in range(width)]
    codes = [any_codes(draw.fmt, draw.rng, third) for _ in range(width)]
    edges = tuples(draw, [finite_codes(draw.fmt, draw.rng, 8)] * width, third)
    return joined([plain, codes, edges])


CHECKS = (
    Check(
        "commutativity",
        "pam(a, b) and pam(b, a) are the same number, and their cotangents change places with the operands.",
        lambda subject: subject.op == "pam",
        commutativity,
    ),
    Check(
        "oddness",
        "Turning the sign of one operand of pam or padiv turns the sign of the result and nothing else.",
        lambda subject: subject.op in ("pam", "padiv") and not subject.mode,
        oddness,
    ),
    Check(
        "cotangent_oddness",
        "Turning the sign of the cotangent turns the sign of every result and nothing else.",
        lambda subject: bool(subject.mode),
        cotangent_oddness,
    ),
)
