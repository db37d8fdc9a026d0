"""What the README shows is what happens."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"


def test_the_python_session_prints_what_it_says() -> None:
    failures, tried = doctest.testfile(str(README), module_relative=False)
    assert tried >= 5
    assert failures == 0


@pytest.mark.parametrize(
    "target", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README.read_text(encoding="utf-8"))))
)
def test_every_link_leads_somewhere(target: str) -> None:
    assert (ROOT / target).exists(), target


def test_the_make_targets_that_it_names_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert set(re.findall(r"make ([a-z]+)", README.read_text(encoding="utf-8"))) <= targets | {"a"}


@pytest.mark.parametrize("page", ["differentiate"])
def test_the_programs_of_a_how_to_run(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "docs" / "how-to" / f"{page}.md").read_text(encoding="utf-8")
    program = "\n".join(re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL))
    exec(compile(program, page, "exec"), {})
    assert len(capsys.readouterr().out.splitlines()) >= 4
