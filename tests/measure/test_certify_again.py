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

from pamcheck.measure.certify import Box, Certificate, DamagedCertificate, certify, jets, recheck
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
    "layer_norm, absolute": {"op": "layer_norm", "kind": "absolute", "size": 12},
    "layer_norm in bfloat16": {"op": "layer_norm", "kind": "absolute", "size": 12, "format": "bfloat16"},
    "gelu in float32, ulp": {
        "op": "gelu",
        "format": "float32",
        "kind": "ulp",
        "domain": (-2, Fraction(1, 2)),
    },
    "paexp2 in float32, ulp": {"op": "paexp2", "format": "float32", "kind": "ulp"},
    "silu in float32, absolute": {"op": "silu", "format": "float32", "kind": "absolute", "domain": (-1, 2)},
    "softmax": {"op": "softmax", "size": 5},
    "softmax in bfloat16": {"op": "softmax", "size": 4, "format": "bfloat16"},
}


@cache
def made(name: str) -> Certificate:
    return certify(**CASES[name])


every_case = pytest.mark.parametrize("name", CASES)
with_boxes = pytest.mark.parametrize(
    "name",
    [name for name in CASES if "float8" not in name and not name.startswith(("dot", "layer", "softmax"))],
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
    pieces = [
        at for at, box in enumerate(found.boxes) if box.rule in ("piece", "polygon", "theorem", "binade")
    ]
    for at in pieces[:: max(1, len(pieces) // 3)]:
        box = found.boxes[at]
        step = MILLIONTH * max(Fraction(1), abs(box.upper))
        boxes = (*found.boxes[:at], replace(box, upper=box.upper - step), *found.boxes[at + 1 :])
        hull = {"upper": max(b.upper for b in boxes)} if not found.format else {}
        if box.rule == "theorem":
            hull = {"upper": found.upper - step}
        assert not recheck(found.but(boxes=boxes, **hull)).holds, box


@with_boxes
def test_a_missing_box_is_refused(name: str) -> None:
    found = made(name)
    for at in {0, len(found.boxes) // 2, len(found.boxes) - 1}:
        boxes = (*found.boxes[:at], *found.boxes[at + 1 :])
        hull: dict[str, Any] = {}
        if boxes and not found.format:
            hull = {"lower": min(b.lower for b in boxes), "upper": max(b.upper for b in boxes)}
        assert not recheck(found.but(boxes=boxes, **hull)).holds, at


every_softmax = pytest.mark.parametrize("name", ["softmax", "softmax in bfloat16"])


@every_softmax
def test_a_softmax_without_one_of_its_boxes_is_refused(name: str) -> None:
    boxes = made(name).boxes
    firsts = [
        next(at for at, box in enumerate(boxes) if box.rule == rule)
        for rule in ("cut", "above", "below", "line")
    ]
    for at in {*firsts, len(boxes) // 2, len(boxes) - 1}:
        assert not recheck(made(name).but(boxes=(*boxes[:at], *boxes[at + 1 :]))).holds, boxes[at].rule


@every_softmax
def test_a_region_of_a_softmax_with_a_tighter_bound_or_another_slope_is_refused(name: str) -> None:
    found = made(name)
    worst = max(
        range(len(found.boxes)), key=lambda at: (found.boxes[at].rule == "above", found.boxes[at].upper)
    )
    least = min(
        range(len(found.boxes)), key=lambda at: (found.boxes[at].rule != "below", found.boxes[at].lower)
    )
    leaves = [at for at, box in enumerate(found.boxes) if box.rule in ("above", "below")]
    for at in (worst, least, *leaves[:: len(leaves) // 8]):
        box = found.boxes[at]
        turn = -1 if box.rule == "above" else 1
        tight = replace(box, lower=box.lower + turn * MILLIONTH, upper=box.upper + turn * MILLIONTH)
        assert not recheck(found.but(boxes=(*found.boxes[:at], tight, *found.boxes[at + 1 :]))).holds, box
    for slope in (Fraction(0), Fraction(-1), found.boxes[worst].corners[0][0] * 2):  # type: ignore[operator]
        other = replace(found.boxes[worst], corners=((slope, Fraction(1)),))
        boxes = (*found.boxes[:worst], other, *found.boxes[worst + 1 :])
        assert not recheck(found.but(boxes=boxes)).holds, slope


@every_softmax
def test_a_region_of_a_softmax_called_empty_and_a_cut_beside_it_are_refused(name: str) -> None:
    found = made(name)
    for rule, corners in (("empty", ()), ("below", None), ("cut", ((Fraction(0), Fraction(9)),))):
        at = max(
            range(len(found.boxes)), key=lambda at: (found.boxes[at].rule == "above", found.boxes[at].upper)
        )
        box = found.boxes[at]
        changed = replace(box, rule=rule, corners=box.corners if corners is None else corners)
        boxes = (*found.boxes[:at], changed, *found.boxes[at + 1 :])
        assert not recheck(found.but(boxes=boxes)).holds, rule
    line = replace(found.boxes[0], corners=(found.boxes[0].corners[0], found.boxes[1].corners[1]),
                   upper=found.boxes[1].upper)  # fmt: skip
    assert not recheck(found.but(boxes=(line, *found.boxes[2:]))).holds


def test_a_tree_deeper_than_anything_is_refused_not_a_crash() -> None:
    lines = tuple(box for box in made("softmax").boxes if box.rule == "line")
    cuts = tuple(
        Box("cut", ((Fraction(1), 5 + Fraction(1, k)),), Fraction(0), Fraction(0)) for k in range(1, 5000)
    )
    assert not recheck(made("softmax").but(boxes=lines + cuts)).holds


@pytest.mark.parametrize("name", ["gelu in float32, ulp", "paexp2 in float32, ulp"])
def test_a_unit_that_is_larger_than_the_truth_is_refused(name: str) -> None:
    found = made(name)
    at = next(at for at, box in enumerate(found.boxes) if box.rule == "binade")
    box = found.boxes[at]
    exponent = box.corners[2][0]
    assert exponent is not None
    larger = replace(
        box, corners=(*box.corners[:2], (exponent + 1,)), lower=box.lower / 2, upper=box.upper / 2
    )
    assert not recheck(found.but(boxes=(*found.boxes[:at], larger, *found.boxes[at + 1 :]))).holds


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
