"""What a device would fault on and a host forgives: misaligned vectors, reads beyond an array, unset variables.

And what only CuPy's own options would do to a kernel.
"""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pamcheck.formats import get_format
from pamcheck.kernels import device
from pamcheck.kernels.words import make_words
from pamcheck.measure.audit import nvrtc
from pamcheck.policy import get_policy

SCRIPT = Path(__file__).with_name("guarded.py")


def test_no_kernel_faults_where_memory_is_guarded_and_the_bits_are_the_same(
    compiler: str, emulated: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = SCRIPT.parents[3]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), compiler, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"a kernel faulted: {done.returncode} {done.stderr}"
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    assert done.stdout.strip() == importlib.import_module("guarded").digest(emulated)


ADD = device.elementwise("ieee_add", make_words(get_format("float32"), get_policy("ftz")), 32)


@pytest.mark.parametrize(
    "unit", [device.matmul(32, False), device.fold(16, 32), device.reduce(32, 32), ADD]
)
def test_subnormal_sums_survive_the_flag_that_cupy_adds(unit: device.Unit) -> None:
    if nvrtc.missing():
        pytest.skip(nvrtc.missing())
    # cupy.cuda.compiler appends these to the options of every module
    options = (*device.OPTIONS, "-ftz=true", "--device-as-default-execution-space")
    listing = nvrtc.disassemble(nvrtc.compile_cubin(unit.source, "sm_90", options)[0])
    adding, flushing = set(), set()
    for section in listing.split(".section\t.text.")[1:]:
        name = re.match(r"\w+", section)[0]  # type: ignore[index]
        adding |= {name} if "FADD" in section else set()
        flushing |= {name} if "FADD.FTZ" in section else set()
    assert adding
    assert adding <= set(unit.kernels)
    assert flushing == {"underflow"} & set(unit.kernels), "only products below the normal range are flushed"
