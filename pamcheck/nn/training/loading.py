"""Reading a configuration: TOML into frozen dataclasses, every key and type looked at."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields, replace
from importlib import resources
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from pamcheck.lookup import UnknownName, lookup
from pamcheck.nn.training import config as sections
from pamcheck.nn.training.checks import check
from pamcheck.nn.training.config import Config, ConfigError

SECTIONS: dict[str, Any] = {
    "task": sections.Task,
    "model": sections.Model,
    "optimizer": sections.Optimizer,
    "train": sections.Train,
    "arithmetic": sections.Arithmetic,
}


def load(source: str | Path, overrides: Mapping[str, Any] | None = None) -> Config:
    """Return a configuration: a shipped one by its name, or a TOML file by its path.

    overrides  values by dotted key, {"model.width": "128"}; text is read as TOML would

    Raises ConfigError for an unknown name, key or section, with the nearest known one, for values of a wrong
    type or outside their range, and for a file that cannot be read.
    """
    name, text = _source(source)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{source} is no TOML: {error}") from None
    for key, value in (overrides or {}).items():
        section, dot, rest = key.partition(".")
        if not dot:
            raise ConfigError(f"{key!r} names no section; write SECTION.KEY, such as model.width")
        held = data.setdefault(section, {})
        if not isinstance(held, dict):
            raise ConfigError(f"{section!r} is no section")
        held[rest] = _parsed(value) if isinstance(value, str) else value
    return replace(from_record(data), name=name)


def from_record(data: Mapping[str, Any]) -> Config:
    """Return the configuration that plain data describe, sections by name. Raises ConfigError as `load` does."""
    parts: dict[str, Any] = {}
    for section, values in data.items():
        if section == "name":
            parts["name"] = str(values)
            continue
        kind = _known("section", section, SECTIONS)
        if not isinstance(values, Mapping):
            raise ConfigError(f"{section!r} is {values!r}; it must be a section, [{section}]")
        parts[section] = _section(section, kind, values)
    config = Config(**parts)
    check(config)
    return config


def shipped() -> dict[str, str]:
    """Return the texts of the configurations that come with the package, by name."""
    folder = resources.files("pamcheck.nn") / "configs"
    files = sorted((x for x in folder.iterdir() if x.name.endswith(".toml")), key=lambda x: x.name)
    return {x.name.removesuffix(".toml"): x.read_text(encoding="utf-8") for x in files}


def _source(source: str | Path) -> tuple[str, str]:
    path = Path(source)
    if path.suffix != ".toml":
        return str(source), _known("configuration", str(source), shipped(), "the path of a .toml file")
    try:
        return path.stem, path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8, so it is no TOML") from None


def _section(section: str, kind: Any, values: Mapping[str, Any]) -> Any:
    hints = get_type_hints(kind)
    known = {field.name: hints[field.name] for field in fields(kind)}
    found = {}
    for key, value in values.items():
        wanted = _known(f"key of [{section}]", key, known)
        found[key] = _typed(f"{section}.{key}", value, wanted)
    return kind(**found)


def _typed(key: str, value: Any, wanted: Any) -> Any:
    """Return a value as the type of its field. Raises ConfigError where it is none."""
    if get_origin(wanted) is Literal:
        return _known(key, value, {choice: choice for choice in get_args(wanted)})
    if get_origin(wanted) is tuple:
        if not isinstance(value, (list, tuple)) or len(value) != len(get_args(wanted)):
            raise ConfigError(f"{key} is {value!r}; it must be a list of {len(get_args(wanted))} numbers")
        return tuple(_typed(key, x, part) for x, part in zip(value, get_args(wanted), strict=True))
    if wanted is float and type(value) is int:
        return float(value)
    if type(value) is not wanted:
        words = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
        raise ConfigError(f"{key} is {value!r}; it must be {words[wanted]}")
    return value


def _parsed(text: str) -> Any:
    """Return text as TOML reads a value; what it cannot read is text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, KeyError):
        return text


def _known(kind: str, name: Any, table: Mapping[str, Any], also: str = "") -> Any:
    try:
        return lookup(kind, name, table, also)
    except UnknownName as error:
        raise ConfigError(str(error)) from None
