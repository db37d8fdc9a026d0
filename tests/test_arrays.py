"""The public functions on arrays: shapes, strides, dtypes, out=, scalars, threads, and what they refuse.

What an operation computes is settled in tests/kernels; here one element is enough to know a result by,
and an array is right when each of its elements is what the operation gives on that element alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

import pamcheck as pc
from pamcheck import operands, spec
from pamcheck.formats import FORMATS, get_format
from pamcheck.kernels import launch
from pamcheck.policy import get_policy

SEED = 2305
NAMES = {"pam": 2, "padiv": 2, "palog2": 1, "paexp2": 1, "pasqrt": 1, "palog": 1, "paexp": 1, "papow": 2}
LARGE = 4 * launch.RANGE_MIN + 1234  # more than one range for each of four threads

every_operation = pytest.mark.parametrize("name", NAMES)
every_format = pytest.mark.parametrize("fmt", FORMATS)


def dtype_of(fmt: str) -> np.dtype:
    return np.dtype(getattr(np, fmt, None) or getattr(ml_dtypes, fmt))


def bits(array: Any) -> np.ndarray:
    array = np.asarray(array)
    return array.view(f"u{array.dtype.itemsize}")


def same(got: Any, expected: Any) -> None:
    """Compare shape, dtype and every bit; the message has the codes in hex."""
    got, expected = np.asarray(got), np.asarray(expected)
    assert got.dtype == expected.dtype
    assert got.shape == expected.shape
    differ = np.argwhere(bits(got) != bits(expected))
    shown = [(tuple(at.tolist()), hex(bits(got)[*at]), hex(bits(expected)[*at])) for at in differ[:5]]
    assert not shown, f"(index, got, expected): {shown}"


def one_by_one(name: str, *operands: np.ndarray) -> np.ndarray:
    """Return the operation on each element alone, as NumPy scalars."""
    operands = np.broadcast_arrays(*operands)
    results = [getattr(pc, name)(*elements) for elements in zip(*(x.flat for x in operands), strict=True)]
    return np.array(results, dtype=operands[0].dtype).reshape(operands[0].shape)


def numbers(*shape: int, fmt: str = "float32", seed: int = SEED) -> np.ndarray:
    """Return codes drawn uniformly, every special value among them, as an array of the format."""
    f = FORMATS[fmt]
    drawn = np.random.default_rng(seed).integers(0, 2 * f.sign, shape, dtype=np.uint64)
    return np.asarray(drawn.astype(f"u{f.storage_bits // 8}")).view(dtype_of(fmt))


def operands_of(name: str, *shape: int, fmt: str = "float32") -> list[np.ndarray]:
    return [numbers(*shape, fmt=fmt, seed=SEED + place) for place in range(NAMES[name])]


# Values, dtypes, scalars


@every_operation
@every_format
def test_an_array_holds_what_the_definition_gives_and_keeps_its_dtype(name: str, fmt: str) -> None:
    operands = operands_of(name, 40, fmt=fmt)
    got = getattr(pc, name)(*operands)
    codes = zip(*(bits(x).tolist() for x in operands), strict=True)
    expected = np.array([spec.evaluate(name, pair, fmt) for pair in codes], dtype=bits(got).dtype)
    same(got, expected.view(dtype_of(fmt)))


@pytest.mark.parametrize("policy", ["ftz", "gradual", "saturate"])
@every_format
def test_a_policy_reaches_the_kernel(policy: str, fmt: str) -> None:
    a, b = operands_of("pam", 200, fmt=fmt)
    pairs = zip(bits(a).tolist(), bits(b).tolist(), strict=True)
    expected = np.array([spec.evaluate("pam", pair, fmt, policy) for pair in pairs], dtype=bits(a).dtype)
    same(pc.pam(a, b, policy=policy), expected.view(a.dtype))
    same(pc.pam(a, b, policy=get_policy(policy)), expected.view(a.dtype))


@pytest.mark.parametrize("offset", [0.0625, -0.0625, Fraction(1, 3), -0.99, 0])
@pytest.mark.parametrize("name", ["pam", "padiv"])
def test_an_offset_in_octaves_is_rounded_to_codes(name: str, offset: float | Fraction) -> None:
    a, b = operands_of(name, 100)
    step = round(Fraction(offset) * 2**23)
    pairs = zip(bits(a).tolist(), bits(b).tolist(), strict=True)
    expected = np.array(
        [spec.evaluate(name, pair, "float32", offset=step) for pair in pairs], dtype=np.uint32
    )
    same(getattr(pc, name)(a, b, offset=offset), expected.view(np.float32))


def test_an_offset_half_way_between_codes_goes_to_the_even_one() -> None:
    fmt = get_format("float32")
    assert [operands.offset_codes(Fraction(n, 2**24), fmt) for n in (1, 3, 5, -1, -3)] == [0, 2, 2, 0, -2]


@every_operation
@every_format
def test_numpy_scalars_give_a_numpy_scalar_of_their_dtype(name: str, fmt: str) -> None:
    operands = [x[()] for x in operands_of(name, fmt=fmt)]
    got = getattr(pc, name)(*operands)
    assert isinstance(got, np.generic)
    same(got, getattr(pc, name)(*(np.array([x]) for x in operands))[0])


@every_operation
def test_python_numbers_alone_are_float64(name: str) -> None:
    got = getattr(pc, name)(*[1.5, 3][: NAMES[name]])
    assert isinstance(got, np.float64)
    same(got, getattr(pc, name)(*np.float64([1.5, 3.0])[: NAMES[name]]))


@pytest.mark.parametrize("number", [2, 1.5, -0.0, float("inf"), float("nan"), 2**80])
@pytest.mark.parametrize("name", ["pam", "padiv", "papow"])
def test_a_python_number_takes_the_dtype_of_the_other_operand(name: str, number: float) -> None:
    x, function = numbers(50), getattr(pc, name)
    same(function(x, number), function(x, np.float32(number)))
    same(function(number, x), function(np.float32(number), x))


@pytest.mark.parametrize("fmt", [fmt for fmt in FORMATS if fmt != "float64"])
@pytest.mark.parametrize("excess", [2.0**-50, -(2.0**-50)])
def test_a_python_number_beside_a_tie_is_rounded_once(fmt: str, excess: float) -> None:
    f = FORMATS[fmt]
    number = float(f.decode(f.one) + f.decode(f.one + 1)) / 2 + excess
    one = np.array([f.one], dtype=f"u{f.storage_bits // 8}").view(dtype_of(fmt))
    got = int(bits(pc.pam(one, number))[0])
    assert got == f.encode(number), f"{number.hex()}: got {f.hex(got)}, expected {f.hex(f.encode(number))}"


@pytest.mark.parametrize("fmt", ["float16", "float8_e4m3fn", "float6_e2m3fn"])
def test_a_python_number_beyond_the_range_becomes_what_the_format_has(fmt: str) -> None:
    f = FORMATS[fmt]
    one = np.array([f.one], dtype=f"u{f.storage_bits // 8}").view(dtype_of(fmt))
    got = int(bits(pc.pam(one, 1e30))[0])
    assert got == f.too_large(0), f"got {f.hex(got)}, expected {f.hex(f.too_large(0))}"


def test_a_python_integer_too_large_for_a_float_is_refused_by_name() -> None:
    with pytest.raises((ValueError, TypeError), match="operand b"):
        pc.pam(np.ones(2), 10**400)


def test_lists_of_floats_are_float64_arrays() -> None:
    same(pc.pam([1.5, 1.5], [[1.5], [2.0]]), np.array([[2.0, 2.0], [3.0, 3.0]]))
    same(pc.palog2((1.0, 2.0, 3.0)), np.array([0.0, 1.0, 1.5]))
    same(pc.pasqrt([]), np.empty(0))


def test_zero_dimensional_arrays_give_a_zero_dimensional_array() -> None:
    got = pc.pam(np.array(1.5), np.array(1.5))
    assert isinstance(got, np.ndarray)
    same(got, np.array(2.0))
    same(pc.pam(np.array(1.5), 1.5), np.array(2.0))


# Shapes and strides


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((3, 1), (1, 4)), ((5,), ()), ((), (2, 3)), ((2, 1, 3), (4, 1)), ((1,), (6,)),
        ((0,), (1,)), ((3, 0), (3, 1)), ((0, 4), (4,)), ((0,), ()), ((2,) * 12, (2,)), ((1,) * 30, (3, 1)),
    ],
)  # fmt: skip
def test_operands_broadcast_as_numpy_broadcasts_them(
    first: tuple[int, ...], second: tuple[int, ...]
) -> None:
    a, b = numbers(*first), numbers(*second, seed=1)
    got = pc.pam(a, b)
    assert got.shape == np.broadcast_shapes(first, second)
    same(
        got,
        pc.pam(*(np.ascontiguousarray(x).ravel() for x in np.broadcast_arrays(a, b))).reshape(got.shape),
    )


def test_an_array_may_have_as_many_dimensions_as_numpy_allows() -> None:
    x = numbers(2).reshape((1,) * 63 + (2,))
    same(pc.pam(x, 1.0).ravel(), pc.pam(x.ravel(), 1.0))


LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "every other column": lambda x: x[:, ::2],
    "reversed": lambda x: x[::-1, ::-1],
    "transposed": lambda x: x.T,
    "Fortran order": np.asfortranarray,
    "one column": lambda x: x[:, 3],
    "one row repeated": lambda x: np.broadcast_to(x[0], x.shape),
    "one element repeated": lambda x: np.broadcast_to(x[0, 0], x.shape),
    "overlapping windows": lambda x: np.lib.stride_tricks.sliding_window_view(x, (3, 3)),
    "a field of records": lambda x: np.rec.fromarrays([x, x.astype(np.int8)], names="x,y").x,
    "big-endian": lambda x: x.astype(x.dtype.newbyteorder(">")),
    "a slice of big-endian": lambda x: x.astype(x.dtype.newbyteorder(">"))[1::2, ::-1],
    "not aligned": lambda x: (
        np.frombuffer(b"\0" + x.tobytes(), np.uint8)[1:].view(x.dtype).reshape(x.shape)
    ),
    "a matrix": lambda x: x.view(np.matrix),
}


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("fmt", ["float64", "float32", "float16"])
@pytest.mark.parametrize("name", ["padiv", "palog2"])
def test_the_layout_of_an_operand_changes_nothing(name: str, fmt: str, layout: str) -> None:
    with np.errstate(invalid="ignore"):  # astype(int8) of NaN, in the records
        operands = [LAYOUTS[layout](np.abs(x)) for x in operands_of(name, 12, 11, fmt=fmt)]
    native = [np.array(x, dtype=fmt, order="C", subok=False) for x in operands]
    same(getattr(pc, name)(*operands), getattr(pc, name)(*native))
    mixed = [*operands[:-1], native[-1]]
    same(getattr(pc, name)(*mixed), getattr(pc, name)(*native))


def test_a_result_is_a_plain_contiguous_writeable_array() -> None:
    x = numbers(6, 4).view(np.recarray)
    got = pc.pam(x, x)
    assert type(got) is np.ndarray
    assert got.flags.c_contiguous
    assert got.flags.writeable
    assert got.flags.owndata or got.base is not None


def test_read_only_operands_are_read_and_no_operand_is_written_to() -> None:
    a, b = operands_of("pam", 100)
    before = a.tobytes(), b.tobytes()
    for x in (a, b):
        x.flags.writeable = False
    pc.pam(a, b)
    assert (a.tobytes(), b.tobytes()) == before


@st.composite
def views(draw: st.DrawFn, shape: tuple[int, ...], fmt: str) -> np.ndarray:
    """Draw a view of this shape into a larger array: any steps, any order of axes."""
    order = draw(st.permutations(range(len(shape))))
    steps = [draw(st.sampled_from((1, 2, 3, -1, -2))) for _ in shape]
    base = numbers(
        *(abs(steps[axis]) * shape[axis] for axis in order), fmt=fmt, seed=draw(st.integers(0, 2**32))
    )
    view = base[tuple(slice(None, None, steps[axis]) for axis in order)]
    view = view.transpose(np.argsort(order)) if shape else view
    assert view.shape == shape
    return view


@given(
    st.data(),
    mutually_broadcastable_shapes(num_shapes=2, max_dims=5, max_side=4, min_side=0),
    st.sampled_from(["float64", "float32", "bfloat16", "float8_e4m3fn"]),
    st.sampled_from(["pam", "padiv", "papow", "paexp2"]),
)
def test_every_element_of_any_view_is_computed_as_if_alone(
    data: st.DataObject, shapes: Any, fmt: str, name: str
) -> None:
    operands = [data.draw(views(shape, fmt)) for shape in shapes.input_shapes[: NAMES[name]]]
    same(getattr(pc, name)(*operands), one_by_one(name, *operands))


# out=


@every_operation
@every_format
def test_out_is_filled_and_returned(name: str, fmt: str) -> None:
    operands = operands_of(name, 30, fmt=fmt)
    out = numbers(30, fmt=fmt, seed=99)
    assert getattr(pc, name)(*operands, out=out) is out
    same(out, getattr(pc, name)(*operands))


def test_out_may_be_a_strided_view_and_nothing_else_is_written() -> None:
    a, b = operands_of("pam", 5, 6)
    whole = np.full((10, 12), 7, np.float32)
    pc.pam(a, b, out=whole[::2, ::-2])
    same(whole[::2, ::-2], pc.pam(a, b))
    whole[::2, ::-2] = 7
    assert (whole == 7).all()


def test_out_may_be_zero_dimensional_or_empty() -> None:
    out = np.empty((), np.float64)
    assert pc.pam(1.5, 1.5, out=out) is out
    assert out == 2.0
    empty = np.empty((0, 3), np.float32)
    assert pc.palog2(np.empty((0, 3), np.float32), out=empty) is empty


@pytest.mark.parametrize("size", [24, LARGE])
@pytest.mark.parametrize("threads", ["1", "4"])
def test_out_may_be_an_operand(size: int, threads: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMCHECK_THREADS", threads)
    a, b = operands_of("pam", size)
    expected = pc.pam(a, b), pc.pam(a, a)
    first, second, both = a.copy(), b.copy(), a.copy()
    same(pc.pam(first, b, out=first), expected[0])
    same(pc.pam(a, second, out=second), expected[0])
    same(pc.pam(both, both, out=both), expected[1])


OVERLAPS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], Callable[[np.ndarray], np.ndarray]]] = {
    "shifted up": (lambda x: x[:, :-1], lambda x: x[:, 1:]),
    "shifted down": (lambda x: x[:, 1:], lambda x: x[:, :-1]),
    "reversed": (lambda x: x, lambda x: x[::-1, ::-1]),
    "transposed": (lambda x: x, lambda x: x.T),
    "spread": (lambda x: x[:, : x.shape[1] // 2], lambda x: x[:, : x.shape[1] // 2 * 2 : 2]),
    "gathered": (lambda x: x[:, : x.shape[1] // 2 * 2 : 2], lambda x: x[:, : x.shape[1] // 2]),
    "from one row": (lambda x: np.broadcast_to(x[1], x.shape), lambda x: x),
    "from one column": (lambda x: x[:, 1:2], lambda x: x),
}


@pytest.mark.parametrize("overlap", OVERLAPS)
@pytest.mark.parametrize("side", [7, 600])
@pytest.mark.parametrize("threads", ["1", "4"])
def test_out_that_overlaps_an_operand_gives_what_a_fresh_array_gets(
    overlap: str, side: int, threads: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAMCHECK_THREADS", threads)
    take, give = OVERLAPS[overlap]
    x = numbers(side, side)
    other = numbers(*give(x).shape, seed=5)
    expected = pc.padiv(other, take(x).copy())
    same(pc.padiv(other, take(x), out=give(x)), expected)


def test_the_loop_returns_the_out_that_it_was_given_even_where_it_overlaps() -> None:
    words = launch_words("float32")
    x = bits(numbers(50)).copy()
    assert launch.run_codes("palog2", [x[:-1]], words, out := x[1:]) is out


def launch_words(fmt: str) -> Any:
    from pamcheck.kernels.words import make_words

    return make_words(get_format(fmt), get_policy("ftz"))


# Threads and processes


@pytest.mark.parametrize("name", ["pam", "paexp2"])
@pytest.mark.parametrize("fmt", ["float32", "float16"])
def test_a_large_array_is_what_its_pieces_are(name: str, fmt: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMCHECK_THREADS", "4")
    operands, function = operands_of(name, LARGE, fmt=fmt), getattr(pc, name)
    pieces = [function(*(x[at : at + 4099] for x in operands)) for at in range(0, LARGE, 4099)]
    same(function(*operands), np.concatenate(pieces))


@pytest.mark.parametrize("threads", ["2", "3", "7"])
@every_operation
def test_the_number_of_threads_changes_no_bit(
    name: str, threads: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    operands, function = operands_of(name, LARGE), getattr(pc, name)
    monkeypatch.setenv("PAMCHECK_THREADS", "1")
    alone = function(*operands)
    monkeypatch.setenv("PAMCHECK_THREADS", threads)
    same(function(*operands), alone)


@pytest.mark.parametrize("asked", ["", "0", "-1", "many", "²", "1.5"])
def test_a_number_of_threads_that_is_none_is_passed_over(
    asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAMCHECK_THREADS", asked)
    assert launch.thread_count() >= 1
    same(pc.pam(np.ones(LARGE), 1.5), np.full(LARGE, 1.5))


def test_threads_share_large_strided_and_broadcast_operands(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = numbers(900, 1100)[::-2, ::2], numbers(550, seed=3)
    big = a.astype(a.dtype.newbyteorder(">"))
    monkeypatch.setenv("PAMCHECK_THREADS", "1")
    alone = pc.padiv(a, b)
    monkeypatch.setenv("PAMCHECK_THREADS", "3")
    same(pc.padiv(a, b), alone)
    same(pc.padiv(big, b), alone)


def test_eight_threads_may_call_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMCHECK_THREADS", "4")
    jobs = [
        (name, operands_of(name, size))
        for name in NAMES
        for size in (1, 1000, 2 * launch.RANGE_MIN)
        for _ in "ab"
    ]
    expected = [getattr(pc, name)(*operands) for name, operands in jobs]
    start = threading.Barrier(8, timeout=60)

    def work(first: int) -> list[np.ndarray]:
        start.wait()
        return [getattr(pc, name)(*operands) for name, operands in jobs[first:] + jobs[:first]]

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(work, range(8)))
    for first, got in enumerate(results):
        for one, other in zip(got, expected[first:] + expected[:first], strict=True):
            same(one, other)


def python(program: str, **environment: str) -> str:
    """Run a program in a fresh interpreter, warnings as errors, and return what it prints."""
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_computes_large_arrays_too() -> None:
    program = """
import os, signal, warnings
import numpy as np, pamcheck as pc
warnings.simplefilter("ignore", DeprecationWarning)  # that a process with threads forks
x = np.linspace(1, 2, 1 << 18)
expected = pc.pam(x, x).tobytes()
child = os.fork()
if child == 0:
    signal.alarm(10)  # a child that waits for its parent's threads waits for ever
    os._exit(0 if pc.pam(x, x).tobytes() == expected else 3)
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print({0: "same", 3: "different", -signal.SIGALRM: "hangs"}.get(status, status))
"""
    assert python(program, PAMCHECK_THREADS="2") == "same"


def test_a_thread_that_outlives_the_main_one_computes_large_arrays_too() -> None:
    program = """
import atexit, threading
import numpy as np, pamcheck as pc
x = np.linspace(1, 2, 1 << 18)
expected = pc.pam(x, x).tobytes()
def late(name):
    threading.main_thread().join() if name == "thread" else None
    try:
        print(name, pc.pam(x, x).tobytes() == expected)
    except Exception as error:
        print(name, error)
atexit.register(late, "atexit")
threading.Thread(target=late, args=["thread"]).start()
"""
    assert python(program, PAMCHECK_THREADS="2").splitlines() == ["thread True", "atexit True"]


def test_an_import_alone_compiles_nothing_and_needs_no_numba() -> None:
    assert python("import sys, pamcheck; print('numba' in sys.modules)") == "False"


# Refusals


@pytest.mark.parametrize(
    "wrong",
    [
        np.arange(3), np.arange(3, dtype=np.uint8), np.array([True]), np.ones(2, complex),
        np.array([1.5], object), np.array(["1.5"]), "1.5", b"x", [1, 2], 1j, True, None, np.True_,
        np.int64(2), np.ones(1, np.longdouble), np.array(["2020-01-01"], "M8[D]"), np.zeros(2, "f4,f4"),
        np.ones(1, ml_dtypes.float8_e8m0fnu),
    ],
    ids=repr,
)  # fmt: skip
@pytest.mark.parametrize("place", [0, 1])
def test_an_operand_without_a_format_is_refused_by_name(wrong: Any, place: int) -> None:
    if isinstance(wrong, np.ndarray) and wrong.dtype == np.float64:
        pytest.skip("long double is float64 on this platform")
    operands = [np.ones(1), np.ones(1)]
    operands[place] = wrong
    with pytest.raises(TypeError, match=f"pam: operand {'ab'[place]} has dtype .* not supported.*float32"):
        pc.pam(*operands)


@pytest.mark.parametrize(
    "wrong", [np.ma.masked, np.ma.array([1.0, 2.0], mask=[0, 1]), np.ma.array([1.0])], ids=repr
)
def test_masked_arrays_are_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match="operand b is a masked array"):
        pc.padiv(np.ones(2), wrong)
    with pytest.raises(TypeError, match="operand x is a masked array"):
        pc.palog2(wrong)


def test_masked_arrays_are_refused_as_out() -> None:
    with pytest.raises(TypeError, match="out"):
        pc.palog2(np.ones(2), out=np.ma.array([1.0, 2.0], mask=[0, 1]))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (np.float32(1), np.float64(1)),
        (np.ones(2, np.float32), [1.0, 2.0]),
        (np.ones(2, np.float16), np.ones(2, ml_dtypes.bfloat16)),
        (np.ones(2, ml_dtypes.float8_e4m3), np.ones(2, ml_dtypes.float8_e4m3fn)),
    ],
)
def test_mixed_dtypes_are_refused_and_none_is_promoted(a: Any, b: Any) -> None:
    with pytest.raises(TypeError, match=r"padiv: operand a has dtype .* and operand b has dtype .*astype"):
        pc.padiv(a, b)


@pytest.mark.parametrize(("first", "second"), [((2,), (3,)), ((2, 3), (2,)), ((0,), (2,))])
def test_shapes_that_do_not_broadcast_are_named(first: tuple[int, ...], second: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"papow: operands of shapes .* do not broadcast"):
        pc.papow(np.ones(first), np.ones(second))


READ_ONLY = np.ones(3)
READ_ONLY.flags.writeable = False


@pytest.mark.parametrize(
    ("out", "error", "message"),
    [
        (np.ones(3, np.float32), TypeError, "out has dtype float32; it must be float64"),
        (np.ones(3, ">f8"), TypeError, "out has dtype >f8"),
        (np.ones(3, np.uint64), TypeError, "out has dtype uint64"),
        (np.ones(4), ValueError, r"out has shape \(4,\); it must be \(3,\)"),
        (np.ones((1, 3)), ValueError, r"out has shape \(1, 3\)"),
        (np.ones(()), ValueError, r"out has shape \(\)"),
        (READ_ONLY, ValueError, "out is read-only"),
        (np.broadcast_to(1.0, 3), ValueError, "out is read-only"),
        ([0.0, 0.0, 0.0], TypeError, "out is a list; it must be a plain NumPy array"),
        (1.5, TypeError, "out is a float"),
        (np.float64(1.5), TypeError, "out is a float64"),
        ((np.ones(3),), TypeError, "out is a tuple"),
    ],
)
def test_an_out_that_cannot_take_the_result_is_refused(
    out: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        pc.pam(np.ones(3), 2.0, out=out)


def test_an_out_whose_elements_share_memory_is_not_filled_with_garbage() -> None:
    out = np.lib.stride_tricks.as_strided(np.zeros(1), (4,), (0,))
    x = np.array([1.0, 2.0, 4.0, 8.0])
    pc.pam(x, 1.0, out=out)  # as NumPy does: allowed, one of the results stays
    assert out[0] in x


@pytest.mark.parametrize(
    "offset",
    [1, -1, 1.5, float("nan"), float("inf"), -float("inf"), Fraction(7, 2), 10**400],
    ids=lambda x: str(x)[:9],
)
@pytest.mark.parametrize("name", ["pam", "padiv"])
def test_an_offset_of_an_octave_or_more_is_refused(name: str, offset: Any) -> None:
    with pytest.raises(ValueError, match=r"offset is .*between -1 and 1"):
        getattr(pc, name)(1.5, 1.5, offset=offset)


def test_an_offset_that_rounds_to_an_octave_is_refused() -> None:
    x = np.ones(1, ml_dtypes.float8_e5m2)
    with pytest.raises(ValueError, match="float8_e5m2 rounds to a whole octave"):
        pc.pam(x, x, offset=0.9)
    pc.pam(1.0, 1.0, offset=0.9)


def test_an_offset_may_be_a_numpy_scalar() -> None:
    for offset in (np.float32(0.25), np.float64(0.25), np.float16(0.25)):
        assert pc.pam(1.0, 1.0, offset=offset) == 1.25


@every_operation
def test_an_unknown_policy_is_told_the_nearest(name: str) -> None:
    with pytest.raises(ValueError, match="unknown policy 'gradula'; did you mean 'gradual'"):
        getattr(pc, name)(*[1.5] * NAMES[name], policy="gradula")


@every_operation
def test_the_policy_that_needs_a_product_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"'kosson2023'.*pamcheck.spec"):
        getattr(pc, name)(*[1.5] * NAMES[name], policy="kosson2023")


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("pam", "padiv")])
def test_an_operation_without_an_offset_takes_none(name: str) -> None:
    with pytest.raises(TypeError, match="offset"):
        getattr(pc, name)(*[1.5] * NAMES[name], offset=0)


def test_a_custom_format_has_no_dtype() -> None:
    with pytest.raises(TypeError, match=r"e5m3 has no NumPy dtype.*launch"):
        operands.dtype_of(get_format("e5m3"))


@every_format
def test_formats_and_dtypes_name_each_other(fmt: str) -> None:
    assert operands.dtype_of(FORMATS[fmt]) == dtype_of(fmt)
    assert operands.format_of(dtype_of(fmt)) is FORMATS[fmt]
    assert operands.format_of(dtype_of(fmt).newbyteorder(">")) is FORMATS[fmt]


def test_threads_that_cannot_start_leave_the_work_to_those_that_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran: list[str] = []

    class Reluctant:
        """A pool that queues a task, begins it late, and then says that it could not."""

        def submit(self, run: Any) -> None:
            thread = threading.Timer(0.02, run)
            thread.start()
            late.append(thread)
            raise RuntimeError("can't start new thread")

    late: list[threading.Timer] = []
    monkeypatch.setattr(launch, "_pool", Reluctant)
    launch.side_by_side([lambda name=name: ran.append(name) for name in "abc"])
    for thread in late:
        thread.join()
    assert sorted(ran) == ["a", "b", "c"]


def test_an_error_on_any_thread_reaches_the_caller() -> None:
    def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        launch.side_by_side([lambda: None, broken])
