"""What every optimizer promises: no product, the same bits on any threads, a state that can be stored."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from pamcheck.arithmetic import Native, Pam
from pamcheck.nn.optimizers import SGD, AdamW, Cosine, Lion, clip

EVERY = [
    cls(weight_decay=0.1, form=form) for cls in (AdamW, Lion, SGD) for form in ("differences", "products")
]


@pytest.mark.parametrize("optimizer", EVERY, ids=repr)
def test_a_clipped_and_scheduled_step_multiplies_nothing(
    optimizer: Any, normal: Any, recording: Any, guard: Any
) -> None:
    w, g = normal(70), normal(70, seed=1)
    expected = optimizer.initial(w)
    state = {name: guard(value) for name, value in expected.items()}
    found, plain = guard(w), w
    for step in range(2):
        rate = Cosine(1e-3, warmup=1, steps=9).at(step, recording)
        clipped, _ = clip(guard(g), 1.0, recording)
        found, state = optimizer.step(found, clipped, state, rate, 50, recording)
        reference, _ = clip(g, 1.0, Pam())
        plain, expected = optimizer.step(
            plain, reference, expected, Cosine(1e-3, warmup=1, steps=9).at(step, Pam()), 50, Pam()
        )
    assert {"mul", "div", "sqrt", "sum"} == set(recording.ops)
    assert (np.asarray(found).view(np.uint32) == plain.view(np.uint32)).all()


def test_the_arrays_that_refuse_to_multiply_do_refuse(normal: Any, guard: Any) -> None:
    optimizer, w = AdamW(), guard(normal(5))
    with pytest.raises(AssertionError, match="was called on weights or gradients"):
        optimizer.step(w, w, optimizer.initial(w), 1e-3, 0, Native())


@pytest.mark.parametrize("optimizer", EVERY, ids=repr)
def test_one_and_two_threads_give_the_same_bits(
    optimizer: Any, normal: Any, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    w, g = normal(150_000), normal(2, 150_000, seed=1)
    ends = []
    for threads in ("1", "2"):
        monkeypatch.setenv("PAMCHECK_THREADS", threads)
        flat, state = run(optimizer, w, [clip(x, 1.0, Pam())[0] for x in g], Pam(), decayed=100_001)
        ends.append((flat.tobytes(), {name: value.tobytes() for name, value in state.items()}))
    assert ends[0] == ends[1]


@pytest.mark.parametrize("optimizer", EVERY, ids=repr)
@pytest.mark.parametrize("ar", [Native(), Pam()], ids=lambda ar: ar.name)
def test_a_state_that_was_stored_and_read_goes_on_as_if_it_had_not_been(
    optimizer: Any, ar: Any, normal: Any, run: Any
) -> None:
    w, gradients = normal(40), normal(6, 40, seed=1)
    whole, end = run(optimizer, w, gradients, ar, decayed=30)
    half, state = run(optimizer, w, gradients[:3], ar, decayed=30)
    assert all(value.dtype == np.float32 for value in state.values())
    assert {name: value.shape for name, value in state.items()} == {
        name: value.shape for name, value in optimizer.initial(w).items()
    }
    rest, stored = run(optimizer, half, gradients[3:], ar, decayed=30, state=load(save(state)))
    assert rest.tobytes() == whole.tobytes()
    assert {name: value.tobytes() for name, value in stored.items()} == {
        name: value.tobytes() for name, value in end.items()
    }


@pytest.mark.parametrize("optimizer", EVERY, ids=repr)
@pytest.mark.parametrize("ar", [Native(), Pam()], ids=lambda ar: ar.name)
def test_nothing_that_is_given_is_written_to(optimizer: Any, ar: Any, normal: Any) -> None:
    w, g = normal(20), normal(20, seed=1)
    state = optimizer.initial(w)
    for array in (w, g, *state.values()):
        array.flags.writeable = False
    before = w.copy()
    after, _ = optimizer.step(w, g, state, 1e-3, 20, ar)
    assert (w == before).all()
    assert (after != before).any()


@pytest.mark.parametrize("optimizer", EVERY, ids=repr)
def test_no_weights_at_all_are_a_step_too(optimizer: Any) -> None:
    none = np.zeros(0, np.float32)
    found, _ = optimizer.step(none, none, optimizer.initial(none), 1e-3, 0, Pam())
    assert found.shape == (0,)


@pytest.mark.parametrize("optimizer", EVERY[::2], ids=repr)
def test_unfit_arrays_are_refused_by_name(optimizer: Any) -> None:
    w = np.zeros(3, np.float32)
    state = optimizer.initial(w)
    with pytest.raises(TypeError, match="gradient has dtype float64; it must be float32"):
        optimizer.step(w, np.zeros(3), state, 1e-3, 0, Pam())
    with pytest.raises(ValueError, match=r"gradient has shape \(4,\); it must have shape \(3,\)"):
        optimizer.step(w, np.zeros(4, np.float32), state, 1e-3, 0, Pam())
    with pytest.raises(ValueError, match="decayed is 4; it must be 0 to 3"):
        optimizer.step(w, w, state, 1e-3, 4, Pam())
    square = np.zeros((2, 2), np.float32)
    with pytest.raises(ValueError, match="it must have one axis"):
        optimizer.step(square, square, optimizer.initial(square), 1e-3, 0, Pam())
