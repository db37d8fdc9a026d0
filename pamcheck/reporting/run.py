"""Running studies: each one's numbers, verdicts, tables and figures into its folder, then the page."""

from __future__ import annotations

import importlib
import re
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pamcheck import plotting
from pamcheck.measure.verdict import Verdict
from pamcheck.reporting import page
from pamcheck.reporting.records import Settings, Study, Table, as_study, dump_json
from pamcheck.reporting.staging import MARKER, staged
from pamcheck.reporting.versions import version, versions
from pamcheck.reporting.workers import Progress, run_jobs


@dataclass(frozen=True)
class Outcome:
    """What a report run came to."""

    folder: Path
    verdicts: tuple[Verdict, ...]
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether every claim of the studies that ran holds."""
        return all(verdict.holds for verdict in self.verdicts)


def run_report(
    studies: Sequence[Study],
    out: Path,
    settings: Settings,
    progress: Progress = lambda *_: None,
    workers: int = 1,
) -> Outcome:
    """Run studies and write the report folder as a whole. Studies already in `out` are kept.

    progress is told (study, step) as each step begins. With more than one worker, studies that do not
    time anything run side by side in processes of their own. Raises ReportFolderError for an unusable
    `out`, and StudyDied for a process that ended without a result.
    """
    began = time.perf_counter()
    found: dict[str, list[Verdict]] = {}
    with staged(out) as folder:
        page.check(folder, [_name(study) for study in studies])
        together = [study for study in studies if workers > 1 and not getattr(study, "ALONE", False)]
        # the page ends with what takes longest, so that starts first
        jobs = [
            (_name(study), _run_named, (study.__name__, folder, settings)) for study in reversed(together)
        ]
        found.update(run_jobs(jobs, workers, progress))
        for study in studies:
            if _name(study) not in found:
                found[_name(study)] = run_study(study, folder / _name(study), settings, progress)
        progress("page", "render")
        last = {
            "studies": [_name(study) for study in studies],
            "seconds": round(time.perf_counter() - began, 1),
        }
        dump_json(
            {"made_by": "pamcheck", "version": version("pamcheck"), "last_run": last}, folder / MARKER
        )
        page.render(folder)
    verdicts = tuple(verdict for study in studies for verdict in found[_name(study)])
    return Outcome(out, verdicts, time.perf_counter() - began)


def _run_named(module: str, folder: Path, settings: Settings, progress: Progress) -> list[Verdict]:
    """Run a study by its module's name, in a process that was started for it."""
    study = as_study(importlib.import_module(module))
    return run_study(study, folder / _name(study), settings, progress)


def run_study(study: Study, folder: Path, settings: Settings, progress: Progress) -> list[Verdict]:
    """Run one study into an emptied folder and return its verdicts."""
    began, name = time.perf_counter(), _name(study)
    progress(name, "measure")
    measured = study.measure(settings)
    progress(name, "judge")
    verdicts, tables = list(study.judge(measured)), list(study.tabulate(measured))
    progress(name, "draw")
    plates = list(study.draw(measured, verdicts))
    _empty(folder)
    for table in tables:
        table.frame.to_csv(folder / f"{table.name}.csv", index=False, lineterminator="\n")
        dump_json(_table_record(table, raw=True), folder / f"{table.name}.json")
    for plate in plates:
        progress(name, f"save {plate.name}")
        plotting.save(plate.figure, folder / plate.name)
    record = {
        **_docstring(study),
        "name": name,
        "command": f"pamcheck report {name}{settings.options()}",
        "settings": asdict(settings),
        "versions": versions(),
        "verdicts": [{**verdict.record(), "worst_text": str(verdict.worst or "")} for verdict in verdicts],
        "tables": [_table_record(table, raw=False) for table in tables],
        "figures": [{"name": plate.name, "caption": plate.caption} for plate in plates],
        "seconds": round(time.perf_counter() - began, 1),
    }
    dump_json(record, folder / page.RECORD)
    return verdicts


def _name(study: Study) -> str:
    return study.__name__.rpartition(".")[2]


def _docstring(study: Study) -> dict[str, str]:
    """Split a study's docstring into its question and its Claim, Method and Writes paragraphs."""
    question, _, rest = (study.__doc__ or "").strip().partition("\n")
    fields = re.split(r"^(Claim|Method|Writes)\b", rest, flags=re.MULTILINE)
    texts = {
        key.lower(): " ".join(text.split()) for key, text in zip(fields[1::2], fields[2::2], strict=True)
    }
    return {"question": question, **texts}


def _table_record(table: Table, *, raw: bool) -> dict[str, Any]:
    record: dict[str, Any] = {
        "name": table.name,
        "caption": table.caption,
        "columns": list(table.frame.columns),
        "definitions": dict(table.definitions),
    }
    if raw:
        return {**record, "rows": table.frame.to_dict(orient="records")}
    return {**record, "rows": table.rows()}


def _empty(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        if path.is_file():
            path.unlink()
