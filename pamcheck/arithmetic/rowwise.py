"""Texts that an arithmetic may compute in one pass over rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def rowwise(text: Callable[..., Any], ar: Any, *operands: Any) -> Any:
    """Return text(ar, *operands), by whatever means: the bits are those of the operations one by one.

    text      a function of a module, as it is traced once for all calls: an arithmetic and operands to a value, or to
              a tuple, which has no derivative. It uses elementwise operations, and sums and maxima along the last
              axis with keepdims
    operands  arrays that broadcast, numbers, or None. A number that the text itself states is compiled in, so what
              differs from call to call is to be an operand

    Where an arithmetic has no such means, or a text or its operands are none that it can take, this is the call.
    """
    fused = getattr(ar, "fused", None)
    return text(ar, *operands) if fused is None else fused(text, *operands)
