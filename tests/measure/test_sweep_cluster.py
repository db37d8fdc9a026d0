"""Sweeps on a dask.distributed cluster: the same certificate, also when a worker dies in the middle."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from pamcheck.measure.sweep import certificate, command, state
from pamcheck.measure.sweep.plan import SweepError, make_plan
from pamcheck.measure.sweep.run import run

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.filterwarnings("default")  # of dask's own threads and sockets


@pytest.fixture(scope="module")
def two_processes() -> Iterator[Any]:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        yield cluster


def test_a_worker_that_is_killed_costs_its_block_and_not_the_sweep(two_processes: Any) -> None:
    from pamcheck.measure.sweep.cluster import Cluster

    plan = make_plan("padiv", "float8_e5m2")
    plan = replace(plan, block=plan.tuples >> 7)
    cluster, killed = Cluster(two_processes.scheduler_address), []

    def advance(done: int) -> None:
        if done >= 10 and not killed:
            killed.append(next(iter(two_processes.workers.values())).pid)
            os.kill(killed[0], signal.SIGKILL)

    try:
        found = run(state.fresh(plan), runner=cluster.runner(), workers=cluster.workers, advance=advance)
    finally:
        cluster.close()
    assert killed
    alone = run(state.fresh(plan))
    one, other = (certificate.certify(each, "") for each in (found, alone))
    assert replace(one, run={}, strata=[]) == replace(other, run={}, strata=[])
    assert str(one.strata) == str(other.strata)


def test_a_scheduler_that_is_not_there_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    from pamcheck.measure.sweep import cluster

    monkeypatch.setattr(cluster, "TIMEOUT", 0.5)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for address in (f"tcp://127.0.0.1:{port}", "nonsense://x", "no-such-host.invalid:1"):
        with pytest.raises(SweepError, match="cannot reach a scheduler at") as error:
            command.sweep(command.Request("pam", "float4_e2m1fn", dask=address, out=tmp_path / "s.json"))
        assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []
