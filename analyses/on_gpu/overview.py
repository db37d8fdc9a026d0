"""What was found on which device: reports/gpu/README.md, from the records that the stages left.

    python -m analyses.on_gpu.overview [FOLDER]

Where no device has been measured it says so; what stands there without one comes from disassembly alone.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from analyses.on_gpu import STAGES


def main(arguments: Sequence[str]) -> int:
    """Write the overview of a folder, by default reports/gpu."""
    folder = Path(arguments[0] if arguments else "reports/gpu")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "README.md").write_text("\n".join(lines(folder)) + "\n", encoding="utf-8")
    print(folder / "README.md")
    return 0


def lines(folder: Path) -> Iterator[str]:
    """Yield the page, line by line."""
    yield from ("# What GPUs were measured at", "", "Made by `python -m analyses.on_gpu.overview`.", "")
    devices = sorted(path for path in folder.iterdir() if path.is_dir())
    if not devices:
        yield "No device has been measured yet. Where there is one, `make gpu` compares it with the CPU and times it."
    for device in devices:
        yield from _device(device)
    yield from _instructions()


def _device(folder: Path) -> Iterator[str]:
    records: dict[str, dict[str, Any]] = {
        name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        for name in STAGES
        if (folder / f"{name}.json").exists()
    }
    if not records:
        return
    yield f"## {next(iter(records.values()))['device']['name']}"
    yield from ("", "| stage | result | seconds |", "| --- | --- | --- |")
    for name, record in records.items():
        yield f"| {name} | {_told(record)} | {record['seconds']:.0f} |"
    yield ""
    if "runs" in records:
        yield from _runs(records["runs"])
    if "speed" in records:
        yield from _speed(records["speed"])


def _told(record: dict[str, Any]) -> str:
    if "cases" not in record:
        return "measured"
    cut = f", {len(record['cut'])} comparisons cut short by the clock" if record.get("cut") else ""
    return f"{record['cases']:,} results, {record['different']:,} different from the CPU's{cut}"


def _runs(record: dict[str, Any]) -> Iterator[str]:
    yield "Networks trained there, each so far:"
    yield from (
        "",
        "| run | steps | validation loss | BLEU | seconds | ms a step |",
        "| --- | --- | --- | --- | --- | --- |",
    )
    for name, run in record["runs"].items():
        if "steps" not in run:
            yield f"| {name} | {'no text' if 'left_out' in run else 'not begun'} | – | – | – | – |"
            continue
        loss = run["validation_loss"] if run["finished"] else run["best_validation_loss_so_far"]
        told = "–" if loss is None else f"{loss:.4f}" + ("" if run["finished"] else " so far")
        bleu = f"{run['bleu']:.2f}" if run.get("bleu") is not None else "–"
        per_step = run["seconds_per_step"]
        yield (
            f"| {name} | {run['steps']:,} | {told} | {bleu} | {run['seconds']:.0f} "
            f"| {'–' if per_step is None else f'{1e3 * per_step:.1f}'} |"
        )
    yield ""


def _speed(record: dict[str, Any]) -> Iterator[str]:
    copy = record["copy_bytes_per_s"] / 1e12
    yield f"A device copy moves {copy:.2f} TB/s, read and written. Elementwise, as a share of it:"
    yield from ("", "| operation | format | share of a copy |", "| --- | --- | --- |")
    for row in record["elementwise"]:
        yield f"| {row['operation']} | {row['format']} | {row['of_copy']:.0%} |"
    yield from (
        "",
        "| product m x k x n | operands | TMAC/s | beside cuBLAS float32 | of the issue limit |",
    )
    yield "| --- | --- | --- | --- | --- |"
    for row in record["matmul"]:
        shape = " x ".join(map(str, row["shape"]))
        share = f"{row['of_issue_limit']:.0%}" if "of_issue_limit" in row else "–"
        yield (
            f"| {shape} | {row['kind']} | {row['macs_per_s'] / 1e12:.3g} "
            f"| {row['of_float32_product']:.2f} | {share} |"
        )
    yield ""


def _instructions() -> Iterator[str]:
    """Yield what the inner loops issue for a term, which limits them; nothing without NVIDIA's tools."""
    from analyses.on_gpu.speed import instructions_per_mac
    from pamcheck.measure.audit.nvrtc import ARCHITECTURES

    found = {arch: instructions_per_mac(arch) for arch in ARCHITECTURES}
    if not all(found.values()):
        return
    yield from ("", "## What limits them", "")
    yield "Instructions that the inner loop of the float32 product issues for one multiply-accumulate, by disassembly;"
    yield "a multiprocessor issues 128 in a cycle. Counted, not measured:"
    yield ""
    yield "| architecture | nothing special | zeros | zeros and underflow |"
    yield "| --- | --- | --- | --- |"
    for arch, counts in found.items():
        if counts:
            yield f"| {arch} | " + " | ".join(f"{counts[name]:.2f}" for name in counts) + " |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
