"""Does a language model learn as well without a multiplication, with the hyper-parameters of its float baseline?

Claim   With mimic derivatives nearly. nanoGPT's small configuration on Tiny Shakespeare (4 layers, 4 heads, width 128,
        context 64, 2,000 steps of 12 sequences) ends, as floats, within 0.03 nats of the 1.8857 that nanoGPT itself
        was measured at; with every product, quotient, root and power piecewise affine and mimic derivatives within
        0.05 nats of those floats; with exact derivatives it stays more than twice as far away. What PAM spoils beside
        that is the *number* that it calls the loss: the quotient in log_softmax errs by up to an eighth of the
        log-sum-exp, so networks cannot be compared by the loss they report of themselves: a worse one may report less.
Method  Configuration `shakespeare-small` where PAMCHECK_DATA has the text, else `topics`; float, exact and mimic
        from the same first weights and on the same batches for each seed. Loss: cross entropy of the logits in
        float64 over all of the validation text, in windows of the context one after another. Own loss: the same
        by the run's own arithmetic.
Writes  reports/training_language/: study.json, losses (csv, json), curves (svg, png)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analyses.training_runs import Case, in_groups, run_cases
from pamcheck.measure.verdict import Verdict
from pamcheck.nn.data import DataError, language
from pamcheck.nn.training.text import mean_and_error
from pamcheck.plotting.style import BLUE, GREY, VERMILION, new_figure, settle, style
from pamcheck.reporting.records import Plate, Settings, Table

ALONE = True
NAMED_ONLY = True
NANOGPT, NEAR = 1.8857, 0.03  # nanoGPT on this configuration, and how near the float baseline must come
NATS, OFF = 0.05, 0.1
QUICK_NATS = 0.2  # in a quick run, which is over long before anything is learned
SEEDS = 3
KINDS = {"float": "native", "exact": "exact", "mimic": "mimic"}
COLOURS = {"float": GREY, "exact": BLUE, "mimic": VERMILION}
QUICK = {"train.steps": 40, "train.evaluate_every": 20, "model.width": 16, "model.layers": 1}


@dataclass(frozen=True)
class Measured:
    """One row a kind and seed, and the configuration that was trained."""

    runs: pd.DataFrame
    config: str
    quick: bool = False

    def gaps(self, kind: str) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return by how much a kind's loss is above that of float, seed by seed."""
        found = self.runs.pivot(index="seed", columns="case", values="loss")
        return np.asarray(found[kind] - found["float"], np.float64)

    def biases(self, kind: str) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return by how much a kind's own loss is above the loss, seed by seed."""
        some = self.runs[self.runs.case == kind]
        return np.asarray(some.own_loss - some.loss, np.float64)


def measure(settings: Settings) -> Measured:
    """Train every kind with every seed."""
    config = "topics" if settings.quick or not has_shakespeare() else "shakespeare-small"
    extra = QUICK if settings.quick else {}
    cases = [Case(kind, config, {**in_groups(choice), **extra}) for kind, choice in KINDS.items()]
    if settings.quick:
        cases = [case for case in cases if case.name != "exact"]
    seeds = range(settings.seed, settings.seed + settings.samples(SEEDS, 1))
    return Measured(run_cases(cases, seeds, settings.quick), config, settings.quick)


def has_shakespeare() -> bool:
    """Whether the text can be read here."""
    try:
        language("shakespeare")
    except DataError:
        return False
    return True


def judge(measured: Measured) -> Sequence[Verdict]:
    """Judge the baseline where nanoGPT's figure is for it, each kind against float, and the losses reported."""
    verdicts = [_baseline(measured)] if measured.config == "shakespeare-small" else []
    kinds = [kind for kind in measured.runs.case.unique() if kind != "float"]
    verdicts.append(_against_float(measured))
    if "exact" in kinds:
        verdicts.append(_exact(measured))
    return [*verdicts, _reported(measured)]


def tabulate(measured: Measured) -> Sequence[Table]:
    """Return losses by kind."""
    rows = []
    for kind, some in measured.runs.groupby("case", sort=False):
        row: dict[str, Any] = {"arithmetic": kind, "configuration": measured.config, "seeds": len(some)}
        row["loss"], row["± loss"] = mean_and_error(some.loss)
        gaps = measured.gaps(str(kind))
        row["above float"], row["± above"] = mean_and_error(gaps) if kind != "float" else (np.nan, np.nan)
        row["own loss"], _ = mean_and_error(some.own_loss)
        row["own loss is off by"], _ = mean_and_error(measured.biases(str(kind)))
        rows.append(row)
    return [
        Table(
            "losses",
            "Validation loss in nats a character after the last step, means over seeds",
            pd.DataFrame(rows),
            {
                "loss": ".4f",
                "± loss": ".4f",
                "above float": "+.4f",
                "± above": ".4f",
                "own loss": ".4f",
                "own loss is off by": "+.4f",
            },
            {
                "loss": "cross entropy of the logits in float64, whatever arithmetic made them",
                "above float": "mean of the differences within a seed",
                "own loss": "what the network's own arithmetic makes of the same logits",
                "±": "standard error over seeds",
            },
        )
    ]


def draw(measured: Measured, verdicts: Sequence[Verdict]) -> Sequence[Plate]:  # noqa: ARG001
    """Draw the validation loss as training goes on."""
    with style():
        figure = new_figure(3.4)
        ax = figure.subplots()
        for kind, some in measured.runs.groupby("case", sort=False):
            for number, curve in enumerate(some.curve):
                steps, losses = zip(*curve, strict=True)
                label = str(kind) if not number else None
                ax.plot(steps, losses, color=COLOURS[str(kind)], lw=1.2, alpha=0.85, label=label)
        if measured.config == "shakespeare-small":
            ax.axhline(NANOGPT, color=GREY, lw=0.8, ls="--")
            ax.annotate(
                "nanoGPT, at the end",
                (0.02, NANOGPT),
                xycoords=("axes fraction", "data"),
                xytext=(0, 3),
                textcoords="offset points",
                fontsize=8,
            )
        ax.set(xlabel="step", ylabel="validation loss, nats a character")
        ax.legend(loc="upper right")
        settle(figure)
    return [
        Plate(
            "curves",
            f"Validation loss of {measured.config} on the way, on part of the validation text; a line is a seed. "
            "Float, and everything in PAM with exact and with mimic derivatives.",
            figure,
        )
    ]


def _baseline(measured: Measured) -> Verdict:
    losses = measured.runs[measured.runs.case == "float"].loss.to_numpy()
    mean, error = mean_and_error(losses)
    return Verdict(
        claim=f"The float baseline ends within {NEAR} nats of nanoGPT's {NANOGPT}, or below",
        holds=bool(mean <= NANOGPT + NEAR),
        measured=f"{mean:.4f} ± {error:.4f}",
        lower=float(losses.min()),
        upper=float(losses.max()),
        evidence="sample",
        reason=f"{len(losses)} seeds; nanoGPT's figure is of one run on random windows.",
    )


def _against_float(measured: Measured) -> Verdict:
    gaps = measured.gaps("mimic")
    mean, error = mean_and_error(gaps)
    limit = QUICK_NATS if measured.quick else NATS
    return Verdict(
        claim=f"Without a multiplication, mimic derivatives, the loss is at most {limit} nats above float",
        holds=bool(mean <= limit),
        measured=f"{mean:+.4f} ± {error:.4f} nats",
        lower=float(gaps.min()),
        upper=float(gaps.max()),
        evidence="sample",
        reason=f"{measured.config}, {len(gaps)} seeds, differences within a seed, same hyper-parameters.",
    )


def _exact(measured: Measured) -> Verdict:
    exact, mimic = measured.gaps("exact"), measured.gaps("mimic")
    mean, error = mean_and_error(exact)
    return Verdict(
        claim="With exact derivatives the loss is more than twice as far above float as with mimic ones",
        holds=bool(mean > 2 * mimic.mean()),
        measured=f"{mean:+.4f} ± {error:.4f} nats, mimic {mimic.mean():+.4f}",
        lower=float(exact.min()),
        upper=float(exact.max()),
        evidence="sample",
        reason="The exact slope by a factor is a power of two that jumps at every kink; see study gradient_steps for "
        "how far it predicts.",
    )


def _reported(measured: Measured) -> Verdict:
    off = np.concatenate(
        [measured.biases(str(kind)) for kind in measured.runs.case.unique() if kind != "float"]
    )
    return Verdict(
        claim=f"The loss that a PAM network reports of itself can be off by more than {OFF} nats",
        holds=bool(np.abs(off).max() > OFF),
        measured=f"{off.min():+.3f} to {off.max():+.3f} nats",
        lower=float(off.min()),
        upper=float(off.max()),
        evidence="sample",
        reason="The error of padiv is relative to the log-sum-exp, not to the loss. Training does not see it: the "
        "derivative is softmax less the target.",
    )
