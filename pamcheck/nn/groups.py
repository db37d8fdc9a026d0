"""The arithmetic of a network, group by group: which parts multiply, and how.

    ars = make_groups({"matmul": "mimic", "softmax": "exact"})     # the other groups are native
    model.loss(weights, batch, ars.taped(tape), None)

What belongs to no group, additions of residuals and of positions, is done by that of `matmul`, and so are the
attention's scale and the mean over patches; the scale of dropout is done by that of `activation`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from pamcheck.arithmetic import Arithmetic, Native, Pam
from pamcheck.arithmetic.mantissa import WIDEST
from pamcheck.arithmetic.narrowed import Narrowed
from pamcheck.lookup import lookup

if TYPE_CHECKING:
    from pamcheck.nn.autograd import Tape

GROUPS = ("matmul", "softmax", "layer_norm", "activation", "loss", "optimizer")
CHOICES: dict[str, Native | Pam] = {"native": Native(), "exact": Pam("exact"), "mimic": Pam("mimic")}


@dataclass(frozen=True)
class Groups:
    """One Arithmetic for each group of a network."""

    matmul: Arithmetic
    softmax: Arithmetic
    layer_norm: Arithmetic
    activation: Arithmetic
    loss: Arithmetic
    optimizer: Arithmetic

    @classmethod
    def uniform(cls, ar: Arithmetic) -> Groups:
        """Return one arithmetic for every group."""
        return cls(**dict.fromkeys(GROUPS, ar))

    def taped(self, tape: Tape) -> Groups:
        """Return the groups over a tape, but for the optimizer, which is not differentiated."""
        over: dict[int, Any] = {}
        for name in GROUPS[:-1]:
            ar: Any = getattr(self, name)
            over.setdefault(id(ar), tape.over(ar))
        return Groups(
            **{name: over[id(getattr(self, name))] for name in GROUPS[:-1]}, optimizer=self.optimizer
        )

    @property
    def name(self) -> str:
        """What tables call it: the arithmetic's name, or that of each group where they differ."""
        names = {part.name: getattr(getattr(self, part.name), "name", "unnamed") for part in fields(self)}
        if len(set(names.values())) == 1:
            return names["matmul"]
        return ", ".join(f"{group} {name}" for group, name in names.items())


def groups_of(ar: Arithmetic | Groups) -> Groups:
    """Return groups as they are, and one arithmetic as that of every group."""
    return ar if isinstance(ar, Groups) else Groups.uniform(ar)


def make_groups(chosen: Mapping[str, str], mantissa_bits: int = WIDEST) -> Groups:
    """Return an arithmetic by group: "native", "exact" or "mimic"; groups that are not named are native.

    mantissa_bits  to which operands are rounded before products, as `Narrowed` says; 23 leaves them as they are

    Raises ValueError for an unknown group or choice, and for bits outside 1 to 23.
    """
    made = {name: narrowed(ar, mantissa_bits) for name, ar in CHOICES.items()}
    known = dict.fromkeys(GROUPS)
    for group in chosen:
        lookup("group", group, known)
    return Groups(**{group: lookup("arithmetic", chosen.get(group, "native"), made) for group in GROUPS})


def narrowed(ar: Native | Pam, mantissa_bits: int) -> Arithmetic:
    """Return an arithmetic on operands of so many mantissa bits: itself where those are float32's 23."""
    return ar if mantissa_bits == WIDEST else Narrowed(ar, mantissa_bits)
