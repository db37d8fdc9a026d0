"""The device header and the Python bodies as targets of the conformance suite: they pass what others have to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from pamcheck.kernels.table import BODIES, OPS, cotangents
from pamcheck.testing.subject import Codes, Subject, make_subject
from pamcheck.testing.verify import judge

MODES = ("", "exact", "mimic")


class Bodies:
    """A target whose answers are those of bodies by name: run(name, operands, subject) gives codes."""

    name = "our own bodies"

    def __init__(self, run: Callable[[str, Sequence[Codes], Subject], Any]) -> None:
        self._run = run

    def answer(self, subject: Subject, inputs: Sequence[Codes]) -> tuple[Codes, ...]:
        names, operands = (subject.op,), tuple(inputs)
        if subject.mode:
            names, operands = cotangents(subject.op, subject.mode), (inputs[-1], *inputs[:-1])
        return tuple(np.asarray(self._run(name, operands, subject), subject.dtype) for name in names)

    def notices(self) -> tuple[str, ...]:
        return ()

    def close(self) -> None:
        pass


def in_python(name: str, operands: Sequence[Codes], subject: Subject) -> list[int]:
    body, _ = BODIES[name]
    rows = zip(*(codes.tolist() for codes in operands), strict=True)
    return [body(*row, subject.words) for row in rows]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("op", OPS)
def test_the_compiled_header_passes_level_1(op: str, mode: str, run_header: Callable[..., Any]) -> None:
    def compiled(name: str, operands: Sequence[Codes], subject: Subject) -> Any:
        return run_header(name, operands, subject.words)

    result = judge(Bodies(compiled), make_subject(op, "bfloat16", mode=mode))
    assert result.passed, str(result)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("op", OPS)
def test_the_bodies_in_python_pass_level_1(op: str, mode: str) -> None:
    result = judge(Bodies(in_python), make_subject(op, "bfloat16", mode=mode))
    assert result.passed, str(result)
