"""A training configuration, from what the verbs that take one are given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pamcheck.nn.training import Config


def configured(name: str, settings: Sequence[str], arithmetic: str | None, steps: int | None) -> Config:
    """Return the configuration of that name or file, changed as the options of a verb say."""
    from pamcheck.nn.groups import GROUPS
    from pamcheck.nn.training import ConfigError, load

    overrides: dict[str, Any] = dict.fromkeys((f"arithmetic.{group}" for group in GROUPS), arithmetic)
    overrides = overrides if arithmetic is not None else {}
    if steps is not None:
        overrides["train.steps"] = steps
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            raise ConfigError(f"--set takes KEY=VALUE, such as model.width=128; got {setting!r}")
        overrides[key.strip()] = value.strip()
    return load(name, overrides)
