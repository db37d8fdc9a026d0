"""Failures that no mutant explains, in words: what they have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from pamcheck.formats import FloatFormat
from pamcheck.testing.evidence import Case, Evidence
from pamcheck.testing.kinds import KINDS
from pamcheck.testing.subject import Subject

Marks = npt.NDArray[np.bool_]
LOOKED_AT = 2000  # failures of which what is common is looked for
SHARE = 0.01  # of the unexplained, at least so many must be of such a kind
NOTHING = "unexplained: nothing in common"
ADVICE = "look at the cases shown: nothing in the catalogue answers like this"


def told_apart(subject: Subject, evidence: Evidence, left: Marks, most: int) -> list[tuple[str, Marks]]:
    """Return what unexplained failures have in common, in words, with marks at those that have it.

    Where all have nothing in common, those of a kind may: of so many kinds at `most`, and the rest together.
    """
    words = described(subject, [evidence.case(i) for i in evidence.spread(LOOKED_AT, left)])
    if words != NOTHING:
        return [(words, left)]
    kinds = evidence.case_kinds
    found: list[tuple[str, Marks]] = []
    rest = left.copy()
    for kind in np.unique(kinds[left]):
        mine = left & (kinds == kind)
        words = described(subject, [evidence.case(i) for i in evidence.spread(LOOKED_AT, mine)])
        if words != NOTHING and len(found) < most and mine.sum() >= SHARE * left.sum():
            found.append((f"{words}; {KINDS[kind]}", mine))
            rest &= ~mine
    return [*found, *([(NOTHING, rest)] if rest.any() else [])]


def described(subject: Subject, cases: Sequence[Case]) -> str:
    """Return what unexplained failures have in common."""
    said = [_answers(subject, cases), _inputs(subject, cases), _rules(cases)]
    words = "; ".join(part for part in said if part)
    return f"unexplained: {words}" if words else NOTHING


def _answers(subject: Subject, cases: Sequence[Case]) -> str:
    """Return what the wrong answers are, or how far off."""
    f, got = subject.fmt, {case.got for case in cases}
    if len(got) == 1 and len(cases) > 1:
        return f"every answer is {', '.join(f.hex(code) for code in next(iter(got)))}"
    for place, name in enumerate(subject.inputs):
        if all(code == case.inputs[place] for case in cases for code in case.got):
            return f"the answer is the input {name} as it came"
    kinds: Sequence[tuple[str, Callable[[int, int], bool]]] = (
        ("the answer is always NaN", lambda mine, _: f.is_nan(mine)),
        ("the answer is always infinite", lambda mine, _: f.is_inf(mine)),
        ("the answer is always zero", lambda mine, _: mine & f.magnitude == 0),
        ("NaN is wanted, and something else comes", lambda _, right: f.is_nan(right)),
        ("only the sign is wrong", lambda mine, right: mine ^ right == f.sign),
    )
    wrong = [
        pair for case in cases for pair in zip(case.got, case.wanted, strict=True) if pair[0] != pair[1]
    ]
    said = next((words for words, holds in kinds if all(holds(*pair) for pair in wrong)), "")
    return said or _distance(f, wrong)


def _distance(f: FloatFormat, wrong: Sequence[tuple[int, int]]) -> str:
    """Return how many codes wrong results are from the right ones in magnitude, where both are numbers."""
    numbers = [(mine & f.magnitude) - (right & f.magnitude) for mine, right in wrong
               if f.is_finite(mine) and f.is_finite(right) and (mine ^ right) & f.sign == 0]  # fmt: skip
    if len(numbers) < len(wrong):
        return ""
    counts = Counter(numbers)
    low, high = min(numbers), max(numbers)
    if low == high:
        octaves = f", {low // f.tiny} octaves" if low % f.tiny == 0 else ""
        return f"always {_codes(low)} in magnitude{octaves}"
    common, times = counts.most_common(1)[0]
    mostly = f", mostly {_codes(common)}" if times * 2 > len(numbers) else ""
    return f"off by {low} to {high} codes in magnitude{mostly}"


def _codes(distance: int) -> str:
    plural = "s" * (abs(distance) != 1)
    return f"{abs(distance)} code{plural} too {'high' if distance > 0 else 'low'}"


def _inputs(subject: Subject, cases: Sequence[Case]) -> str:
    """Return where failures are: what every input or right result of theirs is."""
    f = subject.fmt
    said = [
        f"only where {name} is {words}"
        for place, name in enumerate(subject.inputs)
        for words in _common(f, [case.inputs[place] for case in cases])
    ]
    for place, name in enumerate(subject.outputs):
        said += [
            f"only where the {name} should be {words}"
            for words in _common(f, [case.wanted[place] for case in cases])
        ]
    return ", ".join(said[:3])


def _common(f: FloatFormat, codes: Sequence[int]) -> list[str]:
    """Return what is true of all codes; nothing where that is only that they are normal numbers."""
    sizes = [code & f.magnitude for code in codes]
    tests: Sequence[tuple[str, Callable[[int], bool]]] = (
        ("NaN", f.is_nan),
        ("infinite", f.is_inf),
        ("zero", lambda size: size == 0),
        ("subnormal", lambda size: 0 < size < f.tiny),
        ("a power of two", lambda size: f.tiny <= size <= f.largest and size & (f.tiny - 1) == 0),
        ("below 1", lambda size: size < f.one),
        (
            "in the top binade",
            lambda size: f.is_finite(size) and size >> f.mant_bits == f.largest >> f.mant_bits,
        ),
    )
    found = [words for words, holds in tests if all(map(holds, sizes))][:1]
    if all(code & f.sign for code in codes) and len(codes) > 1:
        found.append("negative")
    return found


def _rules(cases: Sequence[Case]) -> str:
    """Return the relation that is broken, where there is but one."""
    rules = {case.rule for case in cases}
    [rule] = rules if len(rules) == 1 else [""]
    return f"it should be {rule}" if rule else ""
