"""What the studies that time things share: whole processes, pairs of calls, a promise as a verdict."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from pamcheck.measure.verdict import Verdict


def python(*arguments: str, cache: str | None = None) -> str:
    """Run this Python in a new process and return what it printed."""
    environment = {**os.environ, **({"PAMCHECK_CACHE": cache} if cache else {})}
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, env=environment, check=True
    )
    return done.stdout


def seconds(action: Callable[[], Any]) -> float:
    """Return how long a call takes by the wall clock."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def in_turn(
    ours: Callable[[], Any], theirs: Callable[[], Any], rounds: int, settle_s: float = 0.0
) -> dict[str, float]:
    """Time two calls in turn, after one of each: medians, and the median and range of the ratio of a pair.

    The ratio is theirs by ours: above 1, ours is faster. Pairs share what else the machine is doing, so
    the ratio carries over to another day and the seconds do not. `settle_s` is how long to wait after
    theirs, for threads that go on spinning when their work is done.
    """
    pairs = []
    for _ in range(rounds + 1):
        own = seconds(ours)
        pairs.append((own, seconds(theirs)))
        time.sleep(settle_s)
    pairs = pairs[1:]  # the first is a warm-up
    ratios = [other / own for own, other in pairs]
    return {
        "PAM (ms)": 1e3 * statistics.median(own for own, _ in pairs),
        "NumPy (ms)": 1e3 * statistics.median(other for _, other in pairs),
        "speed ratio": statistics.median(ratios),
        "ratio, low": min(ratios),
        "ratio, high": max(ratios),
    }


RATIO_COLUMNS = {
    "speed ratio": "median over pairs of NumPy's time by PAM's; above 1, PAM is faster",
    "ratio, low": "smallest ratio of a pair",
    "ratio, high": "largest ratio of a pair",
}


def limit(claim: str, measured: float, most: float, note: str = "") -> Verdict:
    """Return the verdict on a promise of at most so many seconds."""
    return Verdict(
        claim=claim,
        holds=measured <= most,
        measured=f"{measured:.2f} s",
        lower=measured,
        upper=measured,
        evidence="timing",
        reason=f"{note}median of whole processes, or the process named.",
    )


def at_least(claim: str, ratio: float, low: float, high: float, least: float, note: str) -> Verdict:
    """Return the verdict on a promise of at least so many times another speed."""
    return Verdict(claim, ratio >= least, f"{ratio:.2f} of its speed", low, high, "timing", note)
