"""Composites over an Arithmetic: each is written once, and computed in whatever the arithmetic is  [spec section 5].

Values are arrays of one dtype, or what the arithmetic makes of them; layers act on the last axis. Every
function takes its arithmetic last. Source: Kosson & Jaggi, arXiv 2305.17190; docs/explanation/spec.md.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pamcheck.arithmetic import Arithmetic, Differentiable, rowwise
from pamcheck.formats import FloatFormat
from pamcheck.interchange import beside
from pamcheck.operands import format_of

LOG2_E = math.log2(math.e)
GELU_SLOPE = 1.702  # of the sigmoid in gelu(x) = x sigmoid(1.702 x); Hendrycks & Gimpel, arXiv 1606.08415


def softmax(x: Any, ar: Arithmetic, mask: Any = None, scale: Any = None) -> Any:
    """Return e^x / sum e^x along the last axis: entries in [0, 1] without an offset; they need not add up to 1.

    mask   constant booleans that broadcast against x: False leaves an entry out, and its result is 0. A row
           without any entry is NaN. Raises TypeError for anything but booleans.
    scale  number that x is first multiplied by

    The maximum is subtracted as a whole number of octaves, because only those shift X without error.
    """
    return rowwise(_softmax, ar, x, mask, scale)


def _softmax(ar: Arithmetic, x: Any, mask: Any, scale: Any) -> Any:
    x = x if scale is None else ar.mul(x, scale)
    power, _ = _shifted_powers(x, ar, mask)
    return ar.div(power, ar.sum(power, axis=-1, keepdims=True))


def log_softmax(x: Any, ar: Arithmetic) -> Any:
    """Return the logarithm of softmax along the last axis, from log2 of the sum of powers."""
    return rowwise(_log_softmax, ar, x)


def _log_softmax(ar: Arithmetic, x: Any) -> Any:
    power, whole = _shifted_powers(x, ar, None)
    total = ar.add(whole, ar.log2(ar.sum(power, axis=-1, keepdims=True)))
    return ar.sub(x, ar.div(total, LOG2_E))


def _shifted_powers(x: Any, ar: Arithmetic, mask: Any) -> tuple[Any, Any]:
    """Return 2^(z - n) for z = x log2 e, and n, the whole part of the greatest z of a row."""
    z = ar.mul(x, LOG2_E)
    if mask is None:
        whole = ar.floor(ar.max(ar.value(z), axis=-1, keepdims=True))
        return ar.exp2(ar.sub(z, whole)), whole
    if getattr(mask, "dtype", None) != np.bool_:
        raise TypeError(f"mask is of {getattr(mask, 'dtype', type(mask))}; it must be an array of booleans")
    seen = ar.where(mask, ar.value(z), _lowest(x))
    whole = ar.floor(ar.max(seen, axis=-1, keepdims=True))
    # what is left out is 1 until it is 0, so that no power overflows there and every derivative exists
    power = ar.exp2(ar.sub(ar.where(mask, z, whole), whole))
    return ar.where(mask, power, 0.0), whole


def _lowest(x: Any) -> float:
    """Return -inf, or the lowest number of a format without infinities."""
    fmt = _format(x)
    return -math.inf if fmt is None or fmt.inf is not None else -fmt.to_float(fmt.largest)


def _format(x: Any) -> FloatFormat | None:
    """Return the format that values are in, None for what is no array of floats."""
    try:
        return format_of(x.dtype)
    except (AttributeError, TypeError):
        return None


def _count(x: Any, count: int) -> float:
    fmt = _format(x)
    if fmt is not None and count > fmt.to_float(fmt.largest):
        raise ValueError(
            f"{count} elements are more than the largest {fmt.name}, so they have no mean in it"
        )
    return float(count)


def layer_norm(x: Any, gain: Any, bias: Any, ar: Arithmetic, epsilon: float = 1e-5) -> Any:
    """Return x with mean 0 and variance 1 along the last axis, times gain, plus bias (each of its length).

    epsilon  is added to the variance; the smallest normal number of the format where that is larger, since
             less would be a zero to PAM, and a row of equal entries undefined
    """
    fmt = _format(x)
    epsilon = epsilon if fmt is None else max(epsilon, fmt.to_float(fmt.tiny))
    return rowwise(_layer_norm, ar, x, gain, bias, epsilon)


def _layer_norm(ar: Arithmetic, x: Any, gain: Any, bias: Any, epsilon: Any) -> Any:
    count = _count(x, x.shape[-1])
    centred = ar.sub(x, ar.div(ar.sum(x, axis=-1, keepdims=True), count))
    variance = ar.div(ar.sum(ar.mul(centred, centred), axis=-1, keepdims=True), count)
    return ar.add(ar.mul(ar.div(centred, ar.sqrt(ar.add(variance, epsilon))), gain), bias)


def relu(x: Any, ar: Arithmetic) -> Any:
    """Return max(x, 0); its derivative at 0 is 0."""
    return rowwise(_relu, ar, x)


def _relu(ar: Arithmetic, x: Any) -> Any:
    return ar.maximum(x, 0.0)


def sigmoid(x: Any, ar: Arithmetic) -> Any:
    """Return 1 / (1 + e^-x).

    The derivative is that of these four steps, and 0 where e^-x overflows to infinity: there the quotient
    1 / inf has none of its own, while the function has long been 0.
    """
    return rowwise(_sigmoid, ar, x)


def _sigmoid(ar: Arithmetic, x: Any) -> Any:
    return ar.own_rule(_sigmoid_forward, _sigmoid_backward, x)


def _sigmoid_forward(ar: Arithmetic, x: Any) -> Any:
    return ar.div(1.0, ar.add(ar.exp(ar.neg(x)), 1.0))


def _sigmoid_backward(ar: Differentiable, x: Any, y: Any, cotangent: Any) -> tuple[Any]:
    power = ar.exp(ar.neg(x))
    tame, unknown = np.isfinite(power) & (x < math.inf), np.isnan(x)
    x, power = ar.where(tame, x, 0.0), ar.where(tame, power, 1.0)
    operands = (1.0, ar.add(power, 1.0))
    _, d_sum = ar.pullback("div", operands, y)(cotangent, (False, True))
    [d_power] = ar.pullback("exp", (ar.neg(x),), power)(d_sum, (True,))
    return (ar.where(unknown, math.nan, ar.where(tame, ar.neg(d_power), 0.0)),)


def silu(x: Any, ar: Arithmetic) -> Any:
    """Return x sigmoid(x)."""
    return rowwise(_silu, ar, x)


def _silu(ar: Arithmetic, x: Any) -> Any:
    return ar.mul(x, _sigmoid(ar, x))


def gelu(x: Any, ar: Arithmetic) -> Any:
    """Return x sigmoid(1.702 x), the sigmoid form of GELU."""
    return rowwise(_gelu, ar, x)


def _gelu(ar: Arithmetic, x: Any) -> Any:
    return ar.mul(x, _sigmoid(ar, ar.mul(x, GELU_SLOPE)))


def tanh(x: Any, ar: Arithmetic) -> Any:
    """Return 2 sigmoid(2 x) - 1. Both doublings are exact under PAM without an offset."""
    return rowwise(_tanh, ar, x)


def _tanh(ar: Arithmetic, x: Any) -> Any:
    return ar.sub(ar.mul(_sigmoid(ar, ar.mul(x, 2.0)), 2.0), 1.0)


def linear(x: Any, weight: Any, bias: Any, ar: Arithmetic) -> Any:
    """Return x weight + bias: (..., k), (k, n) and (n,) or None to (..., n).

    All leading axes of x are one to the matrix product, so the weight's gradient is one sum over them.
    """
    rows = math.prod(x.shape[:-1])
    product = ar.matmul(ar.reshape(x, (rows, x.shape[-1])), weight)
    result = ar.reshape(product, (*x.shape[:-1], weight.shape[-1]))
    return result if bias is None else ar.add(result, bias)


def attention(query: Any, key: Any, value: Any, ar: Arithmetic, mask: Any = None) -> Any:
    """Return softmax(query key^T / sqrt(d)) value for arrays (..., t, d), (..., s, d), (..., s, e).

    mask  constant booleans that broadcast against (..., t, s): which keys a query may see
    """
    axes = (*range(key.ndim - 2), key.ndim - 1, key.ndim - 2)
    scores = ar.matmul(query, ar.transpose(key, axes))
    return ar.matmul(softmax(scores, ar, mask, 1.0 / math.sqrt(query.shape[-1])), value)


def cross_entropy(logits: Any, targets: Any, ar: Arithmetic) -> Any:
    """Return -log_softmax(logits) at the target of each row: (rows, classes) and integers (rows,) to (rows,).

    Raises ValueError for targets of another shape or outside the classes, TypeError for what are no integers.

    The derivative is the published one, softmax minus one at the target, times the incoming cotangent; the
    chain rule through log_softmax would give another under PAM.
    """
    targets = targets if hasattr(targets, "dtype") else np.asarray(targets)
    if len(logits.shape) != 2 or tuple(targets.shape) != tuple(logits.shape[:1]):
        raise ValueError(
            f"targets has shape {tuple(targets.shape)}, logits {tuple(logits.shape)}; "
            "they must be (rows,) and (rows, classes)"
        )
    if targets.dtype.kind not in "iu":
        raise TypeError(f"targets has dtype {targets.dtype}; it must be integers")
    if bool(((targets < 0) | (targets >= logits.shape[1])).any()):
        raise ValueError(f"targets has entries outside 0 to {logits.shape[1] - 1}, the classes of logits")
    at = tuple(beside(part, ar.value(logits)) for part in (np.arange(len(targets)), targets.copy()))

    def forward(ar: Arithmetic, x: Any) -> Any:
        return ar.neg(log_softmax(x, ar)[at])

    def backward(ar: Arithmetic, x: Any, y: Any, cotangent: Any) -> tuple[Any]:  # noqa: ARG001
        excess = softmax(x, ar)
        excess[at] = ar.sub(excess[at], 1.0)
        return (rowwise(_scaled, ar, excess, cotangent[:, None]),)

    return ar.own_rule(forward, backward, logits)


def _scaled(ar: Arithmetic, x: Any, factor: Any) -> Any:
    return ar.mul(x, factor)


def mean(x: Any, ar: Arithmetic) -> Any:
    """Return the sum of every element over their number: 0-d."""
    return ar.div(ar.sum(x), _count(x, math.prod(x.shape)))
