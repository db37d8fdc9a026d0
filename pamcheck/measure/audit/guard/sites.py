"""Where something happened, in words: the file and line, the text that led there, the group that it belongs to."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from pamcheck.measure.audit.guard.allowed import Place
from pamcheck.measure.audit.guard.offence import Offence

OWN = Path(__file__).parent
PULL = "Tape._pull"  # of pamcheck.nn.autograd, which this package may not import
TEXTS = ("pamcheck/functional.py", "/nn/models/", "/nn/layers.py", "/nn/optimizers/", "/nn/training/")
"""Parts of paths: where what is computed is said, as against how."""


def offence(accusation: str, frame: FrameType, roots: Sequence[Path], groups: Mapping[str, Any]) -> Offence:
    """Return what a frame of one of the roots, the innermost, is accused of."""
    frames = _frames(frame, roots)
    at = frames[0] if frames else frame
    return Offence(
        operation=accusation,
        file=short(at.f_code.co_filename),
        line=at.f_lineno,
        function=at.f_code.co_qualname,
        text=_text(frames),
        group=_group(frames, groups) if groups else "",
    )


def innermost(frame: FrameType, roots: Sequence[Path]) -> FrameType:
    """Return the innermost frame of one of the roots."""
    return next(iter(_frames(frame, roots)), frame)


def _frames(frame: FrameType | None, roots: Sequence[Path]) -> list[FrameType]:
    """Return the frames of the roots, outwards, without a guard's own."""
    found = []
    while frame is not None:
        if inside(frame.f_code.co_filename, tuple(roots)):
            found.append(frame)
        frame = frame.f_back
    return found


@lru_cache(maxsize=4096)
def inside(file: str, roots: tuple[Path, ...]) -> bool:
    """Whether a source file lies in one of the folders, and is not of a guard itself."""
    path = Path(file)
    return any(path.is_relative_to(root) for root in roots) and not path.is_relative_to(OWN)


def _text(frames: Sequence[FrameType]) -> str:
    """Return the line, or the step of a tape, that says what is computed where the first frame computes it."""
    for place, frame in enumerate(frames):
        code = frame.f_code
        if code.co_qualname == PULL:
            return f"backward of {frame.f_locals['step'].op}"
        if any(part in code.co_filename for part in TEXTS):
            return f"{short(code.co_filename)}:{frame.f_lineno}" if place else ""
    return ""


def _group(frames: Sequence[FrameType], groups: Mapping[str, Any]) -> str:
    """Return the group whose arithmetic, the object itself, a frame computes with: the innermost such frame's.

    Farther out than the text, or the step of a tape, other groups are at work.
    """
    for frame in frames:
        pulls = frame.f_code.co_qualname == PULL
        held = [frame.f_locals["step"].arithmetic] if pulls else list(frame.f_locals.values())
        held += [x.base for x in held if hasattr(type(x), "own_rule") and hasattr(x, "base")]
        names = [name for name, arithmetic in groups.items() if any(x is arithmetic for x in held)]
        if names:
            return " or ".join(names)
        if pulls or any(part in frame.f_code.co_filename for part in TEXTS):
            break
    return ""


def matches(place: Place, frame: FrameType) -> bool:
    """Whether a frame is at a place that may multiply."""
    code = frame.f_code
    if code.co_qualname != place.function or not code.co_filename.endswith(place.file):
        return False
    return place.source in linecache.getline(code.co_filename, frame.f_lineno)


def named(code: CodeType) -> str:
    """Return a function's file, line and name."""
    return f"{short(code.co_filename)}:{code.co_firstlineno} ({code.co_qualname})"


def short(file: str) -> str:
    """Return a path from the package's folder on, or as it is."""
    parts = Path(file).parts
    return str(Path(*parts[parts.index("pamcheck") :])) if "pamcheck" in parts else file


@contextmanager
def profiled(notice: Callable[[FrameType], Any]) -> Iterator[None]:
    """Call `notice` with the frame of every Python function that begins, in this thread."""

    def hook(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            notice(frame)

    before = sys.getprofile()
    sys.setprofile(hook)
    try:
        yield
    finally:
        sys.setprofile(before)
