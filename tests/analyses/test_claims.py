"""The ledger of claims: its verdicts stand, follow the published numbers, and bad entries are named."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from analyses import claims
from analyses.claims import eight_bits, integer_rounding, operands
from analyses.claims.ledger import Claim, Finding, LedgerError, examine, load
from analyses.claims.ledger import judge as verdict_on
from analyses.claims.reading import Reading
from pamcheck.formats import get_format
from pamcheck.reporting.records import Settings

GOOD = """
[[claim]]
id = "one"
statement = "The relative error of padiv is at most 1/8"
source = "definition"
conditions = "all real operands"
quantity = "range end"
arguments = { op = "padiv", end = "upper" }
published = "12.5"
unit = "%"
expect = "confirmed"
"""


@pytest.fixture(scope="module")
def findings(measured: dict[str, Any]) -> list[Finding]:
    found: list[Finding] = measured["analyses.claims"].findings
    return found


def test_every_claim_gets_the_verdict_on_record(findings: list[Finding]) -> None:
    assert {found.claim.id: found.verdict for found in findings} == {c.id: c.expect for c in load()}


def test_a_tampered_number_is_refuted(findings: list[Finding]) -> None:
    tampered = 0
    for found in findings:
        if found.verdict != "confirmed" or found.claim.compare != "equal":
            continue
        width = max(reading.upper - reading.lower for reading in found.readings)
        value = (
            found.claim.value + 2 * width + max(0.02 * abs(found.claim.value), 3 * found.claim.reach, 1.0)
        )
        wrong = dataclasses.replace(found.claim, published=f"{value:.9f}")
        assert verdict_on(wrong, found.readings)[0] == "refuted", found.claim.id
        tampered += 1
    assert tampered > 15


def test_a_verdict_that_moved_fails_the_study_and_names_the_claim(measured: dict[str, Any]) -> None:
    known = measured["analyses.claims"]
    assert all(verdict.holds for verdict in claims.judge(known))
    first = known.findings[0]
    wrong = dataclasses.replace(first.claim, published="-11.2")
    moved = Finding(wrong, first.readings, *verdict_on(wrong, first.readings))
    verdicts = claims.judge(dataclasses.replace(known, findings=[moved, *known.findings[1:]]))
    assert [verdict.holds for verdict in verdicts] == [False, False, True]
    assert "pam-lower is now refuted" in verdicts[0].reason


def test_the_tables_have_every_claim_and_every_reading(measured: dict[str, Any]) -> None:
    known = measured["analyses.claims"]
    tables = {table.name: table for table in claims.tabulate(known)}
    assert list(tables["ledger"].frame["id"]) == [claim.id for claim in load()]
    assert len(tables["readings"].frame) == sum(len(found.readings) for found in known.findings)
    assert all(len(row) == len(table.frame.columns) for table in tables.values() for row in table.rows())


def claim(**changes: Any) -> Claim:
    return dataclasses.replace(load(GOOD)[0], **changes)


@pytest.mark.parametrize(
    ("stated", "values", "verdict"),
    [
        (True, (12.52, 99.0), "confirmed"),
        (True, (12.56, 12.5), "refuted"),
        (False, (12.52, 12.46), "confirmed"),
        (False, (12.52, 12.6), "cannot tell"),
        (False, (12.4, 12.6), "refuted"),
    ],
)
def test_where_conditions_are_open_every_reading_counts(
    stated: bool, values: tuple[float, ...], verdict: str
) -> None:
    readings = [Reading.exact(str(value), value) for value in values]
    assert verdict_on(claim(stated=stated), readings)[0] == verdict


def test_a_number_agrees_within_half_a_unit_of_its_last_digit() -> None:
    assert claim().reach == 0.05
    assert claim(published="12.50").reach == 0.005
    assert claim(published="-1/9").reach == 0
    assert claim(tolerance=2.0).reach == 2.0
    assert claim().agrees(Reading("interval", 12.54, 13.0))
    assert not claim(compare="below").agrees(Reading.exact("", 12.5))
    assert verdict_on(claim(published="", compare="none"), [Reading.exact("", 1.0)])[0] == "cannot tell"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'quantity = "range end"',
            'quantity = "rnge"',
            r"claim 'one': quantity is 'rnge'; it is one of range end",
        ),
        ('source = "definition"\n', "", r"claim 'one' lacks source"),
        ('unit = "%"', 'units = "%"', r"claim 'one' has unknown keys units"),
        ('published = "12.5"', "published = 12.5", r"claim 'one': published is 12.5, a float; quote"),
        ('published = "12.5"', 'published = "12,5"', r"claim 'one': published is '12,5'"),
        ('published = "12.5"\n', "", r"claim 'one': published is ''"),
        ('expect = "confirmed"', 'expect = "true"', r"claim 'one': expect is 'true'"),
        ('id = "one"\n', "", r"claim 'number 1' lacks id"),
        ('unit = "%"', 'unit = "%', r"claims.toml is no TOML"),
        (GOOD, GOOD + GOOD, r"claim 'one' stands twice"),
        (GOOD, "", r"no \[\[claim\]\] entries"),
        (GOOD, "claim = [1]", r"claim 1 is no table"),
    ],
)
def test_a_malformed_entry_is_named(old: str, new: str, message: str) -> None:
    with pytest.raises(LedgerError, match=message):
        load(GOOD.replace(old, new))


@pytest.mark.parametrize("arguments", [{"op": "padiv"}, {"op": "mul", "end": "upper"}, {"side": "upper"}])
def test_arguments_that_do_not_fit_are_named(arguments: dict[str, str]) -> None:
    with pytest.raises(LedgerError, match="claim 'one': arguments"):
        examine(claim(arguments=arguments), Settings(quick=True))


@pytest.mark.parametrize("op", ["pam", "padiv"])
@pytest.mark.parametrize("name", ["float8_e4m3", "float8_e5m2"])
def test_faithful_and_nearest_counts_are_those_of_exact_fractions(name: str, op: str) -> None:
    fmt = get_format(name)
    one, top = fmt.decode(fmt.one), fmt.one + 2 * fmt.tiny
    # one binade of each operand: every mantissa pair occurs as often at any exponents within range
    unfaithful = 0
    for a in range(fmt.one, fmt.one + fmt.tiny):
        for b in range(fmt.one, fmt.one + fmt.tiny):
            code = a + b - fmt.one if op == "pam" else a - b + fmt.one
            true = fmt.decode(a) * fmt.decode(b) if op == "pam" else fmt.decode(a) / fmt.decode(b)
            assert code < top
            assert one / 2 <= fmt.decode(code)
            unfaithful += not fmt.decode(code - 1) < true < fmt.decode(code + 1)
    found = eight_bits.rounding(name, op)
    assert found.unfaithful / found.pairs == pytest.approx(unfaithful / fmt.tiny**2, abs=0.02)
    assert (found.unfaithful == 0) == (unfaithful == 0)


def test_the_largest_of_a_sample_lies_where_draws_say() -> None:
    values = 6 * (1 - np.random.default_rng(3).random((2, 100, 10_000)))
    error = np.abs(operands._error(operands._fraction(values)))
    largest = 100 * error.max(axis=1)
    found = operands.largest_of(10_000, 6.0)
    assert np.count_nonzero((found.lower <= largest) & (largest <= found.upper)) >= 90


def test_the_share_of_large_errors_is_that_of_draws() -> None:
    n = 1_000_000
    error = np.abs(operands._error(operands._fraction(6 * (1 - np.random.default_rng(9).random((2, n))))))
    for size in (0.01, 0.05, 0.1, 0.11):
        share = operands.share_above(size, 6.0)
        assert abs(float(np.mean(error > size)) - share) < 4 * (share * (1 - share) / n) ** 0.5


@pytest.mark.parametrize(("fmt", "bits"), [("float8_e5m2", 2), ("float8_e4m3", 3)])
@pytest.mark.parametrize(("name", "op"), [("product", "pam"), ("quotient", "padiv")])
def test_integer_operations_are_faithful_where_every_pair_of_codes_is(
    fmt: str, bits: int, name: str, op: str
) -> None:
    # the bare sum or difference of codes, a constant of 0
    exceptions = eight_bits.rounding(fmt, op).unfaithful
    assert (integer_rounding.achieving_constant(name, bits, "faithful") == 0) == (exceptions == 0)


def test_only_an_integer_that_is_a_neighbour_counts_as_faithful() -> None:
    # 1.5 * 1.5 = 2.25 lies between 2 and 2.5 in two bits: 2 = one octave = 4 codes
    assert integer_rounding.achieving_constant("square", 1, "faithful") is not None
    assert integer_rounding.achieving_constant("square", 5, "faithful") is None
