"""Curves of training runs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pamcheck.plotting.training import training_curves


def run(steps: int, looked: bool = True) -> Any:
    step = np.arange(1, steps + 1)
    validation = np.where(looked & (step % 5 == 0), 1.0 / step, np.nan)
    columns = {"step": step, "loss": 1.0 / step, "norm": np.ones(steps)}
    return pd.DataFrame({**columns, "validation_loss": validation, "validation_accuracy": validation})


def test_a_run_has_its_losses_above_and_its_norms_below() -> None:
    losses, norms = training_curves({"seed 0": run(100)}, "digits").axes
    assert [line.get_label() for line in losses.get_lines()[1:]] == ["training", "validation"]
    found = losses.get_lines()[2].get_xydata()
    assert found.tolist() == [[step, 1 / step] for step in range(5, 101, 5)]
    assert len(norms.get_lines()) == 1


@pytest.mark.parametrize("runs", [{"a": run(1, looked=False)}, {"a": run(3), "b": run(0), "c": run(70)}])
def test_short_runs_and_runs_that_were_never_looked_at_are_drawn(runs: dict[str, Any]) -> None:
    assert training_curves(runs, "digits").axes


def test_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to draw"):
        training_curves({"a": run(0)}, "digits")
