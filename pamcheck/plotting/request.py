"""A figure from the words of a command line: which kind, which format, which domain, which offset."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from matplotlib.figure import Figure

from pamcheck.formats import FloatFormat, get_format
from pamcheck.kernels.table import get_operation
from pamcheck.lookup import lookup
from pamcheck.measure import sampling
from pamcheck.measure.errors import measure
from pamcheck.operands import offset_codes
from pamcheck.plotting.curves import curve
from pamcheck.plotting.histograms import histogram
from pamcheck.plotting.surfaces import surface

KINDS = {1: ("curve", "histogram"), 2: ("error", "value", "error-3d", "value-3d", "histogram")}
SAMPLES = 200_000

Domain = tuple[float, float]


def draw(
    name: str, kind: str, formats: Sequence[str], domains: Sequence[Domain], offset: Fraction
) -> Figure:
    """Draw an operation. An empty kind is the first that fits it: the error surface, or the curve.

    formats  one, or for a histogram as many as are to be compared

    Raises ValueError for what is unknown or does not fit together, saying what would.
    """
    operation, every = get_operation(name), [get_format(fmt) for fmt in formats]
    kinds = KINDS[operation.arity]
    chosen = lookup(f"kind for {name}", kind or kinds[0], dict.fromkeys(kinds, kind or kinds[0]))
    if len(domains) > operation.arity:
        raise ValueError(f"{len(domains)} domains given; {name} has {operation.arity} operand(s)")
    if offset and not operation.takes_offset:
        raise ValueError(f"offset is {offset}; only pam and padiv take one, {name} does not")
    for fmt in every:
        offset_codes(offset, fmt)  # refuses what is no offset before anything is computed
    if chosen == "histogram":
        return _histogram(name, every, domains, offset)
    if len(every) > 1:
        raise ValueError(
            f"format is {', '.join(formats)}; a {chosen} shows one, only a histogram compares several"
        )
    format_ = every[0]
    if chosen == "curve":
        return curve(name, fmt=format_.name, domain=domains[0] if domains else None)
    quantity: Any
    quantity, _, space = chosen.partition("-")
    both = (domains[0], domains[-1]) if domains else ((1.0, 2.0), (1.0, 2.0))
    return surface(
        name, quantity=quantity, fmt=format_.name, domain=both, offset=float(offset), three_d=bool(space)
    )


def default_kind(name: str) -> str:
    """Return the kind that an operation is drawn as unless asked otherwise."""
    return KINDS[get_operation(name).arity][0]


def parse_domains(texts: Sequence[str]) -> list[Domain]:
    """Read LOW:HIGH domains. Raises ValueError, showing the form, for anything else."""
    domains = []
    for text in texts:
        low, _, high = text.partition(":")
        try:
            domains.append((float(low), float(high)))
        except ValueError:
            raise ValueError(f"domain is {text!r}; write LOW:HIGH, for example 1:2") from None
    return domains


def _histogram(
    name: str, formats: Sequence[FloatFormat], domains: Sequence[Domain], offset: Fraction
) -> Figure:
    """Draw the relative error of seeded operands, uniform on the domain, in each format."""
    arity = get_operation(name).arity
    spans = list(domains or [(1.0, 2.0)])
    spans += [spans[-1]] * (arity - len(spans))
    rows, words = {}, ""
    for fmt in formats:
        sample = sampling.uniform(fmt, SAMPLES, spans)
        words = sample.distribution
        codes = offset_codes(offset, fmt)
        errors = measure(name, sample, offset=codes)
        if not errors.compared.any():
            raise ValueError(
                f"domain is {words}; no truth there is a normal number of {fmt.name}, so there is no error to show; "
                "give another --domain"
            )
        # a narrow format may round the offset away, and the row has to say so
        label = f"{fmt.name}, {codes:+d} codes" if offset else fmt.name
        rows[label] = errors.relative[errors.compared]
    compensation = f", offset {offset} octaves" if offset else ""
    title = f"{name}: relative error, operands {words}{compensation}"
    return histogram(rows, title=title, xlabel="relative error (%)")
