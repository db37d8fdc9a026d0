"""Cotangents of every operation, on arrays: the exact slope of the affine piece, or the mimic rule  [spec section 3].

Operands, dtypes, devices, policies and offsets are those of pamcheck.arrays. Where the derivative does not
exist (a NaN or an infinite operand, paexp2 at -inf apart; a division by zero; palog2, palog or pasqrt at or
below zero) every cotangent of that element is NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from pamcheck.contractions import sum_codes_over
from pamcheck.interchange import Given, given
from pamcheck.kernels.table import OPS, cotangents
from pamcheck.kernels.words import Words, make_words
from pamcheck.lookup import lookup
from pamcheck.operands import Number, broadcast_shape, labels_of, matmul_shape, offset_codes
from pamcheck.policy import Policy, get_policy

Mode = Literal["exact", "mimic"]


def vjp(
    op: str,
    operands: Sequence[npt.ArrayLike],
    cotangent: npt.ArrayLike,
    *,
    mode: Mode = "exact",
    offset: Number = 0,
    policy: str | Policy = "ftz",
    needed: Iterable[bool] | None = None,
) -> tuple[Any, ...]:
    """Return the cotangent of each operand, given that of the result: a vector-Jacobian product.

    op         "pam", "padiv", "palog2", "paexp2", "pasqrt", "palog", "paexp", "papow" or "matmul"
    operands   as many as op takes, as op takes them
    cotangent  array of the result's shape and the operands' dtype; a Python number where the result is 0-d
    mode       "exact": the cotangent scaled by the slope, a power of two, of the piece that holds the
               operands, on a break that of larger magnitude; "mimic": calculus with PAM operations in it
    offset     compensation in octaves, for pam, padiv and matmul: exact slopes are those of the compensated
               function, and in a mimic rule every pam and padiv has it
    needed     one an operand: False leaves that cotangent out, and None stands in its place

    Returns one array an operand, of its shape and dtype; where the operand was broadcast, the canonical sum
    over the axes it was repeated along. Cotangents of a matrix product are summed in the order of matmul.

    Raises ValueError for an unknown op or mode, a wrong number of operands, a cotangent of the wrong shape,
    an offset where op takes none, a policy without derivatives; TypeError for a dtype that is not supported
    or not the operands'. Source: Kosson & Jaggi, arXiv 2305.17190; docs/explanation/spec.md, section 3.
    """
    lookup("mode", mode, {"exact": None, "mimic": None})
    arity, takes_offset = lookup("operation", op, _TAKES)
    operands = tuple(operands)
    if len(operands) != arity:
        raise ValueError(f"{op}: {len(operands)} operands given; it takes {arity}")
    wanted = (True,) * arity if needed is None else tuple(map(bool, needed))
    if len(wanted) != arity:
        raise ValueError(f"{op}: needed has {len(wanted)} entries; it must have {arity}, one an operand")
    if not takes_offset and np.any(np.asarray(offset, dtype=object) != 0):
        raise ValueError(f"{op}: offset is {offset}; only pam, padiv and matmul take one")
    labels = [*labels_of(op, arity), f"{op}: cotangent"]
    found = given(op, (*operands, cotangent), labels)
    words = make_words(found.fmt, get_policy(policy), offset_codes(offset, found.fmt))
    with found.on():
        rule = _matmul if op == "matmul" else _elementwise
        codes = rule(op, mode, found, words, wanted)
    return tuple(
        None if code is None else _as_given(found.wrap(code), operand)
        for code, operand in zip(codes, operands, strict=True)
    )


_TAKES = {op.name: (op.arity, op.takes_offset) for op in OPS.values()} | {"matmul": (2, True)}


def _as_given(cotangent: Any, operand: Any) -> Any:
    """Return the cotangent of a scalar as a scalar."""
    return cotangent[()] if np.isscalar(operand) and isinstance(cotangent, np.ndarray) else cotangent


def _elementwise(op: str, mode: str, found: Given, w: Words, wanted: tuple[bool, ...]) -> list[Any]:
    *codes, delta = found.codes
    _check(op, delta, broadcast_shape(op, codes))
    results = _cotangents(op, mode, found, [delta, *codes], w, wanted)
    return [
        None if result is None else _reduced(found, result, code.shape)
        for result, code in zip(results, codes, strict=True)
    ]


def _cotangents(
    op: str, mode: str, found: Given, codes: list[Any], w: Words, wanted: tuple[bool, ...]
) -> Sequence[Any]:
    """Return the cotangents that are wanted, each of the result's shape."""
    names = cotangents(op, mode)
    if found.gpu:
        from pamcheck.kernels import gpu, gpu_elementwise

        runtime = gpu.runtime()
        return [
            gpu_elementwise.run_codes(name, codes, w, runtime=runtime) if take else None
            for name, take in zip(names, wanted, strict=True)
        ]
    from pamcheck.kernels.launch import run_codes, run_vjp

    if all(wanted):
        return run_vjp(op, mode, codes, w)
    return [run_codes(name, codes, w) if take else None for name, take in zip(names, wanted, strict=True)]


def _matmul(op: str, mode: str, found: Given, w: Words, wanted: tuple[bool, ...]) -> list[Any]:
    a, b, delta = found.codes
    shape = matmul_shape(op, [a, b])
    _check(op, delta, shape)
    left = a if a.ndim > 1 else a[np.newaxis]
    right = b if b.ndim > 1 else b[:, np.newaxis]
    batch = shape[: len(shape) - (a.ndim > 1) - (b.ndim > 1)]
    delta = delta.reshape(*batch, left.shape[-2], right.shape[-1])
    sides = (left, right)
    both = _cotangents_of_factors(mode, found, [delta, left, right], w, wanted)
    return [
        None if codes is None else _reduced(found, codes, side.shape).reshape(given.shape)
        for codes, side, given in zip(both, sides, (a, b), strict=True)
    ]


def _cotangents_of_factors(
    mode: str, found: Given, codes: list[Any], w: Words, wanted: tuple[bool, ...]
) -> Sequence[Any]:
    """Return the cotangents of both factors of a matrix product that are wanted, over the whole batch."""
    delta, left, right = codes
    if not found.gpu:
        from pamcheck.kernels.matmul_vjp import vjp_matmul_codes

        return vjp_matmul_codes(mode, delta, left, right, found.fmt, w, wanted)
    from pamcheck.kernels import gpu, gpu_matmul

    multiply: Callable[..., Any] = (
        gpu_matmul.slope_matmul_codes if mode == "exact" else gpu_matmul.mimic_matmul_codes
    )
    results: list[Any] = [None, None]
    if wanted[0]:
        results[0] = multiply(delta, left, right, found.fmt, w, runtime=gpu.runtime())
    if wanted[1]:
        turned = [x.swapaxes(-1, -2) for x in (delta, right, left)]
        results[1] = multiply(*turned, found.fmt, w, runtime=gpu.runtime()).swapaxes(-1, -2)
    return results


def _check(op: str, delta: Any, shape: tuple[int, ...]) -> None:
    if tuple(delta.shape) != shape:
        raise ValueError(
            f"{op}: cotangent has shape {tuple(delta.shape)}; it must be {shape}, the shape of the result"
        )


def _reduced(found: Given, codes: Any, shape: tuple[int, ...]) -> Any:
    """Return cotangents of the result's shape summed over the axes that an operand of `shape` was repeated along."""
    new = codes.ndim - len(shape)
    repeated = [at for at in range(codes.ndim) if at < new or shape[at - new] != codes.shape[at]]
    if not repeated:
        return codes
    return sum_codes_over(found.gpu, codes, found.fmt, tuple(repeated), True).reshape(shape)
