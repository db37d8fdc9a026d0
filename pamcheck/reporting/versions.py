"""What computed a report: versions and the machine."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import sys
from pathlib import Path

VERSIONED = ("numpy", "numba", "mpmath", "pandas", "matplotlib", "ml_dtypes")


def versions() -> dict[str, str]:
    """Return what computed: the machine's processor, Python, and the libraries."""
    return {
        "pamcheck": version("pamcheck"),
        "python": platform.python_version(),
        **{name: version(name) for name in VERSIONED},
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
    }


def _processor() -> str:
    if sys.platform.startswith("linux"):
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
        if found:
            return found[1].strip()
    return platform.processor() or platform.machine()


def version(name: str) -> str:
    """Return the version of an installed distribution."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
