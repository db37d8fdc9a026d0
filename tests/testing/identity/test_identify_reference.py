"""The definition itself, in every format, under every policy, with offsets: recognised as what it is."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import pytest

from pamcheck.formats import FORMATS, FloatFormat, get_format
from pamcheck.testing.identity import identify
from pamcheck.testing.subject import make_subject

WIDTHS = [*FORMATS, "e5m3fn", "e2m1"]
POLICIES = ("ftz", "gradual", "saturate")


def offsets(fmt: FloatFormat) -> list[int]:
    """Return a dozen offsets, fewer where there are no more, from one end to the other."""
    wanted = [
        0,
        1,
        -1,
        2,
        fmt.tiny // 16,
        -fmt.tiny // 16,
        fmt.tiny // 3,
        -fmt.tiny // 3,
        fmt.tiny // 2 + 1,
    ]
    wanted += [fmt.tiny - 1, 1 - fmt.tiny, -(fmt.tiny // 2) - 1]
    return [x for x in dict.fromkeys(wanted) if abs(x) < fmt.tiny]


# one offset for each format and policy, another one each time
TURNS = [
    (op, name, policy, (7 * i + j) % 12)
    for op in ("pam", "padiv")
    for (i, name), (j, policy) in product(enumerate(WIDTHS), enumerate(POLICIES))
    if (i + j + (op == "pam")) % 3 == 0
]


@pytest.mark.parametrize(("op", "name", "policy", "turn"), TURNS)
def test_offset_and_policy_of_a_product_or_quotient_are_recognised(
    op: str, name: str, policy: str, turn: int, reference: Any
) -> None:
    fmt = get_format(name)
    offset = offsets(fmt)[turn % len(offsets(fmt))]
    found = identify(reference(make_subject(op, fmt, policy, Fraction(offset, fmt.tiny))), fmt, op)
    also = found.conclusion("policy").also
    assert (found.offset, found.confidence) == (offset, 1.0), str(found)
    assert policy in (found.policy, *also), str(found)


@pytest.mark.parametrize("offset", [*offsets(get_format("float4_e2m1fn")), 8, -127, 127])
def test_offsets_are_recognised_from_end_to_end(offset: int, reference: Any) -> None:
    name = "bfloat16" if abs(offset) > 1 else "float4_e2m1fn"
    fmt = get_format(name)
    found = identify(reference(make_subject("pam", name, "ftz", Fraction(offset, fmt.tiny))), name)
    assert (found.offset, found.policy, found.confidence) == (offset, "ftz", 1.0), str(found)


def test_the_published_thresholds_are_found_to_the_code(reference: Any) -> None:
    found = identify(reference(make_subject("pam", "bfloat16", "kosson2023")), "bfloat16")
    assert (found.policy, found.confidence) == ("kosson2023", 1.0), str(found)
    assert (
        found.conclusion("results begin").found
        == "where the true result reaches 0x0209 (1.00651704e-37), 1e-37"
    )
    assert (
        found.conclusion("results end").found
        == "where the true result reaches 0x7cf1 (1.00107483e+37), 1e37"
    )


@pytest.mark.parametrize(
    ("op", "name", "policy"),
    [
        (op, WIDTHS[(3 * i + j) % len(WIDTHS)], policy)
        for i, op in enumerate(("palog2", "paexp2", "pasqrt", "palog", "paexp"))
        for j, policy in enumerate(POLICIES)
        if (i + j) % 2 == 0
    ],
)
def test_the_policy_of_a_function_is_recognised(op: str, name: str, policy: str, reference: Any) -> None:
    found = identify(reference(make_subject(op, name, policy)), name, op)
    assert found.variant.startswith(f"{op}, rounded to nearest, ties to even"), str(found)
    assert policy in (found.policy, *found.conclusion("policy").also), str(found)
    assert found.confidence == 1.0, str(found)


@pytest.mark.parametrize("name", ["bfloat16", "float4_e2m1fn"])
def test_the_policy_of_a_power_is_recognised(name: str, reference: Any) -> None:
    found = identify(reference(make_subject("papow", name, "gradual")), name, "papow")
    assert (found.policy, found.confidence) == ("gradual", 1.0), str(found)


def test_what_a_narrow_format_cannot_tell_apart_is_said(reference: Any) -> None:
    found = identify(reference(make_subject("pam", "float4_e2m1fn")), "float4_e2m1fn")
    assert "exact product, rounded to nearest, ties to even" in found.conclusion("computed").also, str(
        found
    )
