from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pamcheck.testing.targets.errors import TargetError
from pamcheck.testing.targets.loading import load

UNIT = """
import sys
print("hello from import")
import helper_beside
class Box:
    def double(self, a):
        return helper_beside.twice(a)
box = Box()
def product(a, b):
    return a * b
number = 3
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder, with a module in it; what is imported from it is forgotten."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry != ""])
    (tmp_path / "helper_beside.py").write_text("def twice(a):\n    return a + a\n")
    (tmp_path / "unit_here.py").write_text(UNIT)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.mark.parametrize("place", ["unit_here", "unit_here.py", "./unit_here.py"])
def test_a_function_is_found_by_module_and_by_file(place: str) -> None:
    assert load(f"{place}:product")(3, 4) == 12
    assert load(f"{place}:box.double")(4) == 8


def test_a_file_elsewhere_finds_what_lies_beside_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "random.py").write_text("def f(a):\n    import beside_it\n    return beside_it.twice(a)\n")
    (elsewhere / "beside_it.py").write_text("def twice(a):\n    return a + a\n")
    assert load(f"{elsewhere}/random.py:f")(2) == 4
    assert "elsewhere" not in str(sys.modules.get("random"))


def test_a_file_is_run_anew(folder: Path) -> None:
    for number in (1, 2):
        (folder / "changing.py").write_text(f"def f():\n    return {number} # {'x' * number}\n")
        assert load("changing.py:f")() == number


def test_printing_at_import_goes_to_stderr(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "loud.py").write_text("import os\nprint('one')\nos.system('echo two')\ndef f(): pass\n")
    load("loud.py:f")
    out, err = capfd.readouterr()
    assert out == ""
    assert "one" in err
    assert "two" in err


def test_what_a_module_sets_at_import_is_undone(folder: Path) -> None:
    (folder / "setting.py").write_text(
        "import numpy, warnings\nnumpy.seterr(all='raise')\nwarnings.simplefilter('ignore')\ndef f(): pass\n"
    )
    before = np.geterr(), list(warnings.filters)
    load("setting.py:f")
    assert (np.geterr(), warnings.filters) == before


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("unit_here", ["does not say which function", "module:function"]),
        ("unit_here:", ["does not say which function"]),
        (":product", ["does not say which function"]),
        ("unit_her:product", ["there is no module unit_her; did you mean unit_here?"]),
        ("unit_here.part:product", ["there is no module unit_here.part", "not a package"]),
        ("unit-here:product", ["'unit-here' is no name of a module"]),
        ("./unit_here:product", ["did you mean ./unit_here.py?"]),
        ("unit_hre.py:product", ["there is no file unit_hre.py", "did you mean unit_here.py?"]),
        ("unit_here:prodct", ["no attribute 'prodct'", "did you mean 'product'?"]),
        ("unit_here.py:box.doubel", ["no attribute 'box.doubel'", "did you mean 'double'?"]),
        ("unit_here:number", ["of type int, which cannot be called"]),
        ("unit_here:Box", ["is a class"]),
    ],
)
def test_what_cannot_be_had_is_said(spec: str, words: list[str]) -> None:
    with pytest.raises(TargetError) as caught:
        load(spec)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            "x = 1\nimport no_such_thing\n",
            "ModuleNotFoundError: No module named 'no_such_thing' (broken.py, line 2)",
        ),
        ("raise ImportError('mine')\n", "ImportError: mine (broken.py, line 1)"),
        ("def g():\n    return 1 / 0\ng()\n", "ZeroDivisionError: division by zero (broken.py, line 2)"),
        ("import sys\nsys.exit(3)\n", "SystemExit: 3 (broken.py, line 2)"),
        ("x = (\n", "SyntaxError: '(' was never closed (broken.py, line 1)"),
        ("import helper_beside\nhelper_beside.twice()\n", "TypeError: twice() missing"),
    ],
)
@pytest.mark.parametrize("place", ["broken", "broken.py"])
def test_an_error_in_the_module_is_told_with_its_place(
    folder: Path, body: str, told: str, place: str
) -> None:
    (folder / "broken.py").write_text(body)
    with pytest.raises(TargetError) as caught:
        load(f"{place}:f")
    assert told in str(caught.value)
    assert "failed" in str(caught.value)
    assert not [name for name in sys.modules if "broken" in name and "target" in name]
