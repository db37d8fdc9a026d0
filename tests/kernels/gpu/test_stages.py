"""What `make gpu` runs, at small sizes on the host: the stages find no difference, and would find one."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analyses.on_gpu import STAGES, __main__, compared, overview
from analyses.on_gpu.compared import Compared
from analyses.training_runs import in_groups
from pamcheck.formats import get_format
from pamcheck.kernels import gpu
from pamcheck.nn.data import DataError
from pamcheck.nn.training import load, train

COMPARING = [name for name in STAGES if name not in ("speed", "runs")]


def module_of(stage: str) -> Any:
    return importlib.import_module(f"analyses.on_gpu.{stage}")


@pytest.mark.parametrize("stage", COMPARING)
def test_a_stage_compares_and_finds_no_difference(stage: str, emulated: Any) -> None:
    module = module_of(stage)
    record = module.stage(emulated, module.SMALL)
    assert record["cases"] > 1000
    assert record["different"] == 0, record["compared"]
    assert record["cases"] == sum(one["cases"] for one in record["compared"])


def test_a_difference_is_counted_and_its_operands_are_kept(
    emulated: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = compared.gpu_elementwise.run_codes

    def wrong(*arguments: Any, **options: Any) -> Any:
        result = honest(*arguments, **options)
        result.reshape(-1)[-1:] ^= 1
        return result

    monkeypatch.setattr(compared.gpu_elementwise, "run_codes", wrong)
    module = module_of("random")
    record = module.stage(emulated, module.SMALL)
    assert record["different"] >= len(record["compared"])
    assert all("GPU 0x" in one["first"][1] for one in record["compared"])


def test_the_first_difference_names_operands_that_were_broadcast() -> None:
    one = Compared("pam")
    want = np.arange(6, dtype=np.uint8).reshape(2, 3)
    got = want.copy()
    got[1, 2] ^= 0x80
    one.add(
        got,
        want,
        get_format("float8_e5m2"),
        [np.array([[7], [8]], np.uint8), np.array([1, 2, 3], np.uint8)],
    )
    assert one.record() == {
        "what": "pam",
        "cases": 6,
        "different": 1,
        "first": ["operands 0x08 0x03", "GPU 0x85, CPU 0x05"],
        "cut": False,
    }


def test_every_stage_writes_its_record_and_the_exit_code_tells(
    emulated: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(__main__, "runtime", lambda: emulated)
    assert __main__.main(["random", "--small", "--out", str(tmp_path)]) == 0
    record = json.loads((tmp_path / "emulated-on-the-host" / "random.json").read_text())
    assert record["small"]
    assert record["different"] == 0
    assert "PASS  random" in capsys.readouterr().out


@pytest.mark.parametrize("stage", COMPARING)
def test_a_stage_that_runs_out_of_time_leaves_the_rest_out_and_says_so(stage: str, emulated: Any) -> None:
    module = module_of(stage)
    size = module.Size(**{**vars(module.SMALL), "seconds": 0.0})
    record = module.stage(emulated, size)
    assert record["different"] == 0
    assert set(record["cut"]) == {one["what"] for one in record["compared"] if one["cut"]}
    assert record["cut"] or stage == "exhaustive"


def test_all_codes_of_float32_go_through_in_pieces_until_the_clock_is_over(
    emulated: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = module_of("exhaustive")
    seen: list[int] = []
    monkeypatch.setattr(module, "compare_body", lambda *given: seen.append(int(given[2][0][-1])))
    monkeypatch.setattr(module, "PIECE", 1 << 16)
    ticks = iter(range(10))
    done = module._singles(
        ["palog2", "pasqrt"], get_format("float32"), emulated, compared.Clock(3, lambda: next(ticks))
    )
    assert seen == [0xFFFF, 0xFFFF, 0x1FFFF, 0x1FFFF]
    assert [one.cut for one in done] == [True, True]


def test_without_a_device_the_command_says_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def absent() -> None:
        raise gpu.DeviceError("no device is visible")

    monkeypatch.setattr(__main__, "runtime", absent)
    assert __main__.main([]) == 2
    assert capsys.readouterr().err == "pamcheck: no device is visible\n"


def test_the_overview_shows_every_device_and_says_so_where_there_is_none(
    emulated: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overview, "_instructions", lambda: iter(()))
    assert overview.main([str(tmp_path)]) == 0
    assert "No device has been measured yet" in (tmp_path / "README.md").read_text()
    monkeypatch.setattr(__main__, "runtime", lambda: emulated)
    assert __main__.main(["random", "speed", "--small", "--out", str(tmp_path)]) == 0
    overview.main([str(tmp_path)])
    page = (tmp_path / "README.md").read_text()
    assert "## Emulated on the host" in page
    assert "0 different from the CPU's" in page
    assert "| 3 x 520 x 3 | lean |" in page


def test_runs_stop_at_the_clock_and_are_continued_until_they_are_finished(
    emulated: Any, tmp_path: Path
) -> None:
    module = module_of("runs")
    first = module.Size(**{**vars(module.SMALL), "folder": tmp_path, "seconds": 0.0})
    assert module.stage(emulated, first) == {"runs": {"digits, mimic": {"begun": False}}, "finished": False}
    stopped = train(load("digits", _changes(module)), tmp_path / "digits-mimic", stop=lambda: True)
    assert stopped.rows[-1].step == 1
    record = module.stage(emulated, module.Size(**{**vars(module.SMALL), "folder": tmp_path}))
    assert record["finished"]
    whole = train(load("digits", _changes(module)), tmp_path / "whole")
    assert record["runs"]["digits, mimic"]["weights"] == whole.hash


def test_a_run_whose_text_is_nowhere_is_left_out(
    emulated: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(*_: Any, **__: Any) -> None:
        raise DataError("no such text")

    module = module_of("runs")
    monkeypatch.setattr(module, "train", nowhere)
    record = module.stage(emulated, module.Size(**{**vars(module.SMALL), "folder": tmp_path}))
    assert record == {"runs": {"digits, mimic": {"left_out": "no such text"}}, "finished": False}


def test_the_overview_shows_runs_that_are_finished_and_runs_that_are_not() -> None:
    done = {"steps": 5000, "finished": True, "validation_loss": 1.49, "bleu": None, "seconds": 500.0,
            "seconds_per_step": 0.1}  # fmt: skip
    part = {**done, "steps": 100, "finished": False, "best_validation_loss_so_far": 2.5}
    page = "\n".join(
        overview._runs({"runs": {"a": done, "b": part, "c": {"left_out": "x"}, "d": {"begun": False}}})
    )
    assert "| a | 5,000 | 1.4900 | – | 500 | 100.0 |" in page
    assert "| b | 100 | 2.5000 so far |" in page
    assert "| c | no text |" in page
    assert "| d | not begun |" in page


def _changes(module: Any) -> dict[str, Any]:
    _, choice, changes = module.SMALL.runs["digits, mimic"]
    return {**changes, **in_groups(choice)}
