"""Finding a callable by the name of its module or file."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import importlib.util
import os
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from pamcheck.testing.targets.errors import TargetError, in_a_line
from pamcheck.testing.targets.quiet import printing_to_stderr

_FORMS = "write package.module:function or path/to/file.py:function"


def load(spec: str) -> Callable[..., Any]:
    """Return the callable that "package.module:function" or "path/to/file.py:function" names.

    The function may be an attribute of something, as in "module:unit.forward". Modules of the current folder
    are found; a file is run anew at every call. What is printed meanwhile goes to standard error.

    Raises TargetError, a ValueError: no such module, file or attribute, an error in the module itself, and a
    thing that cannot be called.
    """
    place, colon, path = spec.rpartition(":")
    if not (colon and place and path):
        raise TargetError(f"target {spec!r} does not say which function of which module; {_FORMS}")
    with printing_to_stderr():
        module = _file(place) if place.endswith(".py") else _module(place)
        found = _attribute(module, place, path)
    if isinstance(found, type):
        raise TargetError(
            f"{path} in {place} is a class; name a function, or an instance that can be called"
        )
    if not callable(found):
        raise TargetError(f"{path} in {place} is of type {type(found).__name__}, which cannot be called")
    return found  # type: ignore[no-any-return]


def _module(name: str) -> ModuleType:
    if os.sep in name:
        hint = f"; did you mean {name}.py?" if Path(f"{name}.py").is_file() else ""
        raise TargetError(f"{name} names neither a module nor a file that ends in .py{hint}")
    if not all(part.isidentifier() for part in name.split(".")):
        raise TargetError(f"{name!r} is no name of a module; {_FORMS}")
    with _importable(Path.cwd()):
        try:
            return importlib.import_module(name)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            missing = error.name if isinstance(error, ModuleNotFoundError) else None
            if missing and f"{name}.".startswith(f"{missing}."):
                why = f": {error}" if "not a package" in str(error) else ""
                near = difflib.get_close_matches(name, [file.stem for file in Path().glob("*.py")], n=1)
                hint = f"; did you mean {near[0]}?" if near else ""
                raise TargetError(f"there is no module {name}{why}{hint}") from None
            raise TargetError(f"importing {name} failed: {in_a_line(error)}") from error


def _file(path: str) -> ModuleType:
    file = Path(path)
    if not file.is_file():
        near = difflib.get_close_matches(file.name, [p.name for p in file.parent.glob("*.py")], n=1)
        hint = f"; did you mean {file.parent / near[0]}?" if near else ""
        raise TargetError(f"there is no file {path}{hint}")
    file = file.resolve()
    # a name that no other module has: a file called random.py must not be taken for Python's
    name = f"pamcheck_target_{file.stem}_{zlib.crc32(str(file).encode()):08x}"
    specification = importlib.util.spec_from_file_location(name, file)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    with _importable(file.parent):
        try:
            specification.loader.exec_module(module)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            del sys.modules[name]
            raise TargetError(f"running {path} failed: {in_a_line(error, str(file))}") from error
    return module


@contextlib.contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Have a folder searched first meanwhile, and last ever after: for what a function imports when it is called."""
    entry = str(folder)
    importlib.invalidate_caches()
    sys.path.insert(0, entry)
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(entry)
        if entry not in sys.path:
            sys.path.append(entry)


def _attribute(module: ModuleType, place: str, path: str) -> Any:
    found: Any = module
    for part in path.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            names = [name for name in dir(found) if not name.startswith("__")]
            near = difflib.get_close_matches(part, names, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise TargetError(f"{place} has no attribute {path!r}: {part!r} is not there{hint}") from None
        except Exception as error:
            raise TargetError(f"{path} in {place} cannot be had: {in_a_line(error)}") from error
    return found
