"""Section 4 of the definition: matrix products of PAM, and their cotangents, in one stated order.

Source: docs/explanation/spec.md, sections 3 and 4.
"""

from __future__ import annotations

from collections.abc import Sequence

from pamcheck.formats import FloatFormat, get_format
from pamcheck.policy import Policy
from pamcheck.spec.derivatives import vjp
from pamcheck.spec.rounded import evaluate
from pamcheck.spec.sums import blocked_sum

Matrix = Sequence[Sequence[int]]


def matmul(
    a: Matrix, b: Matrix, fmt: str | FloatFormat, policy: str | Policy = "ftz", offset: int = 0
) -> list[list[int]]:
    """Return the matrix product of codes, every product a pam, summed over k in blocks of 256.

    a       m rows of k codes of `fmt`
    b       k rows of n codes; without a row (k = 0) it has no columns either, so neither has the result
    policy  of the products; sums are IEEE additions under every policy
    offset  compensation of the products, in codes, as `evaluate` takes it

    Returns m rows of n codes. Products are codes of the format, sums are accumulated as blocked_sum
    does and rounded to the format once. Raises ValueError for shapes that do not fit each other and
    for what `evaluate` refuses. Source: spec section 4.
    """
    _, k, n = _shape(a, b)
    return [
        [dot(row, [b[step][column] for step in range(k)], fmt, policy, offset) for column in range(n)]
        for row in a
    ]


def dot(
    a: Sequence[int],
    b: Sequence[int],
    fmt: str | FloatFormat,
    policy: str | Policy = "ftz",
    offset: int = 0,
) -> int:
    """Return one entry of a matrix product: a row of k codes with a column of k codes; +0 for k = 0."""
    if len(a) != len(b):
        raise ValueError(f"a has {len(a)} codes and b has {len(b)}; a dot product needs as many in both")
    f = get_format(fmt)
    return blocked_sum([evaluate("pam", pair, f, policy, offset) for pair in zip(a, b, strict=True)], f)


def matmul_vjp(
    a: Matrix,
    b: Matrix,
    cotangent: Matrix,
    fmt: str | FloatFormat,
    policy: str | Policy = "ftz",
    mode: str = "exact",
    offset: int = 0,
) -> tuple[list[list[int]], list[list[int]]]:
    """Return the cotangents of both factors of a matrix product, as codes.

    da[i][k] is the sum over j of the cotangent of a_ik in pam(a_ik, b_kj), given cotangent_ij; db[k][j]
    that of b_kj, over i. Both in the order of matmul: ascending, in blocks of 256, rounded once.

    a          m rows of k codes of `fmt`
    b          k rows of n codes
    cotangent  m rows of n codes
    policy, mode, offset  as `vjp` takes them

    Raises ValueError for shapes that do not fit each other and for what `vjp` refuses.
    Source: spec sections 3 and 4.
    """
    f = get_format(fmt)
    m, k, n = _shape(a, b)
    if len(cotangent) != m or any(len(row) != n for row in cotangent):
        raise ValueError(f"cotangent has not the shape of the product, {m} rows of {n} codes")
    each = [
        [
            [
                vjp("pam", (a[i][step], b[step][j]), cotangent[i][j], f, policy, mode, offset)
                for j in range(n)
            ]
            for step in range(k)
        ]
        for i in range(m)
    ]
    da = [[blocked_sum([d for d, _ in each[i][step]], f) for step in range(k)] for i in range(m)]
    db = [[blocked_sum([each[i][step][j][1] for i in range(m)], f) for j in range(n)] for step in range(k)]
    return da, db


def _shape(a: Matrix, b: Matrix) -> tuple[int, int, int]:
    """Return m, k, n of an m x k and a k x n matrix. Raises ValueError where they are not that."""
    k, n = len(b), len(b[0]) if len(b) else 0
    if any(len(row) != k for row in a):
        raise ValueError(f"a has rows of {sorted({len(row) for row in a})} codes; b has {k} rows")
    if any(len(row) != n for row in b):
        raise ValueError(
            f"b has rows of {sorted({len(row) for row in b})} codes; they must be equally long"
        )
    return len(a), k, n
