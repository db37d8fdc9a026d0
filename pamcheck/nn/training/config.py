"""What a training run is made of: data, model, optimizer, steps, and the arithmetic of each group.

A configuration is a TOML file with a section for each class here. `load` in pamcheck.nn.training.loading reads
one; what is left out takes the defaults below, what is not known is refused.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Interpretation = Literal["native", "exact", "mimic"]
KINDS = {
    "shakespeare": "language", "topics": "language", "digits": "vision", "mnist": "vision",
    "multi30k": "translation",
}  # fmt: skip


class ConfigError(ValueError):
    """A configuration that cannot be run; the message names the key, what it was and what would do."""


@dataclass(frozen=True)
class Task:
    """What is learned.

    data   shakespeare, topics (language); digits, mnist (vision); multi30k (translation)
    shift  images are moved by up to so many pixels while training; vision only
    """

    data: str = "digits"
    shift: int = 0

    @property
    def kind(self) -> str:
        """Return language, vision or translation."""
        return KINDS[self.data]


@dataclass(frozen=True)
class Model:
    """Hyper-parameters of the transformer.

    context     longest sequence; language and translation
    patch       side of an image's patches in pixels; vision
    layers      blocks; of a translation model in the encoder and again in the decoder
    hidden      width inside a perceptron, 0 for four times the width
    bias        whether layers have one
    tied        whether the last layer's weight is the embedding; language and translation
    deviation   of the weights at the start
    vocabulary  entries of the embedding, 0 for as many as the data has symbols; for multi30k, of the subwords
    """

    layers: int = 2
    heads: int = 4
    width: int = 64
    context: int = 64
    patch: int = 2
    hidden: int = 0
    activation: Literal["gelu", "relu"] = "gelu"
    bias: bool = True
    tied: bool = True
    dropout: float = 0.0
    deviation: float = 0.02
    vocabulary: int = 0


@dataclass(frozen=True)
class Optimizer:
    """How weights move.

    rate, minimum  learning rate after the warm-up and at the end: a cosine between them
    warmup         steps in which the rate rises linearly
    betas          of AdamW and Lion
    form           of averages: differences, m + (1 - b)(g - m), or products, b m + (1 - b) g
    epsilon        of AdamW
    momentum       of SGD
    weight_decay   decoupled; on weights of two axes
    clip           largest norm of the gradient, 0 for any
    """

    name: Literal["adamw", "lion", "sgd"] = "adamw"
    rate: float = 1e-3
    minimum: float = 1e-4
    warmup: int = 100
    betas: tuple[float, float] = (0.9, 0.99)
    form: Literal["differences", "products"] = "differences"
    epsilon: float = 1e-8
    momentum: float = 0.9
    weight_decay: float = 0.1
    clip: float = 1.0


@dataclass(frozen=True)
class Train:
    """How long, and what is looked at on the way.

    evaluate_every      steps between looks at the validation data
    evaluate_batches    batches of a look, 0 for all of the data; the last look takes all
    checkpoint_every    steps between checkpoints
    evaluate_batch      examples in a batch of a look
    """

    steps: int = 1000
    batch: int = 32
    seed: int = 0
    evaluate_every: int = 100
    evaluate_batches: int = 0
    evaluate_batch: int = 64
    checkpoint_every: int = 100


@dataclass(frozen=True)
class Arithmetic:
    """native, exact or mimic for each group of operations: floats, or PAM with exact or mimic derivatives.

    mantissa_bits  operands of products and quotients are rounded to so many, 1 to 23
    """

    matmul: Interpretation = "mimic"
    softmax: Interpretation = "mimic"
    layer_norm: Interpretation = "mimic"
    activation: Interpretation = "mimic"
    loss: Interpretation = "mimic"
    optimizer: Interpretation = "mimic"
    mantissa_bits: int = 23

    @property
    def groups(self) -> dict[str, str]:
        """Return the interpretation of each group by its name."""
        return {name: value for name, value in asdict(self).items() if name != "mantissa_bits"}

    @property
    def told(self) -> str:
        """Return it in words: one word where all groups are alike."""
        values = set(self.groups.values())
        word = values.pop() if len(values) == 1 else ", ".join(f"{k} {v}" for k, v in self.groups.items())
        return word if self.mantissa_bits == 23 else f"{word}, {self.mantissa_bits} mantissa bits"


@dataclass(frozen=True)
class Config:
    """A whole run. `name` is that of its file."""

    task: Task = field(default_factory=Task)
    model: Model = field(default_factory=Model)
    optimizer: Optimizer = field(default_factory=Optimizer)
    train: Train = field(default_factory=Train)
    arithmetic: Arithmetic = field(default_factory=Arithmetic)
    name: str = "run"

    def record(self) -> dict[str, Any]:
        """Return it as plain data, section by section, as JSON and TOML have it."""
        found = asdict(self)
        found["optimizer"]["betas"] = list(found["optimizer"]["betas"])
        return found
