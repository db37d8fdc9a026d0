"""A result as a reader wants it: checks, causes with one case each, further failures, one last line."""

from __future__ import annotations

from collections.abc import Iterator

from pamcheck.formats import FloatFormat
from pamcheck.testing.result import Failure, Group, Outcome, Result

_STATES = {
    "passed": "passed",
    "failed": "FAILED",
    "fault": "FAULT",
    "skipped": "skipped",
    "xfailed": "fails, as expected",
    "xpassed": "PASSES, expected to fail",
}
# inputs of a case that are printed, on lines of their own and on one: an element of a matrix product has hundreds
SHOWN, SHOWN_IN_LINE = 16, 4
_KINDS = {"deviation": "deviation", "bug": "wrong", "fault": "fault", "unexplained": "wrong"}


def lines(result: Result) -> Iterator[str]:
    """Yield the lines that `pamcheck verify` prints, the last one PASS or FAIL."""
    yield f"{result.target}: {result.subject}"
    if result.lacking:
        yield f"  skipped  {result.subject.fmt.name}: {result.lacking}"
    else:
        told = [o for o in result.outcomes if not o.reason.startswith("asks nothing")]
        width = max((len(o.check) for o in told), default=0)
        state = max((len(_STATES[o.status]) for o in told), default=0)
        yield from (f"  {_STATES[o.status]:<{state}} {_outcome(o, width)}" for o in told)
    shown = set()
    for number, group in enumerate(result.groups, start=1):
        yield ""
        yield from _group(number, group)
        shown.add(group.shown)
    if result.identity is not None:
        yield ""
        yield "by its answers alone, this unit"
        yield from (f"  {line}" for line in result.identity.summary)
    others = [failure for failure in result.failures if failure not in shown]
    if others:
        yield ""
        yield f"{len(others)} more of the failures; --errors shows more or fewer, --json has all"
        yield from (f"  {one_line(failure)}" for failure in others)
    yield from (f"notice: {notice}" for notice in result.notices)
    yield last_line(result)


def last_line(result: Result) -> str:
    """Return PASS or FAIL with the counts, and of the failures shown the farthest off."""
    wrong = [o for o in result.outcomes if o.status in ("failed", "fault", "xpassed")]
    counts = f"{_n(len(result.outcomes), 'check')}, {_n(result.cases, 'case')}"
    told = f"{counts}, {result.seconds:.1f} s"
    if result.interrupted:
        return f"STOP  {result.subject}: interrupted; {result.failed:,} wrong of {_n(result.cases, 'case')} so far"
    if result.passed:
        expected = len(result.of("xfailed"))
        beside = f"; {_n(expected, 'check')} failed as expected" if expected else ""
        return f"PASS  {result.subject}: {told}{beside}"
    if result.lacking:
        return f"SKIP  {result.subject}: {result.lacking}"
    if not wrong:
        return f"FAIL  {result.subject}: nothing was compared; {told}"
    if not result.failed:
        names = ", ".join(o.check for o in wrong)
        return f"FAIL  {result.subject}: expected to fail, and passed: {names}; {told}"
    far = [(max(abs(d or 0) for d in f.distance), f) for f in result.failures if f.got]
    worst = max(far, key=lambda pair: pair[0], default=None)
    at = (
        f"; {worst[0]:,} code{'s' if worst and worst[0] > 1 else ''} off at {_operands(worst[1])}"
        if worst and worst[0]
        else ""
    )
    return f"FAIL  {result.subject}: {result.failed:,} wrong in {len(wrong)} of {told}{at}"


def one_line(failure: Failure) -> str:
    """Return a failure on one line."""
    got = _codes(failure, failure.got) or "no answer"
    expected = f", expected {_codes(failure, failure.expected)}" if failure.expected else ""
    why = f" ({failure.rule})" if failure.rule else ""
    return f"{failure.check}: {_operands(failure)} gives {got}{expected}{why}"


def case_lines(failure: Failure) -> Iterator[str]:
    """Yield a failure's inputs and outputs as value, hexadecimal float and bits, and the command that repeats it."""
    subject, fmt = failure.subject, failure.subject.fmt
    rows = list(zip(subject.inputs[:SHOWN], (_number(fmt, c) for c in failure.inputs), strict=False))
    if len(failure.inputs) > SHOWN:
        rows.append(("...", f"{len(failure.inputs) - SHOWN} more"))
    several = len(subject.outputs) > 1
    for place, name in enumerate(subject.outputs):
        label = f" {name}" if several else ""
        if failure.got:
            off = failure.distance[place]
            rows.append((f"got{label}", f"{_number(fmt, failure.got[place])}{_off(off)}"))
        if failure.expected:
            rows.append((f"expected{label}", _number(fmt, failure.expected[place])))
    width = max((len(name) for name, _ in rows), default=0)
    yield from (f"{name:<{width}}  {value}".rstrip() for name, value in rows)
    if failure.rule:
        yield f"because   {failure.rule}" if failure.got else failure.rule
    if failure.repro:
        yield failure.repro


def _group(number: int, group: Group) -> Iterator[str]:
    count = f"{group.cases:,} failure{_s(group.cases)}"
    name = "" if group.name == "unexplained" else f", {group.name}"
    yield f"{number}. {_KINDS[group.kind]}: {group.words}  ({count}{name})"
    if group.advice:
        yield f"   {group.advice}"
    if group.shown is not None:
        shown = group.shown.but(rule="") if group.kind == "fault" else group.shown  # said already
        yield from (f"   {line}" for line in case_lines(shown))


def _outcome(outcome: Outcome, width: int) -> str:
    count = f"{outcome.failed:,} of {outcome.cases:,}" if outcome.failed else f"{outcome.cases:,}"
    if outcome.fault is not None:
        count = f"after {outcome.cases:,}"
    reason = f"  {outcome.reason}" if outcome.reason else ""
    return f"{outcome.check:<{width}}  {count:>12}{reason}"


def _operands(failure: Failure) -> str:
    fmt, shown = failure.subject.fmt, failure.inputs[:SHOWN_IN_LINE]
    values = ", ".join(f"{fmt.to_float(code):.9g}" for code in shown)
    more = (
        f", ... {len(failure.inputs) - SHOWN_IN_LINE} more" if len(failure.inputs) > SHOWN_IN_LINE else ""
    )
    return f"({values}{more}) = ({_codes(failure, shown)}{more})"


def _codes(failure: Failure, codes: tuple[int, ...]) -> str:
    return ", ".join(failure.subject.fmt.hex(code) for code in codes)


def _number(fmt: FloatFormat, code: int) -> str:
    value = fmt.to_float(code)
    return f"{value:<16.9g} {_trimmed(value):<22} {fmt.hex(code)}"


def _trimmed(value: float) -> str:
    """Return a hexadecimal float without the zeros that say nothing."""
    text = value.hex()
    if "p" not in text or "." not in text:
        return text
    digits, exponent = text.split("p")
    return f"{digits.rstrip('0').rstrip('.')}p{exponent}"


def _off(distance: int | None) -> str:
    if not distance:
        return ""
    return f"   {abs(distance):,} code{_s(distance)} too {'high' if distance > 0 else 'low'}"


def _s(count: int) -> str:
    return "" if abs(count) == 1 else "s"


def _n(count: int, word: str) -> str:
    return f"{count:,} {word}{_s(count)}"
