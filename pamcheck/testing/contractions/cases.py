"""The calls by which contractions are judged."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from itertools import product

import numpy as np

from pamcheck.formats import FloatFormat
from pamcheck.testing.contractions.case import Case, random_layouts
from pamcheck.testing.contractions.rows import cancelling, code_dtype, drawn, edges, laid_out, patterns
from pamcheck.testing.session import Level
from pamcheck.testing.subject import Codes

K = (0, 1, 2, 3, 7, 8, 9, 31, 32, 33, 63, 65, 127, 129, 255, 256, 257, 511, 512, 513)
MORE_K = (15, 16, 17, 64, 128, 254, 258, 384, 510, 514, 767, 768, 769, 1023, 1024, 1025, 2048, 4096, 4097)


class Draw:
    """Random operands of one format and seed, the same for a case whatever came before it."""

    def __init__(self, fmt: FloatFormat, seed: int) -> None:
        self.fmt, self.seed = fmt, seed

    def rng(self, name: str) -> np.random.Generator:
        """Return random numbers that depend on a name alone."""
        return np.random.default_rng([self.seed, zlib.crc32(name.encode())])

    def numbers(self, name: str, *shapes: tuple[int, ...]) -> tuple[Codes, ...]:
        """Return arrays of random codes of these shapes."""
        rng = self.rng(name)
        return tuple(drawn(rng, self.fmt, shape) for shape in shapes)

    def wide(self, name: str, *shapes: tuple[int, ...]) -> tuple[Codes, ...]:
        """Return arrays of random codes of all sizes that seldom overflow."""
        rng = self.rng(name)
        return tuple(drawn(rng, self.fmt, shape, max(self.fmt.bias // 3, 1)) for shape in shapes)


def matmul_cases(fmt: FloatFormat, level: Level, seed: int) -> Iterator[Case]:
    """Yield the calls of a matrix product."""
    draw = Draw(fmt, seed)
    yield from _matmul_shapes(draw, level)
    every = edges(fmt)
    yield Case("terms", "every pair of edges", (every[:, None], every[None, :]))
    yield from _matmul_batches(draw)
    for turn, (m, k, n) in enumerate(
        [(5, 33, 7), (8, 64, 8), (3, 257, 2), (1, 31, 4), (6, 6, 6)] * 3, start=1
    ):
        label = f"{m}x{k}x{n}, {turn}"
        yield Case("layouts", label, draw.numbers(label, (m, k), (k, n)), random_layouts(2, turn))
    for k in (17, 33, 257, 300):
        rows = _special_rows(fmt, k)
        yield Case("special rows", f"k={k}", (rows, _special_columns(fmt, k)))
    for k in (8, 40, 257, 600, *((1500, 4099) if level != "1" else ())):
        rows = cancelling(draw.rng(f"cancel {k}"), fmt, (12, k))
        ones = np.full((k, 1), fmt.one, rows.dtype)
        more = _powers(draw.rng(f"powers {k}"), fmt, (k, 3))
        yield Case("cancellation", f"k={k}", (rows, np.concatenate([ones, more], axis=1)))
    for turn in range(4 if level == "1" else 40):
        m, k, n = (int(x) for x in draw.rng(f"sizes {turn}").integers(1, (24, 400, 24)))
        label = f"{m}x{k}x{n}, {turn}"
        yield Case("random numbers", label, draw.wide(label, (m, k), (k, n)))


def _matmul_shapes(draw: Draw, level: Level) -> Iterator[Case]:
    inner = K if level == "1" else (*K, *MORE_K)
    outer = ((1, 1), (3, 5), (2, 17), (9, 1))
    shapes = [(m, k, n) for k, (m, n) in zip(inner, [pair for _ in inner for pair in outer], strict=False)]
    shapes += [(1, k, 1) for k in inner]
    shapes += [
        (33, 40, 31),
        (64, 32, 64),
        (17, 129, 33),
        (13, 13, 13),
        (100, 3, 70),
        (1, 300, 129),
        (130, 257, 2),
    ]
    if level != "1":
        shapes += [(129, 300, 127), (256, 256, 256), (65, 1025, 33), (300, 64, 301), (16, 5000, 16)]
    for m, k, n in dict.fromkeys(shapes):
        label = f"{m}x{k}x{n}"
        yield Case("shapes", label, draw.numbers(label, (m, k), (k, n)))


def _matmul_batches(draw: Draw) -> Iterator[Case]:
    pairs = {
        "of 3": ((3, 4, 9), (3, 9, 5)),
        "of 2 by 3": ((2, 3, 4, 33), (2, 3, 33, 5)),
        "b repeated": ((3, 4, 9), (9, 5)),
        "a repeated": ((4, 9), (3, 9, 5)),
        "broadcast": ((2, 1, 4, 9), (3, 9, 5)),
        "broadcast both ways": ((1, 3, 4, 257), (2, 1, 257, 3)),
        "row by matrix": ((33,), (33, 5)),
        "matrix by column": ((4, 33), (33,)),
        "row by column": ((300,), (300,)),
        "row by batch": ((9,), (2, 9, 4)),
        "batch by column": ((2, 4, 9), (9,)),
        "no rows": ((0, 9), (9, 5)),
        "no columns": ((4, 9), (9, 0)),
        "no terms": ((4, 0), (0, 5)),
        "no terms, row by column": ((0,), (0,)),
        "no matrices": ((0, 4, 9), (0, 9, 5)),
    }
    for label, (a, b) in pairs.items():
        yield Case("batches", label, draw.numbers(label, a, b))


def sum_cases(fmt: FloatFormat, level: Level, seed: int) -> Iterator[Case]:
    """Yield the calls of a sum over the last axis."""
    draw = Draw(fmt, seed)
    for n in (*K, 1000, 1024, 4097) if level == "1" else (*K, *MORE_K, 10_000, 100_000):
        for outer in (1, 6) if n < 10_000 else (2,):
            label = f"{outer}x{n}"
            yield Case("shapes", label, draw.numbers(label, (outer, n)))
    yield Case("terms", "every code", (_every_code(fmt)[:, None],))
    shapes: tuple[tuple[int, ...], ...] = (
        (33,),
        (0,),
        (2, 3, 40),
        (2, 1, 257),
        (0, 5),
        (5, 0),
        (2, 0, 3),
        (1, 1, 1, 9),
    )
    for shape in shapes:
        label = "x".join(map(str, shape))
        yield Case("batches", label, draw.numbers(label, shape))
    for turn, shape in enumerate([(5, 33), (64, 64), (3, 257), (2, 4, 31)] * 2, start=1):
        label = f"{'x'.join(map(str, shape))}, {turn}"
        yield Case("layouts", label, draw.numbers(label, shape), random_layouts(1, turn))
    for k in (17, 33, 65, 300):
        yield Case("special rows", f"n={k}", (_special_rows(fmt, k),))
    for k in (8, 40, 65, 257, 600, *((1500, 4099) if level != "1" else ())):
        yield Case("cancellation", f"n={k}", (cancelling(draw.rng(f"cancel {k}"), fmt, (48, k)),))
    for turn in range(4 if level == "1" else 40):
        rows, n = (int(x) for x in draw.rng(f"sizes {turn}").integers(1, (100, 2000)))
        label = f"{rows}x{n}, {turn}"
        yield Case("random numbers", label, draw.wide(label, (rows, n)))


def vjp_cases(fmt: FloatFormat, level: Level, seed: int) -> Iterator[Case]:
    """Yield the calls of a matrix product's derivatives: A, B and the cotangent of A B."""
    draw = Draw(fmt, seed)
    lengths = (1, 2, 8, 31, 33, 256, 257, *((513, 1025) if level != "1" else ()))
    shapes = [shape for n in lengths for shape in ((3, 4, n), (n, 3, 2), (1, 1, n))]
    shapes += [(0, 3, 4), (3, 0, 4), (3, 4, 0), (33, 5, 31), (13, 13, 13), (20, 64, 40)]
    for m, k, n in dict.fromkeys(shapes):
        label = f"{m}x{k}x{n}"
        yield Case("shapes", label, draw.numbers(label, (m, k), (k, n), (m, n)))
    every = edges(fmt)
    for cotangent in (fmt.one, fmt.sign | (fmt.one + fmt.tiny // 2), fmt.largest, fmt.tiny, fmt.nan or 0):
        deltas = np.full((every.size, every.size), cotangent, every.dtype)
        factors = every[:, None], every[None, :]
        yield from _pairs_one_by_one(factors, deltas, fmt.hex(cotangent))
    for label, shape in {"of 3": (3,), "of 2 by 3": (2, 3)}.items():
        operands = draw.numbers(label, (*shape, 4, 5), (*shape, 5, 33), (*shape, 4, 33))
        yield Case("batches", label, operands)
    for turn, (m, k, n) in enumerate([(5, 9, 33), (8, 8, 8), (3, 257, 4)] * 3, start=1):
        label = f"{m}x{k}x{n}, {turn}"
        yield Case("layouts", label, draw.numbers(label, (m, k), (k, n), (m, n)), random_layouts(3, turn))
    for n in (17, 300):
        rows = _special_rows(fmt, n)
        ones = np.full((1, n), fmt.one, rows.dtype)
        own = np.full((len(rows), 1), fmt.one, rows.dtype)
        yield Case("special rows", f"in the cotangent, n={n}", (own, ones, rows))
    for n in (40, 600):
        rows = cancelling(draw.rng(f"cancel {n}"), fmt, (12, n))
        a, b = _powers(draw.rng(f"powers {n}"), fmt, (12, 3)), _powers(draw.rng(f"b {n}"), fmt, (3, n))
        yield Case("cancellation", f"n={n}", (a, b, rows))
    for turn in range(2 if level == "1" else 20):
        m, k, n = (int(x) for x in draw.rng(f"sizes {turn}").integers(1, (40, 40, 300)))
        label = f"{m}x{k}x{n}, {turn}"
        yield Case("random numbers", label, draw.numbers(label, (m, k), (k, n), (m, n)))


def _pairs_one_by_one(factors: tuple[Codes, Codes], deltas: Codes, told: str) -> Iterator[Case]:
    """Yield every pair of two columns of codes as a batch of 1 by 1 products, so that each term is seen alone."""
    a, b = (np.ascontiguousarray(x).reshape(-1, 1, 1) for x in np.broadcast_arrays(*factors))
    yield Case("terms", f"every pair of edges, cotangent {told}", (a, b, deltas.reshape(-1, 1, 1)))


def _special_rows(fmt: FloatFormat, k: int) -> Codes:
    rows = [laid_out(row, k, fmt, at_end) for row, at_end in product(patterns(fmt).values(), (False, True))]
    return np.stack(rows)


def _special_columns(fmt: FloatFormat, k: int) -> Codes:
    """Return columns of 1, -1, 0 and -0: the first two hand a row's codes on as they are, or negated."""
    return np.repeat(np.array([[fmt.one, fmt.sign | fmt.one, 0, fmt.sign]], code_dtype(fmt)), k, axis=0)


def _powers(rng: np.random.Generator, fmt: FloatFormat, shape: tuple[int, ...]) -> Codes:
    """Return powers of two near 1, of both signs: they keep what cancels cancelling."""
    return (fmt.one | (rng.integers(0, 2, shape).astype(np.uint64) * np.uint64(fmt.sign))).astype(
        code_dtype(fmt)
    )


def _every_code(fmt: FloatFormat) -> Codes:
    if fmt.width <= 16:
        return np.arange(1 << fmt.width, dtype=code_dtype(fmt))
    return edges(fmt)
