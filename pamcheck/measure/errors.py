"""Error of each result against the unrounded truth, and the field's statistics of it.

The truth is carried as head + tail, some 106 bits, and no error is taken from a rounded truth. ULP is
fractional, in units of the last place of the binade that holds the truth itself: a truth just below a
power of two is measured by the smaller ULP, even where its nearest float is that power of two.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from pamcheck import truth
from pamcheck.formats import FloatFormat
from pamcheck.kernels.launch import run_codes
from pamcheck.kernels.table import get_operation
from pamcheck.kernels.words import make_words
from pamcheck.measure.sampling import Sample
from pamcheck.measure.values import Codes, Floats, Ints, decode, encode, on_grid, ordinal
from pamcheck.policy import Policy, get_policy

DEFINITIONS: dict[str, str] = {
    "n": "operand tuples drawn",
    "compared": "tuples in the statistics: truth in the normal range, result finite, no operand flushed",
    "undefined": "excluded: the true function is undefined (NaN) there",
    "infinite": "excluded: the truth is infinite",
    "zero": "excluded: the truth is zero",
    "above": "excluded: the truth is beyond the largest finite number",
    "below": "excluded: the truth is below the smallest normal number",
    "flushed": "excluded: an operand is subnormal and the policy counts it as zero",
    "nonfinite": "excluded: the truth is in range, the result infinite or NaN",
    "bias": "mean of (result - truth)/truth, signed",
    "bias_se": "standard error of the bias; 0 where every tuple was tried, NaN for a single one drawn",
    "MRED": "mean relative error distance: mean of |result - truth|/|truth|",
    "WCRE": "worst-case relative error: largest |result - truth|/|truth|",
    "min_rel": "smallest signed relative error",
    "max_rel": "largest signed relative error",
    "p50": "median relative error distance",
    "p90": "90th percentile of the relative error distance",
    "p99": "99th percentile of the relative error distance",
    "mean_error": "mean of result - truth, signed",
    "min_error": "smallest signed result - truth",
    "max_error": "largest signed result - truth",
    "MED": "mean error distance: mean of |result - truth|",
    "WCE": "worst-case error: largest |result - truth|",
    "NMED": "MED over the largest |truth| in the sample; where papers take the largest possible, it is smaller",
    "MSE": "mean of (result - truth)^2",
    "RMSE": "square root of MSE",
    "EP": "error probability: share of results that differ from the unrounded truth",
    "mean_ulp": "mean |result - truth| in ULP of the truth's binade",
    "max_ulp": "largest |result - truth| in ULP of the truth's binade",
    "max_ordinal": "largest distance, in codes, from the result to the correctly rounded truth",
}


@dataclass(frozen=True)
class Errors:
    """Errors of a sample, one entry a tuple; NaN (ordinal -1) where `compared` is False."""

    fmt: FloatFormat
    operands: tuple[Codes, ...]
    results: Codes
    head: Floats  # truth = head + tail
    tail: Floats
    excluded: dict[str, int]
    compared: npt.NDArray[np.bool_]
    absolute: Floats  # signed result - truth
    relative: Floats  # signed (result - truth) / truth
    ulp: Floats  # |result - truth| in ULP
    ordinal: Ints
    exhaustive: bool


@dataclass(frozen=True)
class Summary:
    """Statistics of one sample: fields as in DEFINITIONS, NaN where nothing was compared."""

    n: int
    compared: int
    bias: float
    bias_se: float
    MRED: float
    WCRE: float
    min_rel: float
    max_rel: float
    p50: float
    p90: float
    p99: float
    mean_error: float
    min_error: float
    max_error: float
    MED: float
    WCE: float
    NMED: float
    MSE: float
    RMSE: float
    EP: float
    mean_ulp: float
    max_ulp: float
    max_ordinal: int
    excluded: dict[str, int]
    worst: tuple[int, ...]  # operand codes of the worst relative error

    def record(self) -> dict[str, Any]:
        """Return the statistics as a flat mapping, exclusions included, without the worst operands."""
        flat = asdict(self)
        excluded = flat.pop("excluded")
        del flat["worst"]
        return {**flat, **excluded}


def measure(name: str, sample: Sample, policy: str | Policy = "ftz", offset: int = 0) -> Errors:
    """Run an operation on a sample (`offset` in codes) and return its errors against the truth."""
    words = make_words(sample.fmt, get_policy(policy), offset)
    results = run_codes(name, sample.operands, words)
    return errors_of(get_operation(name).approximates, sample, results, policy)


def errors_of(approximates: str, sample: Sample, results: Codes, policy: str | Policy = "ftz") -> Errors:
    """Return the errors of given result codes against a true function of the sample's operands."""
    fmt = sample.fmt
    head, tail = truth.pairs(approximates, *sample.values)
    result = decode(results, fmt)
    excluded = _exclude(approximates, sample, head, tail, result, get_policy(policy))
    compared = excluded == 0
    names = list(_REASONS)
    counts = {reason: int(np.count_nonzero(excluded == place + 1)) for place, reason in enumerate(names)}
    with np.errstate(all="ignore"):
        absolute = np.where(compared, (result - head) - tail, np.nan)
        relative = absolute / head + 0.0  # turns -0 into 0
        steps = _distance(ordinal(results, fmt), ordinal(round_pair(head, tail, fmt), fmt))
        ulp = np.ldexp(np.abs(absolute), fmt.mant_bits - binade(head, tail, fmt))
    return Errors(
        fmt, sample.operands, results, head, tail, counts, compared, absolute, relative, ulp,
        np.where(compared, steps, -1), sample.exhaustive,
    )  # fmt: skip


def summarize(errors: Errors) -> Summary:
    """Return the statistics of the compared tuples."""
    keep = errors.compared
    size, count = int(keep.size), int(np.count_nonzero(keep))
    if count == 0:
        nan = float("nan")
        unknown = {item.name: nan for item in fields(Summary)}
        known: dict[str, Any] = {
            "n": size,
            "compared": 0,
            "max_ordinal": -1,
            "excluded": errors.excluded,
            "worst": (),
        }
        return Summary(**{**unknown, **known})
    relative, absolute, ulp = errors.relative[keep], errors.absolute[keep], errors.ulp[keep]
    red, distance = np.abs(relative), np.abs(absolute)
    p50, p90, p99 = np.percentile(red, [50, 90, 99])
    worst = int(np.flatnonzero(keep)[np.argmax(red)])
    with np.errstate(over="ignore", under="ignore"):
        mse = float(np.mean(absolute**2))
    drawn = float(np.std(relative, ddof=1)) / count**0.5 if count > 1 else float("nan")
    return Summary(
        n=size,
        compared=count,
        bias=float(np.mean(relative)),
        bias_se=0.0 if errors.exhaustive else drawn,
        MRED=float(np.mean(red)),
        WCRE=float(np.max(red)),
        min_rel=float(np.min(relative)),
        max_rel=float(np.max(relative)),
        p50=float(p50),
        p90=float(p90),
        p99=float(p99),
        mean_error=float(np.mean(absolute)),
        min_error=float(np.min(absolute)),
        max_error=float(np.max(absolute)),
        MED=float(np.mean(distance)),
        WCE=float(np.max(distance)),
        NMED=float(np.mean(distance) / np.max(np.abs(errors.head[keep]))),
        MSE=mse,
        RMSE=mse**0.5,
        EP=float(np.mean(absolute != 0)),
        mean_ulp=float(np.mean(ulp)),
        max_ulp=float(np.max(ulp)),
        max_ordinal=int(np.max(errors.ordinal[keep])),
        excluded=errors.excluded,
        worst=tuple(int(codes[worst]) for codes in errors.operands),
    )


def binade(head: Floats, tail: Floats, fmt: FloatFormat) -> npt.NDArray[np.int32]:
    """Return the exponent of the binade that holds head + tail, kept within the format's own range."""
    mantissa, exponent = np.frexp(np.abs(head))
    # the nearest float of a truth just below a power of two is that power of two
    below = (mantissa == 0.5) & (np.signbit(head) != np.signbit(tail)) & (tail != 0)
    highest = (fmt.largest >> fmt.mant_bits) - fmt.bias
    clipped: npt.NDArray[np.int32] = np.clip(exponent - 1 - below, 1 - fmt.bias, highest).astype(np.int32)
    return clipped


def round_pair(head: Floats, tail: Floats, fmt: FloatFormat) -> Codes:
    """Return the code nearest to head + tail, ties to even, rounded once.

    A head that sits on a tie is first moved one float64 towards the tail, which breaks the tie rightly.
    No other head may move: the one beside a tie would land on it.
    """
    _, steps = on_grid(np.where(np.isfinite(head), head, 0.0), fmt)
    tie = (steps - np.floor(steps) == 0.5) & (tail != 0)
    towards = np.where(tail > 0, np.inf, -np.inf)
    return encode(np.nextafter(head, np.where(tie, towards, head)), fmt)


def _distance(a: Ints, b: Ints) -> Ints:
    """Return |a - b|, at most 2^63 - 1: two float64 of opposite signs can be further apart."""
    apart = (np.maximum(a, b) - np.minimum(a, b)).view(np.uint64)  # wraps, and is right as unsigned
    return np.minimum(apart, np.uint64(np.iinfo(np.int64).max)).astype(np.int64)


_REASONS = ("undefined", "infinite", "zero", "flushed", "below", "above", "nonfinite")


def _exclude(
    approximates: str, sample: Sample, head: Floats, tail: Floats, result: Floats, policy: Policy
) -> npt.NDArray[np.int64]:
    """Return for each tuple 0 where it is compared, else 1 + the place of the first reason that applies.

    A function of finite operands other than 0 is never infinite, and zero only if it is a logarithm: there
    the truth has left the range of float64, and is above or below.
    """
    fmt = sample.fmt
    tiny, largest = fmt.to_float(fmt.tiny), fmt.to_float(fmt.largest)
    size = np.abs(head)
    subnormal, ordinary = np.zeros(size.shape, dtype=bool), np.ones(size.shape, dtype=bool)
    for value in sample.values:
        ordinary &= np.isfinite(value) & (value != 0)
        subnormal |= (np.abs(value) < tiny) & (value != 0) & (not policy.gradual)
    infinite = np.isinf(head) & ~ordinary
    zero = (head == 0) & (~ordinary | (approximates in ("log", "log2")))
    under = (size < tiny) | ((size == tiny) & (tail != 0) & (np.signbit(tail) != np.signbit(head)))
    over = (size > largest) | ((size == largest) & (tail != 0) & (np.signbit(tail) == np.signbit(head)))
    conditions = [np.isnan(head), infinite, zero, subnormal, under, over, ~np.isfinite(result)]
    return np.select(conditions, range(1, 1 + len(_REASONS)), 0)
