"""Perceptrons from files: what they compute, where they are cut, and files that are none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from pamcheck.measure.regions.plain import Plain
from pamcheck.measure.regions_request.command import Request, regions
from pamcheck.measure.regions_request.perceptron import checked, load, plane
from pamcheck.nn import layers

SEED = 5


@pytest.fixture
def weights() -> dict[str, Any]:
    drawn = layers.perceptron_weights([3, 4, 2], np.random.default_rng(SEED))
    return {name: np.round(array * 8) / 8 + 0.125 for name, array in drawn.items()}


@pytest.fixture
def file(weights: dict[str, Any], tmp_path: Path) -> Path:
    path = tmp_path / "net.safetensors"
    save_file({name: array.astype(np.float32) for name, array in weights.items()}, path)
    return path


def test_a_file_is_the_perceptron_of_nn(weights: dict[str, Any], file: Path) -> None:
    x = np.array([[1.5, -0.75, 2.0]])
    expected = layers.perceptron(x, weights, Plain())
    assert load(file).function()({"x": x}, Plain()).tolist() == expected[0].tolist()


def test_a_plane_of_a_perceptron_is_partitioned_and_verified(file: Path) -> None:
    found = regions(Request(f"mlp:{file}", ("0:1/8",), recheck=True))
    assert found.recheck is not None
    assert found.recheck.holds, found.recheck.reason
    assert found.axes == ("t", "s")
    assert found.partition.shape == (2,)


def test_rows_of_a_file_give_the_point_and_the_directions(file: Path, tmp_path: Path) -> None:
    points = np.array([[1.0, 2.0, 3.0], [1.5, 2.0, 3.0], [1.0, 2.5, 3.5]])
    np.save(tmp_path / "points.npy", points)
    (tmp_path / "points.txt").write_text("1 2 3\n1.5, 2, 3\n\n1 2.5 3.5\n")
    for name in ("points.npy", "points.txt"):
        at, along = plane(3, tmp_path / name, (0, 1, 2), SEED, 2)
        assert at.tolist() == [[1.0, 2.0, 3.0]]
        assert [d.tolist() for d in along] == [[[0.5, 0.0, 0.0]], [[0.0, 0.5, 0.5]]]
    found = regions(Request(f"mlp:{file}", ("0:1",), at=tmp_path / "points.npy", rows=(0, 1), line=True))
    assert found.axes == ("t",)
    assert found.partition.domain == ((0,), (1,))


def test_random_directions_have_length_one_and_their_seed() -> None:
    first, second = (plane(5, None, (), seed, 2) for seed in (SEED, SEED))
    assert [np.linalg.norm(d) for d in first[1]] == pytest.approx([1, 1])
    assert all((p == q).all() for p, q in zip(first[1], second[1], strict=True))
    assert (plane(5, None, (), SEED + 1, 2)[0] != first[0]).any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"0.weight": None}, "0.weight|has 1.weight"),
        ({"weight": np.ones((3, 4))}, "file has weight"),
        ({"1.weight": np.ones((5, 2))}, r"1.weight is of shape \(5, 2\); it must be \(4, outputs\)"),
        ({"0.bias": np.ones(3)}, r"0.bias is of shape \(3,\); it must be \(4,\)"),
        ({"0.weight": np.ones(4)}, r"0.weight is of shape \(4,\)"),
    ],
)
def test_arrays_that_are_no_perceptron_are_refused(
    weights: dict[str, Any], change: dict[str, Any], message: str
) -> None:
    spoilt = {name: array for name, array in (weights | change).items() if array is not None}
    with pytest.raises(ValueError, match=message):
        checked(spoilt)


def test_files_that_do_not_fit_are_refused(file: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.safetensors").write_bytes(b"no weights at all")
    save_file({"0.weight": np.ones((2, 2), np.int32)}, tmp_path / "ints.safetensors")
    save_file({"0.weight": np.full((2, 2), np.nan, np.float32)}, tmp_path / "nan.safetensors")
    np.save(tmp_path / "wide.npy", np.ones((2, 7)))
    (tmp_path / "words.txt").write_text("one two three\n")
    for name, message in (("bad", "cannot be read"), ("ints", "int32"), ("nan", "not finite")):
        with pytest.raises(ValueError, match=message):
            load(tmp_path / f"{name}.safetensors")
    for at, rows, message in (
        (tmp_path / "wide.npy", (0,), "points of 7 numbers; the perceptron takes 3"),
        (tmp_path / "words.txt", (0,), "words.txt"),
        (None, (0,), "name one with --at"),
        (None, (0, 1, 2, 3), "name one with --at"),
    ):
        with pytest.raises(ValueError, match=message):
            regions(Request(f"mlp:{file}", ("0:1",), at=at, rows=rows))


def test_rows_that_are_not_there_or_the_same_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "two.npy", np.ones((2, 3)))
    for rows, message in (((2,), "rows 0 to 1"), ((0, 1), "same point"), ((0, 1, 0, 1), "take 3")):
        with pytest.raises(ValueError, match=message):
            plane(3, tmp_path / "two.npy", rows, SEED, 2)
