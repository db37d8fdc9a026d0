"""Both cotangents in one pass over the arrays: the bits of one pass each, whatever shapes and strides."""

from __future__ import annotations

import numpy as np
import pytest

from pamcheck.formats import get_format
from pamcheck.kernels import launch
from pamcheck.kernels.launch import run_codes, run_vjp
from pamcheck.kernels.table import OPS, cotangents
from pamcheck.kernels.words import make_words
from pamcheck.policy import get_policy

SEED = 1962
MODES = ["exact", "mimic"]


def codes(fmt: str, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    f = get_format(fmt)
    return rng.integers(0, 1 << f.width, shape, dtype=np.uint64).astype(f"u{f.storage_bits // 8}")


@pytest.mark.parametrize(
    ("fmt", "policy"),
    [("float32", "ftz"), ("float32", "gradual"), ("float8_e4m3fn", "saturate"), ("float64", "ftz"),
     ("bfloat16", "ftz"), ("e5m26", "ftz")],
)  # fmt: skip
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("op", OPS)
def test_one_pass_gives_the_codes_of_a_pass_for_each_cotangent(
    op: str, mode: str, fmt: str, policy: str
) -> None:
    f, rng = get_format(fmt), np.random.default_rng(SEED)
    for offset in (0, f.tiny // 16, 1 - f.tiny) if OPS[op].takes_offset else (0,):
        w = make_words(f, get_policy(policy), offset)
        operands = [codes(fmt, (1003,), rng) for _ in range(OPS[op].arity + 1)]
        found = run_vjp(op, mode, operands, w)
        assert len(found) == OPS[op].arity
        for name, got in zip(cotangents(op, mode), found, strict=True):
            assert got.dtype == operands[0].dtype
            differ = np.flatnonzero(got != run_codes(name, operands, w))
            assert not differ.size, [name, *(f.hex(int(x[differ[0]])) for x in (*operands, got))]


@pytest.mark.parametrize(
    "shapes",
    [
        ((), (), ()),
        ((0,), (1,), ()),
        ((3, 1, 5), (4, 5), (5,)),
        ((), (7,), (2, 1)),
        ((2, 33), (2, 33), (1, 1)),
    ],
)
@pytest.mark.parametrize("mode", MODES)
def test_every_cotangent_has_the_shape_that_all_arrays_broadcast_to(
    mode: str, shapes: tuple[tuple[int, ...], ...]
) -> None:
    rng, w = np.random.default_rng(SEED), make_words(get_format("float32"), get_policy("ftz"))
    operands = [codes("float32", shape, rng) for shape in shapes]
    found = run_vjp("padiv", mode, operands, w)
    for name, got in zip(cotangents("padiv", mode), found, strict=True):
        assert got.shape == np.broadcast_shapes(*shapes)
        assert np.array_equal(got, run_codes(name, operands, w)), name


def test_strides_and_threads_change_no_code(monkeypatch: pytest.MonkeyPatch) -> None:
    rng, w = np.random.default_rng(SEED), make_words(get_format("float32"), get_policy("ftz"))
    base = codes("float32", (70, 90), rng)
    views = [base[::2, ::-1], base[1::2], base.T[:35, :1]]
    expected = [run_codes(name, views, w) for name in cotangents("pam", "exact")]
    monkeypatch.setattr(launch, "RANGE_MIN", 100)
    for threads in ("1", "3"):
        monkeypatch.setenv("PAMCHECK_THREADS", threads)
        for got, want in zip(run_vjp("pam", "exact", views, w), expected, strict=True):
            assert np.array_equal(got, want), threads


def test_an_unknown_operation_or_mode_is_refused_by_name() -> None:
    w, one = make_words(get_format("float32"), get_policy("ftz")), np.ones(1, np.uint32)
    with pytest.raises(ValueError, match="unknown mode 'exat'; did you mean 'exact'"):
        run_vjp("pam", "exat", [one] * 3, w)
    with pytest.raises(ValueError, match="unknown operation 'pma'; did you mean 'pam'"):
        run_vjp("pma", "exact", [one] * 3, w)
