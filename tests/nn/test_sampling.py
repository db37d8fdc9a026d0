from __future__ import annotations

import hashlib

import numpy as np
import pytest

from pamcheck.nn.batches import lengths
from pamcheck.nn.random import Threefry
from pamcheck.nn.sampling import BucketedPairs, Epochs, RandomWindows, ShuffledImages

SEED = 7
RANDOM = Threefry(SEED)
RECORDED = "d20a0da750bbfdc2"  # the batches of three steps, as they must be on any machine
PAIRS = [
    (np.full(1 + at % 5, 10 + at, np.int32), np.full(1 + at // 3 % 4, 10 + at, np.int32))
    for at in range(50)
]


def test_a_batch_is_a_function_of_the_step_alone() -> None:
    text = np.arange(1000)
    images, labels = np.arange(40, dtype=np.float32).reshape(10, 2, 2), np.arange(10)
    for make in (
        lambda: RandomWindows(text, 8, 4, RANDOM),
        lambda: ShuffledImages(images, labels, 3, RANDOM),
        lambda: BucketedPairs(PAIRS, 6, RANDOM),
    ):
        walked, resumed = make(), make()
        batches = [walked.at(step) for step in range(12)]
        for step in (11, 3, 7):
            for one, other in zip(batches[step], resumed.at(step), strict=True):
                assert (one == other).all(), (SEED, step)


def test_another_draw_moves_no_batch() -> None:
    text = np.arange(1000)
    before = RandomWindows(text, 8, 4, RANDOM).at(5).inputs
    RANDOM.stream("dropout").uniform(100)
    assert (RandomWindows(text, 8, 4, RANDOM).at(5).inputs == before).all()
    assert (RandomWindows(text, 8, 4, Threefry(SEED + 1)).at(5).inputs != before).any()


def test_windows_begin_everywhere_and_end_within_the_text() -> None:
    windows = RandomWindows(np.arange(12), 3, 200, RANDOM)
    batch = windows.at(0)
    assert set(batch.inputs[:, 0].tolist()) == set(range(9))
    assert (batch.targets == batch.inputs + 1).all()


def test_batches_are_the_same_on_every_machine() -> None:
    found = hashlib.sha256()
    for step in (0, 1, 1999):
        found.update(
            RandomWindows(np.arange(1_003_854), 64, 12, Threefry(1337)).at(step).inputs.astype("<i8")
        )
        found.update(Epochs(29_000, 64, Threefry(1337)).at(step).astype("<i8"))
    assert found.hexdigest()[:16] == RECORDED


@pytest.mark.parametrize("sides", [None, lengths(PAIRS)])
def test_an_epoch_has_no_example_twice(
    sides: np.ndarray[tuple[int, int], np.dtype[np.int64]] | None,
) -> None:
    epochs = Epochs(50, 6, RANDOM, sides)
    assert epochs.steps == 8
    orders = [np.concatenate([epochs.at(8 * epoch + step) for step in range(8)]) for epoch in range(20)]
    assert all(len(set(order.tolist())) == 48 for order in orders)
    assert set(np.concatenate(orders).tolist()) == set(range(50)), "what is left out changes"
    assert (orders[0] != orders[1]).any()


def test_buckets_put_equal_lengths_together_and_shuffle_batches() -> None:
    epochs, sides = Epochs(50, 6, RANDOM, lengths(PAIRS)), lengths(PAIRS)
    chosen = [epochs.at(step) for step in range(epochs.steps)]
    spread = [np.ptp(sides[numbers][:, 1]) for numbers in chosen]
    assert max(spread) <= 1
    longest = [int(sides[numbers][:, 1].max()) for numbers in chosen]
    assert longest != sorted(longest)


def test_images_stay_with_their_labels() -> None:
    images, labels = (
        np.arange(10, dtype=np.float32)[:, None, None] * np.ones((1, 2, 2), np.float32),
        np.arange(10),
    )
    batch = ShuffledImages(images, labels, 4, RANDOM).at(3)
    assert batch.images.shape == (4, 2, 2)
    assert (batch.images[:, 0, 0] == batch.labels).all()


@pytest.mark.parametrize(
    ("batch", "told"), [(11, "there are 10 examples"), (0, "batch is 0; it must be 1")]
)
def test_a_batch_that_there_is_not_is_refused(batch: int, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        ShuffledImages(np.zeros((10, 2, 2)), np.zeros(10), batch, RANDOM)
    with pytest.raises(ValueError, match=told):
        BucketedPairs(PAIRS[:10], batch, RANDOM)


def test_a_text_shorter_than_the_context_is_refused() -> None:
    with pytest.raises(ValueError, match="context is 64; the text has 64 symbols"):
        RandomWindows(np.arange(64), 64, 12, RANDOM)
