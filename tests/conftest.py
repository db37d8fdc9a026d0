"""Threads, and Hypothesis profiles: `dev` on a desk, `ci` (more examples, the same every time) where CI is true."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# Where tests run side by side, each process has a processor. Tests of threads ask for theirs.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("PAMCHECK_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# No deadline: the first call of an operation compiles it.
settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile(
    "ci",
    max_examples=300,
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
IN_CI = os.environ.get("CI", "").lower() in ("true", "1")
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if IN_CI else "dev"))
