"""Derivatives and the tape on arrays of a stand-in for CuPy: the device's kernels, and the host's bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pamcheck as pc
from analyses.on_gpu import training
from pamcheck.arithmetic import Pam
from pamcheck.kernels import gpu
from pamcheck.nn.autograd import Tape
from pamcheck.nn.batches import Tokens
from pamcheck.nn.groups import groups_of
from pamcheck.nn.models import LanguageModel
from pamcheck.nn.random import Threefry

SEED = 2305


class ndarray(np.ndarray):
    """A NumPy array that says of itself what a CuPy array says, and like one refuses NumPy's arrays."""

    def __dlpack_device__(self) -> tuple[int, int]:
        return (2, 0)

    def get(self) -> np.ndarray:
        return np.array(self)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        refuse_host_arrays(inputs)
        result = getattr(ufunc, method)(*map(plain, inputs), **options)
        return result.view(ndarray) if isinstance(result, np.ndarray) else np.asarray(result).view(ndarray)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        refuse_host_arrays(args)
        result = function(*map(plain, args), **options)
        return result.view(ndarray) if isinstance(result, np.ndarray) else result

    def __getitem__(self, at: Any) -> Any:
        refuse_host_arrays(at if isinstance(at, tuple) else (at,))
        return super().__getitem__(at)


def plain(x: Any) -> Any:
    if isinstance(x, (list, tuple)):
        return type(x)(map(plain, x))
    return x.view(np.ndarray) if isinstance(x, ndarray) else x


def refuse_host_arrays(operands: Any) -> None:
    if any(type(x) is np.ndarray for x in operands):
        raise TypeError("Unsupported type <class 'numpy.ndarray'>")


ndarray.__module__ = "cupy"


@pytest.fixture
def device(emulated: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(gpu, "runtime", lambda: emulated)
    # what comes from the device lies there too, so that the next operation runs there
    for name in ("empty", "upload"):
        plain = getattr(emulated, name)
        monkeypatch.setattr(emulated, name, lambda *given, plain=plain: plain(*given).view(ndarray))
    return emulated


def on_gpu(values: np.ndarray) -> Any:
    held = np.zeros(values.shape, values.dtype).view(ndarray)
    held[...] = values
    return held


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng((SEED, seed, *shape)).standard_normal(shape).astype(np.float32)


def same(got: Any, expected: np.ndarray) -> None:
    assert np.shape(got) == expected.shape
    assert np.array_equal(np.asarray(got).view(np.uint32), expected.view(np.uint32))


@pytest.mark.parametrize("mode", ["exact", "mimic"])
@pytest.mark.parametrize("op", ["pam", "padiv", "papow", "palog2", "paexp2", "pasqrt", "palog", "paexp"])
def test_a_cotangent_from_the_gpu_has_the_bits_of_the_host(op: str, mode: str, device: Any) -> None:
    operands = [normal(3, 5), normal(5, seed=1)][: 2 if op in ("pam", "padiv", "papow") else 1]
    delta = normal(3, 5, seed=2)
    before = len(device.launched)
    got = pc.vjp(op, [on_gpu(x) for x in operands], on_gpu(delta), mode=mode)
    for ours, theirs in zip(got, pc.vjp(op, operands, delta, mode=mode), strict=True):
        same(ours, theirs)
    assert len(device.launched) > before


@pytest.mark.parametrize("mode", ["exact", "mimic"])
@pytest.mark.parametrize("shapes", [((3, 4), (4, 5)), ((2, 3, 4), (4, 5)), ((4,), (4, 5)), ((3, 4), (4,))])
def test_cotangents_of_a_matrix_product_from_the_gpu(shapes: Any, mode: str, device: Any) -> None:
    a, b = normal(*shapes[0]), normal(*shapes[1], seed=1)
    b.reshape(-1)[3] = np.inf
    delta = normal(*np.shape(pc.matmul(a, b)), seed=2)
    before = len(device.launched)
    got = pc.vjp("matmul", (on_gpu(a), on_gpu(b)), on_gpu(delta), mode=mode)
    for ours, theirs in zip(got, pc.vjp("matmul", (a, b), delta, mode=mode), strict=True):
        same(ours, theirs)
    assert len(device.launched) > before


@pytest.mark.parametrize("mode", ["exact", "mimic"])
def test_a_transformer_is_differentiated_on_the_gpu_to_the_same_bits(mode: str, device: Any) -> None:
    model, random = LanguageModel(7, 4, 1, 2, 4, hidden=6, bias=True, dropout=0.3), Threefry(SEED)
    weights, ids = model.initial(random), random.below(7, (2, 2, 3))

    def gradients(place: Any) -> list[Any]:
        tape = Tape()
        leaves = {name: tape.variable(place(value)) for name, value in weights.items()}
        loss = model.loss(leaves, Tokens(*ids), groups_of(Pam(mode)).taped(tape), random)
        tape.backward(loss)
        return [loss.value, *(leaf.grad for leaf in leaves.values())]

    before = len(device.launched)
    on_host = gradients(lambda value: value)
    assert len(device.launched) == before
    for ours, theirs in zip(gradients(on_gpu), on_host, strict=True):
        same(ours, theirs)
    assert len(device.launched) > before


def test_random_numbers_of_the_gpu_are_those_of_the_host(device: Any) -> None:
    random, like = Threefry(SEED), on_gpu(normal(1))
    before = len(device.launched)
    same(random.bits((3, 5), like), random.bits((3, 5)))
    same(random.uniform(7, like), random.uniform(7))
    same(random.normal(7, like), random.normal(7))
    for ours, theirs in (
        (random.below(65, 9, like), random.below(65, 9)),
        (random.keep(0.3, 9, like), random.keep(0.3, 9)),
    ):
        assert type(ours) is ndarray
        assert np.array_equal(ours.get(), theirs)
    assert random.bits((0, 3), like).shape == (0, 3)
    assert set(device.launched[before:]) == {"threefry"}


def test_steps_of_training_on_the_gpu_leave_the_weights_of_the_host(device: Any) -> None:
    before = len(device.launched)
    record = training.stage(device, training.SMALL)
    assert record["cases"] > 1000
    assert record["different"] == 0, record["compared"]
    assert len(device.launched) > before
