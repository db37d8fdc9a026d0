"""What models refuse: hyper-parameters that do not go together, and inputs that they were not made for."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pamcheck import functional
from pamcheck.lookup import lookup
from pamcheck.nn.layers import Activation

ACTIVATIONS: dict[str, Activation] = {"gelu": functional.gelu, "relu": functional.relu}


def check_model(model: Any, *sizes: str) -> None:
    """Raise ValueError where a size is not positive, heads do not divide the width, or a rate or name is wrong."""
    for name in (*sizes, "layers", "heads", "width"):
        if getattr(model, name) < 1:
            raise ValueError(f"{name} is {getattr(model, name)}; it must be 1 or more")
    if model.hidden < 0:
        raise ValueError(f"hidden is {model.hidden}; it must be 1 or more, or 0 for four times the width")
    if model.width % model.heads:
        raise ValueError(f"heads is {model.heads}; it must divide the width, {model.width}")
    if not 0 <= model.dropout < 1:
        raise ValueError(f"dropout is {model.dropout}; it must be at least 0 and less than 1")
    if not 0 < model.deviation < math.inf:
        raise ValueError(f"deviation is {model.deviation}; it must be above 0")
    lookup("activation", model.activation, ACTIVATIONS)


def check_tokens(name: str, tokens: Any, vocabulary: int, context: int) -> None:
    """Raise ValueError for what is not (batch, length) of known tokens, no longer than the context."""
    if len(tokens.shape) != 2 or not 1 <= tokens.shape[1] <= context:
        raise ValueError(
            f"{name} has shape {tuple(tokens.shape)}; it must be (batch, length) with a length of "
            f"1 to {context}, the model's context"
        )
    if np.dtype(tokens.dtype).kind not in "iu":
        raise TypeError(f"{name} has dtype {tokens.dtype}; it must be integers")
    if bool(((tokens < 0) | (tokens >= vocabulary)).any()):
        raise ValueError(
            f"{name} has tokens from {int(tokens.min())} to {int(tokens.max())}; "
            f"the vocabulary has 0 to {vocabulary - 1}"
        )
