"""What a run is in words."""

from __future__ import annotations

import math

from pamcheck.nn.training import text

RECORD = {
    "seed": 0, "steps": 20, "loss": 0.5, "validation_loss": 0.25, "validation_accuracy": 0.975,
    "best_validation_loss": 0.2, "best_step": 15, "seconds": 1.5, "seconds_per_step": 0.07, "weights": "ab" * 32,
}  # fmt: skip
OTHER = {**RECORD, "seed": 1, "validation_loss": 0.35, "weights": "cd" * 32}


def test_the_mean_comes_with_its_standard_error() -> None:
    mean, error = text.mean_and_error([1.0, 2.0, 3.0])
    assert (mean, error) == (2.0, 1 / math.sqrt(3))
    assert math.isnan(text.mean_and_error([1.0])[1])


def test_one_run_is_one_row_and_several_have_a_mean() -> None:
    heading, row = text.table([RECORD])
    assert (
        " ".join(heading.split())
        == "seed steps last batch validation accuracy best at step seconds ms/step"
    )
    assert row.split() == ["0", "20", "0.5000", "0.2500", "97.50%", "0.2000", "15", "1.5", "70.0"]
    assert "0.3000 ± 0.0500" in text.table([RECORD, OTHER])[-1]


def test_a_measure_that_no_run_has_is_no_column() -> None:
    silent = {**RECORD, "validation_accuracy": math.nan}
    assert "accuracy" not in text.table([silent])[0]
    assert "BLEU" in text.table([{**silent, "bleu": 30.0}])[0]


def test_the_last_line_passes_with_the_hash_or_fails_with_the_reason() -> None:
    assert text.verdict([RECORD]) == (
        f"PASS  20 steps: validation loss 0.2500, accuracy 97.50%; weights {'ab' * 32}"
    )
    assert text.verdict([RECORD, OTHER]).startswith("PASS  2 runs: validation loss 0.3000 ± 0.0500")
    assert text.verdict([RECORD], ["step 4: the loss is nan"]) == (
        "FAIL  1 of 2 runs diverged: step 4: the loss is nan"
    )
