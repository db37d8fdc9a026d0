"""Arrays of a format's dtype, and pairs of matrices that fit each other."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from hypothesis.strategies import SearchStrategy

from pamcheck.formats import get_format
from pamcheck.operands import Array, dtype_of
from pamcheck.testing.strategies.scalars import Format, codes

Shape = tuple[int, ...]


def arrays(
    fmt: Format,
    shape: Shape | SearchStrategy[Shape] | None = None,
    elements: SearchStrategy[int] | None = None,
) -> SearchStrategy[Array]:
    """Return a strategy for NumPy arrays of a format's dtype.

    shape     a shape, or a strategy for shapes; by default up to three axes of up to six, empty ones included
    elements  a strategy for codes; by default any code of the format: see `codes`, `normal_codes`

    Raises ValueError for an unknown format, TypeError for a custom one, which has no dtype.
    """
    f = get_format(fmt)
    dtype = dtype_of(f)
    shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=6) if shape is None else shape
    drawn = hnp.arrays(np.dtype(f"u{f.storage_bits // 8}"), shapes, elements=elements or codes(f))
    return drawn.map(lambda found: found.view(dtype))


@st.composite
def matrices(
    draw: st.DrawFn,
    fmt: Format,
    *,
    most: int = 8,
    batch: int = 1,
    elements: SearchStrategy[int] | None = None,
) -> Any:
    """Draw (A, B), arrays of a format's dtype that fit a matrix product: (..., m, k) and (..., k, n).

    most      the greatest m, k and n; each may be zero
    batch     the greatest number of leading axes, which broadcast against each other
    elements  as `arrays` takes them
    """
    m, k, n = (draw(st.integers(0, most)) for _ in range(3))
    leading = draw(hnp.mutually_broadcastable_shapes(num_shapes=2, min_dims=0, max_dims=batch, max_side=3))
    first, second = leading.input_shapes
    return tuple(
        draw(arrays(fmt, (*axes, *last), elements)) for axes, last in ((first, (m, k)), (second, (k, n)))
    )
