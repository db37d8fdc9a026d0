"""What happens at the edges of a format, as named data.

A policy never changes what a normal operand gives a normal result; it decides what becomes of operands
and results below the smallest normal number and of results above the largest (spec section 2).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from pamcheck.lookup import lookup


@dataclass(frozen=True)
class Policy:
    """Special-value behaviour.

    gradual     subnormal operands keep their value and results round to the subnormal grid;
                otherwise both are zeros of their sign
    saturate    a finite result above `largest` becomes `largest`; an infinite result (x/0, inf*x,
                log 0) is not an overflow and stays what the format has for infinity
    thresholds  exact real bounds (low, high) on the true product or quotient c, decided before the
                integers are looked at: +0 where c < low, NaN unless c < high. They need a real
                product, so a policy that has them exists in the reference only.
    """

    name: str
    gradual: bool = False
    saturate: bool = False
    thresholds: tuple[Fraction, Fraction] | None = None

    @property
    def reference_only(self) -> bool:
        """Whether the policy cannot be computed without a multiplication."""
        return self.thresholds is not None


POLICIES: dict[str, Policy] = {
    policy.name: policy
    for policy in (
        Policy("ftz"),
        Policy("gradual", gradual=True),
        Policy("saturate", saturate=True),
        Policy("kosson2023", thresholds=(Fraction(1, 10**37), Fraction(10**37))),
    )
}


def get_policy(name: str | Policy) -> Policy:
    """Return a policy by name. Raises ValueError, naming what exists, for an unknown one."""
    if isinstance(name, Policy):
        return name
    return lookup("policy", name, POLICIES)
