"""The mimic rules, worked out step by step in this project's own operations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from pamcheck.kernels.words import LN_2
from pamcheck.testing.check import Check
from pamcheck.testing.checks.asking import ask, defined, relate
from pamcheck.testing.checks.building import Draw, drawing, in_domain
from pamcheck.testing.checks.material import Wide, landmarks, magnitude_of, middling, normals, within
from pamcheck.testing.session import Session
from pamcheck.testing.subject import Mode, Subject

Rule = Callable[[Subject, list[Wide]], list[Wide]]


def mimic_rule(session: Session) -> None:
    """Ask at normal operands, and compare with the rule worked out in this project's own operations."""
    words, rule = _RULES[session.subject.op]
    inputs = _inputs(drawing(session), 16384)
    relate(session, inputs, ask(session, inputs), rule(session.subject, inputs), words)


def _inputs(draw: Draw, count: int) -> list[Wide]:
    """Return operands that have a derivative, with cotangents, half of all from the middle of the range."""
    size, fmt = draw.size(count), draw.fmt
    found = []
    for _ in draw.subject.inputs:
        half = draw.rng.integers(0, 2, size) == 0
        found.append(
            draw.signed(np.where(half, normals(fmt, draw.rng, size), middling(fmt, draw.rng, size)))
        )
    found = in_domain(draw.subject, found)
    edges = within(landmarks(fmt), 0, fmt.largest)
    landed = draw.signed(edges[draw.rng.integers(0, edges.size, size)])
    found[-1] = np.where(draw.rng.integers(0, 8, size) == 0, landed, found[-1])
    return found


def _own(subject: Subject, op: str, *operands: Wide, mode: Mode = "") -> Wide:
    return defined(replace(subject, op=op, mode=mode), operands)[0]


def _negative(codes: Wide, subject: Subject) -> Wide:
    nan = magnitude_of(codes, subject.fmt) > (subject.fmt.inf or subject.fmt.largest)
    return np.where(nan, codes, codes ^ np.uint64(subject.fmt.sign))


def _constant(code: int, like: Wide) -> Wide:
    return np.full(like.size, code, np.uint64)


def _product(subject: Subject, inputs: list[Wide]) -> list[Wide]:
    a, b, cotangent = inputs
    return [_own(subject, "pam", cotangent, b), _own(subject, "pam", cotangent, a)]


def _quotient(subject: Subject, inputs: list[Wide]) -> list[Wide]:
    a, b, cotangent = inputs
    squared = _own(subject, "pam", b, b)
    size = _own(subject, "padiv", _own(subject, "pam", a, cotangent), squared)
    return [_own(subject, "padiv", cotangent, b), _negative(size, subject)]


def _log2(subject: Subject, inputs: list[Wide]) -> list[Wide]:
    x, cotangent = inputs
    constant = _constant(subject.fmt.encode(LN_2), x)
    return [_own(subject, "padiv", _own(subject, "padiv", cotangent, x), constant)]


def _exp2(subject: Subject, inputs: list[Wide]) -> list[Wide]:
    x, cotangent = inputs
    constant = _constant(subject.fmt.encode(LN_2), x)
    return [_own(subject, "pam", _own(subject, "pam", _own(subject, "paexp2", x), constant), cotangent)]


def _root(subject: Subject, inputs: list[Wide]) -> list[Wide]:
    x, cotangent = inputs
    two = _constant(subject.fmt.one + subject.fmt.tiny, x)
    return [_own(subject, "padiv", cotangent, _own(subject, "pam", _own(subject, "pasqrt", x), two))]


def _log(subject: Subject, inputs: list[Wide]) -> list[Wide]:
    x, cotangent = inputs
    return [_own(subject, "padiv", cotangent, x)]


def _exp(subject: Subject, inputs: list[Wide]) -> list[Wide]:
    x, cotangent = inputs
    return [_own(subject, "pam", _own(subject, "paexp", x), cotangent)]


def _power(subject: Subject, inputs: list[Wide]) -> list[Wide]:
    a, y, cotangent = inputs
    log = _own(subject, "palog2", a)
    through = _own(subject, "paexp2", _own(subject, "pam", log, y), cotangent, mode="mimic")
    d_log, d_y = defined(replace(subject, op="pam"), [log, y, through])
    return [_own(subject, "palog2", a, d_log, mode="mimic"), d_y]


_RULES: dict[str, tuple[str, Rule]] = {
    "pam": ("pam(cotangent, b) and pam(cotangent, a)", _product),
    "padiv": ("padiv(cotangent, b) and -padiv(pam(a, cotangent), pam(b, b))", _quotient),
    "palog2": ("padiv(padiv(cotangent, x), ln 2)", _log2),
    "paexp2": ("pam(pam(paexp2(x), ln 2), cotangent)", _exp2),
    "pasqrt": ("padiv(cotangent, 2 pasqrt(x))", _root),
    "palog": ("padiv(cotangent, x)", _log),
    "paexp": ("pam(paexp(x), cotangent)", _exp),
    "papow": ("the mimic rules of palog2, pam and paexp2 one after another", _power),
}

CHECKS = (
    Check(
        "mimic_rule",
        "Mimic cotangents are the ordinary rule of calculus with this operation's PAM in it, each step rounded by "
        "itself: da = pam(cotangent, b) for pam, and so on.",
        lambda subject: subject.mode == "mimic",
        mimic_rule,
    ),
)
