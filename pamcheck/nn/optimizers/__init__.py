"""Optimizers over an Arithmetic: AdamW, Lion, SGD with momentum, clipping by the global norm, a schedule.

    parameters = Parameters.of(weights, decays=has_axes)
    optimizer = AdamW(rate=1e-3, betas=(0.9, 0.99), weight_decay=0.1)
    state = optimizer.initial(parameters.flat)

    gradient, norm = clip(parameters.gather(gradients), 1.0, ar)
    rate = Cosine(1e-3, minimum=1e-4, warmup=100, steps=2000).at(step, ar)
    flat, state = optimizer.step(parameters.flat, gradient, state, rate, parameters.decayed, ar)
    parameters = parameters.replaced(flat)

Every product, quotient and root is the arithmetic's, so under Pam an update multiplies nothing. What the
formulas become, and what PAM does to them: docs/explanation/training.md.
"""

from pamcheck.nn.optimizers.adamw import AdamW
from pamcheck.nn.optimizers.clipping import clip
from pamcheck.nn.optimizers.lion import Lion
from pamcheck.nn.optimizers.optimizer import Optimizer
from pamcheck.nn.optimizers.parameters import Parameters, has_axes
from pamcheck.nn.optimizers.schedule import Cosine
from pamcheck.nn.optimizers.sgd import SGD

__all__ = ["SGD", "AdamW", "Cosine", "Lion", "Optimizer", "Parameters", "clip", "has_axes"]
