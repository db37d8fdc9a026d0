"""Configurations: what is shipped, what is read, what is refused before anything runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pamcheck.nn.optimizers import SGD, AdamW, Lion
from pamcheck.nn.training import ConfigError, load, shipped
from pamcheck.nn.training.loading import from_record
from pamcheck.nn.training.optimizing import make_optimizer

NAMES = ("digits", "mnist", "multi30k", "multi30k-small", "shakespeare", "shakespeare-small", "topics")


def test_the_shipped_configurations_are_these() -> None:
    assert tuple(sorted(shipped())) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_configuration_multiplies_nothing_and_is_its_own_record(name: str) -> None:
    config = load(name)
    assert "native" not in config.arithmetic.groups.values()
    assert from_record(config.record()) == config


def test_the_small_shakespeare_is_nanogpts() -> None:
    config = load("shakespeare-small")
    model, optimizer, train = config.model, config.optimizer, config.train
    assert (model.layers, model.heads, model.width, model.context) == (4, 4, 128, 64)
    assert (model.dropout, model.bias, model.tied, model.activation) == (0.0, False, True, "gelu")
    assert (train.batch, train.steps) == (12, 2000)
    assert (optimizer.rate, optimizer.minimum, optimizer.warmup) == (1e-3, 1e-4, 100)
    assert (optimizer.betas, optimizer.weight_decay, optimizer.clip) == ((0.9, 0.99), 0.1, 1.0)


def test_text_overrides_are_read_as_toml_reads_values() -> None:
    overrides = {
        "model.width": "128",
        "optimizer.betas": "[0.9, 0.95]",
        "model.bias": "false",
        "task.data": "mnist",
    }
    config = load("digits", {**overrides, "optimizer.rate": "1"})
    assert (config.model.width, config.optimizer.betas, config.model.bias) == (128, (0.9, 0.95), False)
    assert (config.task.data, config.optimizer.rate) == ("mnist", 1.0)


def test_a_file_is_read_and_named_after_itself(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[task]\ndata = "mnist"\n[model]\nwidth = 32\n')
    config = load(path)
    assert (config.name, config.task.kind, config.model.width) == ("mine", "vision", 32)


@pytest.mark.parametrize(
    ("name", "overrides", "message"),
    [
        ("digit", {}, "did you mean 'digits'?"),
        ("digits", {"modell.width": "3"}, "did you mean 'model'?"),
        ("digits", {"model.widht": "3"}, "did you mean 'width'?"),
        ("digits", {"width": "3"}, "such as model.width"),
        ("digits", {"model.width": "wide"}, "must be a whole number"),
        ("digits", {"model.width": "true"}, "must be a whole number"),
        ("digits", {"model.width": "1.5"}, "must be a whole number"),
        ("digits", {"model.bias": "1"}, "must be true or false"),
        ("digits", {"model.heads": "5"}, "does not divide model.width, 48; 4 does"),
        ("digits", {"model.dropout": "1"}, "less than 1"),
        ("digits", {"train.steps": "0"}, "must be from 1"),
        ("digits", {"train.seed": "-1"}, "must be from 0"),
        ("digits", {"optimizer.rate": "nan"}, "must be from 0"),
        ("digits", {"optimizer.rate": "1e-9"}, "more than optimizer.rate"),
        ("digits", {"optimizer.betas": "[0.9]"}, "a list of 2 numbers"),
        ("digits", {"optimizer.betas": "[0.9, 1.0]"}, "less than 1"),
        ("digits", {"optimizer.name": "adam"}, "did you mean 'adamw'?"),
        ("digits", {"task.data": "dgits"}, "did you mean 'digits'?"),
        ("topics", {"task.shift": "1"}, "only images"),
        ("digits", {"arithmetic.matmul": "exat"}, "did you mean 'exact'?"),
        ("digits", {"arithmetic.mantissa_bits": "24"}, "from 1 to 23"),
        ("missing.toml", {}, "cannot read missing.toml"),
    ],
)
def test_what_cannot_be_run_is_refused_with_what_would_do(
    name: str, overrides: dict[str, str], message: str
) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        load(name, overrides)


@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b"[model\n", b"model = 1\n", b"[model]\nwidth = 1\nwidth = 2\n"]
)
def test_a_file_that_is_no_configuration_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError):
        load(path)


@pytest.mark.parametrize("name", ["adamw", "lion", "sgd"])
def test_the_form_of_averages_reaches_the_optimizer(name: str) -> None:
    for form in ("differences", "products"):
        chosen = load("digits", {"optimizer.name": name, "optimizer.form": form}).optimizer
        made = make_optimizer(chosen)
        assert isinstance(made, (AdamW, Lion, SGD))
        assert made.form == form
    with pytest.raises(ConfigError, match="products"):
        load("digits", {"optimizer.form": "product"})
