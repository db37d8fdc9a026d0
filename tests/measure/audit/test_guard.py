"""A guard sees every product in the functions that run, whatever it is of and however it is written."""

from __future__ import annotations

import builtins
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pamcheck.measure.audit.guard import Guard, MultiplicationError
from pamcheck.measure.audit.guard.allowed import Place

X = np.array([1.5, -2.0, 3.0, 0.25], np.float32)
HEAD = "import functools, math, operator\nimport numpy as np\n"


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Return a function that imports a text as a module of its own folder."""

    def module(text: str) -> Any:
        path = tmp_path / f"{len(text)}" / "text.py"
        path.parent.mkdir()
        path.write_text(HEAD + text)
        spec = importlib.util.spec_from_file_location("guarded_text", path)
        assert spec is not None
        assert spec.loader is not None
        found = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, "guarded_text", found)
        spec.loader.exec_module(found)
        return found

    return module


def watched(module: Any, **options: Any) -> Guard:
    guard = Guard(roots=(Path(module.__file__).parent,), **options)
    guard.watch(lambda: module.step(guard.protect(X)))
    return guard


PRODUCTS = [
    "return x * 0.5",
    "return 0.5 * 3",
    "return 1 / 3",
    "return 2.0 ** 3",
    "return 7.5 // 2",
    "return x[0] * x[1]",
    "return float(x[0]) * 2",
    "return math.sqrt(2)",
    "return math.exp(0.5)",
    "return math.prod([0.5, 2.0])",
    "return math.prod(v for v in (0.5, 2.0))",
    "return pow(0.5, 2)",
    "return divmod(0.5, 2)",
    "return (0.5).__mul__(2.0)",
    "return operator.mul(0.5, 2.0)",
    "return functools.reduce(operator.mul, [0.5, 2.0])",
    "return list(map(np.multiply, [0.5], [2.0]))",
    "return functools.partial(np.multiply, 0.5)(2.0)",
    "return np.asarray(x) * np.asarray(x)",
    "return np.multiply(np.ones(3, np.float32), 2)",
    "return np.ones(3, np.float32) @ np.ones(3, np.float32)",
    "return [v * 0.5 for v in (1.0, 2.0)]",
    "return (lambda v: v / 2)(1.0)",
    "y = 1.5; y *= 2; return y",
    "y = [1.5]; y[0] /= 2; return y",
    "y = np.zeros(3, np.float32); y[1:] *= 2; return y",
    "return x.view(np.int32) * 2",
    "return np.sqrt(abs(x))",
    "return np.linalg.norm(x)",
    "return np.random.default_rng(0).normal()",
    "return np.float32(2) ** np.float32(0.5)",
    "return np.full(2, 0.5).mean()",
]
INNOCENT = [
    "return x.shape[0] * 2 // 3 % 5, 2 ** 3, divmod(7, 2), pow(2, 3), math.prod(x.shape)",
    "return math.prod(n for n in x.shape), math.isfinite(x[0]), math.floor(2.5)",
    "return [0.5] * 3, 'ab' * 2, '%d' % 3, (1.0,) * 2, b'a' * 2",
    "return np.arange(3) * 2, np.arange(6).reshape(2, 3) % 2",
    "return x + x - 0.5, -x, abs(x), np.maximum(x, 0.0), np.where(x > 0, x, 0.0)",
    "return (x.view(np.int32) + 1).view(np.float32), x.sum(), x.max(), x[::2].copy()",
    "return sorted([2.5, 1.5]), max(0.5, 1.5), sum([0.5, 1.5]), round(2.5), f'{0.5:.1f}'",
    "return np.zeros((2, 3), np.float32).dtype.newbyteorder('='), np.dtype('f4').itemsize * 8",
]


def functions(lines: list[str]) -> str:
    """Return a text with a function for each line, and a step that calls them all."""
    made = "".join(f"def f{n}(x):\n    {line}\n\n" for n, line in enumerate(lines))
    return made + "def step(x):\n" + "".join(f"    f{n}(x)\n" for n in range(len(lines)))


def test_every_product_is_seen_where_it_is(written: Any) -> None:
    guard = watched(written(functions(PRODUCTS)), stop=False)
    found = {item.line: item.function.partition(".")[0] for item in guard.offences}
    missed = [line for n, line in enumerate(PRODUCTS) if found.get(4 + 3 * n) != f"f{n}"]
    assert not missed
    assert len(found) == len(PRODUCTS)


def test_what_is_no_product_of_floats_is_let_through(written: Any) -> None:
    guard = watched(written(functions(INNOCENT)), stop=False)
    assert guard.holds, (guard.offences, guard.unwatched)


def test_the_first_product_stops_a_guard_that_is_to_stop(written: Any) -> None:
    with pytest.raises(MultiplicationError) as caught:
        watched(written(functions(PRODUCTS)))
    assert (caught.value.offence.file[-7:], caught.value.offence.line) == ("text.py", 4)


def test_products_of_integers_are_listed_with_line_and_reason(written: Any) -> None:
    guard = watched(written("def step(x):\n    n = x.size * 2\n    return np.arange(n) * 3\n"))
    told = [(item.line, item.operation, item.reason.split(":")[0]) for item in guard.allowances]
    assert told == [(4, "*", "integers"), (5, "*", "integers of an array")]


def test_a_place_may_multiply_where_its_line_says_what_it_is_listed_for(written: Any) -> None:
    text = "def scale(n):\n    return 1.0 / math.sqrt(n)\n\ndef step(x):\n    return scale(x.size){}\n"
    place = Place("text.py", "scale", "a constant", "1.0 / math.sqrt(")
    guard = watched(written(text.format("")), places=(place,))
    assert guard.holds
    assert [item.reason for item in guard.allowances] == ["a constant"]
    with pytest.raises(MultiplicationError, match="float \\* float"):
        watched(written(text.format(" * 0.5")), places=(place,))


def test_all_offences_are_gathered_where_a_guard_does_not_stop(written: Any) -> None:
    text = "def half(x):\n    return x * 0.5\n\ndef step(x):\n    y = half(x)\n    return np.sqrt(abs(y)) / 3.0\n"
    guard = watched(written(text), stop=False)
    assert [(item.line, item.function) for item in guard.offences] == [(4, "half"), (8, "step")]
    assert not guard.holds


def test_what_is_outside_is_not_watched_and_said(written: Any) -> None:
    module = written(
        "def step(x, guard):\n    with guard.outside('data', 'drawn'):\n        y = x * 2\n    return y + y\n"
    )
    guard = Guard(roots=(Path(module.__file__).parent,))
    guard.watch(lambda: module.step(X, guard))
    assert guard.holds
    assert guard.outside_of == {"data": "drawn"}


def test_functions_that_exist_already_are_watched(written: Any) -> None:
    text = (
        "def make(factor):\n    return lambda x: x * factor\n\nkept = [make(0.5)]\n\n"
        "class Layer:\n    @property\n    def gain(self):\n        return 1.0\n"
        "    @staticmethod\n    def apply(x):\n        return x + 1.0\n\n"
        "def step(x):\n    return Layer.apply(x) + Layer().gain + (kept[0](x) if x[0] > 0 else x)\n"
    )
    with pytest.raises(MultiplicationError) as caught:
        watched(written(text))
    assert caught.value.offence.function == "make.<locals>.<lambda>"


def test_a_function_whose_source_is_not_there_does_not_pass(written: Any) -> None:
    module = written("def step(x):\n    return made(x)\n")
    exec(compile("def made(x):\n    return x + x\n\n", module.__file__, "exec"), module.__dict__)
    guard = watched(module)
    assert not guard.holds
    assert guard.unwatched[0].endswith("(made)")


def test_nothing_stays_behind(written: Any) -> None:
    module = written("def step(x):\n    return x * 0.5\n")
    before = module.step.__code__
    with pytest.raises(MultiplicationError):
        watched(module)
    assert module.step.__code__ is before
    assert not [name for name in vars(builtins) if name.startswith("__pamcheck")]
    assert module.step(2.0) == 1.0


def test_functions_that_a_watched_step_made_are_left_as_they_were(written: Any) -> None:
    text = "kept = []\n\ndef step(x):\n    kept.append(lambda n: n * 2)\n    return x\n"
    module = written(text)
    watched(module)
    assert [made(1.5) for made in module.kept] == [3.0] * 3


def test_errors_of_the_step_come_through(written: Any) -> None:
    with pytest.raises(KeyError):
        watched(written("def step(x):\n    raise KeyError('own')\n"))
