"""The studies of training: what would have to be measured for them to fail, and the runs they share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analyses import (
    exact_vs_mimic,
    mantissa_width,
    training_ablation,
    training_cost,
    training_crossings,
    training_language,
    training_runs,
    training_speed,
)
from analyses.training_runs import Case, in_groups, one_thread_each
from pamcheck.measure.cost import Ledger
from pamcheck.nn.groups import GROUPS


def runs(config: str, statistic: str, **by_case: list[float]) -> pd.DataFrame:
    rows = [
        {"config": config, "case": case.replace("_", " "), "seed": seed, "loss": 1.0, "own_loss": 1.5,
         "accuracy": 0.9, "curve": [], statistic: value}
        for case, values in by_case.items()
        for seed, value in enumerate(values)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_the_ablation_fails_where_one_case_loses_too_much_on_average() -> None:
    lost = {"float": [0.98, 0.97], "everything,_mimic": [0.98, 0.97], "everything,_exact": [0.965, 0.961]}
    whole, worst = training_ablation.judge(training_ablation.Measured(runs("digits", "accuracy", **lost)))
    assert whole.holds
    assert not worst.holds
    assert "everything, exact" in worst.measured
    lost["everything,_exact"] = [0.975, 0.961]
    found = training_ablation.judge(training_ablation.Measured(runs("digits", "accuracy", **lost)))
    assert all(verdict.holds for verdict in found)
    lost["everything,_mimic"] = [0.965, 0.961]
    found = training_ablation.judge(training_ablation.Measured(runs("digits", "accuracy", **lost)))
    assert not any(verdict.holds for verdict in found)


def test_a_higher_loss_is_lost_and_a_lower_one_is_not() -> None:
    found = training_ablation.Measured(
        runs("topics", "loss", float=[2.0, 2.1], **{"everything,_mimic": [2.02, 2.0]})
    )
    assert found.differences("topics", "everything, mimic") == pytest.approx([0.02, -0.1])


def test_the_ladder_replaces_one_group_more_at_each_step() -> None:
    ladder = [case.overrides for case in training_ablation.cases("digits")]
    native = [[name for name in GROUPS if x[f"arithmetic.{name}"] == "native"] for x in ladder]
    assert native[0] == list(GROUPS)
    assert native[1] == native[2] == list(GROUPS[1:])
    assert native[3:7] == [list(GROUPS[count:]) for count in range(2, 6)]
    assert native[7:] == [[], []]


def test_a_language_model_that_ends_too_high_fails_its_study() -> None:
    def judged(native: float, mimic: float, own: float) -> list[bool]:
        frame = runs("shakespeare-small", "loss", float=[native] * 2, mimic=[mimic] * 2)
        frame.loc[frame.case == "mimic", "own_loss"] = own
        measured = training_language.Measured(frame, "shakespeare-small")
        return [verdict.holds for verdict in training_language.judge(measured)]

    assert judged(1.90, 1.94, 2.1) == [True, True, True]
    assert judged(1.92, 1.94, 2.1) == [False, True, True]
    assert judged(1.90, 1.96, 2.1) == [True, False, True]
    assert judged(1.90, 1.94, 1.98) == [True, True, False]


def test_exact_derivatives_that_come_close_to_mimic_ones_fail_the_study() -> None:
    def holds(exact: float) -> bool:
        frame = runs("topics", "loss", float=[1.9] * 2, mimic=[1.94] * 2, exact=[exact] * 2)
        _, verdict, _ = training_language.judge(training_language.Measured(frame, "topics"))
        return verdict.holds

    assert holds(1.99)
    assert not holds(1.97)


def test_exact_and_mimic_are_told_apart_where_they_differ_and_not_called_alike_where_that_is_unknown() -> (
    None
):
    def holds(exact: list[float], mimic: list[float]) -> bool:
        frame = runs("digits", "accuracy", exact=exact, mimic=mimic, float=mimic)
        return exact_vs_mimic.judge(exact_vs_mimic.Measured(frame, quick=False))[0].holds

    same = [0.980, 0.981, 0.979, 0.980]
    assert holds(same, same[::-1])
    assert not holds([0.96, 0.961, 0.959, 0.96], same)
    assert not holds([0.94, 1.0, 0.95, 0.99], same)  # the interval is wide


def test_mimic_ends_lower_only_where_the_interval_says_so() -> None:
    def holds(exact: list[float], mimic: list[float]) -> bool:
        frame = runs("topics", "loss", exact=exact, mimic=mimic, float=mimic)
        return exact_vs_mimic.judge(exact_vs_mimic.Measured(frame, quick=False))[0].holds

    low = [2.06, 2.07, 2.05, 2.06]
    assert holds([2.09, 2.10, 2.07, 2.09], low)
    assert not holds([2.09, 2.10, 2.02, 2.06], low)
    assert not holds(low, [2.09, 2.10, 2.07, 2.09])


def test_few_bits_that_cost_much_fail() -> None:
    frame = pd.DataFrame(
        [
            {"kind": kind, "bits": bits, "seed": 0, "loss": 0.1, "accuracy": 0.98 - lost}
            for kind, bits, lost in (("float", 23, 0), ("float", 4, 0.03), ("PAM", 23, 0), ("PAM", 4, 0))
        ]
    )
    assert [v.holds for v in mantissa_width.judge(mantissa_width.Measured(frame))] == [False, True]


def test_a_step_that_multiplies_or_saves_too_little_fails_the_cost_study() -> None:
    ledgers = {("digits", "float"): Ledger(), ("digits", "mimic"): Ledger()}
    ledgers["digits", "float"].write("matmul", "float multiply", 1000)
    ledgers["digits", "mimic"].write("matmul", "pam", 1000)
    measured = training_cost.Measured(ledgers)
    assert [v.holds for v in training_cost.judge(measured)] == [True, True]
    ledgers["digits", "mimic"].write("matmul", "float divide", 1)
    assert [v.holds for v in training_cost.judge(measured)] == [False, True]
    ledgers["digits", "mimic"].write("matmul", "pam", 10**6)
    assert not training_cost.judge(measured)[1].holds


def test_steps_that_cross_many_kinks_fail() -> None:
    steps = pd.DataFrame({"step": np.arange(1, 21), **dict.fromkeys(training_crossings.SHARES, 0.05)})
    steps.loc[15:, "piece_expected"] = 0.01
    assert [v.holds for v in training_crossings.judge(training_crossings.Measured(steps))] == [True, True]
    steps["piece_expected"] = np.linspace(0.05, 0.2, 20)
    assert [v.holds for v in training_crossings.judge(training_crossings.Measured(steps))] == [False, False]


def test_a_slow_or_large_step_fails() -> None:
    def judged(times: float, memory: float) -> list[bool]:
        rows = [
            {"arithmetic": kind, "ms a step": 50.0, "of the float step": ratio, "ratio, low": ratio,
             "ratio, high": ratio, "memory, MB": size}
            for kind, ratio, size in (("float", 1.0, 70.0), ("mimic", times, memory))
        ]  # fmt: skip
        return [v.holds for v in training_speed.judge(training_speed.Measured(pd.DataFrame(rows)))]

    assert judged(0.9, 60) == [True, True]
    assert judged(1.1, 71) == [False, False]


def test_a_finished_run_is_looked_at_again_and_gives_the_same_row(tmp_path: Path) -> None:
    small = {"train.steps": 3, "train.evaluate_every": 3, "model.width": 16, "model.layers": 1}
    case = Case("tiny", "digits", {**in_groups("mimic"), **small})
    first, second = (training_runs._trained(case, 0, tmp_path) for _ in range(2))
    assert len(list(tmp_path.iterdir())) == 1
    assert first == second


def test_processes_started_side_by_side_take_one_thread_each(monkeypatch: Any) -> None:
    monkeypatch.setenv("PAMCHECK_THREADS", "3")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    with one_thread_each() as workers:
        assert workers == 3
        assert {training_runs.os.environ[name] for name in training_runs._THREADS} == {"1"}
    assert training_runs.os.environ["PAMCHECK_THREADS"] == "3"
    assert "OMP_NUM_THREADS" not in training_runs.os.environ
