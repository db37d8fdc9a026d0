"""Training: a configuration, a run that can be stopped and continued, and what it leaves in its folder.

config = load("digits", {"model.width": 32})
run = train(config, "runs/digits")
run.last.accuracy
"""

from pamcheck.nn.training.config import Config, ConfigError
from pamcheck.nn.training.files import CheckpointError
from pamcheck.nn.training.loading import load, shipped
from pamcheck.nn.training.run import Hook, Run
from pamcheck.nn.training.steps import DivergedRun, Stepper
from pamcheck.nn.training.trainer import train

__all__ = [
    "CheckpointError",
    "Config",
    "ConfigError",
    "DivergedRun",
    "Hook",
    "Run",
    "Stepper",
    "load",
    "shipped",
    "train",
]
