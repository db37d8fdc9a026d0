"""One command line that repeats one case."""

from __future__ import annotations

import shlex
from fractions import Fraction

from pamcheck.testing.result import Failure
from pamcheck.testing.subject import Subject


def repro(target: str, failure: Failure) -> str:
    """Return the command that asks a target for one case again; "" for a fault whose case is not known."""
    if not failure.inputs:
        return ""
    case = ",".join(failure.subject.fmt.hex(code).removeprefix("0x") for code in failure.inputs)
    return f"pamcheck verify {target} {options(failure.subject)} --case {case}"


def options(subject: Subject) -> str:
    """Return the options of a command line that name a subject."""
    words = ["--op", subject.op, "--format", subject.fmt.name]
    if subject.mode:
        words += ["--mode", subject.mode]
    if subject.policy.name != "ftz":
        words += ["--policy", subject.policy.name]
    if subject.offset:
        words += [f"--offset={Fraction(subject.offset, subject.fmt.tiny)}"]
    return shlex.join(words)
