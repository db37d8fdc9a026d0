"""Memory of arrays that are gone is kept, where the C library can be asked."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from pamcheck.nn.training.memory import keep_memory

SCRIPT = """
import resource, numpy as np
from pamcheck.nn.training.memory import keep_memory
assert keep_memory()
def step():
    return [np.ones(1 << 18) for _ in range(8)]
step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not the GNU one")
def test_arrays_like_those_that_are_gone_take_no_new_pages() -> None:
    """A step touches 4096 pages; without being asked to keep them the library gives them back each time."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 500


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert not keep_memory()


@pytest.mark.parametrize("sizes", [(0, 1), (1, 0), (-1, 1)])
def test_sizes_that_are_not_positive_are_refused(sizes: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        keep_memory(*sizes)
