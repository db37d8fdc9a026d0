"""Sphinx settings, and the tables that the pages take from the code instead of repeating it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pamcheck import __version__  # noqa: E402
from pamcheck.formats import FORMATS, FloatFormat  # noqa: E402
from pamcheck.kernels.table import OPS  # noqa: E402
from pamcheck.measure.errors import DEFINITIONS  # noqa: E402
from pamcheck.measure.verdict import EVIDENCE  # noqa: E402
from pamcheck.truth import closed_form  # noqa: E402

project = "pamcheck"
author = copyright = "The pamcheck developers"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["amsmath", "deflist", "dollarmath", "substitution"]
myst_heading_anchors = 3

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_type_aliases = {name: name.rpartition(".")[2] for name in (
    "npt.ArrayLike", "ArrayLike", "npt.DTypeLike", "Array", "Bound", "Codes", "Domain", "Floats", "Format", "Ints",
    "Number", "Point", "Quantity", "Range",
)}  # fmt: skip
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 88
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = f"pamcheck {release}"
html_math_renderer = "mathml"


# Tables


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(
        f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in row)} |" for row in lines
    )


def _format_row(fmt: FloatFormat) -> list[str]:
    sizes = (fmt.width, fmt.exp_bits, fmt.mant_bits, fmt.bias)
    ends = (f"{fmt.to_float(code):.6g}" for code in (fmt.tiny, fmt.largest))
    return [f"`{fmt.name}`", fmt.specials, *map(str, sizes), *ends]


def _mask_row(fmt: FloatFormat) -> list[str]:
    masks = (fmt.sign, fmt.magnitude, fmt.one, fmt.tiny, fmt.largest, fmt.inf, fmt.nan)
    return [f"`{fmt.name}`", *("–" if code is None else f"`{fmt.hex(code)}`" for code in masks)]


def _contract_row(name: str) -> list[str]:
    contract = OPS[name].contract
    assert contract is not None
    value = f"{float(closed_form(contract.extreme)):+.10f}"
    range_ = f"[{contract.lower}, {contract.upper}]"
    reached = "attained" if contract.attained else "approached"
    witness = ", ".join(f"`{operand}`" for operand in contract.witness)
    return [f"`{name}`", contract.approximates, contract.kind, range_, value, f"{reached} at {witness}"]


myst_substitutions = {
    "statistics": _table(("name", "definition"), ((f"`{k}`", v) for k, v in DEFINITIONS.items())),
    "evidence": _table(("evidence", "means"), ((f"`{k}`", v) for k, v in EVIDENCE.items())),
    "contracts": _table(
        ("operation", "against", "error", "range", "far bound", "witness"),
        (_contract_row(name) for name, op in OPS.items() if op.contract),
    ),
    "formats": _table(
        ("name", "specials", "bits", "exponent", "mantissa", "bias", "smallest normal", "largest"),
        map(_format_row, FORMATS.values()),
    ),
    "masks": _table(
        ("name", "sign", "magnitude", "one", "tiny", "largest", "inf", "nan"),
        map(_mask_row, FORMATS.values()),
    ),
}


# Docstrings are plain text: aligned "name  meaning" lines become definition lists, the rest is escaped


_TERM = re.compile(r"(?P<term>[A-Za-z_][\w, ]*?) {2,}(?P<text>\S.*)")


def _to_rst(_app: Any, _what: str, _name: str, _obj: Any, _options: Any, lines: list[str]) -> None:
    out: list[str] = []
    inside = False  # a definition list
    for line in lines:
        term = _TERM.fullmatch(line)
        if term:
            out += [*([] if inside else [""]), f"``{term['term']}``", f"    {_escape(term['text'])}"]
            inside = True
        elif inside and line.startswith("  "):
            out.append(f"    {_escape(line.strip())}")
        else:
            out += [*([""] if inside else []), _escape(line.strip())]
            inside = False
    lines[:] = [*out, ""]


def _plain_aliases(*event: Any) -> tuple[str, str] | None:
    """Print a type alias inside a union by its name."""
    signature, returns = event[-2:]
    named = [re.sub(r"TypeAliasForwardRef\('(\w+)'\)", r"\1", text or "") for text in (signature, returns)]
    return (named[0], named[1]) if signature else None


def _escape(text: str) -> str:
    """Escape what reStructuredText would read as markup; code between backticks stays code."""
    parts = re.split(r"(`+[^`]+`+)", text)
    parts[1::2] = [f"``{part.strip('`')}``" for part in parts[1::2]]
    parts[::2] = [re.sub(r"([*|\\_])", r"\\\1", part) for part in parts[::2]]
    return "".join(parts)


# Formulas as MathML, which browsers draw by themselves: the pages work without a network


def _inline_math(self: Any, node: nodes.math) -> None:
    self.body.append(tex2mathml(node.astext()))
    raise nodes.SkipNode


def _block_math(self: Any, node: nodes.math_block) -> None:
    self.body.append(f'<div class="math">{tex2mathml(node.astext().strip(), as_block=True)}</div>')
    raise nodes.SkipNode


def _draw_figures(_app: Any) -> None:
    """Draw the example figures of how-to/plot.md from the code as it is."""
    from fractions import Fraction

    from pamcheck.plotting import save
    from pamcheck.plotting.request import draw

    folder = ROOT / "docs" / "_build" / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    save(draw("pam", "error", ["float8_e4m3fn"], [], Fraction(0)), folder / "pam-error")
    save(draw("palog2", "curve", ["float32"], [], Fraction(0)), folder / "palog2-curve")


def setup(app: Any) -> None:
    """Connect the functions above."""
    app.add_html_math_renderer("mathml", (_inline_math, None), (_block_math, None))
    app.connect("builder-inited", _draw_figures)
    app.connect("autodoc-process-docstring", _to_rst)
    app.connect("autodoc-process-signature", _plain_aliases)
