"""The report's pages, rendered from the records that the studies left in their folders."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2

from pamcheck.measure.verdict import EVIDENCE
from pamcheck.reporting.staging import MARKER, ReportFolderError

RECORD = "study.json"
_NEEDED = (
    "name",
    "question",
    "command",
    "settings",
    "versions",
    "verdicts",
    "tables",
    "figures",
    "seconds",
)
HTML, MARKDOWN = "index.html", "README.md"

# The order a reader wants; studies that are not named here come after, by name.
ORDER = (
    "product_error",
    "quotient_error",
    "transcendental_error",
    "format_error",
    "sweeps",
    "certificates",
    "compensation",
    "gradient_bias",
    "gradient_depth",
    "gradient_steps",
    "differentiability",
    "regions",
    "claims",
    "audit",
    "mutants",
    "training_language",
    "training_ablation",
    "exact_vs_mimic",
    "mantissa_width",
    "training_crossings",
    "training_cost",
    "speed",
    "training_speed",
    "gradient_speed",
    "sweep_speed",
    "startup",
)


def render(folder: Path) -> None:
    """Write index.html, self-contained, and README.md from every study record in the folder."""
    studies = load(folder)
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_template),
        autoescape=lambda name: bool(name and name.startswith(HTML)),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = lambda text: str(text).replace("|", "\\|").replace("\n", " ")
    context = {
        "studies": studies,
        "verdicts": [(study, verdict) for study in studies for verdict in study["verdicts"]],
        "evidence": EVIDENCE,
        "used": _used_evidence(studies),
        "image": lambda study, figure: _data_uri(folder / study["name"] / f"{figure['name']}.svg"),
        "numeric": _is_numeric,
        "last": json.loads((folder / MARKER).read_text(encoding="utf-8")).get("last_run", {}),
    }
    for name in (HTML, MARKDOWN):
        text = environment.get_template(f"{name}.j2").render(context)
        (folder / name).write_text(text, encoding="utf-8")


def check(folder: Path, rewritten: Sequence[str]) -> None:
    """Raise ReportFolderError for a study record, of those that will not be rewritten, that cannot be read."""
    for path in folder.glob(f"*/{RECORD}"):
        if path.parent.name in rewritten:
            continue
        try:
            missing = set(_NEEDED) - set(json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, OSError, TypeError) as error:
            missing = {str(error)}
        if missing:
            name = f"{path.parent.name}/{RECORD}"
            raise ReportFolderError(
                f"{name} in the report is damaged or of another version ({', '.join(sorted(missing))}); "
                f"run study {path.parent.name} again with this one, or delete its folder"
            )


def load(folder: Path) -> list[dict[str, Any]]:
    """Return the study records of a report folder, in reading order."""
    records = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob(f"*/{RECORD}")]
    place = {name: number for number, name in enumerate(ORDER)}
    return sorted(records, key=lambda record: (place.get(record["name"], len(ORDER)), record["name"]))


def _template(name: str) -> str:
    return (resources.files("pamcheck.reporting") / "templates" / name).read_text(encoding="utf-8")


def _data_uri(path: Path) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(path.read_bytes()).decode("ascii")


def _used_evidence(studies: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    used = {verdict["evidence"] for study in studies for verdict in study["verdicts"]}
    return [(name, text) for name, text in EVIDENCE.items() if name in used]


def _is_numeric(cell: str) -> bool:
    """Whether a printed cell is a number, to set it flush right."""
    return cell[:1] in "+-−–0123456789" and not any(
        letter.isalpha() for letter in cell.replace("e", "").replace("x", "")
    )
