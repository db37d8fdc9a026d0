"""Tasks: batches that depend on seed and step alone, looks that weigh what they see, pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pamcheck.arithmetic import Native, Pam
from pamcheck.nn.groups import make_groups
from pamcheck.nn.training import load
from pamcheck.nn.training.tasks import open_task
from pamcheck.nn.training.tasks.translation import fitting
from pamcheck.nn.training.tasks.vision import picture, shifted
from pamcheck.nn.training.tasks.yardstick import look_at

SMALL = {"model.width": 16, "model.layers": 1, "train.batch": 4, "model.context": 8}


@pytest.mark.parametrize(("name", "settings"), [("digits", {"task.shift": 2}), ("topics", {})])
def test_a_batch_depends_on_the_seed_and_the_step_alone(name: str, settings: dict[str, Any]) -> None:
    one = open_task(load(name, {**SMALL, **settings}))
    other = open_task(load(name, {**SMALL, **settings, "model.width": 32}))
    seeded = open_task(load(name, {**SMALL, **settings, "train.seed": 1}))
    for step in (700, 3, 700):
        for x, y, z in zip(one.batch(step), other.batch(step), seeded.batch(step), strict=True):
            assert x.tobytes() == y.tobytes()
            assert x.tobytes() != z.tobytes()
    assert one.digest == seeded.digest


def test_images_move_by_whole_pixels_and_zeros_come_in() -> None:
    image = np.arange(1, 10, dtype=np.float32).reshape(1, 3, 3)
    still, right_down = shifted(np.concatenate([image, image]), np.array([[1, 0], [1, 0]]), 1)
    assert still.tolist() == image[0].tolist()
    assert right_down.tolist() == [[0, 0, 0], [0, 1, 2], [0, 4, 5]]


def test_a_look_weighs_batches_by_their_targets_and_leaves_padding_out() -> None:
    uniform, sure = np.zeros((3, 4), np.float32), np.float32([[0, 0, 40, 0]])
    batches = [(uniform, np.array([0, 1, -1])), (sure, np.array([2]))]
    found = look_at(batches, lambda x: x[0], lambda x: x[1], Native(), classes=True)
    assert found.loss == pytest.approx(2 / 3 * np.log(4), rel=1e-12)
    assert found.own_loss == pytest.approx(found.loss, rel=1e-6)
    assert found.accuracy == pytest.approx(2 / 3)  # the first of equals is the greatest


def test_the_yardstick_is_the_same_for_every_arithmetic_and_the_own_loss_is_not() -> None:
    logits = np.float32(np.random.default_rng(1).normal(8, 1, (50, 9)))
    held = [(logits, np.arange(50) % 9)]
    native, pam = (look_at(held, lambda x: x[0], lambda x: x[1], ar) for ar in (Native(), Pam()))
    assert native.loss == pam.loss
    assert pam.own_loss - native.own_loss > 0.05


def test_no_batch_is_a_look_of_nothing() -> None:
    assert np.isnan(look_at([], lambda x: x, lambda x: x, Native()).loss)


def test_a_look_at_everything_does_not_depend_on_the_size_of_its_batches() -> None:
    settings = {**SMALL, "model.patch": 4}
    tasks = [open_task(load("digits", {**settings, "train.evaluate_batch": size})) for size in (360, 50)]
    weights = tasks[0].model.initial(tasks[0]._shifts)  # type: ignore[attr-defined]
    whole, parts = (x.look(weights, make_groups({}), 0, lambda batch: batch) for x in tasks)
    assert whole.accuracy == parts.accuracy
    assert whole.loss == pytest.approx(parts.loss, rel=1e-6)


def test_a_picture_has_a_shade_for_each_pixel() -> None:
    assert picture(np.array([[0.0, 0.55], [1.0, 0.2]])) == ["  ++", "@@::"]


def test_pairs_fit_where_both_sides_and_their_ends_do() -> None:
    def pair(source: int, target: int) -> tuple[Any, Any]:
        return np.zeros(source, np.int32), np.zeros(target, np.int32)

    pairs = [pair(3, 3), pair(4, 1), pair(1, 4), pair(0, 0)]
    assert fitting(pairs, 4) == [pairs[0], pairs[3]]
