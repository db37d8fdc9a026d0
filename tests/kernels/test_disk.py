"""The hash of the sources that elementwise loops rest on: what it follows, and what it does not."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest

from pamcheck.kernels import cpu, disk, gpu_elementwise, vector_loop
from pamcheck.kernels.table import BODIES


def files(*things: Any) -> set[str]:
    return {Path(inspect.getfile(thing)).name for thing in things}


def test_the_sources_of_elementwise_loops_are_those_of_every_body_and_of_what_compiles_them() -> None:
    bodies = files(*(body for body, _ in BODIES.values()))
    assert files(cpu, vector_loop) | bodies <= set(disk._reached("cpu.py"))
    assert files(gpu_elementwise) | bodies <= set(disk._reached("gpu_elementwise.py"))


def test_those_of_products_are_not_among_them() -> None:
    for start in ("cpu.py", "gpu_elementwise.py"):
        assert not [name for name in disk._reached(start) if name.startswith(("matmul", "team", "sums"))]


@pytest.mark.parametrize(
    ("package", "name", "cpu_changes", "gpu_changes"),
    [
        (disk.PACKAGE, "product.py", True, True),
        (disk.PACKAGE, "gpu_elementwise.py", False, True),
        (disk.PACKAGE, "matmul_tile.py", False, False),
        (f"{disk.PACKAGE}.device", "product.cuh", False, True),
    ],
)
def test_an_edit_changes_the_hash_of_what_rests_on_it(
    monkeypatch: pytest.MonkeyPatch, package: str, name: str, cpu_changes: bool, gpu_changes: bool
) -> None:
    plain, hashed = disk._texts, disk.hash_of_elementwise.__wrapped__
    before = [hashed(backend) for backend in ("cpu", "gpu")]

    def edited(asked: str, *kinds: Any) -> dict[str, bytes]:
        found = dict(plain(asked, *kinds))
        if asked == package:
            found[name] += b"\n"
        return found

    monkeypatch.setattr(disk, "_texts", edited)
    after = [hashed(backend) for backend in ("cpu", "gpu")]
    assert [x != y for x, y in zip(before, after, strict=True)] == [cpu_changes, gpu_changes]
