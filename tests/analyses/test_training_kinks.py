"""The hook that counts kinks a step: against counts by hand and against measure.crossings with partners."""

from __future__ import annotations

import numpy as np
import pytest

from analyses.training_kinks import COLUMNS, KinkWatcher, watch
from pamcheck.measure.crossings import crossing

SEED = 2305


def test_counts_made_by_hand() -> None:
    before = {"a": np.array([1.0, 1.5, 1.0, -1.0], np.float32), "b": np.array([[0.0, np.nan]], np.float32)}
    after = {"a": np.array([1.0, 1.75, 2.0, 1.0], np.float32), "b": np.array([[1e-40, 1.0]], np.float32)}
    found = watch(before, after)
    assert found["elements"] == 5
    assert found["nonfinite"] == 1
    assert found["changed"] == 4 / 5
    assert found["sign"] == 1 / 5
    assert found["exponent"] == 1 / 5
    assert found["carry_expected"] == 0.25 / 5
    assert found["piece_expected"] == (0.25 + 1 + 1) / 5


def test_only_what_is_named_is_counted() -> None:
    weights = {"a": np.ones(3, np.float32), "b": np.ones(4, np.float32)}
    assert watch(weights, weights, ["b"])["elements"] == 4
    with pytest.raises(KeyError, match="c"):
        watch(weights, weights, ["c"])


def test_the_expectation_is_what_many_uniform_partners_show() -> None:
    rng = np.random.default_rng(SEED)
    before = rng.standard_normal((4, 500)).astype(np.float32)
    after = before + (0.01 * rng.standard_normal(before.shape)).astype(np.float32)
    partners = 1 + rng.random((4000, 4), np.float32)
    counted, found = crossing("w", before, after, partners), watch({"w": before}, {"w": after})
    assert found["carry_expected"] == pytest.approx(counted.share("carry"), rel=0.03)
    assert found["piece_expected"] == pytest.approx(counted.share("piece"), rel=0.03)


def test_the_watcher_has_a_row_for_each_step_it_was_shown() -> None:
    watcher, weights = KinkWatcher(), {"w": np.array([1.0], np.float32)}
    for step in (10, 20):
        watcher(step, weights, {"w": weights["w"] * step}, None)
    table = watcher.table()
    assert list(table.columns) == list(COLUMNS)
    assert list(table["step"]) == [10, 20]
    assert list(table["exponent"]) == [1, 1]
    assert list(KinkWatcher().table().columns) == list(COLUMNS)


def test_of_no_elements_shares_are_unknown() -> None:
    assert np.isnan(watch({}, {})["carry_expected"])
