"""Expressions: what they compute is the definition, and what cannot be read is refused with its place."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from pamcheck import spec
from pamcheck.measure.regions.plain import Plain
from pamcheck.measure.regions_request.command import Request, regions
from pamcheck.measure.regions_request.expression import ExpressionError, parse
from pamcheck.measure.regions_request.functions import ELEMENTS, FUNCTIONS

X, Y = Fraction(7, 4), Fraction(11, 8)


def value(text: str, **at: Fraction) -> Any:
    found = parse(text).function(at or {"x": X, "y": Y}, Plain())
    return found.tolist() if hasattr(found, "tolist") else found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pam(x, y)", spec.pam(X, Y)),
        ("padiv(x + 1, pam(x, y))", spec.padiv(X + 1, spec.pam(X, Y))),
        ("-x + 2 - -y", 2 + Y - X),
        ("x - (y - 0.5)", X - Y + Fraction(1, 2)),
        ("  +x - y", X - Y),
        ("dot(x, y, 1.5, 0.25)", spec.pam(X, Fraction(3, 2)) + spec.pam(Y, Fraction(1, 4))),
        ("papow(x, y)", spec.X(spec.pam(spec.L(X), Y))),
        ("max(x, y, 3)", Fraction(3)),
        ("max(x, y, -3)", X),
        ("sum(x, y, 1)", X + Y + 1),
        ("relu(x - y - 1)", Fraction(0)),
        ("floor(x + y)", Fraction(3)),
        ("max(softmax(x, y))", max(value("softmax(x, y)"))),
    ],
)
def test_an_expression_computes_the_definition(text: str, expected: Fraction) -> None:
    assert value(text) == expected


def test_a_vector_keeps_the_order_of_its_entries() -> None:
    assert value("softmax(x, y)") == value("softmax(y, x)")[::-1]
    assert value("softmax(x, y, 1, 2)")[1:3] == [
        value("softmax(2, y, x, 1)")[1],
        value("softmax(1, x, y, 2)")[0],
    ]


def test_a_sum_takes_vectors_and_numbers_together() -> None:
    assert value("softmax(x, y) + 1 - y") == [entry + 1 - Y for entry in value("softmax(x, y)")]


@pytest.mark.parametrize(
    ("text", "names", "length"),
    [("pam(x, y)", ("x", "y"), None), ("padiv(b, a)", ("a", "b"), None), ("softmax(t, t, 1)", ("t",), 3)],
)
def test_variables_are_in_alphabetical_order(text: str, names: tuple[str, ...], length: int | None) -> None:
    assert (parse(text).variables, parse(text).length) == (names, length)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_partitioned_and_verified(name: str) -> None:
    of = FUNCTIONS[name]
    arguments = ["x", "0.75"][: of.arity] if of.kind == ELEMENTS else ["x", "0.75"]
    found = regions(Request(f"{name}({', '.join(arguments)})", ("1:3",), recheck=True))
    assert found.recheck is not None
    assert found.recheck.holds, found.recheck.reason
    assert found.partition.cells


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("sofmax(x, y)", r"character 1: unknown function 'sofmax'; did you mean 'softmax'"),
        ("1 + gleu(x)", r"character 5: unknown function 'gleu'; did you mean 'gelu'"),
        ("é + exp(x)", r"character 5: unknown function 'exp'; did you mean 'paexp'"),
        ("x*y", r"character 2: write pam\(a, b\)"),
        ("  (x) * y", r"character 7: write pam\(a, b\)"),
        ("x / y", r"character 3: write padiv\(a, b\)"),
        ("x ** y", r"papow\(a, b\)"),
        ("x ^ y", r"papow\(a, b\)"),
        ("x % y", r"only \+ and - stand between terms"),
        ("pam(x, y", r"character 4: .* never closed"),
        ("", r"character 1: "),
        ("pam(x)", r"pam takes 2 arguments, 1 given"),
        ("pam(x, b=y)", r"by place"),
        ("pam(*x)", r"by place"),
        ("gelu(x, y)", r"gelu takes 1 argument, 2 given"),
        ("softmax()", r"softmax takes 1 or more numbers, or a vector, 0 given"),
        ("layer_norm(x)", r"2 or more"),
        ("dot(x, y, 1)", r"as many numbers for either vector, 3 in all given"),
        ("softmax(softmax(x, y), x)", r"one vector and nothing else"),
        ("softmax(x, y) + softmax(x, y, 1)", r"vectors of 2 and 3 entries"),
        ("pam + x", r"pam is a function; give it 2 arguments"),
        ("x.real", r"no number, variable, sum, difference or function"),
        ("x if x else y", r"no number, variable, sum, difference or function"),
        ("[x, y]", r"no number, variable, sum, difference or function"),
        ("True + x", r"True is no real number"),
        ("1j + x", r"1j is no real number"),
        ("'x'", r"'x' is no real number"),
        ("1e999 + x", r"beyond float64"),
        ("1" + "0" * 400 + " + x", r"beyond float64"),
        ("x + y + z", r"has the variables x, y, z; it must have one or two"),
        ("1 + 2", r"has no variable"),
        ("__import__('os')", r"unknown function '__import__'"),
        ("(lambda: x)()", r"only functions by their names"),
        ("-" * 60 + "x", r"nested more than 40 deep"),
        ("-" * 1900 + "x", r"deep|recursion"),
        ("x" + " + x" * 1000, r"characters; the most are"),
        ("x\0", r"cannot be read|null"),
        ("1if x else y", r"character"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text: str, told: str) -> None:
    with pytest.raises(ExpressionError, match=told):
        parse(text)
