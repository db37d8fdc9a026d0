"""The right results of another policy."""

from __future__ import annotations

from pamcheck.policy import POLICIES
from pamcheck.testing.mutants.family import Family, When
from pamcheck.testing.subject import Subject

family = Family("Policies")
_WORDS = {
    "ftz": "the policy is 'ftz': subnormal numbers are zeros and overflow is infinite",
    "gradual": "the policy is 'gradual': subnormal operands and results keep their value",
    "saturate": "the policy is 'saturate': overflow gives the largest number",
    "kosson2023": "the policy is 'kosson2023': the published thresholds 1e-37 and 1e37 decide",
}


def _about(name: str) -> When:
    thresholds = POLICIES[name].reference_only

    def when(subject: Subject) -> bool:
        published = subject.op in ("pam", "padiv") and not subject.mode and subject.fmt.exp_bits >= 8
        return subject.policy.name != name and (published or not thresholds)

    return when


for _name, _policy in POLICIES.items():
    family.add(
        f"policy_{_name}",
        _WORDS[_name],
        f"if that is meant, judge with --policy {_name}",
        kind="deviation",
        when=_about(_name),
        policy=lambda _, policy=_policy: policy,
    )
