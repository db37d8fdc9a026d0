"""Judging someone else's matrix product, its derivatives, and sums."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from pamcheck.formats import FloatFormat, get_format
from pamcheck.kernels.words import make_words
from pamcheck.lookup import lookup
from pamcheck.measure.sampling import SEED
from pamcheck.operands import Number, offset_codes
from pamcheck.policy import Policy, get_policy
from pamcheck.testing.contractions.calling import Called
from pamcheck.testing.contractions.case import CLAIMS, Case
from pamcheck.testing.contractions.cases import matmul_cases, sum_cases, vjp_cases
from pamcheck.testing.contractions.derivatives import ProductDerivative
from pamcheck.testing.contractions.enclosure import accumulator_of
from pamcheck.testing.contractions.failures import groups_of
from pamcheck.testing.contractions.judge import Judge
from pamcheck.testing.contractions.kind import Contraction, whole
from pamcheck.testing.contractions.products import Product
from pamcheck.testing.contractions.rows import code_dtype
from pamcheck.testing.contractions.sums import Sum
from pamcheck.testing.result import Result
from pamcheck.testing.session import LEVELS, Level

Order = Literal["canonical", "any"]
REFERENCE_TERMS = 20_000  # of a case, beyond which a policy without kernels takes too long


def check_matmul(
    fn: Callable[..., Any],
    *,
    format: str | FloatFormat = "float32",
    policy: str | Policy = "ftz",
    offset: Number = 0,
    order: Order = "canonical",
    accumulator: str | None = None,
    level: Level = "1",
    arrays: str = "numpy",
    codes: bool = False,
    seed: int = SEED,
    errors: int = 20,
    only: str = "",
    operands: Sequence[Any] | None = None,
) -> Result:
    """Judge fn(A, B), a matrix product of pams with shapes as numpy.matmul takes them.

    order        "canonical": bit equality with pamcheck.matmul; "any": every result must lie where IEEE
                 additions in some order get, see contractions.enclosure
    accumulator  of "any": "float32", "float64" or "format", which the target adds up in, or in something
                 wider; by default float32, and float64 for formats that float32 does not hold
    level        "1", "2" or "exhaustive": how much is asked
    arrays       "numpy", "cupy", "torch" or "torch:DEVICE": whose arrays fn takes and returns
    codes        the arrays hold codes as unsigned integers, in place of values; the only way for a custom format
    errors       how many failures are shown
    only         name of one check, or of one case as a failure's repro has it
    operands     codes of the operands of a single call, as nested lists or arrays, in place of the cases

    A failure is one element: its inputs are the codes of a's row, then of b's column. What fn does wrong is in
    the result, nothing of it is raised. Raises ValueError for unknown names, an accumulator without "any" or one
    that does not hold the format, and TargetError (a ValueError) for what cannot be called.
    """
    fmt, rules = get_format(format), get_policy(policy)
    what = Product(fmt, rules, offset_codes(offset, fmt))
    if not rules.reference_only:
        make_words(fmt, rules, what.offset)
    cases = matmul_cases(fmt, level, seed)
    chosen = _chosen(what, cases, level, only, operands)
    if rules.reference_only and operands is None:
        chosen = (case for case in chosen if _terms(case) <= REFERENCE_TERMS)
    return _judged(what, Called(fn, arrays, codes), chosen, order, accumulator, level, errors, seed)


def check_sum(
    fn: Callable[..., Any],
    *,
    format: str | FloatFormat = "float32",
    order: Order = "canonical",
    accumulator: str | None = None,
    level: Level = "1",
    arrays: str = "numpy",
    codes: bool = False,
    seed: int = SEED,
    errors: int = 20,
    only: str = "",
    operands: Sequence[Any] | None = None,
) -> Result:
    """Judge fn(x), the sum over the last axis of an array, against pamcheck.sum or any order.

    Options are those of check_matmul; no policy touches additions. A failure's inputs are the codes summed.
    """
    fmt = get_format(format)
    what = Sum(fmt, get_policy("ftz"))
    chosen = _chosen(what, sum_cases(fmt, level, seed), level, only, operands)
    return _judged(what, Called(fn, arrays, codes), chosen, order, accumulator, level, errors, seed)


def check_matmul_vjp(
    fn: Callable[..., Any],
    *,
    mode: Literal["exact", "mimic"] = "exact",
    format: str | FloatFormat = "float32",
    policy: str | Policy = "ftz",
    offset: Number = 0,
    order: Order = "canonical",
    accumulator: str | None = None,
    level: Level = "1",
    arrays: str = "numpy",
    codes: bool = False,
    seed: int = SEED,
    errors: int = 20,
    only: str = "",
    operands: Sequence[Any] | None = None,
) -> Result:
    """Judge fn(A, B, G) -> (dA, dB), the cotangents of both factors given that of A B: pamcheck.vjp("matmul", ...).

    Options are those of check_matmul. Operands are matrices or batches of them, never broadcast. An element of
    dA is made of its a, the codes of b that it met, and the cotangents of those products; of dB likewise.
    """
    lookup("mode", mode, {"exact": None, "mimic": None})
    fmt, rules = get_format(format), get_policy(policy)
    if rules.reference_only:
        raise ValueError(f"policy {rules.name!r} has no derivatives; take 'ftz'")
    what = ProductDerivative(fmt, rules, offset_codes(offset, fmt), mode)
    make_words(fmt, rules, what.offset)
    chosen = _chosen(what, vjp_cases(fmt, level, seed), level, only, operands)
    return _judged(what, Called(fn, arrays, codes), chosen, order, accumulator, level, errors, seed)


def _judged(
    what: Contraction,
    target: Called,
    cases: Iterable[Case],
    order: str,
    accumulator: str | None,
    level: Level,
    errors: int,
    seed: int,
) -> Result:
    began = time.perf_counter()
    lookup("order", order, {"canonical": None, "any": None})
    wide = accumulator_of(what.fmt, accumulator)
    if order == "canonical" and accumulator is not None:
        raise ValueError(
            f"accumulator is {accumulator!r}; the canonical order has its own, give order='any'"
        )
    judge = Judge(target, what, wide if order == "any" else None, _options(order, accumulator, seed))
    outcomes = judge.run(cases)
    groups, failures = groups_of(judge, outcomes, errors)
    target.close()
    return Result(
        target=target.name,
        subject=whole(what),
        outcomes=tuple(outcomes),
        groups=groups,
        failures=failures,
        notices=target.notices(),
        level=level,
        seconds=time.perf_counter() - began,
        extra={"order": order, "accumulator": wide.name},
    )


def _options(order: str, accumulator: str | None, seed: int) -> tuple[str, ...]:
    given = {"order": (order, "canonical"), "accumulator": (accumulator, None), "seed": (seed, SEED)}
    return tuple(f"{name}={value!r}" for name, (value, usual) in given.items() if value != usual)


def _chosen(
    what: Contraction, cases: Iterable[Case], level: str, only: str, operands: Sequence[Any] | None
) -> Iterable[Case]:
    """Return the cases that are asked for."""
    lookup("level", level, dict.fromkeys(LEVELS))
    if operands is not None:
        return [_given(what, operands)]
    check, _, label = only.partition("/")
    if only:
        lookup("check", check, CLAIMS)
    found = [case for case in cases if check in ("", case.check) and label in ("", case.label)]
    if not found:
        raise ValueError(f"only is {only!r}; no case of level {level!r} has that name")
    return found


def _given(what: Contraction, operands: Sequence[Any]) -> Case:
    if len(operands) != len(what.operands):
        raise ValueError(f"operands has {len(operands)} entries; it must have {', '.join(what.operands)}")
    arrays = [np.asarray(x, dtype=object) for x in operands]
    for name, array in zip(what.operands, arrays, strict=True):
        for code in array.reshape(-1).tolist():
            if not isinstance(code, int | np.integer) or not 0 <= code < 2 * what.fmt.sign:
                raise ValueError(
                    f"operand {name} has the entry {code!r}; {what.fmt.name} has codes of {what.fmt.width} bits"
                )
    return replace(
        Case("shapes", "given", ()), operands=tuple(x.astype(code_dtype(what.fmt)) for x in arrays)
    )


def _terms(case: Case) -> int:
    a, b = case.operands
    return a.size * (b.shape[-1] if b.ndim > 1 else 1)
