"""What pytest's command line says about checks. Kept apart from the plug-in, which every run of pytest loads."""

from __future__ import annotations

from dataclasses import dataclass, field

from pamcheck.measure.sampling import SEED
from pamcheck.testing.expectations import Expectations
from pamcheck.testing.session import Level


@dataclass
class Options:
    """Level, seed, failures shown, and the checks that are expected to fail or left out."""

    level: Level = "1"
    seed: int = SEED
    errors: int = 5
    xfails: Expectations = field(default_factory=Expectations)
    skips: Expectations = field(default_factory=Expectations)


_current = Options()


def current() -> Options:
    """Return the options of this run of pytest."""
    return _current


def set_current(options: Options) -> None:
    """Make these the options of this run."""
    global _current
    _current = options
