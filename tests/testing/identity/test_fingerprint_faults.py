"""A fault costs the probes that it prevented; what is shown and recorded."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from pamcheck.testing.identity import identify
from pamcheck.testing.subject import Codes, Subject, make_subject
from pamcheck.testing.target import TargetFault, Unsupported


@dataclass
class Fragile:
    """The definition, but a NaN as first operand ends it."""

    subject: Subject
    tells: bool
    kind: Any = "crash"
    name: str = "fragile"
    calls: int = 0

    def answer(self, subject: Subject, inputs: Sequence[Codes]) -> tuple[Codes, ...]:
        self.calls += 1
        for i, code in enumerate(inputs[0].tolist()):
            if subject.fmt.is_nan(code):
                case = tuple(int(codes[i]) for codes in inputs) if self.tells else None
                done = self.subject.expected([codes[:i] for codes in inputs]) if i else ()
                raise TargetFault(self.kind, "signal 11", case, done)
        return self.subject.expected(inputs)

    def notices(self) -> tuple[str, ...]:
        return ()

    def close(self) -> None:
        pass


class Lacking(Fragile):
    def answer(self, subject: Subject, inputs: Sequence[Codes]) -> tuple[Codes, ...]:  # noqa: ARG002
        raise Unsupported("no bfloat16 here")


@pytest.mark.parametrize("tells", [True, False])
def test_a_crash_at_nan_loses_nothing_else(tells: bool) -> None:
    target = Fragile(make_subject("pam", "bfloat16", offset=1 / 16), tells)
    found = identify(target, "bfloat16")
    assert found.offset == 8, str(found)
    assert found.conclusion("x * NaN").found == "the quiet NaN, sign clear"
    assert found.conclusion("NaN * x").found == "cannot tell: crash: signal 11", str(found)
    assert found.conclusion("inf * x").found == "infinity, the result's sign"
    assert target.calls < 100


def test_hangs_are_waited_for_only_a_few_times() -> None:
    target = Fragile(make_subject("pam", "bfloat16"), False, "hang")
    found = identify(target, "bfloat16")
    assert target.calls < 20
    assert "hang: signal 11" in str(found)


def test_a_format_that_is_lacking_is_said() -> None:
    found = identify(Lacking(make_subject("pam", "bfloat16"), True), "bfloat16")
    assert found.variant == "cannot tell: unsupported: no bfloat16 here"
    assert (found.confidence, found.asked, found.calls) == (0.0, 0, 1)


def test_text_and_record_show_the_probes_that_decided(reference: Any) -> None:
    found = identify(reference(make_subject("pam", "bfloat16")), "bfloat16")
    record = json.loads(json.dumps(found.record()))
    assert record["variant"] == "PAM (Mitchell)"
    assert all(one["probes"] for one in record["conclusions"] if one["agree"])
    assert "0x207f (2.15993402e-19), 0x1f80 (5.42101086e-20) -> 0x0000 (0)" in str(found)
    assert found.probes
    with pytest.raises(KeyError, match="aspect is 'colour'; there are computed"):
        found.conclusion("colour")


def test_the_same_seed_asks_the_same(reference: Any) -> None:
    target = reference(make_subject("padiv", "float6_e3m2fn"))
    assert identify(target, "float6_e3m2fn", "padiv", 3) == identify(target, "float6_e3m2fn", "padiv", 3)


def test_unknown_names_are_refused(reference: Any) -> None:
    with pytest.raises(ValueError, match="did you mean"):
        identify(reference(make_subject("pam")), "float32", "pamm")
