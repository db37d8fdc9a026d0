"""What a file of vectors says about itself: `key: value`, a line each, after a comment mark.

    pamcheck 0.1.0 vectors
    operation: pam
    format: float32
    policy: ftz
    offset: 0 codes
    mode: values
    level: 1
    n: all
    seed: 230517190
    prefix: none
    columns: a b result
    cases: 123456
    sha256: of the cases, as lines of the style "testfloat", each with its end

The hash is the same for every style. What `--check` compares with what it was asked for is `SUBJECT`; the rest
matters to it where a file has answers alone.
"""

from __future__ import annotations

import pamcheck
from pamcheck.testing.vectors.request import Request

SUBJECT = ("operation", "format", "policy", "offset", "mode")
SELECTION = ("level", "n", "seed", "prefix")
TITLE = "vectors"


def facts(request: Request) -> dict[str, str]:
    """Return what is known of a request before its cases are."""
    subject = request.subject
    return {
        "pamcheck": pamcheck.__version__,
        "operation": subject.op,
        "format": subject.fmt.name,
        "policy": subject.policy.name,
        "offset": f"{subject.offset} codes",
        "mode": subject.mode or "values",
        "level": request.level,
        "n": "all" if request.n is None else str(request.n),
        "seed": str(request.seed),
        "prefix": request.prefix.upper() or "none",
        "columns": " ".join((*subject.inputs, *subject.outputs)),
    }


def as_lines(said: dict[str, str], mark: str) -> bytes:
    """Return a header as comments."""
    version, *rest = said.items()
    lines = [f"pamcheck {version[1]} {TITLE}", *(f"{key}: {value}" for key, value in rest)]
    return "".join(f"{mark} {line}\n" for line in lines).encode()


def read_line(comment: str) -> tuple[str, str] | None:
    """Return key and value of a comment, its mark taken off; None where it is some other comment."""
    words = comment.split()
    if len(words) == 3 and words[0] == "pamcheck" and words[2] == TITLE:
        return "pamcheck", words[1]
    key, colon, value = comment.strip().partition(": ")
    return (key, value.strip()) if colon else None
