from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pamcheck.testing.subject import make_subject
from pamcheck.testing.targets import TargetError, program_target, python_target


def test_the_name_is_what_makes_the_same_target_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my unit.py").write_text("def f(a, b):\n    return a\n")
    assert python_target("my unit.py:f").name == "'my unit.py:f'"
    name = python_target("my unit.py:f", elementwise=True, codes=True).name
    assert name == "'my unit.py:f' --codes --elementwise"
    assert program_target("cat 'a b'").name == "--exec 'cat '\"'\"'a b'\"'\"''"
    assert shlex.split(program_target("cat 'a b'", 2.5).name) == [
        "--exec",
        "cat 'a b'",
        "--time-limit",
        "2.5",
    ]


def test_options_reach_the_target(tmp_path: Path) -> None:
    (tmp_path / "unit.py").write_text("def f(a, b):\n    return a ^ b\n")
    target = python_target(f"{tmp_path}/unit.py:f", codes=True)
    codes = [np.array([6], np.uint8), np.array([3], np.uint8)]
    assert target.answer(make_subject("pam", "float8_e5m2"), codes)[0].tolist() == [5]


@pytest.mark.parametrize(("arrays", "missing"), [("torch", "torch"), ("cupy", "cupy")])
def test_a_library_that_is_not_there_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arrays: str, missing: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    (tmp_path / "unit.py").write_text("def f(a, b):\n    return a\n")
    with pytest.raises(TargetError, match=f"{missing} halted"):
        python_target(f"{tmp_path}/unit.py:f", arrays=arrays)


def test_autograd_is_named(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    (tmp_path / "unit.py").write_text("def f(a, b):\n    return a\n")
    options: dict[str, Any] = {"arrays": "torch", "gradient": "autograd"}
    target = python_target(f"{tmp_path}/unit.py:f", **options)
    assert target.name == f"{tmp_path}/unit.py:f --arrays torch --gradient autograd"
