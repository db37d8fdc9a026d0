"""Operands to measure on: every code, every stratum, or a named distribution with a seed.

Every sampler returns a Sample: codes, and the words that a report prints beside its numbers, because an
error statistic without its input distribution means nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pamcheck.formats import FloatFormat
from pamcheck.measure.values import Codes, code_dtype, decode, encode

SEED = 2305_17190


@dataclass(frozen=True)
class Sample:
    """Operands of one measurement: `operands[i]` are the codes of operand i, all of shape (n,)."""

    fmt: FloatFormat
    operands: tuple[Codes, ...]
    distribution: str
    exhaustive: bool = False
    seed: int | None = None

    @property
    def size(self) -> int:
        """Number of operand tuples."""
        return int(self.operands[0].size)

    @property
    def values(self) -> tuple[np.ndarray, ...]:
        """The operands as float64, exact."""
        return tuple(decode(codes, self.fmt) for codes in self.operands)


def exhaustive(fmt: FloatFormat, arity: int) -> Sample:
    """Return every tuple of codes. Raises ValueError beyond 2^26 tuples."""
    if fmt.width * arity > 26:
        raise ValueError(
            f"{arity} operands of {fmt.name} make 2^{fmt.width * arity} tuples; at most 2^26 fit here"
        )
    codes = np.arange(2 * fmt.sign).astype(code_dtype(fmt))
    return _grid(fmt, [codes] * arity, f"every {'pair' if arity == 2 else 'code'} of {fmt.name}")


def positive(fmt: FloatFormat) -> Sample:
    """Return every positive normal code. Raises ValueError for a format wider than 26 bits."""
    if fmt.width > 26:
        raise ValueError(f"{fmt.name} has codes of {fmt.width} bits; at most 26 fit here")
    codes = np.arange(fmt.tiny, fmt.largest + 1).astype(code_dtype(fmt))
    return _grid(fmt, [codes], f"every positive normal {fmt.name}")


def thinned(sample: Sample, step: int) -> Sample:
    """Return every `step`-th tuple of a sample: for a quick look at what is otherwise tried in full."""
    if step <= 1:
        return sample
    operands = tuple(codes[::step] for codes in sample.operands)
    return Sample(sample.fmt, operands, f"one in {step} of: {sample.distribution}", seed=sample.seed)


def interval(fmt: FloatFormat, low: float, high: float) -> Sample:
    """Return every normal code and zero with low <= value < high.

    Raises ValueError for a format wider than 26 bits.
    """
    every = exhaustive(fmt, 1)
    value = every.values[0]
    with np.errstate(invalid="ignore"):
        inside = (
            (value >= low) & (value < high) & ((np.abs(value) >= fmt.to_float(fmt.tiny)) | (value == 0))
        )
    return _grid(fmt, [every.operands[0][inside]], f"every normal {fmt.name} in [{low:g}, {high:g})")


def mantissa_grid(fmt: FloatFormat, exponents: Sequence[int]) -> Sample:
    """Return every tuple of mantissas, operand i with exponent exponents[i]. At most 2^26 tuples."""
    arity = len(exponents)
    if fmt.mant_bits * arity > 26:
        raise ValueError(
            f"{arity} mantissas of {fmt.name} make 2^{fmt.mant_bits * arity} tuples; at most 2^26 fit"
        )
    codes = [(_binade(fmt, e) + np.arange(fmt.tiny)).astype(code_dtype(fmt)) for e in exponents]
    return _grid(fmt, codes, f"every mantissa of {fmt.name}, {_exponents(exponents)}")


def uniform_mantissa(fmt: FloatFormat, exponents: Sequence[int], n: int, seed: int = SEED) -> Sample:
    """Return n tuples of mantissas uniform on the format's grid, operand i with exponent exponents[i]."""
    rng = np.random.default_rng(seed)
    drawn = [rng.integers(0, fmt.tiny, n, dtype=np.uint64) + np.uint64(_binade(fmt, e)) for e in exponents]
    return _sample(fmt, drawn, f"mantissas uniform, {_exponents(exponents)}", seed)


def log_uniform(
    fmt: FloatFormat, arity: int, n: int, low: float, high: float, seed: int = SEED, signed: bool = False
) -> Sample:
    """Return n tuples whose log2 is uniform on [log2 low, log2 high), rounded; random signs if `signed`.

    Raises ValueError unless 0 < low < high are finite.
    """
    if not 0 < low < high < np.inf:
        raise ValueError(f"domain is [{low}, {high}]; it needs finite ends, 0 < low < high")
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(arity):
        magnitude = np.exp2(rng.uniform(np.log2(low), np.log2(high), n))
        drawn.append(encode(magnitude * rng.choice([-1.0, 1.0], n) if signed else magnitude, fmt))
    return _sample(fmt, drawn, f"{'±' if signed else ''}log-uniform on [{low:g}, {high:g})", seed)


def uniform(fmt: FloatFormat, n: int, spans: Sequence[tuple[float, float]], seed: int = SEED) -> Sample:
    """Return n tuples, operand i uniform on [low, high) = spans[i], rounded to the format.

    Raises ValueError for a span that is empty or not finite.
    """
    for low, high in spans:
        if not -np.inf < low < high < np.inf:
            raise ValueError(f"domain is [{low}, {high}]; it needs finite ends, low < high")
    rng = np.random.default_rng(seed)
    drawn = [encode(rng.uniform(low, high, n), fmt) for low, high in spans]
    text = " and ".join(dict.fromkeys(f"[{low:g}, {high:g})" for low, high in spans))
    return _sample(fmt, drawn, f"uniform on {text}", seed)


def normal(fmt: FloatFormat, arity: int, n: int, scale: float = 1.0, seed: int = SEED) -> Sample:
    """Return n tuples normal with mean 0 and standard deviation `scale`, rounded to the format."""
    rng = np.random.default_rng(seed)
    drawn = [encode(scale * rng.standard_normal(n), fmt) for _ in range(arity)]
    return _sample(fmt, drawn, f"normal, mean 0, standard deviation {scale:g}", seed)


def stratified(
    fmt: FloatFormat, arity: int, per_stratum: int = 1, seed: int = SEED, strata: int = 4096
) -> Sample:
    """Return operands over all exponent fields: boundary and random mantissas, both signs, in random pairs.

    A stratum is a tuple of exponent fields. Where there are more than `strata`, that many are drawn.
    Special codes come in by the lowest and the highest field: many of them in a large sample, none for certain.
    """
    rng = np.random.default_rng(seed)
    fields = 1 << fmt.exp_bits
    if fields**arity <= strata:
        chosen = np.indices((fields,) * arity).reshape(arity, -1)
    else:
        # every field as often as any other, on each axis by itself
        rounds = np.tile(np.arange(fields), (arity, -(-strata // fields), 1))
        chosen = rng.permuted(rounds, axis=2).reshape(arity, -1)[:, :strata]
    near = (0, 1, (fmt.tiny >> 1) - 1, fmt.tiny >> 1, fmt.tiny - 2, fmt.tiny - 1)
    edge = np.array(sorted({mantissa for mantissa in near if 0 <= mantissa < fmt.tiny}))
    drawn = []
    for axis in range(arity):
        field = np.repeat(chosen[axis], 2 * per_stratum).astype(np.uint64)
        boundary = edge[rng.integers(0, edge.size, field.size)].astype(np.uint64)
        random = rng.integers(0, fmt.tiny, field.size, dtype=np.uint64)
        mantissa = np.where(rng.integers(0, 2, field.size) == 0, boundary, random)
        sign = rng.integers(0, 2, field.size).astype(np.uint64) << np.uint64(fmt.width - 1)
        code: Any = sign | (field << np.uint64(fmt.mant_bits)) | mantissa
        drawn.append(code)
    return _sample(fmt, drawn, f"stratified over exponents, {per_stratum * 2} a stratum", seed)


def _exponents(exponents: Sequence[int]) -> str:
    return "exponent 0" if not any(exponents) else "exponents " + " and ".join(map(str, exponents))


def _binade(fmt: FloatFormat, exponent: int) -> int:
    code = fmt.one + (exponent << fmt.mant_bits)
    if not fmt.tiny <= code <= fmt.largest + 1 - fmt.tiny:
        raise ValueError(f"exponent {exponent} is not a whole normal binade of {fmt.name}")
    return code


def _grid(fmt: FloatFormat, codes: Sequence[Codes], distribution: str) -> Sample:
    axes = np.meshgrid(*codes, indexing="ij")
    return Sample(fmt, tuple(axis.ravel() for axis in axes), distribution, exhaustive=True)


def _sample(fmt: FloatFormat, drawn: list[Codes], distribution: str, seed: int) -> Sample:
    return Sample(fmt, tuple(codes.astype(code_dtype(fmt)) for codes in drawn), distribution, seed=seed)
