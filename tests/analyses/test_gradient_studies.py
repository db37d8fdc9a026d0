"""The gradient studies: a number that came out otherwise fails a claim."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from analyses import differentiability, gradient_bias, gradient_depth, gradient_speed, gradient_steps


def failures(study: Any, measured: Any) -> list[str]:
    return [verdict.claim for verdict in study.judge(measured) if not verdict.holds]


def every_row_spoilt(found: Any, **change: Callable[[Any], Any]) -> list[Any]:
    """Return the measurement once for each row, with that row alone spoilt."""
    spoilt = []
    for place, row in enumerate(found.rows):
        bad = dataclasses.replace(row, **{name: how(row) for name, how in change.items()})
        spoilt.append(dataclasses.replace(found, rows=[*found.rows[:place], bad, *found.rows[place + 1 :]]))
    return spoilt


@pytest.mark.parametrize(
    "change",
    [
        {"sampled": lambda row: row.sampled + 9 * row.error},
        {"largest": lambda row: 2.1},  # noqa: ARG005
        {"agrees": lambda row: False},  # noqa: ARG005
    ],
    ids=["a mean nine errors off", "an error beyond the range", "a closed form that is not the integral"],
)
def test_one_wrong_row_of_the_bias_study_fails_it(change: Any, measured: dict[str, Any]) -> None:
    for spoilt in every_row_spoilt(measured[gradient_bias.__name__], **change):
        assert failures(gradient_bias, spoilt)


def test_an_exact_sum_that_is_off_by_one_fails(measured: dict[str, Any]) -> None:
    found = measured[gradient_bias.__name__]
    sums = {name: dict(columns) for name, columns in found.sums.items()}
    next(iter(sums.values()))["pam da"] = 1
    assert failures(gradient_bias, dataclasses.replace(found, sums=sums))
    assert failures(gradient_bias, dataclasses.replace(found, truth_error=1e-9))


@pytest.mark.parametrize("statistic", ["gain", "residual", "cosine"])
def test_gradients_that_agree_less_or_more_than_predicted_fail(
    statistic: str, measured: dict[str, Any]
) -> None:
    found = measured[gradient_depth.__name__]
    for factor in (0.8, 1.25):
        rows = found.rows.assign(**{statistic: found.rows[statistic] * factor})
        assert failures(gradient_depth, dataclasses.replace(found, rows=rows))


@pytest.mark.parametrize("frame", ["steps", "crossed", "curves"])
def test_steps_that_went_otherwise_fail(frame: str, measured: dict[str, Any]) -> None:
    found = measured[gradient_steps.__name__]
    numbers: pd.DataFrame = getattr(found, frame)
    keys = {"step", "rate", "seed", "size"}
    columns = [name for name in numbers.select_dtypes("number").columns if name not in keys]
    if frame == "curves":  # every run ends worse than the native one, and that one as it was
        spoilt = numbers.assign(
            loss=numbers["loss"].where(numbers["mode"] == "native", 1.3 * numbers["loss"])
        )
    else:
        spoilt = numbers.assign(**{name: 12 * numbers[name] for name in columns})
    assert failures(gradient_steps, dataclasses.replace(found, **{frame: spoilt}))


def test_one_wrong_slope_or_count_fails(measured: dict[str, Any]) -> None:
    found = measured[differentiability.__name__]
    for name, (tried, _) in found.sampled.items():
        assert failures(
            differentiability, dataclasses.replace(found, sampled={**found.sampled, name: (tried, 1)})
        )


def test_a_derivative_slower_than_promised_fails_and_one_as_fast_holds() -> None:
    def measured(elementwise: float, products: float) -> Any:
        columns = dict.fromkeys(("speed ratio", "ratio, low", "ratio, high"), 0.0)
        frames = []
        for key, ratio in (("operation", elementwise), ("side", products)):
            rows = [
                {key: "one", "mode": mode, **dict.fromkeys(columns, ratio)} for mode in gradient_speed.MODES
            ]
            frames.append(pd.DataFrame(rows))
        return gradient_speed.Measured(frames[0], frames[1], pd.DataFrame())

    assert failures(gradient_speed, measured(0.6, 0.6)) == []
    assert len(failures(gradient_speed, measured(0.49, 0.6))) == 2
    assert len(failures(gradient_speed, measured(0.6, 0.39))) == 2
    assert len(failures(gradient_speed, measured(0.6, 0.45))) == 1
