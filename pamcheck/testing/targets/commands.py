"""Finding a program by its command line."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path

from pamcheck.testing.targets.errors import TargetError


def split_command(command: str) -> list[str]:
    """Return the words of a command as a shell would split them. Raises TargetError where it cannot, or for none."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise TargetError(f"command {command!r} cannot be split into words: {error}") from None
    if not words:
        raise TargetError("command is empty; write a program and its arguments, as in './unit --f32'")
    return words


def find_program(word: str) -> str:
    """Return the path of a program, which does not change with the current folder.

    Raises TargetError, with what would do, where there is none or it cannot be executed.
    """
    if os.name != "posix":
        raise TargetError(
            "programs run on POSIX systems only, where one that hangs can be ended with its children"
        )
    found = shutil.which(word)
    if found:
        return str(Path(found).absolute())
    path = Path(word)
    if path.is_dir():
        raise TargetError(f"{word} is a folder, not a program")
    if path.is_file():
        hint = (
            f"; write {shlex.quote(f'./{word}')}"
            if os.access(path, os.X_OK)
            else f"; chmod +x {shlex.quote(word)}"
        )
        raise TargetError(f"{word} is there but cannot be executed as it is written{hint}")
    raise TargetError(f"there is no program {word}, neither here nor on PATH")
