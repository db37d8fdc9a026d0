"""What a study hands over, and what is kept of it on disk."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import pandas as pd
from matplotlib.figure import Figure

from pamcheck.measure.sampling import SEED
from pamcheck.measure.verdict import Verdict


@dataclass(frozen=True)
class Settings:
    """How much a study computes. `quick` takes smaller samples; the seed makes both repeatable."""

    quick: bool = False
    seed: int = SEED

    @property
    def step(self) -> int:
        """Of a set that is tried in full, one operand in so many: 1, or in a quick run 5."""
        return 5 if self.quick else 1

    def options(self) -> str:
        """Return the settings as options of the command that was given them."""
        quick = " --quick" if self.quick else ""
        return quick if self.seed == SEED else f"{quick} --seed {self.seed}"

    def samples(self, full: int, quick: int | None = None) -> int:
        """Return the sample size: `full`, or in a quick run `quick`, by default a tenth."""
        return (full // 10 if quick is None else quick) if self.quick else full


@dataclass(frozen=True)
class Table:
    """One table: raw values in `frame`, how a page prints each column in `formats`.

    A format is a format specification such as ".3%", ".4g"; columns without one are printed as text.
    `definitions` says what each column means where its name does not.
    """

    name: str
    caption: str
    frame: pd.DataFrame
    formats: Mapping[str, str] = field(default_factory=dict)
    definitions: Mapping[str, str] = field(default_factory=dict)

    def rows(self) -> list[list[str]]:
        """Return the cells as printed."""
        columns = list(self.frame.columns)
        return [
            [_printed(row[place], self.formats.get(column)) for place, column in enumerate(columns)]
            for row in self.frame.itertuples(index=False, name=None)
        ]


@dataclass(frozen=True)
class Plate:
    """One figure with the sentence that stands under it."""

    name: str
    caption: str
    figure: Figure


class Study(Protocol):
    """What a module under analyses/ offers. Its docstring has the question, Claim, Method and Writes."""

    __name__: str
    __doc__: str | None

    def measure(self, settings: Settings) -> Any:
        """Compute, and return the numbers."""

    def judge(self, measured: Any) -> Sequence[Verdict]:
        """Compare the numbers with the claims."""

    def tabulate(self, measured: Any) -> Sequence[Table]:
        """Arrange the numbers as tables."""

    def draw(self, measured: Any, verdicts: Sequence[Verdict]) -> Sequence[Plate]:
        """Draw the figures."""


def as_study(module: ModuleType) -> Study:
    """Return a module as a Study. Raises TypeError, naming what is missing, for any other module."""
    missing = [name for name in ("measure", "judge", "tabulate", "draw") if not hasattr(module, name)]
    if missing or not module.__doc__:
        raise TypeError(f"{module.__name__} is not a study: it lacks {', '.join(missing) or 'a docstring'}")
    return module


def dump_json(data: Any, path: Path) -> None:
    """Write plain data as JSON; what JSON cannot say (NaN, infinity) becomes null."""
    path.write_text(json.dumps(plain(data), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _printed(value: Any, spec: str | None) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    return format(value, spec) if spec and not isinstance(value, str) else str(value)


def plain(data: Any) -> Any:
    """Return data as JSON can say it."""
    if isinstance(data, Mapping):
        return {str(key): plain(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [plain(value) for value in data]
    if isinstance(data, float):
        return float(data) if math.isfinite(data) else None
    if hasattr(data, "item"):
        return plain(data.item())
    return data if data is None or isinstance(data, (bool, int, str)) else str(data)
