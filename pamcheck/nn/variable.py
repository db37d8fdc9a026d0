"""What a tape differentiates by: arrays, and the places where their cotangents gather."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pamcheck.nn.autograd import Tape


class TapeError(RuntimeError):
    """A tape, or a Variable of one, that was used when or where it cannot be."""


@dataclass(slots=True)
class Slot:
    """Where the cotangent of one value gathers. It outlives the value."""

    shape: tuple[int, ...]
    dtype: Any
    cotangent: Any = None
    kept: bool = False


class Variable:
    """An array that a tape differentiates by. `grad` is there once the tape was read back."""

    # arrays refuse to compute with one, instead of making an array of objects
    __array_ufunc__ = None

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError("a Variable is no array; compute with its tape's arithmetic, or take its value")

    def __bool__(self) -> bool:
        raise TypeError("a Variable is neither true nor false; ask its value")

    def __init__(self, value: Any, tape: Tape, slot: Slot) -> None:
        self.value, self.tape, self.slot = value, tape, slot

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the value."""
        return tuple(self.value.shape)

    @property
    def ndim(self) -> int:
        """Number of axes of the value."""
        return int(self.value.ndim)

    @property
    def dtype(self) -> Any:
        """The value's dtype."""
        return self.value.dtype

    @property
    def grad(self) -> Any:
        """Cotangent of a leaf or a watched value: an array of its shape, None where nothing depends on it.

        Raises TapeError before the tape was read back, and for a value that is neither.
        """
        if not self.tape.done:
            raise TapeError("this Variable has no gradient yet; call its tape's backward first")
        if self.tape.failed:
            raise TapeError(
                "backward stopped half way, so this gradient may lack terms; see the error that it raised"
            )
        if not self.slot.kept:
            raise TapeError("this Variable is no leaf; watch it before backward to keep its gradient")
        return self.slot.cotangent
