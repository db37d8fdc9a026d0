"""A result as plain data, every failure in it, and as JUnit XML."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from pamcheck.testing.expectations import identifier
from pamcheck.testing.result import Failure, Group, Outcome, Result
from pamcheck.testing.subject import Subject
from pamcheck.testing.text import case_lines, last_line


def record(result: Result) -> dict[str, Any]:
    """Return a result as what JSON holds. Codes are hexadecimal; `found` has every failure of a check."""
    return {
        "target": result.target,
        "subject": _subject(result.subject),
        "level": result.level,
        "passed": result.passed,
        "verdict": last_line(result),
        "cases": result.cases,
        "failed": result.failed,
        "seconds": round(result.seconds, 3),
        "checks": [_outcome(result, outcome) for outcome in result.outcomes],
        "causes": [_group(group) for group in result.groups],
        "failures": [failure_record(failure) for failure in result.failures],
        "notices": list(result.notices),
        "identity": result.identity and result.identity.record(),
        **result.extra,
    }


def junit(results: list[Result]) -> bytes:
    """Return results as one JUnit XML document: a suite a result, a test case a check."""
    root = ElementTree.Element("testsuites")
    for result in results:
        counts = {
            "tests": len(result.outcomes),
            "failures": len(result.of("failed")) + len(result.of("xpassed")),
            "errors": len(result.of("fault")),
            "skipped": len(result.of("skipped")) + len(result.of("xfailed")),
        }
        suite = ElementTree.SubElement(root, "testsuite", name=_clean(str(result.subject)))
        suite.set("time", f"{result.seconds:.3f}")
        for name, count in counts.items():
            suite.set(name, str(count))
        for outcome in result.outcomes:
            _case(suite, result, outcome)
        out = ElementTree.SubElement(suite, "system-out")
        out.text = _clean("\n".join((*result.notices, last_line(result))))
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def _case(suite: ElementTree.Element, result: Result, outcome: Outcome) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=_clean(identifier(result.subject, outcome.check).rpartition("/")[0]),
        name=outcome.check,
        time=f"{outcome.seconds:.3f}",
    )
    kind = {"failed": "failure", "xpassed": "failure", "fault": "error"}.get(outcome.status, "skipped")
    if outcome.status == "passed":
        return
    words = outcome.reason or f"{outcome.failed:,} of {outcome.cases:,} cases are wrong: {outcome.claim}"
    told = ElementTree.SubElement(case, kind, message=_clean(words))
    shown = [failure for failure in result.failures if failure.check == outcome.check]
    told.text = _clean("\n\n".join("\n".join((f.diagnosis, *case_lines(f))) for f in shown))


def _clean(text: str) -> str:
    """Return a text without the characters that XML has no place for."""
    return "".join(
        c if c in "\n\t" or 32 <= ord(c) < 0xD800 or 0xE000 <= ord(c) < 0xFFFE else "?" for c in text
    )


def _subject(subject: Subject) -> dict[str, Any]:
    return {
        "op": subject.op,
        "format": subject.fmt.name,
        "policy": subject.policy.name,
        "offset_codes": subject.offset,
        "mode": subject.mode,
        "inputs": list(subject.inputs),
        "outputs": list(subject.outputs),
    }


def _outcome(result: Result, outcome: Outcome) -> dict[str, Any]:
    digits = (result.subject.fmt.width + 3) // 4
    found = [
        {
            "rule": one.rule,
            "inputs": _rows(one.inputs, digits),
            "got": _rows(one.got, digits),
            "expected": _rows(one.wanted, digits),
        }
        for one in outcome.found
    ]
    return {
        "check": outcome.check,
        "id": identifier(result.subject, outcome.check),
        "claim": outcome.claim,
        "status": outcome.status,
        "cases": outcome.cases,
        "failed": outcome.failed,
        "seconds": round(outcome.seconds, 3),
        "reason": outcome.reason,
        "found": found,
    }


def _rows(columns: Any, digits: int) -> list[str]:
    """Return cases as texts of bare hexadecimal codes with spaces between."""
    texts = [[f"{code:0{digits}x}" for code in column.tolist()] for column in columns]
    return [" ".join(row) for row in zip(*texts, strict=True)]


def _group(group: Group) -> dict[str, Any]:
    return {
        "name": group.name,
        "kind": group.kind,
        "words": group.words,
        "advice": group.advice,
        "cases": group.cases,
        "shown": None if group.shown is None else failure_record(group.shown),
    }


def failure_record(failure: Failure) -> dict[str, Any]:
    """Return a failure as what JSON holds."""
    fmt = failure.subject.fmt
    return {
        "check": failure.check,
        "inputs": [fmt.hex(code) for code in failure.inputs],
        "values": [fmt.to_float(code) for code in failure.inputs],
        "got": [fmt.hex(code) for code in failure.got],
        "expected": [fmt.hex(code) for code in failure.expected],
        "distance_codes": list(failure.distance),
        "rule": failure.rule,
        "diagnosis": failure.diagnosis,
        "repro": failure.repro,
    }
