"""What can be certified in one variable: the function, what it approximates, its domains and closed forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from pamcheck import functional
from pamcheck.contracts import Bound, ClosedForm
from pamcheck.kernels.table import OPS
from pamcheck.measure.certify.certificate import Interval, Kind

ZERO, ONE = Fraction(0), Fraction(1)
HALF_TURN = Fraction(1, 2)
POSITIVE: Interval = (ZERO, None)


@dataclass(frozen=True)
class Subject:
    """One function of one variable.

    function   its text over an Arithmetic, called as function(x, arithmetic)
    truth      key of search.TRUTHS
    kind       the error that is certified where none is asked for
    domains    by kind, where none is asked for
    scopes     by kind, what follows from that domain beyond it
    gathers    the point at which infinitely many pieces meet, if there is one
    closed     by kind, closed forms of the least and the greatest error on the default domain
    positive   whether the domain has to lie above zero
    """

    function: Callable[[Any, Any], Any]
    truth: str
    kind: Kind
    domains: Mapping[Kind, Interval]
    scopes: Mapping[Kind, str] = field(default_factory=dict)
    gathers: Fraction | None = None
    closed: Mapping[Kind, tuple[Bound | None, Bound | None]] = field(default_factory=dict)
    positive: bool = False


def _contract(op: str) -> tuple[Bound, Bound]:
    contract = OPS[op].contract
    assert contract is not None
    return contract.lower, contract.upper


def _each(low: int, high: int) -> dict[Kind, Interval]:
    here: Interval = (Fraction(low), Fraction(high))
    return {"relative": here, "absolute": here}


def _dividing(m: Any) -> Any:
    """Return 1 + the greatest relative error of a quotient by log2 e."""
    g = 1 / m.log(2) - 1
    return (2 - g) * (1 + g) / 2


def _carry(m: Any) -> Any:
    """Return the x at which the mantissas of x and log2 e first add up to 1, in [1/2, 1]."""
    return (3 - 1 / m.log(2)) / 2


_EXP = (
    ClosedForm("2 e^-h - 1, h = (3 - 1/ln 2)/2", lambda m: 2 * m.exp(-_carry(m)) - 1),
    ClosedForm("3/4 e^(h/2) - 1, h = (3 - 1/ln 2)/2", lambda m: 3 * m.exp(_carry(m) / 2) / 4 - 1),
)
_LEAST_LOG = ClosedForm("ln 2 - 1", lambda m: m.log(2) - 1)
_ANY_LOG = "every x > 0 but 1"

SUBJECTS: dict[str, Subject] = {
    "palog2": Subject(
        lambda x, ar: ar.log2(x),
        "log2",
        "absolute",
        {"absolute": (ONE, Fraction(2)), "relative": POSITIVE},
        {"absolute": "every x > 0: a factor 2 adds 1 to both", "relative": _ANY_LOG},
        closed={
            "absolute": _contract("palog2"),
            "relative": (_LEAST_LOG, ClosedForm("2 ln 2 - 1", lambda m: 2 * m.log(2) - 1)),
        },
        positive=True,
    ),
    "paexp2": Subject(
        lambda x, ar: ar.exp2(x),
        "exp2",
        "relative",
        _each(0, 1),
        {"relative": "every x: adding 1 doubles both"},
        closed={"relative": _contract("paexp2")},
    ),
    "pasqrt": Subject(
        lambda x, ar: ar.sqrt(x),
        "sqrt",
        "relative",
        _each(1, 4),
        {"relative": "every x > 0: a factor 4 doubles both"},
        closed={"relative": _contract("pasqrt")},
        positive=True,
    ),
    "rsqrt": Subject(
        lambda x, ar: ar.div(1.0, ar.sqrt(x)),
        "rsqrt",
        "relative",
        _each(1, 4),
        {"relative": "every x > 0: a factor 4 halves both"},
        closed={
            "relative": (Fraction(0), ClosedForm("4/3 sqrt(2/3) - 1", lambda m: 4 * m.sqrt(6) / 9 - 1))
        },
        positive=True,
    ),
    "papow": Subject(
        lambda x, ar: ar.exp2(ar.mul(ar.log2(x), HALF_TURN)),
        "sqrt",
        "relative",
        _each(1, 4),
        {"relative": "every x > 0: a factor 4 doubles both"},
        closed={"relative": _contract("pasqrt")},
        positive=True,
    ),
    "palog": Subject(
        lambda x, ar: ar.log(x),
        "log",
        "relative",
        {"absolute": (Fraction(1, 16), Fraction(16)), "relative": POSITIVE},
        {"relative": _ANY_LOG},
        gathers=ONE,
        closed={
            "relative": (
                _LEAST_LOG,
                ClosedForm(
                    "(2 - G)(1 + G) ln 2 - 1, G = 1/ln 2 - 1", lambda m: 2 * m.log(2) * _dividing(m) - 1
                ),
            )
        },
        positive=True,
    ),
    "paexp": Subject(
        lambda x, ar: ar.exp(x),
        "exp",
        "relative",
        _each(-1, 1),
        gathers=ZERO,
        closed={"relative": _EXP},
    ),
    "sigmoid": Subject(functional.sigmoid, "sigmoid", "relative", _each(-8, 8), gathers=ZERO),
    "silu": Subject(functional.silu, "silu", "relative", _each(-8, 8), gathers=ZERO),
    "gelu": Subject(functional.gelu, "gelu", "relative", _each(-8, 8), gathers=ZERO),
}
"""By operation; papow is papow(x, 1/2), and gelu approximates x sigmoid(1.702 x), its own formula."""
