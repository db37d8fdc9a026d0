"""pamcheck info: what there is."""

from __future__ import annotations

from typing import Any

from pamcheck.cli.common import Json, print_json


def info(json: Json = False) -> None:
    """Show versions, operations with their bounds, formats, policies and studies."""
    from analyses import STUDIES
    from pamcheck.formats import FORMATS
    from pamcheck.kernels import disk
    from pamcheck.kernels.table import OPS
    from pamcheck.policy import POLICIES
    from pamcheck.reporting.versions import versions

    facts: dict[str, Any] = {
        "versions": versions(),
        "operations": {
            name: f"[{op.contract.lower}, {op.contract.upper}] {op.contract.kind} error against {op.approximates}"
            if op.contract
            else f"composite, approximates {op.approximates}"
            for name, op in OPS.items()
        },
        "formats": {
            name: f"{fmt.exp_bits} exponent, {fmt.mant_bits} mantissa bits, specials {fmt.specials}"
            for name, fmt in FORMATS.items()
        },
        "policies": {
            name: "reference only" if policy.reference_only else "" for name, policy in POLICIES.items()
        },
        "studies": dict.fromkeys(STUDIES, ""),
        "compiled code": {"folder": str(disk.cache_dir())},
    }
    if json:
        print_json(facts)
        return
    for heading, rows in facts.items():
        print(heading)
        for name, text in rows.items():
            print(f"  {name:<16} {text}".rstrip())
