"""The same blocks on a dask.distributed cluster. The only import of distributed, and a lazy one."""

from __future__ import annotations

from typing import Any

from pamcheck.measure.sweep.block import run_block
from pamcheck.measure.sweep.plan import Plan, SweepError, make_plan
from pamcheck.measure.sweep.run import Runner, Tallies
from pamcheck.measure.sweep.tally import Tally

TIMEOUT = 10.0  # seconds to reach a scheduler


class Cluster:
    """A connection to a scheduler."""

    def __init__(self, address: str) -> None:
        """Connect. Raises SweepError where distributed is missing, nobody answers, or there is no worker."""
        try:
            import distributed
        except ImportError:
            raise SweepError("--dask needs dask.distributed: pip install 'pamcheck[distributed]'") from None
        library: Any = distributed
        self._distributed = library
        self._address = address
        try:
            self._client: Any = library.Client(address, timeout=TIMEOUT, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise SweepError(
                f"cannot reach a scheduler at {address} ({type(error).__name__}); "
                "start one with `dask scheduler` and give its address, such as tcp://host:8786"
            ) from None
        self.workers = sum(self._client.ncores().values())
        if not self.workers:
            self._client.close()
            raise SweepError(
                f"the scheduler at {address} has no workers; start one with `dask worker {address}`"
            )

    def runner(self) -> Runner:
        """Return what runs blocks on the cluster."""
        return self._blocks

    def close(self) -> None:
        """Close the connection; blocks that still run are dropped."""
        self._client.close()

    def _blocks(self, plan: Plan, first: int) -> Tallies:
        """Yield the blocks as they are done. One whose worker dies is given to another by the scheduler."""
        upcoming = iter(range(first, plan.blocks))
        running = self._distributed.as_completed(loop=self._client.loop)
        count = 0
        try:
            while True:
                for block in upcoming:
                    running.add(self._client.submit(_on_worker, plan, block, pure=False, retries=2))
                    count += 1
                    if count >= 3 * self.workers:
                        break
                if not count:
                    return
                future = next(running)
                yield self._result(future)
                count -= 1
        finally:
            running.clear()

    def _result(self, future: Any) -> tuple[int, Tally]:
        try:
            block, tally = future.result()
        except SweepError:
            raise
        except self._distributed.KilledWorker:
            raise SweepError(
                "one block has ended several workers, of memory perhaps; see their logs"
            ) from None
        except (OSError, TimeoutError, self._distributed.client.FutureCancelledError) as error:
            raise SweepError(
                f"lost the scheduler at {self._address} ({type(error).__name__}); --resume continues"
            ) from None
        return block, tally


def _on_worker(plan: Plan, block: int) -> tuple[int, Tally]:
    here = make_plan(plan.op, plan.format, plan.policy, plan.offset, plan.backend, plan.seed, plan.samples)
    for name in ("version", "kernels", "sweep"):
        if getattr(here, name) != getattr(plan, name):
            raise SweepError(
                f"a worker has another {name} of pamcheck, Python or Numba than this machine; install the same"
            )
    return block, run_block(plan, block)
