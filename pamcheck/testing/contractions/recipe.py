"""A way to compute a contraction that is not the canonical one: which terms, added up how."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import product

import numpy as np

from pamcheck.formats import FORMATS, FloatFormat
from pamcheck.kernels.values import accumulator
from pamcheck.testing.contractions.adding import Numbers, codes_of, numbers_of
from pamcheck.testing.contractions.kind import Contraction, Parts, Way
from pamcheck.testing.contractions.orders import ORDERS
from pamcheck.testing.contractions.tally import exact_codes
from pamcheck.testing.subject import Codes


@dataclass(frozen=True)
class Recipe:
    """What is done otherwise; "" where it is as it should be. Each names a Way of `ways`."""

    terms: str = ""
    order: str = ""
    accumulator: str = ""
    left_out: str = ""
    edge: str = ""
    layout: str = ""

    @property
    def changed(self) -> dict[str, str]:
        """What is done otherwise, by field."""
        return {field.name: value for field in fields(self) if (value := getattr(self, field.name))}

    @property
    def name(self) -> str:
        """Short name of a cause."""
        return ", ".join(self.changed.values())


LEFT_OUT = {
    "last term": Way("the last term is left out", "Look at the end of the loop over k."),
    "first term": Way("the first term is left out", "Look at where the loop over k begins."),
    **{
        f"tail of {size}": Way(
            f"terms beyond the last whole {size} are left out",
            f"Handle the last k mod {size} terms: {size} does not divide every k.",
        )
        for size in (2, 4, 8, 16, 32, 64, 128, 256, 512)
    },
    **{
        f"beyond {size}": Way(
            f"terms beyond the first {size} are left out", "Add the sums of the other blocks."
        )
        for size in (32, 64, 128, 256, 512)
    },
}
EDGES = {
    "from the first term": Way(
        "a sum of nothing but negative zeros is -0",
        "Start sums from +0, not from the first term.",
        "deviation",
    ),
    "result flushed": Way(
        "subnormal results become zero", "Turn flushing to zero off: sums keep subnormals."
    ),
    "saturates": Way(
        "a sum that is too large becomes the largest number", "Let sums overflow.", "deviation"
    ),
    "NaN as it comes": Way(
        "NaN results have a sign or a payload", "Return the quiet NaN, sign clear.", "deviation"
    ),
}


def ways(what: Contraction) -> dict[str, dict[str, Way]]:
    """Return everything that may be done otherwise, by field of Recipe and name."""
    orders = {
        name: Way(f"adds up {order.words}", "Judge it with order='any' if that is meant.", "deviation")
        for name, order in ORDERS.items()
        if name != what.order
    }
    return {
        "terms": what.ways,
        "order": orders,
        "accumulator": _accumulators(what.fmt),
        "left_out": LEFT_OUT,
        "edge": EDGES,
        "layout": what.layouts,
    }


PAIRS = (("order", "accumulator"), ("terms", "order"), ("terms", "accumulator"), ("order", "left_out"),
         ("accumulator", "left_out"), ("terms", "left_out"), ("order", "edge"), ("terms", "edge"))  # fmt: skip


def single_recipes(what: Contraction) -> list[Recipe]:
    """Return what differs from the canonical way in one thing, layouts first."""
    every = ways(what)
    return [Recipe(**{field: name}) for field in ("layout", *every) for name in every[field]][
        : -len(every["layout"]) or None
    ]


def double_recipes(what: Contraction) -> Iterator[Recipe]:
    """Yield what differs in two things that go together often enough."""
    every = ways(what)
    for one, other in PAIRS:
        for name, second in product(every[one], every[other]):
            yield Recipe(**{one: name, other: second})


def predict(what: Contraction, recipe: Recipe, parts: Parts, output: int, got: Codes) -> Codes | None:
    """Return the results of elements made by a recipe without a layout; None where it means nothing to them.

    got  what was answered: a NaN "as it comes" is that one
    """
    fmt = what.fmt
    wide = _wide(recipe.accumulator, fmt)
    numbers = _terms(what, recipe, parts, output, wide)
    if numbers is None:
        return None
    if recipe.left_out:
        numbers = numbers[:, _kept(recipe.left_out, numbers.shape[1])]
    if recipe.accumulator == "exactly":
        return _at_edge(exact_codes(codes_of(numbers, fmt, wide), fmt), recipe, fmt, got)
    with np.errstate(all="ignore"):
        sums = ORDERS[recipe.order or what.order].run(numbers)
        if recipe.edge != "from the first term":
            sums = sums + sums.dtype.type(0)
        return _at_edge(codes_of(sums, fmt, wide), recipe, fmt, got)


def _kept(left_out: str, k: int) -> slice:
    """Return which of k terms are added up."""
    if left_out.endswith("term"):
        return slice(0, max(k - 1, 0)) if left_out == "last term" else slice(1, None)
    size = int(left_out.rpartition(" ")[2])
    return slice(0, k // size * size if left_out.startswith("tail") else size)


def _terms(
    what: Contraction, recipe: Recipe, parts: Parts, output: int, wide: FloatFormat
) -> Numbers | None:
    if recipe.terms:
        return what.other_terms(parts, output, recipe.terms, wide)
    return numbers_of(what.terms(parts, output), what.fmt, wide)


def _at_edge(codes: Codes, recipe: Recipe, fmt: FloatFormat, got: Codes) -> Codes:
    code = codes.dtype.type
    sizes, signs = codes & code(fmt.magnitude), codes & code(fmt.sign)
    if recipe.edge == "result flushed":
        return np.where(sizes < fmt.tiny, signs, codes).astype(codes.dtype)
    if recipe.edge == "saturates":
        return np.where(sizes == fmt.largest + 1, signs | code(fmt.largest), codes).astype(codes.dtype)
    if recipe.edge == "NaN as it comes":
        above = fmt.largest + (fmt.inf is not None)
        both = (sizes > above) & ((got & code(fmt.magnitude)) > above)
        return np.where(both, got, codes)
    return codes


def _accumulators(fmt: FloatFormat) -> dict[str, Way]:
    wide, found = accumulator(fmt), {}
    if fmt != wide:
        found["format"] = Way(
            f"partial sums are rounded to {fmt.name}",
            f"Accumulate in {wide.name} and round once, at the end.",
        )
    for name in ("float32", "float64"):
        if name not in (wide.name, fmt.name):
            narrow = name == "float32"
            found[name] = Way(
                f"accumulates in {name}", f"Accumulate in {wide.name}.", "bug" if narrow else "deviation"
            )
    found["exactly"] = Way("sums are exact and rounded once", "Judge it with order='any'.", "deviation")
    return found


def _wide(name: str, fmt: FloatFormat) -> FloatFormat:
    if name == "format":
        return fmt
    return FORMATS[name] if name in FORMATS else accumulator(fmt)
