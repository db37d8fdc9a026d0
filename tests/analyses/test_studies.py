"""Each study, in a quick run: its claims hold, its numbers are the known ones, and a wrong number fails."""

from __future__ import annotations

import dataclasses
import importlib
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analyses import (
    STUDIES,
    audit,
    certificates,
    claims,
    compensated,
    compensation,
    differentiability,
    exact_vs_mimic,
    format_error,
    gradient_bias,
    gradient_depth,
    gradient_steps,
    mantissa_width,
    mutants,
    product_error,
    quotient_error,
    regions,
    sweep_speed,
    sweeps,
    training_ablation,
    training_cost,
    training_crossings,
    training_language,
    transcendental_error,
)
from pamcheck.measure.audit.record import Audit, Offender
from pamcheck.measure.bounds import Enclosure
from pamcheck.reporting.page import ORDER
from pamcheck.reporting.records import Settings, Study, as_study
from pamcheck.reporting.run import run_study

QUICK = Settings(quick=True)
UNTIMED: list[Any] = [
    product_error,
    quotient_error,
    transcendental_error,
    format_error,
    sweeps,
    certificates,
    compensation,
    gradient_bias,
    gradient_depth,
    gradient_steps,
    differentiability,
    regions,
    claims,
    audit,
    mutants,
    training_language,
    training_ablation,
    exact_vs_mimic,
    mantissa_width,
    training_crossings,
    training_cost,
]


@pytest.mark.parametrize("name", STUDIES)
def test_every_listed_study_is_one_and_says_claim_method_and_writes(name: str) -> None:
    study = as_study(importlib.import_module(f"analyses.{name}"))
    for heading in ("Claim ", "Method ", "Writes "):
        assert f"\n{heading}" in str(study.__doc__)
    assert str(study.__doc__).splitlines()[0].endswith("?")


def test_the_page_has_a_place_for_every_study() -> None:
    assert ORDER == STUDIES


@pytest.mark.parametrize("study", UNTIMED, ids=lambda study: study.__name__)
def test_every_claim_holds(study: Study, measured: dict[str, Any]) -> None:
    verdicts = study.judge(measured[study.__name__])
    assert verdicts
    assert [verdict.claim for verdict in verdicts if not verdict.holds] == []


@pytest.mark.parametrize("study", UNTIMED, ids=lambda study: study.__name__)
def test_a_study_writes_what_its_docstring_says(
    study: Study, measured: dict[str, Any], tmp_path: Path
) -> None:
    class Cached:
        """The study with its numbers at hand."""

        __name__, __doc__ = study.__name__, study.__doc__
        judge, tabulate, draw = study.judge, study.tabulate, study.draw

        @staticmethod
        def measure(_: Settings) -> Any:
            return measured[study.__name__]

    cached: Any = Cached
    run_study(cached, tmp_path / "s", QUICK, lambda *_: None)
    written = {path.stem for path in (tmp_path / "s").iterdir()}
    promised = str(study.__doc__).partition("Writes")[2]
    kinds = {"reports", study.__name__.partition(".")[2], "csv", "json", "svg", "png"}
    assert set(re.findall(r"[a-z0-9_]+", promised)) - kinds == written


@pytest.mark.parametrize(
    ("column", "claim"), [("killed", "fails a check"), ("named", "diagnosed as itself")]
)
def test_a_mutant_that_survives_or_is_misnamed_fails_the_study(
    column: str, claim: str, measured: dict[str, Any]
) -> None:
    rows = measured[mutants.__name__].rows.copy()
    rows.loc[3, column] = False
    wrong = [verdict for verdict in mutants.judge(mutants.Measured(rows)) if not verdict.holds]
    assert [claim in verdict.claim for verdict in wrong] == [True]
    assert rows.loc[3, "mutant"] in wrong[0].reason


def test_a_sweep_slower_than_promised_fails_its_study() -> None:
    def rates(times: float) -> pd.DataFrame:
        return pd.DataFrame([{"times the loop": times, "ratio, low": times, "ratio, high": times}])

    assert sweep_speed.judge(sweep_speed.Measured(rates(301)))[0].holds
    assert not sweep_speed.judge(sweep_speed.Measured(rates(299)))[0].holds


def test_the_checkpoints_of_the_product_come_out(measured: dict[str, Any]) -> None:
    found = measured[product_error.__name__]
    assert (found.ranges["none"].lower, found.ranges["none"].upper) == (Fraction(-1, 9), 0)
    bias, mred = zip(*found.expected.values(), strict=True)
    assert [f"{100 * value:.2f}" for value in bias] == ["-3.85", "0.41", "1.06"]
    assert [f"{100 * value:.2f}" for value in mred] == ["3.85", "2.65", "2.84"]
    assert f"{100 * bias[0]:.3f}" == "-3.849"


def test_the_checkpoints_of_the_quotient_come_out(measured: dict[str, Any]) -> None:
    found = measured[quotient_error.__name__]
    assert (found.ranges["none"].lower, found.ranges["none"].upper) == (0, Fraction(1, 8))
    assert f"{100 * found.expected['none'][0]:+.3f}" == "+4.102"


def test_the_checkpoints_of_the_functions_come_out(measured: dict[str, Any]) -> None:
    lowers = {
        name: found.lower for name, found in measured[transcendental_error.__name__].enclosures.items()
    }
    assert f"{lowers['palog2']:.7f}" == "0.0860713"
    assert f"{100 * lowers['paexp2']:.4f}" == "6.1476"
    assert f"{100 * lowers['pasqrt']:.4f}" == "6.0660"


def test_a_range_that_is_not_attained_fails(measured: dict[str, Any]) -> None:
    found = measured[product_error.__name__]
    assert not compensated.judge_range(found, "", Fraction(-1, 8), Fraction(0)).holds
    assert not compensated.judge_range(found, "", Fraction(-1, 9), Fraction(1, 1000)).holds
    outside = dataclasses.replace(found, grid=dataclasses.replace(found.grid, min_rel=-0.12))
    assert not compensated.judge_range(outside, "", Fraction(-1, 9), Fraction(0)).holds


@pytest.mark.parametrize("printed", ["-3.848", "-3.850", "3.849"])
def test_a_bias_that_is_printed_wrongly_fails(measured: dict[str, Any], printed: str) -> None:
    found = measured[product_error.__name__]
    assert not compensated.judge_checkpoint(found, compensated.Checkpoint("bias", "none", printed)).holds


def test_an_integral_that_the_sample_does_not_confirm_fails(measured: dict[str, Any]) -> None:
    found = measured[product_error.__name__]
    moved = dataclasses.replace(found.sampled["none"], bias=-0.0385 - 0.001)
    wrong = dataclasses.replace(found, sampled={**found.sampled, "none": moved})
    assert not compensated.judge_checkpoint(wrong, compensated.Checkpoint("bias", "none", "-3.849")).holds


def test_an_enclosure_that_misses_the_closed_form_fails(measured: dict[str, Any]) -> None:
    found = measured[transcendental_error.__name__]
    missed = {**found.enclosures, "palog2": Enclosure(0.0860714, 0.0860715, 0.44, 100)}
    verdicts = transcendental_error.judge(dataclasses.replace(found, enclosures=missed))
    assert [verdict.holds for verdict in verdicts] == [False, True, True, True, True]


def test_a_sample_in_which_nothing_was_compared_fails(measured: dict[str, Any]) -> None:
    found = measured[transcendental_error.__name__]
    sample, errors, summary = found.errors["paexp2", "bfloat16"]
    nothing = dataclasses.replace(errors, compared=errors.compared & False)
    empty = (sample, nothing, dataclasses.replace(summary, compared=0))
    verdicts = transcendental_error.judge(
        dataclasses.replace(found, errors={**found.errors, ("paexp2", "bfloat16"): empty})
    )
    assert [verdict.holds for verdict in verdicts][:3] == [True, False, True]


def test_an_audit_with_an_offender_fails_and_its_table_names_it(measured: dict[str, Any]) -> None:
    found = measured[audit.__name__]
    for target in (record.target for record in found.found.records):
        records = [
            dataclasses.replace(record, offenders=(Offender(7, "FMUL R0, R1, R2", "multiplies floats"),))
            if record.target == target
            else record
            for record in found.found.records
        ]
        wrong = dataclasses.replace(found, found=dataclasses.replace(found.found, records=tuple(records)))
        assert not all(verdict.holds for verdict in audit.judge(wrong)), target
        table = next(table for table in audit.tabulate(wrong) if table.name == "offenders")
        assert "FMUL R0, R1, R2" in set(table.frame["instruction"])


def test_an_audit_of_nothing_fails(measured: dict[str, Any]) -> None:
    nothing = dataclasses.replace(measured[audit.__name__], found=Audit(()))
    assert not all(verdict.holds for verdict in audit.judge(nothing))
