"""What would the arithmetic of a training step cost in hardware, with multiplications and without?

Claim   As a model, not a measurement: with the published energies of 45 nm and float32 additions in both, a step in
        PAM takes at most half of the energy of the float step, in every configuration; it contains no product of floats
        at all. Nearly all of what is left are the additions that sum products up. Memory and control are not
        in it, and would be the same in both.
Method  The text of the model, backward pass, clipping and AdamW run on an Arithmetic that computes nothing and
        writes down each operation by group and phase (measure.cost). Energies: Horowitz, ISSCC 2014: float32 multiply
        3.7 pJ, add 0.9, int32 add 0.1; float16 multiply 1.1, add 0.4. A division, root or exponential of floats has
        no published figure and counts as one multiplication, which favours the baseline; columns beside it show
        zero and ten.
Writes  reports/training_cost/: study.json, energy, operations (csv, json), energy (svg, png)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analyses.step_count import counted
from pamcheck.measure.cost import (
    HOROWITZ_FLOAT16,
    HOROWITZ_FLOAT32,
    Energies,
    Ledger,
    compared,
    frame,
)
from pamcheck.measure.cost.table import energy
from pamcheck.measure.verdict import Verdict
from pamcheck.nn.batches import ImageBatch, Pairs, Tokens
from pamcheck.nn.groups import GROUPS
from pamcheck.nn.random import Threefry
from pamcheck.nn.training import Config, Stepper, load
from pamcheck.nn.training.modelling import language_model, translation_model, vision_model
from pamcheck.plotting.style import BLUE, GREEN, GREY, ORANGE, PURPLE, VERMILION, new_figure, settle, style
from pamcheck.reporting.records import Plate, Settings, Table

CONFIGS = ("digits", "shakespeare-small", "shakespeare", "multi30k")
KINDS = {"float": "native", "exact": "exact", "mimic": "mimic"}
FACTOR = 2.0
SIDES, CLASSES, VOCABULARIES = {"digits": 8, "mnist": 28}, 10, {"shakespeare": 65, "multi30k": 8000}
SENTENCE = 16  # tokens of either language, about the mean of Multi30k
COLOURS = dict(zip(GROUPS, (BLUE, VERMILION, GREEN, ORANGE, PURPLE, GREY), strict=True))


@dataclass(frozen=True)
class Measured:
    """What a step of each configuration and kind does."""

    ledgers: dict[tuple[str, str], Ledger]

    @property
    def configs(self) -> list[str]:
        """The configurations that were counted."""
        return list(dict.fromkeys(config for config, _ in self.ledgers))

    def ratio(self, config: str, kind: str, energies: Energies = HOROWITZ_FLOAT32) -> dict[str, float]:
        """Return the energies of a step and of the float step, their ratio, and that under other assumptions."""
        return compared(self.ledgers[config, kind], self.ledgers[config, "float"], energies)


def measure(settings: Settings) -> Measured:
    """Count a step of every configuration, in each kind of arithmetic."""
    configs = CONFIGS[:2] if settings.quick else CONFIGS
    found = {}
    for name in configs:
        config = load(name)
        model, batch = _MODELS[config.task.kind](config)
        stepper = Stepper(config, model)
        shapes = {key: weight.shape for key, weight in model.initial(Threefry(0)).items()}
        for kind, choice in KINDS.items():
            found[name, kind] = counted(stepper, batch, shapes, dict.fromkeys(GROUPS, choice))
    return Measured(found)


def judge(measured: Measured) -> Sequence[Verdict]:
    """Judge the ratios, and that no product of floats is left."""
    ratios = {key: measured.ratio(*key)["ratio"] for key in measured.ledgers if key[1] != "float"}
    left = {
        name: sum(measured.ledgers[key].total(name) for key in ratios)
        for name in ("float multiply", "float divide", "float sqrt", "float exp", "float log")
    }
    worst = min(ratios, key=lambda key: ratios[key])
    return [
        Verdict(
            claim="A step in PAM contains no product, quotient, root or power of floats",
            holds=not any(left.values()),
            measured=f"{sum(left.values())} in {len(ratios)} steps",
            lower=0.0,
            upper=float(sum(left.values())),
            evidence="exhaustive",
            reason="Every operation of the text was written down; `pamcheck audit train` shows it of a real step.",
        ),
        Verdict(
            claim=f"Its arithmetic takes at least {FACTOR:g} times less energy than that of the float step",
            holds=ratios[worst] >= FACTOR,
            measured=f"{min(ratios.values()):.2f} to {max(ratios.values()):.2f} times, the least for "
            f"{worst[0]}, {worst[1]}",
            lower=min(ratios.values()),
            upper=max(ratios.values()),
            evidence="exhaustive",
            reason="A model: counted operations at published energies; float32 additions are in both.",
        ),
    ]


def tabulate(measured: Measured) -> Sequence[Table]:
    """Return energies by configuration, and the operations of the last one that is small."""
    rows = []
    for config, kind in measured.ledgers:
        found = measured.ratio(config, kind)
        row: dict[str, Any] = {"configuration": config, "arithmetic": kind}
        row |= {"energy, uJ": found["energy (uJ)"], "times less": found["ratio"]}
        row |= {
            key.removeprefix("ratio, "): value for key, value in found.items() if key.startswith("ratio, ")
        }
        row["times less, float16"] = measured.ratio(config, kind, HOROWITZ_FLOAT16)["ratio"]
        rows.append(row)
    energies = pd.DataFrame(rows)
    others = [name for name in energies.columns if name not in ("configuration", "arithmetic")]
    return [
        Table(
            "energy",
            "Energy of the arithmetic of one training step: a model, not a measurement",
            energies,
            dict.fromkeys(others, ".2f") | {"energy, uJ": ",.0f"},
            {
                "energy, uJ": "microjoules of all counted operations, float32, 45 nm",
                "times less": "energy of the float step over this one's",
                "a division costing 0 multiplications": "times less, if quotients, roots and powers were free",
                "comparisons and bit operations free": "times less, if only additions of integers cost anything",
                "times less, float16": "the same with float16 energies for products and sums of floats in both",
            },
        ),
        _operations(measured, "shakespeare-small"),
    ]


def draw(measured: Measured, verdicts: Sequence[Verdict]) -> Sequence[Plate]:  # noqa: ARG001
    """Draw energies by group, beside the float step's."""
    with style():
        figure = new_figure(0.6 + 0.75 * len(measured.configs))
        ax = figure.subplots()
        places = [(config, kind) for config in measured.configs for kind in ("float", "mimic")]
        for place, (config, kind) in enumerate(reversed(places)):
            whole = energy(measured.ledgers[config, "float"])
            found = frame(measured.ledgers[config, kind]).groupby("group")["energy (pJ)"].sum() / whole
            left = 0.0
            for group in GROUPS:
                share = float(found.get(group, 0.0))
                ax.barh(place, share, left=left, color=COLOURS[group], height=0.7,
                        label=group.replace("_", " ") if not place else None)  # fmt: skip
                left += share
        ax.set_yticks(range(len(places)), [f"{config}, {kind}" for config, kind in reversed(places)])
        ax.set(xlabel="energy of a step, float step of the configuration = 1", xlim=(0, 1.02))
        figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=len(GROUPS))
        settle(figure)
    return [
        Plate(
            "energy",
            "Where the energy of a step's arithmetic goes, by group of operations: floats, and everything in PAM with "
            "mimic derivatives. A model with published energies at 45 nm.",
            figure,
        )
    ]


def _operations(measured: Measured, config: str) -> Table:
    kinds = list(KINDS)
    parts = {
        kind: frame(measured.ledgers[config, kind]).groupby(["operation", "phase"])["count"].sum()
        for kind in kinds
    }
    found = pd.DataFrame(parts).fillna(0).astype(np.int64).reset_index()
    return Table(
        "operations",
        f"Operations of one step of {config}",
        found,
        dict.fromkeys(kinds, ","),
        {"operation": "as docs/explanation/cost.md defines them", "phase": "part of the step"},
    )


def _language(config: Config) -> tuple[Any, Any]:
    model = language_model(config.model, VOCABULARIES["shakespeare"])
    tokens = np.zeros((config.train.batch, config.model.context), np.int64)
    return model, Tokens(tokens, tokens)


def _vision(config: Config) -> tuple[Any, Any]:
    side = SIDES[config.task.data]
    model = vision_model(config.model, side, CLASSES)
    images = np.zeros((config.train.batch, side, side), np.float32)
    return model, ImageBatch(images, np.zeros(config.train.batch, np.int64))


def _translation(config: Config) -> tuple[Any, Any]:
    model = translation_model(config.model, VOCABULARIES["multi30k"])
    words = np.full((config.train.batch, SENTENCE), 4, np.int64)
    return model, Pairs(words, np.ones(words.shape, np.bool_), words, words)


_MODELS: dict[str, Callable[[Config], tuple[Any, Any]]] = {
    "language": _language,
    "vision": _vision,
    "translation": _translation,
}
