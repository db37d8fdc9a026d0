"""Run stages on the current device: python -m analyses.on_gpu [STAGE]... [--out FOLDER]."""

from __future__ import annotations

import argparse
import importlib
import re
import sys
import time
from pathlib import Path
from typing import Any

from analyses.on_gpu import STAGES
from pamcheck.kernels.gpu import DeviceError, runtime
from pamcheck.reporting.records import dump_json
from pamcheck.reporting.versions import versions


def main(arguments: list[str] | None = None) -> int:
    """Run the stages asked for; 0 where every comparison was equal, 1 where not, 2 without a device."""
    parser = argparse.ArgumentParser(prog="python -m analyses.on_gpu", description=__doc__)
    parser.add_argument(
        "stages", nargs="*", default=[], metavar="STAGE", help=f"of {', '.join(STAGES)}; all"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("reports/gpu"), help="folder for DEVICE/STAGE.json"
    )
    parser.add_argument("--small", action="store_true", help="sizes that take seconds")
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.stages) - set(STAGES)
    if unknown:
        parser.error(f"unknown stage {', '.join(sorted(unknown))}; there are {', '.join(STAGES)}")
    try:
        device = runtime()
    except DeviceError as error:
        print(f"pamcheck: {error}", file=sys.stderr)
        return 2
    different = 0
    for name in chosen.stages or STAGES:
        different += run(name, device, chosen.out, small=chosen.small)
    return 1 if different else 0


def run(name: str, device: Any, out: Path, *, small: bool) -> int:
    """Run one stage, write its record, say what it came to; return how many results were different."""
    module = importlib.import_module(f"analyses.on_gpu.{name}")
    began = time.perf_counter()
    record: dict[str, Any] = module.stage(device, module.SMALL) if small else module.stage(device)
    seconds = time.perf_counter() - began
    facts = {
        "stage": name,
        "small": small,
        "seconds": round(seconds, 1),
        "device": device.facts(),
        **versions(),
    }
    folder = out / re.sub(r"[^a-z0-9]+", "-", device.facts()["name"].lower()).strip("-")
    folder.mkdir(parents=True, exist_ok=True)
    dump_json({**facts, **record}, folder / f"{name}.json")
    different = int(record.get("different", 0))
    told = f"{record['cases']:,} results, {different:,} different" if "cases" in record else "measured"
    told += f", {len(record['cut'])} comparisons cut short by the clock" if record.get("cut") else ""
    print(f"{'FAIL' if different else 'PASS'}  {name}: {told}; {seconds:.0f} s; {folder / name}.json")
    for one in record.get("compared", []):
        if one["different"]:
            print(f"      {one['what']}: {'; '.join(one['first'])}")
    return different


if __name__ == "__main__":
    sys.exit(main())
