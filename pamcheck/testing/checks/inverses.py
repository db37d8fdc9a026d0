"""Inverse pairs: the target undoes what this project's own operation has done, where no rounding comes between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from pamcheck.testing.check import Check
from pamcheck.testing.checks.asking import ask, defined, is_normal, kept, relate
from pamcheck.testing.checks.building import Draw, drawing
from pamcheck.testing.checks.material import Wide, middling, normals
from pamcheck.testing.session import Session

# The operands to ask for, and what must come back.
Pair = tuple[list[Wide], Wide]


def inverses(session: Session) -> None:
    """Ask for f(g(a)), g being this project's own, where by the definition it is a."""
    draw, fmt = drawing(session), session.subject.fmt
    count = draw.size(8192)
    for rule, build in _INVERSES[session.subject.op]:
        operands, back = build(draw, count // len(_INVERSES[session.subject.op]) + 1)
        # rounding, and the ends of the range, lose a: those are no cases
        comes_back = is_normal(back, fmt) & (defined(session.subject, operands)[0] == back)
        operands, back = kept(operands, comes_back), back[comes_back]
        if back.size:
            relate(session, operands, ask(session, operands), [back], rule)


def _own(draw: Draw, op: str, *operands: Wide) -> Wide:
    return defined(replace(draw.subject, op=op), operands)[0]


def _numbers(draw: Draw, count: int) -> Wide:
    """Return normal numbers of both signs, half from the middle of the range."""
    half = count // 2
    sizes = [normals(draw.fmt, draw.rng, half), middling(draw.fmt, draw.rng, count - half)]
    return draw.rng.permutation(draw.signed(np.concatenate(sizes)))


def _positive(draw: Draw, count: int) -> Wide:
    return _numbers(draw, count) & np.uint64(draw.fmt.magnitude)


def _near_one(draw: Draw, count: int) -> Wide:
    """Return numbers from 1/4 to 4, whose palog2 is exact."""
    fmt = draw.fmt
    size = draw.rng.integers(fmt.one - 2 * fmt.tiny, fmt.one + 2 * fmt.tiny, count, endpoint=True)
    return np.clip(size, fmt.tiny, fmt.largest).astype(np.uint64)


def _multiplied(draw: Draw, count: int) -> Pair:
    a, b = _numbers(draw, count), _numbers(draw, count)
    return [_own(draw, "padiv", a, b), b], a


def _divided(draw: Draw, count: int) -> Pair:
    a, b = _numbers(draw, count), _numbers(draw, count)
    return [_own(draw, "pam", a, b), b], a


def _root(draw: Draw, count: int) -> Pair:
    a = _positive(draw, count)
    return [_own(draw, "pam", a, a)], a


def _log2(draw: Draw, count: int) -> Pair:
    x = _own(draw, "palog2", _near_one(draw, count))
    return [_own(draw, "paexp2", x)], x


def _exp2(draw: Draw, count: int) -> Pair:
    x = _near_one(draw, count)
    return [_own(draw, "palog2", x)], x


def _log(draw: Draw, count: int) -> Pair:
    x = _own(draw, "palog", _near_one(draw, count))
    return [_own(draw, "paexp", x)], x


def _exp(draw: Draw, count: int) -> Pair:
    x = _near_one(draw, count)
    return [_own(draw, "palog", x)], x


def _power_one(draw: Draw, count: int) -> Pair:
    x = _near_one(draw, count)
    return [x, np.full(x.size, draw.fmt.one, np.uint64)], x


def _power_of_two(draw: Draw, count: int) -> Pair:
    x = _near_one(draw, count)
    return [np.full(x.size, draw.fmt.one + draw.fmt.tiny, np.uint64), _own(draw, "palog2", x)], x


_INVERSES: dict[str, tuple[tuple[str, Callable[[Draw, int], Pair]], ...]] = {
    "pam": (("x, for a = padiv(x, b)", _multiplied),),
    "padiv": (("x, for a = pam(x, b)", _divided),),
    "pasqrt": (("a, for x = pam(a, a)", _root),),
    "palog2": (("y, for x = paexp2(y)", _log2),),
    "paexp2": (("a, for x = palog2(a)", _exp2),),
    "palog": (("y, for x = paexp(y)", _log),),
    "paexp": (("a, for x = palog(a)", _exp),),
    "papow": (("a, for b = 1", _power_one), ("x, for a = 2 and b = palog2(x)", _power_of_two)),
}

CHECKS = (
    Check(
        "inverses",
        "What an operation's inverse has done is undone: padiv(pam(a, b), b) = a, pasqrt(pam(a, a)) = a, "
        "palog2(paexp2(y)) = y, and the other way around, where nothing is rounded.",
        lambda subject: not subject.mode,
        inverses,
    ),
)
