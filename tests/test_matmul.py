"""pamcheck.matmul and pamcheck.sum on arrays: shapes, axes, dtypes, out=, scalars, and what they refuse."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pamcheck as pc
from pamcheck import spec
from pamcheck.formats import FORMATS, get_format

SEED = 2305


def dtype_of(fmt: str) -> np.dtype:
    return np.dtype(getattr(np, fmt, None) or getattr(ml_dtypes, fmt))


def bits(array: Any) -> np.ndarray:
    array = np.asarray(array)
    return array.view(f"u{array.dtype.itemsize}")


def normal(*shape: int) -> np.ndarray:
    return np.random.default_rng((SEED, *shape)).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("fmt", FORMATS)
def test_every_dtype_comes_back_with_the_bits_of_the_definition(fmt: str) -> None:
    a, b = normal(3, 5).astype(dtype_of(fmt)), normal(5, 4).astype(dtype_of(fmt))
    got = pc.matmul(a, b, offset=Fraction(1, 8), policy="saturate")
    assert got.dtype == a.dtype
    offset = get_format(fmt).tiny // 8
    assert bits(got).tolist() == spec.matmul(bits(a).tolist(), bits(b).tolist(), fmt, "saturate", offset)
    total = pc.sum(a)
    assert total.dtype == a.dtype
    assert int(bits(total)) == spec.canonical_sum(bits(a).ravel().tolist(), fmt)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((4,), (4,)),
        ((4,), (4, 3)),
        ((3, 4), (4,)),
        ((2, 3, 4), (4,)),
        ((4,), (2, 4, 3)),
        ((2, 1, 3, 4), (5, 4, 2)),
        ((2, 3, 4), (4, 5)),
        ((3, 4), (2, 4, 5)),
        ((0, 4), (4, 3)),
        ((3, 0), (0, 2)),
        ((0,), (0,)),
        ((2, 0, 4), (4, 3)),
        ((0, 3, 4), (1, 4, 3)),
        ((1, 1), (1, 1)),
    ],
)
def test_shapes_are_those_of_numpy(left: tuple[int, ...], right: tuple[int, ...]) -> None:
    a, b = normal(*left), normal(*right)
    got, model = pc.matmul(a, b), np.matmul(a, b)
    assert np.shape(got) == model.shape
    assert type(got) is type(model)
    assert np.all(np.abs(got - model) <= np.matmul(np.abs(a), np.abs(b)) / 8 + 1e-6)
    out = np.empty(model.shape, np.float32)
    assert pc.matmul(a, b, out=out) is out
    assert np.array_equal(bits(out), bits(got))


def test_powers_of_two_multiply_exactly() -> None:
    a = np.exp2(np.arange(12, dtype=np.float32).reshape(3, 4))
    assert np.array_equal(pc.matmul(a, a.T), a @ a.T)
    assert pc.matmul([[1.0, 2.0]], [[4.0], [8.0]]).tolist() == [[20.0]]


@pytest.mark.parametrize("layout", ["C", "F", "strided", "transposed"])
def test_out_of_any_layout_and_overlap(layout: str) -> None:
    a, b = normal(20, 20), normal(20, 20).T
    expected = pc.matmul(a, b)
    if layout == "transposed":
        square = a.copy()
        assert np.array_equal(pc.matmul(square, b, out=square.T), expected)
        return
    base = np.zeros((40, 60), np.float32)
    out = base[::2, ::3] if layout == "strided" else np.empty((20, 20), np.float32, order=layout)
    assert pc.matmul(a, b, out=out) is out
    assert np.array_equal(bits(out.copy()), bits(expected))
    assert not base[1::2].any()


def test_matrices_and_unaligned_arrays_are_arrays() -> None:
    a, b = normal(3, 5), normal(5, 4)
    expected = pc.matmul(a, b)
    out = np.zeros((3, 4), np.float32).view(np.matrix)
    assert pc.matmul(a, b, out=out) is out
    assert np.array_equal(out, expected)
    assert type(pc.matmul(a.view(np.matrix), b)) is np.ndarray
    moved = np.zeros(a.nbytes + 1, np.uint8)[1:].view(np.float32).reshape(a.shape)
    moved[...] = a
    assert np.array_equal(pc.matmul(moved, b), expected)
    assert pc.sum(moved) == pc.sum(a)
    swapped = a.astype(a.dtype.newbyteorder())
    assert np.array_equal(pc.matmul(swapped, b), expected)
    assert pc.sum(swapped) == pc.sum(a)


def test_an_output_may_overlap_an_operand_partly() -> None:
    memory = normal(400)
    a, b, out = (memory[start : start + 100].reshape(10, 10) for start in (0, 50, 25))
    expected = pc.matmul(a.copy(), b.copy())
    assert pc.matmul(a, b, out=out) is out
    assert np.array_equal(out, expected)


def test_operands_are_only_read() -> None:
    a, b = normal(9, 70), normal(70, 40)
    before = a.copy(), b.copy()
    a.flags.writeable = b.flags.writeable = False
    pc.matmul(a, b)
    pc.sum(a, axis=0)
    assert np.array_equal(a, before[0])
    assert np.array_equal(b, before[1])


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (normal(2, 3), normal(4, 5), r"\(2, 3\) and \(4, 5\) do not fit: a has 3 columns and b has 4 rows"),
        (normal(3), normal(4), r"\(3,\) and \(4,\) do not fit"),
        (normal(2, 3, 4), normal(3, 4, 5), r"leading axes of shapes \(2, 3, 4\) and \(3, 4, 5\)"),
        (normal(2, 2), 2.0, "operand b is 0-d"),
        (np.float32(1), normal(2), "operand a is 0-d"),
    ],
)
def test_shapes_that_do_not_fit_are_named(a: Any, b: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pc.matmul(a, b)


def test_dtypes_and_outputs_that_do_not_fit_are_named() -> None:
    a = normal(2, 2)
    with pytest.raises(TypeError, match="float32 and operand b has dtype float64"):
        pc.matmul(a, a.astype(np.float64))
    with pytest.raises(TypeError, match="int64"):
        pc.matmul(np.ones((2, 2), np.int64), a)
    with pytest.raises(ValueError, match=r"out has shape \(2, 3\); it must be \(2, 2\)"):
        pc.matmul(a, a, out=np.empty((2, 3), np.float32))
    with pytest.raises(TypeError, match="out has dtype float64"):
        pc.matmul(a, a, out=np.empty((2, 2)))
    with pytest.raises(ValueError, match="kosson2023"):
        pc.matmul(a, a, policy="kosson2023")
    with pytest.raises(ValueError, match="offset"):
        pc.matmul(a, a, offset=1)


@given(st.data())
def test_sums_take_any_axes_in_c_order(data: st.DataObject) -> None:
    shape = tuple(data.draw(st.lists(st.integers(0, 5), max_size=4)))
    axes = data.draw(
        st.one_of(
            st.none(), st.lists(st.sampled_from(range(len(shape))), unique=True) if shape else st.none()
        )
    )
    keepdims = data.draw(st.booleans())
    x = normal(*shape) if shape else np.float32(1.5)
    axis = (
        None if axes is None else tuple(at - len(shape) if data.draw(st.booleans()) else at for at in axes)
    )
    got = pc.sum(x, axis=axis, keepdims=keepdims)
    model = np.sum(x, axis=axis, keepdims=keepdims)
    assert np.shape(got) == np.shape(model)
    assert np.asarray(got).dtype == np.float32
    gone = set(range(len(shape))) if axis is None else {at % len(shape) for at in axis}
    kept = [at for at in range(len(shape)) if at not in gone]
    rows = (
        np.asarray(x).transpose((*kept, *sorted(gone))).reshape(np.size(model), -1) if np.size(x) else None
    )
    expected = (
        [spec.canonical_sum(bits(row).tolist(), "float32") for row in rows]
        if rows is not None
        else [0] * np.size(model)
    )
    assert bits(got).ravel().tolist() == expected


@pytest.mark.parametrize("axis", [None, 0, -1, ()])
@pytest.mark.parametrize("keepdims", [False, True])
def test_a_number_is_summed_as_by_numpy(axis: Any, keepdims: bool) -> None:
    got = pc.sum(np.float32(-1.5), axis=axis, keepdims=keepdims)
    assert np.shape(got) == np.shape(np.sum(np.float32(-1.5), axis=axis, keepdims=keepdims))
    assert got == -1.5


def test_an_axis_that_is_not_there_is_named() -> None:
    with pytest.raises(np.exceptions.AxisError, match="axis 1"):
        pc.sum(np.float32(1), axis=1)
    with pytest.raises(ValueError, match="axis"):
        pc.sum(normal(2, 3), axis=(0, -2))
    with pytest.raises(np.exceptions.AxisError, match="axis 2"):
        pc.sum(normal(2, 3), axis=2)
    with pytest.raises(TypeError, match="int64"):
        pc.sum(np.arange(3))


def test_torch_and_dlpack_arrays_on_the_cpu_are_taken() -> None:
    torch = pytest.importorskip("torch")
    a = torch.ones((2, 3), dtype=torch.bfloat16)
    got = pc.matmul(a, a.T)
    assert isinstance(got, torch.Tensor)
    assert got.tolist() == [[3.0, 3.0], [3.0, 3.0]]
