from __future__ import annotations

import numpy as np
import pytest

from pamcheck.nn.batches import (
    Pairs,
    Tokens,
    Windows,
    images_in_order,
    lengths,
    padded,
    pairs_in_order,
    placed,
    windows_in_order,
)
from pamcheck.nn.data.subwords import BEGIN, END, PADDING

PAIRS = [(np.int32([7, 8, 9]), np.int32([5])), (np.int32([6]), np.int32([4, 5, 6]))]


def test_a_target_is_the_symbol_that_follows() -> None:
    batch = Windows(np.arange(10, 20), 3).at(np.array([0, 6]))
    assert batch.inputs.tolist() == [[10, 11, 12], [16, 17, 18]]
    assert batch.targets.tolist() == [[11, 12, 13], [17, 18, 19]]
    assert batch.inputs.flags.c_contiguous
    assert batch.targets.flags.c_contiguous


def test_windows_in_order_have_every_target_once() -> None:
    batches = list(windows_in_order(np.arange(12, dtype=np.uint8), 3, 2))
    assert [batch.inputs.shape for batch in batches] == [(2, 3), (1, 3)]
    assert np.concatenate([batch.targets.ravel() for batch in batches]).tolist() == list(range(1, 10))
    assert batches[0].inputs.dtype == np.int64
    assert len(list(windows_in_order(np.arange(13), 3, 2))) == 2
    assert sum(len(batch.inputs) for batch in windows_in_order(np.arange(13), 3, 2)) == 4


@pytest.mark.parametrize(
    ("length", "context", "batch", "told"),
    [
        (4, 4, 1, "context is 4; the text has 4 symbols"),
        (0, 1, 1, "the text has 0 symbols"),
        (4, 0, 1, "context is 0; it must be 1 or more"),
        (4, 2, 0, "batch is 0; it must be 1 or more"),
    ],
)
def test_windows_that_there_are_not_are_refused(length: int, context: int, batch: int, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        windows_in_order(np.arange(length), context, batch)


def test_images_in_order_are_all_there() -> None:
    images, labels = np.arange(20, dtype=np.float32).reshape(5, 2, 2), np.arange(5)
    batches = list(images_in_order(images, labels, 2))
    assert [len(batch.images) for batch in batches] == [2, 2, 1]
    assert (np.concatenate([batch.images for batch in batches]) == images).all()
    assert np.concatenate([batch.labels for batch in batches]).tolist() == list(range(5))


def test_pairs_are_padded_to_the_longest_of_their_side() -> None:
    batch = padded(PAIRS)
    assert batch.source.tolist() == [[7, 8, 9, END], [6, END, PADDING, PADDING]]
    assert batch.source_mask.tolist() == [[True] * 4, [True, True, False, False]]
    assert batch.inputs.tolist() == [[BEGIN, 5, PADDING, PADDING], [BEGIN, 4, 5, 6]]
    assert batch.targets.tolist() == [[5, END, -1, -1], [4, 5, 6, END]]
    assert {array.dtype for array in (batch.source, batch.inputs, batch.targets)} == {np.dtype(np.int64)}
    assert batch.source_mask.dtype == np.bool_
    assert lengths(PAIRS).tolist() == [[4, 2], [2, 4]]


def test_pairs_in_order_are_all_there() -> None:
    batches = list(pairs_in_order([*PAIRS, PAIRS[0]], 2))
    assert [batch.source.shape for batch in batches] == [(2, 4), (1, 4)]
    assert batches[1].inputs.tolist() == [[BEGIN, 5]]


def test_an_empty_sentence_is_its_end() -> None:
    nothing = np.empty(0, np.int32)
    batch = padded([(nothing, nothing)])
    assert (batch.source.tolist(), batch.inputs.tolist(), batch.targets.tolist()) == (
        [[END]],
        [[BEGIN]],
        [[END]],
    )


def test_no_pairs_make_no_batch() -> None:
    with pytest.raises(ValueError, match="pairs is empty"):
        padded([])
    assert list(pairs_in_order([], 2)) == []
    assert lengths([]).shape == (0, 2)


def test_a_batch_is_placed_as_the_kind_that_it_is() -> None:
    tokens = placed(Tokens(np.zeros((1, 2)), np.ones((1, 2))), np.zeros(3))
    assert isinstance(tokens, Tokens)
    assert isinstance(placed(padded(PAIRS), np.zeros(3)), Pairs)
