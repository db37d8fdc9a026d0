"""Sphinx settings, and the tables that the pages take from the code instead of repeating it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

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

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.mathjax"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["amsmath", "deflist", "dollarmath", "substitution"]
myst_heading_anchors = 3

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
python_maximum_signature_line_length = 88
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = f"pamcheck {release}"


# Tables


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in row)} |" for row in lines)


def _format_row(fmt: FloatFormat) -> list[str]:
    landmarks = (fmt.one, fmt.tiny, fmt.largest, fmt.inf, fmt.nan)
    codes = ["–" if code is None else f"`{fmt.hex(code)}`" for code in landmarks]
    smallest, largest = (f"{fmt.to_float(code):.6g}" for code in (fmt.tiny, fmt.largest))
    sizes = [str(n) for n in (fmt.width, fmt.exp_bits, fmt.mant_bits, fmt.bias)]
    return [f"`{fmt.name}`", fmt.specials, *sizes, *codes, smallest, largest]


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
        ("name", "specials", "bits", "exponent", "mantissa", "bias", "one", "tiny", "largest", "inf", "NaN",
         "smallest normal", "largest number"),
        (_format_row(fmt) for fmt in FORMATS.values()),
    ),
}  # fmt: skip


# Docstrings are plain text: aligned "name  meaning" lines become definition lists, the rest is escaped


def _to_rst(_app: Any, _what: str, _name: str, _obj: Any, _options: Any, lines: list[str]) -> None:
    lines[:] = [line for block in _blocks(lines) for line in [*_definitions(block), ""]]


def _blocks(lines: list[str]) -> list[list[str]]:
    """Cut into paragraphs, and a paragraph before each line that begins a definition."""
    blocks: list[list[str]] = [[]]
    for line in lines:
        if not line.strip() or (_TERM.fullmatch(line) and not _in_definitions(blocks[-1])):
            blocks.append([])
        elif _in_definitions(blocks[-1]) and not line.startswith("  ") and not _TERM.fullmatch(line):
            blocks.append([])
        if line.strip():
            blocks[-1].append(line)
    return [block for block in blocks if block]


_TERM = re.compile(r"(?P<term>[A-Za-z_][\w, ]*?) {2,}(?P<text>\S.*)")


def _in_definitions(block: list[str]) -> bool:
    return bool(block) and _TERM.fullmatch(block[0]) is not None


def _definitions(block: list[str]) -> list[str]:
    if not _in_definitions(block):
        return [_escape(line.strip()) for line in block]
    out = []
    for line in block:
        found = _TERM.fullmatch(line)
        out += [f"``{found['term']}``", f"    {_escape(found['text'])}"] if found else [f"    {_escape(line.strip())}"]
    return out


def _escape(text: str) -> str:
    """Escape what reStructuredText would read as markup; code between backticks stays code."""
    parts = re.split(r"(`+[^`]+`+)", text)
    parts[1::2] = [f"``{part.strip('`')}``" for part in parts[1::2]]
    parts[::2] = [re.sub(r"([*|\\_])", r"\\\1", part) for part in parts[::2]]
    return "".join(parts)


def _draw_figures(_app: Any) -> None:
    """Draw the example figures of how-to/plot.md from the code as it is."""
    from fractions import Fraction

    from pamcheck.plotting import save
    from pamcheck.plotting.request import draw

    folder = ROOT / "docs" / "_build" / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    save(draw("pam", "error", "float8_e4m3fn", [], Fraction(0)), folder / "pam-error")
    save(draw("palog2", "curve", "float32", [], Fraction(0)), folder / "palog2-curve")


def setup(app: Any) -> None:
    """Connect the functions above."""
    app.connect("builder-inited", _draw_figures)
    app.connect("autodoc-process-docstring", _to_rst)
