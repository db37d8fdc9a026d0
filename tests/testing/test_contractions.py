"""Foreign matrix products and sums: right ones pass, and wrong ones are named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest

import pamcheck as pc
from pamcheck import spec
from pamcheck.formats import get_format
from pamcheck.testing.contractions import check_matmul, check_matmul_vjp, check_sum
from pamcheck.testing.contractions.orders import ORDERS
from pamcheck.testing.result import Result
from pamcheck.testing.text import lines

Fn = Callable[..., Any]
SEED = 2305


def told(result: Result) -> str:
    return "\n".join(line[:200] for line in lines(result))


def added(order: str, dtype: Any = np.float32, multiply: Fn = pc.pam, **options: Any) -> Fn:
    """Return a matrix product whose terms are added up in an order, in a dtype."""

    def matmul(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        left, right = (a if a.ndim > 1 else a[None]), (b if b.ndim > 1 else b[:, None])
        terms = multiply(left[..., None, :], right.swapaxes(-1, -2)[..., None, :, :], **options)
        shape = terms.shape
        sums = ORDERS[order].run(terms.astype(dtype).reshape(int(np.prod(shape[:-1])), shape[-1]))
        sums = sums + sums.dtype.type(0)
        sums[np.isnan(sums)] = np.nan
        result = np.where(np.isnan(sums), np.abs(sums), sums).astype(a.dtype).reshape(shape[:-1])
        result = result if a.ndim > 1 else result[..., 0, :]
        return result if b.ndim > 1 else result[..., 0]

    return matmul


@pytest.mark.parametrize(
    "name", ["float64", "float32", "float16", "bfloat16", "float8_e5m2", "float8_e4m3fn", "float4_e2m1fn"]
)
def test_pamcheck_s_own_contractions_pass(name: str) -> None:
    for result in (
        check_matmul(pc.matmul, format=name),
        check_sum(lambda x: pc.sum(x, axis=-1), format=name),
        check_matmul_vjp(lambda a, b, g: pc.vjp("matmul", (a, b), g), format=name),
    ):
        assert result.passed, told(result)
        assert not result.notices
        assert all(outcome.cases for outcome in result.outcomes), told(result)


@pytest.mark.parametrize(("policy", "offset"), [("gradual", 0), ("saturate", 2**-4), ("ftz", -0.25)])
def test_policies_and_offsets_are_judged(policy: str, offset: float) -> None:
    options = {"policy": policy, "offset": offset}
    matmul = check_matmul(lambda a, b: pc.matmul(a, b, **options), format="float16", **options)
    assert matmul.passed, told(matmul)
    for mode in ("exact", "mimic"):
        vjp = check_matmul_vjp(
            lambda a, b, g, mode=mode: pc.vjp("matmul", (a, b), g, mode=mode, **options),
            format="float16", mode=mode, **options,
        )  # fmt: skip
        assert vjp.passed, told(vjp)


def test_the_policy_of_the_reference_is_judged_on_small_cases() -> None:
    def by_definition(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        columns = [[int(code) for code in column] for column in b.view(np.uint32).T]
        rows = [[int(code) for code in row] for row in a.view(np.uint32)]
        found = [
            [spec.matrix.dot(row, column, "float32", "kosson2023") for column in columns] for row in rows
        ]
        return np.array(found, np.uint32).reshape(a.shape[0], b.shape[1]).view(np.float32)

    rng = np.random.default_rng(SEED)
    operands = [rng.integers(0, 1 << 32, shape) for shape in ((3, 7), (7, 5))]
    result = check_matmul(by_definition, policy="kosson2023", operands=operands)
    assert result.passed, told(result)
    assert result.cases == 15
    wrong = check_matmul(pc.matmul, policy="kosson2023", only="special rows")
    assert not wrong.passed
    assert wrong.groups[0].name == "ftz", told(wrong)


def test_the_answers_of_kernels_are_held_to_the_definition_element_by_element() -> None:
    fmt = get_format("bfloat16")
    result = check_matmul(added("sequential", ml_dtypes.bfloat16), format=fmt)
    failure = result.failures[0]
    k = len(failure.inputs) // 2
    right = spec.matrix.dot(failure.inputs[:k], failure.inputs[k:], fmt)
    assert failure.expected == (right,)
    assert failure.subject.inputs == (*(f"a[{i}]" for i in range(k)), *(f"b[{i}]" for i in range(k)))
    [again] = failure.subject.expected([np.array([code], np.uint16) for code in failure.inputs])
    assert int(again[0]) == right


@pytest.mark.parametrize("order", ["sequential", "numpy.sum", "lanes of 8", "pairwise"])
def test_another_order_is_named_where_the_canonical_one_is_asked_for_and_passes_where_any_will_do(
    order: str,
) -> None:
    canonical = check_matmul(added(order))
    assert [(g.name, g.kind) for g in canonical.groups] == [(order, "deviation")], told(canonical)
    anyhow = check_matmul(added(order), order="any")
    assert anyhow.passed, told(anyhow)


def test_wider_accumulators_pass_in_any_order_and_narrower_ones_do_not() -> None:
    wide = check_matmul(added("numpy.sum", np.float64), order="any")
    assert wide.passed, told(wide)
    narrow = added("sequential", ml_dtypes.bfloat16)
    result = check_matmul(narrow, format="bfloat16", order="any")
    assert result.groups[0].name == "sequential, format", told(result)
    assert check_matmul(narrow, format="bfloat16", order="any", accumulator="format").passed


WRONG: dict[str, tuple[Fn, dict[str, Any]]] = {
    "true products": (np.matmul, {}),
    "gradual": (lambda a, b: pc.matmul(a, b, policy="gradual"), {}),
    "no offset": (pc.matmul, {"offset": 2**-4}),
    "tail of 8": (lambda a, b: _first(a, b, a.shape[-1] // 8 * 8), {}),
    "last term": (lambda a, b: _first(a, b, max(a.shape[-1] - 1, 0)), {}),
    "beyond 256": (lambda a, b: _first(a, b, 256), {}),
    "b transposed": (lambda a, b: pc.matmul(a, b.swapaxes(-1, -2) if _is_square(b) else b), {}),
    "result transposed": (lambda a, b: _turned(pc.matmul(a, b)), {}),
    "NaN as it comes": (lambda a, b: _nan_negative(pc.matmul(a, b)), {}),
    "saturates": (lambda a, b: _clipped(pc.matmul(a, b)), {"format": "float16"}),
    "result flushed": (lambda a, b: _flushed(pc.matmul(a, b)), {}),
}


BOTH_WAYS = ("true products", "gradual", "tail of 8", "b transposed")


@pytest.mark.parametrize(
    ("name", "order"), [(name, "canonical") for name in WRONG] + [(name, "any") for name in BOTH_WAYS]
)
def test_a_wrong_matrix_product_is_diagnosed(name: str, order: str) -> None:
    fn, options = WRONG[name]
    result = check_matmul(fn, order=order, **options)
    assert not result.passed
    assert [group.name for group in result.groups] == [name], told(result)
    shown = result.groups[0].shown
    assert shown is not None
    assert shown.got != shown.expected
    assert shown.repro.startswith("pamcheck.testing.check_matmul(fn, format=")


def _first(a: np.ndarray, b: np.ndarray, k: int) -> np.ndarray:
    return pc.matmul(a[..., :k], b[..., :k, :] if b.ndim > 1 else b[:k])


def _is_square(x: np.ndarray) -> bool:
    return x.ndim > 1 and x.shape[-1] == x.shape[-2]


def _turned(x: np.ndarray) -> np.ndarray:
    return x.swapaxes(-1, -2) if _is_square(x) else x


def _nan_negative(x: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(x), np.copysign(x.dtype.type(np.nan), x.dtype.type(-1)), x)


def _clipped(x: np.ndarray) -> np.ndarray:
    return np.where(np.isinf(x), np.copysign(np.finfo(x.dtype).max, x), x)


def _flushed(x: np.ndarray) -> np.ndarray:
    return np.where(np.abs(x) < np.finfo(x.dtype).tiny, np.copysign(x.dtype.type(0), x), x)


def test_the_line_that_repeats_a_case_repeats_it() -> None:
    result = check_matmul(added("sequential", ml_dtypes.bfloat16), format="bfloat16")
    shown = result.groups[0].shown
    assert shown is not None
    import pamcheck.testing.contractions  # noqa: F401

    again = eval(shown.repro, {"pamcheck": pc, "fn": added("sequential", ml_dtypes.bfloat16)})
    assert (again.cases, again.failed) == (1, 1), shown.repro
    assert again.failures[0].got == shown.got
    assert len(shown.inputs) <= 8, "a failure is shown with few terms"


def test_wrong_sums_are_diagnosed() -> None:
    def in_format(x: np.ndarray) -> np.ndarray:
        sums = ORDERS["sequential"].run(
            x.reshape(-1, x.shape[-1]) if x.size else np.zeros((int(np.prod(x.shape[:-1])), 0), x.dtype)
        )
        sums = sums + sums.dtype.type(0)
        return np.where(np.isnan(sums), np.float16(np.nan), sums).reshape(x.shape[:-1])

    narrow = check_sum(in_format, format="float16")
    assert [group.name for group in narrow.groups] == ["sequential, format"], told(narrow)
    by_numpy = check_sum(lambda x: np.sum(x, axis=-1))
    assert by_numpy.groups[0].kind == "deviation", told(by_numpy)
    anyhow = check_sum(lambda x: np.sum(x, axis=-1), order="any")
    assert anyhow.passed, told(anyhow)
    short = check_sum(lambda x: pc.sum(x[..., : x.shape[-1] // 4 * 4], axis=-1), order="any")
    assert short.groups[0].name == "tail of 4", told(short)


def test_wrong_derivatives_of_a_matrix_product_are_diagnosed() -> None:
    def vjp(**options: Any) -> Fn:
        return lambda a, b, g: pc.vjp("matmul", (a, b), g, **options)

    assert check_matmul_vjp(vjp(mode="mimic")).groups[0].name == "mimic"
    assert check_matmul_vjp(vjp(), mode="mimic").groups[0].name == "exact"
    true = check_matmul_vjp(lambda a, b, g: (g @ b.swapaxes(-1, -2), a.swapaxes(-1, -2) @ g))
    assert true.groups[0].name == "true products", told(true)
    unsigned = check_matmul_vjp(
        lambda a, b, g: (pc.vjp("matmul", (a, abs(b)), g)[0], pc.vjp("matmul", (abs(a), b), g)[1])
    )
    assert unsigned.groups[0].name == "sign dropped", told(unsigned)
    assert unsigned.groups[0].shown is not None
    assert unsigned.groups[0].shown.subject.outputs in (("da",), ("db",))


BAD: dict[str, tuple[Fn, str]] = {
    "exception": (lambda a, b: pc.matmul(a, b[: b.shape[0] // 0]), "ZeroDivisionError"),
    "shape": (lambda a, b: pc.matmul(a, b)[..., None], "shape"),
    "dtype": (lambda a, b: pc.matmul(a, b).astype(np.float64), "float64"),
    "arity": (lambda a: a, "takes (a)"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_function_that_does_not_answer_is_a_fault(kind: str) -> None:
    fn, words = BAD[kind]
    result = check_matmul(fn)
    assert not result.passed
    assert {outcome.status for outcome in result.outcomes} == {"fault"}, told(result)
    assert words in result.groups[0].words
    assert result.groups[0].name == kind


def test_misbehaviour_that_spoils_no_answer_is_noticed(capsys: pytest.CaptureFixture[str]) -> None:
    calls = iter(range(10**6))

    def rude(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        print("working")
        result = pc.matmul(a, b)
        a[...] = 0
        if next(calls) == 1 and result.size:
            result.flat[0] += 1
        return result

    result = check_matmul(rude)
    assert capsys.readouterr().out == ""
    assert [
        sum(word in notice for notice in result.notices) for word in ("overwrites", "prints", "different")
    ] == [1, 1, 1]


def test_a_custom_format_is_judged_on_codes() -> None:
    from pamcheck.kernels.matmul_cpu import matmul_codes
    from pamcheck.kernels.words import make_words
    from pamcheck.operands import matmul_shape
    from pamcheck.policy import POLICIES

    fmt = get_format("e5m3fn")

    def matmul(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        left, right = (a if a.ndim > 1 else a[None]), (b if b.ndim > 1 else b[:, None])
        found = matmul_codes(left, right, fmt, make_words(fmt, POLICIES["ftz"]))
        return found.reshape(matmul_shape("matmul", [a, b]))

    for order in ("canonical", "any"):
        result = check_matmul(matmul, format="e5m3fn", codes=True, order=order)
        assert result.passed, told(result)
    lacking = check_matmul(matmul, format="e5m3fn")
    assert lacking.outcomes[0].status == "skipped"
    assert not lacking.passed


def test_unfit_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="order"):
        check_matmul(pc.matmul, order="random")
    with pytest.raises(ValueError, match="canonical order has its own"):
        check_matmul(pc.matmul, accumulator="float64")
    with pytest.raises(ValueError, match="no case of level '1'"):
        check_matmul(pc.matmul, only="shapes/0x0x0")
    with pytest.raises(ValueError, match="operand a has the entry 4294967296"):
        check_matmul(pc.matmul, operands=([[1 << 32]], [[1]]))
    with pytest.raises(ValueError, match="derivatives"):
        check_matmul_vjp(pc.matmul, policy="kosson2023")
