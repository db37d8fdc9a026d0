"""The second checker: it proves what was proven, refuses what was tampered with, and trusts no part of the first."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Any

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamcheck.measure.certify import Certificate, DamagedCertificate, certify, jets, recheck
from pamcheck.measure.certify.jets import Jet, exact
from pamcheck.measure.certify.middle import affine_on
from pamcheck.measure.certify.subjects import SUBJECTS

MILLIONTH = Fraction(1, 10**6)
NEAR_ZERO = (-Fraction(1, 1 << 17), Fraction(1, 1 << 18))
CASES: dict[str, dict[str, Any]] = {
    "pam": {"op": "pam"},
    "padiv with an offset": {"op": "padiv", "offset": Fraction(1, 16)},
    "palog2": {"op": "palog2"},
    "palog2, relative": {"op": "palog2", "kind": "relative"},
    "paexp2": {"op": "paexp2"},
    "pasqrt": {"op": "pasqrt"},
    "rsqrt": {"op": "rsqrt"},
    "palog": {"op": "palog", "domain": (1 - Fraction(1, 1 << 34), 1 + Fraction(1, 1 << 34))},
    "paexp": {"op": "paexp", "domain": (Fraction(1, 2), 6)},
    "paexp, absolute": {"op": "paexp", "kind": "absolute", "domain": NEAR_ZERO},
    "gelu": {"op": "gelu", "domain": (1, 2)},
    "sigmoid, absolute": {"op": "sigmoid", "kind": "absolute", "domain": (1, 3)},
    "pam in float8": {"op": "pam", "format": "float8_e4m3fn", "kind": "ulp"},
    "pam in float32": {"op": "pam", "format": "float32", "kind": "ulp"},
    "paexp2 in float8": {"op": "paexp2", "format": "float8_e4m3"},
    "gelu in float8": {"op": "gelu", "format": "float8_e5m2"},
    "palog in float32": {"op": "palog", "format": "float32", "domain": (2, 8)},
    "dot": {"op": "dot", "format": "bfloat16", "size": 40},
    "layer_norm": {"op": "layer_norm", "size": 8},
    "softmax": {"op": "softmax", "size": 8, "domain": NEAR_ZERO},
}


@cache
def made(name: str) -> Certificate:
    return certify(**CASES[name])


every_case = pytest.mark.parametrize("name", CASES)
with_boxes = pytest.mark.parametrize(
    "name", [name for name in CASES if "float8" not in name and name not in ("dot", "layer_norm")]
)


@every_case
def test_a_certificate_is_proven_again_also_from_its_json(name: str) -> None:
    found = made(name)
    assert Certificate.from_json(found.to_json()) == found
    second = recheck(Certificate.from_json(found.to_json()))
    assert second.holds, second.reason


@every_case
@pytest.mark.parametrize("end", ["lower", "upper"])
def test_an_end_a_millionth_inside_its_witness_is_refused(name: str, end: str) -> None:
    found = made(name)
    turn = 1 if end == "lower" else -1
    reached = getattr(found, f"at_{end}").error
    tight = reached + turn * MILLIONTH * max(Fraction(1), abs(reached))
    pick = max if end == "lower" else min
    boxes = tuple(replace(box, **{end: pick(getattr(box, end), tight)}) for box in found.boxes)
    assert not recheck(found.but(boxes=boxes, **{end: tight})).holds


@with_boxes
def test_every_tight_box_tightened_by_a_millionth_is_refused(name: str) -> None:
    found = made(name)
    pieces = [at for at, box in enumerate(found.boxes) if box.rule in ("piece", "polygon", "theorem")]
    for at in pieces[:: max(1, len(pieces) // 3)]:
        box = found.boxes[at]
        step = MILLIONTH * max(Fraction(1), abs(box.upper))
        boxes = (*found.boxes[:at], replace(box, upper=box.upper - step), *found.boxes[at + 1 :])
        hull = {"upper": max(b.upper for b in boxes)} if not found.format and found.op != "softmax" else {}
        if found.kind == "ulp" or found.op == "softmax":
            hull = {"upper": found.upper - step} if found.kind == "ulp" else {}
        assert not recheck(found.but(boxes=boxes, **hull)).holds, box


@with_boxes
def test_a_missing_box_is_refused(name: str) -> None:
    found = made(name)
    for at in {0, len(found.boxes) // 2, len(found.boxes) - 1}:
        boxes = (*found.boxes[:at], *found.boxes[at + 1 :])
        hull: dict[str, Any] = {}
        if boxes and not found.format and found.op != "softmax":
            hull = {"lower": min(b.lower for b in boxes), "upper": max(b.upper for b in boxes)}
        assert not recheck(found.but(boxes=boxes, **hull)).holds, at


@pytest.mark.parametrize("name", ["paexp", "palog2, relative"])
def test_two_pieces_taken_for_one_and_a_wrong_rule_are_refused(name: str) -> None:
    found = made(name)
    first, second, *rest = found.boxes
    joined = replace(
        first,
        corners=(first.corners[0], second.corners[1]),
        lower=min(first.lower, second.lower),
        upper=max(first.upper, second.upper),
    )
    assert not recheck(found.but(boxes=(joined, *rest))).holds
    for rule in ("small", "limit", "tail", "polygon", "theorem"):
        if rule != found.boxes[5].rule:
            changed = (*found.boxes[:5], replace(found.boxes[5], rule=rule), *found.boxes[6:])
            assert not recheck(found.but(boxes=changed)).holds, rule


def test_a_witness_that_claims_more_is_refused() -> None:
    for name in ("pam", "palog2", "paexp", "pam in float32", "palog in float32"):
        found = made(name)
        more = replace(found.at_upper, error=found.upper + MILLIONTH)
        assert not recheck(found.but(at_upper=more)).holds, name


def edited(change: Callable[[dict[str, Any]], Any]) -> str:
    data = json.loads(made("palog2").to_json())
    change(data)
    return json.dumps(data)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "not JSON"),
        ("[]", "version is 'list'"),
        ("{}", "version is None"),
        (edited(lambda d: d.update(version=2)), "reads version 1"),
        (edited(lambda d: d.pop("boxes")), "boxes"),
        (edited(lambda d: d.update(extra=1)), "extra"),
        (edited(lambda d: d.update(lower="much")), "much"),
        (edited(lambda d: d.update(upper="1/0")), "damaged"),
        (edited(lambda d: d["boxes"][0].update(rule="trust")), "trust"),
        (edited(lambda d: d.update(kind="ulps")), "ulps"),
        (edited(lambda d: d["at_lower"].pop("error")), "error"),
    ],
)
def test_a_damaged_certificate_is_refused_and_told(text: str, expected: str) -> None:
    with pytest.raises(DamagedCertificate, match=expected):
        Certificate.from_json(text)


def test_a_certificate_of_something_else_is_refused_not_a_crash() -> None:
    for changes in (
        {"op": "cosine"},
        {"boxes": ()},
        {"domain": ()},
        {"op": "pam"},
        {"format": "float8_e4m3fn"},
    ):
        assert not recheck(made("palog2").but(**changes)).holds, changes


# What the second checker computes with


@given(st.fractions(-40, 40, max_denominator=1 << 20))
def test_exp_and_log_and_sqrt_hold_the_true_value_narrowly(x: Fraction) -> None:
    with mpmath.workprec(400):
        true = mpmath.exp(mpmath.mpf(x.numerator) / x.denominator)
        size = abs(x) + Fraction(1, 1 << 30)
        logarithm = mpmath.log(mpmath.mpf(size.numerator) / size.denominator)
        root = mpmath.sqrt(mpmath.mpf(size.numerator) / size.denominator)
        for found, value in (
            (jets.exp(exact(x)), true),
            (jets.log(exact(size)), logarithm),
            (jets.sqrt(exact(size)), root),
        ):
            assert found.low <= value * jets.UNIT <= found.high
            assert found.high - found.low <= (1 << 60) + abs(found.high) // (1 << 90)


def test_the_derivatives_of_a_jet_are_those_of_the_function() -> None:
    x = Jet(exact(Fraction(7, 5)), jets.ONE)
    with mpmath.workprec(300):
        for jet, function in (
            (jets.jet_exp(x * x), lambda t: mpmath.exp(t * t)),
            (jets.jet_log(x * x + x), lambda t: mpmath.log(t * t + t)),
            (jets.jet_sqrt(x * x + x), lambda t: mpmath.sqrt(t * t + t)),
        ):
            for order, part in enumerate((jet.value, jet.first, jet.second)):
                true = mpmath.diff(function, mpmath.mpf(7) / 5, order) * jets.UNIT
                assert abs(part.low - true) < jets.UNIT / 10**20, order


def test_a_function_above_zero_anywhere_is_seen() -> None:
    def lowered(slack: Fraction) -> jets.Curve:  # x (1 - x) - 1/4 is zero at its top
        return lambda x: x + Jet(exact(Fraction(-1))) * x * x + Jet(exact(Fraction(-1, 4) - slack))

    for slack, holds in ((MILLIONTH, True), (-MILLIONTH, False)):
        assert jets.never_above_zero(lowered(slack), Fraction(0), Fraction(1)) == holds


@pytest.mark.parametrize("op", ["palog", "paexp", "sigmoid", "gelu"])
def test_an_interval_with_a_breakpoint_is_not_taken_for_one_piece(op: str) -> None:
    function = SUBJECTS[op].function
    assert affine_on(function, Fraction(1, 4), Fraction(4), None) is None
    ends = [box.corners for box in certify(op, domain=(Fraction(5, 4), 3)).boxes]
    for (low,), (high,) in ends:
        assert low is not None
        assert high is not None
        assert affine_on(function, low, high, None) is not None
    for ((low,), _), (_, (high,)) in pairwise(ends):
        assert low is not None
        assert high is not None
        line = affine_on(function, low, high, None)
        assert line is None, (low, high)
