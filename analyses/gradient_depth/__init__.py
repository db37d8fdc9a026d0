"""What does PAM do to a gradient on its way through a network?

Claim   Every layer that a gradient passes turns it. Where terms have random signs the exact rules turn it by
        the same angle for any number of terms, 15 degrees for uniform mantissas, so that a cosine falls as
        0.96 to the depth; the mimic rules leave 0.9995 of it and take 3.8% of the length. Where terms agree
        in sign the mimic rules' error averages out, and the exact rules' does not: each weight keeps a factor
        that depends on its own mantissa. In a product of scalars the exact angle hardly grows. An offset that
        leaves the product no bias mends the length, not the direction. In a ReLU network the forward pass
        turns gradients too, by gates that it decides otherwise, and of the mimic gradient's error that is
        nearly all. A chain that does not compound, a layer whose error depends on its width, or an order of
        causes that came out otherwise would fail the study.
Method  Full gradients g' of PAM networks against native ones g of the same weights, split as g' = gain g + r;
        then PAM forward with native rules and native forward with PAM rules, which part the causes. Single
        layers by number of terms and distribution, chains of scalars and matrices, ReLU perceptrons by depth, width and
        fan-in, pre-norm transformer blocks. Means with 95% intervals (Student t) over 8 seeds; single
        products by quadrature, and compounded over layers as if these were independent.
Writes  reports/gradient_depth/: study.json, layer, depth, parts, sizes (csv, json), terms, operands, depth,
        gain, layers, sizes (svg, png)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analyses.gradient_depth.figures import (
    draw_depth,
    draw_gain,
    draw_layers,
    draw_operands,
    draw_sizes,
    draw_terms,
)
from analyses.gradient_depth.numbers import (
    MODES,
    Measured,
    depth_table,
    layer_table,
    part_table,
    predict,
    size_table,
)
from analyses.gradient_depth.verdicts import judge
from analyses.gradient_networks import (
    LENGTH,
    LMUL,
    Array,
    Hybrid,
    Network,
    balanced_offset,
    blocks,
    blocks_weights,
    chain,
    gradients,
    product,
)
from analyses.gradient_operands import OPERANDS, draw_operand
from pamcheck.arithmetic import Mixed, Native, Pam
from pamcheck.measure.agreement import agreement
from pamcheck.measure.verdict import Verdict
from pamcheck.nn import layers
from pamcheck.reporting.records import Plate, Settings, Table

__all__ = ["draw", "judge", "measure", "tabulate"]

Made = tuple[Network, Array, dict[str, Array], Array]
TERMS = (1, 4, 16, 64, 256, 1024, 4096)
DEPTHS = (1, 2, 4, 8, 16, 32)
ROWS, WIDTH = 32, 64
CAUSES: dict[str, Native | Pam | Mixed] = {
    "forward": Hybrid(Pam(), Native()),
    "exact": Pam("exact"),
    "mimic": Pam("mimic"),
    "exact rules": Hybrid(Native(), Pam("exact")),
    "mimic rules": Hybrid(Native(), Pam("mimic")),
}


def measure(settings: Settings) -> Measured:
    """Measure single layers, chains, perceptrons and blocks, each over the seeds."""
    seeds, quick = settings.samples(8, 3), settings.quick
    depths = (1, 4, 16) if quick else DEPTHS
    sizes = (16, 64) if quick else (4, 16, 64, 256)
    fans = (1, 16, 256) if quick else TERMS
    offsets = {f"{mode} {name}": Pam(mode, c) for mode in MODES for name, c in _offsets().items()}
    every = CAUSES | offsets
    parts = [
        _layers(settings, seeds, (1, 16, 256) if quick else TERMS),
        _sweep(
            "chain", depths, lambda rng, n: _perceptron(rng, [WIDTH] * (n + 1), 1.0), every, settings, seeds
        ),
        _sweep(
            "perceptron", depths, lambda rng, n: _perceptron(rng, [WIDTH] * (n + 1)), every, settings, seeds
        ),
        _sweep("scalars", depths, _scalars, {mode: CAUSES[mode] for mode in MODES}, settings, seeds),
        _sweep("blocks", (1, 2) if quick else (1, 2, 4, 12), _blocks, CAUSES, settings, seeds),
        _sweep("width", sizes, lambda rng, n: _perceptron(rng, [n] * 5), CAUSES, settings, seeds),
        _sweep("fan-in", fans, lambda rng, n: _perceptron(rng, [n, 32, 32]), CAUSES, settings, seeds),
    ]
    return Measured(pd.concat(parts, ignore_index=True), predict(), seeds)


def tabulate(measured: Measured) -> Sequence[Table]:
    """Return the tables."""
    return [layer_table(measured), depth_table(measured), part_table(measured), size_table(measured)]


def draw(measured: Measured, verdicts: Sequence[Verdict]) -> Sequence[Plate]:  # noqa: ARG001
    """Return the figures."""
    return [
        draw_terms(measured),
        draw_operands(measured),
        draw_depth(measured),
        draw_gain(measured),
        draw_layers(measured),
        draw_sizes(measured),
    ]


def _offsets() -> dict[str, float]:
    return {"2^-4": LMUL, "balanced": balanced_offset()}


def _layers(settings: Settings, seeds: int, terms: Sequence[int]) -> pd.DataFrame:
    """Return the input's gradient of one layer, 16 rows of 16 inputs, by the number of outputs it is summed over."""
    rows = []
    for name in OPERANDS:
        for n in terms if name in ("binade, random signs", "binade, one sign") else (64,):
            for seed in range(seeds):
                rng = np.random.default_rng([settings.seed, seed, n])
                x, weight, cotangent = (
                    draw_operand(name, role, shape, rng)
                    for role, shape in (("x", (16, 16)), ("weight", (16, n)), ("cotangent", (16, n)))
                )
                made = chain, x, {"0.weight": weight}, cotangent
                rows += _compare(made, {mode: CAUSES[mode] for mode in MODES}, seed, n, name)
    return pd.DataFrame(rows)


def _sweep(
    name: str,
    sizes: Sequence[int],
    make: Callable[[np.random.Generator, int], Made],
    variants: dict[str, Any],
    settings: Settings,
    seeds: int,
) -> pd.DataFrame:
    rows = []
    for size in sizes:
        for seed in range(seeds):
            made = make(np.random.default_rng([settings.seed, seed, size]), size)
            if name == "chain":
                made = (chain, *made[1:])
            rows += _compare(made, variants, seed, size, name)
    return pd.DataFrame(rows)


def _compare(made: Made, variants: dict[str, Any], seed: int, size: int, name: str) -> list[dict[str, Any]]:
    """Return one row a variant and parameter: "x", every weight by its name, and "weights" for all of them."""
    reference = gradients(*made, Native())
    rows = []
    for variant, arithmetic in variants.items():
        found = gradients(*made, arithmetic)
        pairs = {key: (found[key], reference[key]) for key in found}
        pairs["weights"] = (_joined(found), _joined(reference))
        for key, (got, native) in pairs.items():
            a = agreement(got, native)
            rows.append(
                {"network": name, "size": size, "variant": variant, "parameter": key, "seed": seed}
                | {"gain": a.gain, "residual": a.residual, "cosine": a.cosine, "flipped": a.flipped}
            )
    return rows


def _joined(found: dict[str, Array]) -> Array:
    return np.concatenate([value.ravel() for name, value in found.items() if name != "x"])


def _perceptron(rng: np.random.Generator, widths: Sequence[int], gain: float = 2.0) -> Made:
    weights = layers.perceptron_weights(widths, rng, bias=False, gain=gain)
    x, cotangent = _normal(rng, [(ROWS, widths[0]), (ROWS, widths[-1])])
    return layers.perceptron, x, weights, cotangent


def _scalars(rng: np.random.Generator, factors: int) -> Made:
    """Return products of scalars, 4096 side by side, mantissas uniform in one binade."""
    drawn = np.asarray(rng.uniform(1.0, 2.0, (factors + 1, 4096)), np.float32)
    weights = {f"{n}.weight": values for n, values in enumerate(drawn[1:])}
    return product, drawn[0], weights, np.ones(4096, np.float32)


def _blocks(rng: np.random.Generator, depth: int) -> Made:
    weights = blocks_weights(depth, 32, rng)
    x, cotangent = _normal(rng, [(2, LENGTH, 32)] * 2)
    return blocks, x, weights, cotangent


def _normal(rng: np.random.Generator, shapes: Iterable[tuple[int, ...]]) -> list[Array]:
    return [rng.standard_normal(shape).astype(np.float32) for shape in shapes]
