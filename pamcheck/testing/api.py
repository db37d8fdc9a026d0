"""Judging a Python callable: the functions that tests and notebooks call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from pamcheck.formats import FloatFormat
from pamcheck.measure.sampling import SEED
from pamcheck.operands import Number
from pamcheck.policy import Policy
from pamcheck.testing.identity import Fingerprint, identify
from pamcheck.testing.result import Result
from pamcheck.testing.session import Level
from pamcheck.testing.subject import make_subject
from pamcheck.testing.targets import CallableTarget
from pamcheck.testing.verify import ERRORS, Settings, judge

Arrays = Literal["numpy", "torch", "cupy"]
Names = Mapping[str, str] | Iterable[str] | None


def check_implementation(
    fn: Callable[..., Any],
    *,
    op: str,
    format: str | FloatFormat = "float32",
    policy: str | Policy = "ftz",
    offset: Number = 0,
    level: Level = "1",
    checks: Sequence[str] | None = None,
    arrays: Arrays = "numpy",
    codes: bool = False,
    accept: Sequence[str] = (),
    expected_failed_checks: Names = None,
    skipped_checks: Names = None,
    errors: int = ERRORS,
    seed: int = SEED,
) -> Result:
    """Hold an implementation of an operation to the definition, and say what is wrong with it.

    fn        takes as many 1-d arrays as the operation has operands, of the format's dtype and one length, and
              returns an array like them; with `codes`, unsigned integers in place of floats
    op        "pam", "padiv", "palog2", "paexp2", "pasqrt", "palog", "paexp" or "papow"
    format    name, or a FloatFormat; one without a dtype needs `codes`
    policy    what the edges are judged by: "ftz", "gradual", "saturate", or "kosson2023" for pam and padiv
    offset    compensation that pam or padiv is meant to have, in octaves
    level     "1" takes seconds, "2" a minute, "exhaustive" tries every operand of formats up to 16 bits
    checks    names of some checks; None for all that apply
    arrays    the library whose arrays fn takes
    accept    deviations of the catalogue that are meant, such as "nan_sign"
    expected_failed_checks, skipped_checks
              names or globs, with reasons: a check that is expected to fail and passes is a failure too
    errors    how many failures Result.failures has; Result.outcomes has all

    Returns a Result: `passed`, `outcomes`, `groups` (causes, with a diagnosis each), `failures`; as text it is
    what `pamcheck verify` prints. What fn does is never raised. Raises ValueError for unknown names.
    """
    target = CallableTarget(fn, arrays=arrays, codes=codes)
    settings = Settings(level, checks, seed, errors, expected_failed_checks, skipped_checks, accept)
    return judge(target, make_subject(op, format, policy, offset), settings)


def check_vjp(
    fn: Callable[..., Any],
    *,
    op: str,
    mode: Literal["exact", "mimic"] = "exact",
    format: str | FloatFormat = "float32",
    policy: str | Policy = "ftz",
    offset: Number = 0,
    level: Level = "1",
    checks: Sequence[str] | None = None,
    arrays: Arrays = "numpy",
    gradient: Literal["function", "autograd"] = "function",
    codes: bool = False,
    accept: Sequence[str] = (),
    expected_failed_checks: Names = None,
    skipped_checks: Names = None,
    errors: int = ERRORS,
    seed: int = SEED,
) -> Result:
    """Hold the derivatives of an operation to the definition, bit for bit.

    fn        takes the operands and then the cotangent of the result, and returns the cotangent of each operand;
              with gradient="autograd", the operation itself on PyTorch tensors, whose autograd is asked
    mode      "exact": the slope of the affine piece; "mimic": calculus with PAM operations in it

    Everything else is as in `check_implementation`.
    """
    target = CallableTarget(fn, arrays=arrays, gradient=gradient, codes=codes)
    settings = Settings(level, checks, seed, errors, expected_failed_checks, skipped_checks, accept)
    return judge(target, make_subject(op, format, policy, offset, mode), settings)


def fingerprint(
    fn: Callable[..., Any],
    *,
    op: str = "pam",
    format: str | FloatFormat = "float32",
    arrays: Arrays = "numpy",
    codes: bool = False,
    seed: int = SEED,
) -> Fingerprint:
    """Say which unit a function is, from its answers alone: `variant`, `policy`, offset, confidence, probes.

    Arguments as in `check_implementation`.
    """
    subject = make_subject(op, format)
    return identify(CallableTarget(fn, arrays=arrays, codes=codes), subject.fmt, op=op, seed=seed)
