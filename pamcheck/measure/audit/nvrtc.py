"""NVIDIA's compiler and disassembler, from their wheels: CUDA source to machine code to a listing. No GPU.

NVRTC is a library, called through ctypes; nvdisasm is a program. Both come with pamcheck[audit]; a program on
PATH and a library that the system finds serve as well.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.util
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

REMEDY = 'pip install "pamcheck[audit]"'
ARCHITECTURES = ("sm_80", "sm_90", "sm_100")


class ToolMissing(RuntimeError):
    """A tool of NVIDIA is not installed; the message says which, and what would do."""


class CompileError(RuntimeError):
    """NVRTC refused a source; the message has its log."""


def missing() -> str:
    """Return in a line what is missing for the GPU half, or ""."""
    try:
        _library(), _disassembler()
    except ToolMissing as error:
        return str(error)
    return ""


def compile_cubin(source: str, arch: str, options: tuple[str, ...] = ()) -> tuple[bytes, str]:
    """Compile CUDA source for an architecture such as "sm_80"; return the machine code and the log.

    --fmad=false is always among the options. Raises CompileError with the log where NVRTC refuses, and
    ToolMissing without NVRTC.
    """
    library, program = _library(), ctypes.c_void_p()
    given = [f"--gpu-architecture={arch}", *options]
    given += [] if "--fmad=false" in options else ["--fmad=false"]
    flags = (ctypes.c_char_p * len(given))(*(option.encode() for option in given))
    _check(
        library,
        library.nvrtcCreateProgram(ctypes.byref(program), source.encode(), b"kernel.cu", 0, None, None),
    )
    try:
        status = library.nvrtcCompileProgram(program, len(given), flags)
        log = _read(library, program, "ProgramLog").rstrip(b"\0").decode(errors="replace").strip()
        if status:
            raise CompileError(
                f"NVRTC refuses the source for {arch} with {' '.join(given)}:\n{log or _name(library, status)}"
            )
        return _read(library, program, "CUBIN"), log
    finally:
        library.nvrtcDestroyProgram(ctypes.byref(program))


def disassemble(cubin: bytes) -> str:
    """Return the listing of nvdisasm. Raises ToolMissing without it."""
    with tempfile.NamedTemporaryFile(suffix=".cubin", delete=False) as file:
        file.write(cubin)
    path = Path(file.name)
    try:
        # -c: code only; -g: with file and line, where the code was compiled with them
        done = subprocess.run(
            [_disassembler(), "-c", "-g", str(path)], capture_output=True, text=True, check=False
        )
    finally:
        path.unlink(missing_ok=True)
    if done.returncode:
        raise CompileError(f"nvdisasm cannot read the machine code: {done.stderr.strip()}")
    return done.stdout


def listing(source: str, arch: str, options: tuple[str, ...] = ()) -> str:
    """Compile a source and return its machine code as a listing, with the source's lines in it."""
    return disassemble(compile_cubin(source, arch, (*options, "--generate-line-info"))[0])


def _read(library: Any, program: ctypes.c_void_p, what: str) -> bytes:
    size = ctypes.c_size_t()
    _check(library, getattr(library, f"nvrtcGet{what}Size")(program, ctypes.byref(size)))
    buffer = ctypes.create_string_buffer(size.value)
    _check(library, getattr(library, f"nvrtcGet{what}")(program, buffer))
    return buffer.raw


def _check(library: Any, status: int) -> None:
    if status:
        raise CompileError(f"NVRTC fails: {_name(library, status)}")


def _name(library: Any, status: int) -> str:
    library.nvrtcGetErrorString.restype = ctypes.c_char_p
    return str(library.nvrtcGetErrorString(status).decode())


@cache
def _library() -> Any:
    for path in _installed(
        "lib/libnvrtc.so*", "lib/libnvrtc.*dylib", "bin/**/nvrtc64_*.dll", "lib64/libnvrtc.so*"
    ):
        if "builtins" not in path.name and "alt" not in path.name:
            return ctypes.CDLL(str(path))
    system = ctypes.util.find_library("nvrtc")
    if system is None:
        raise ToolMissing(f"nvidia-cuda-nvrtc is not installed; {REMEDY}")
    return ctypes.CDLL(system)


@cache
def _disassembler() -> str:
    found = next(iter(_installed("bin/nvdisasm", "bin/nvdisasm.exe")), None) or shutil.which("nvdisasm")
    if found is None:
        raise ToolMissing(f"nvidia-cuda-nvdisasm is not installed; {REMEDY}")
    return str(found)


def _installed(*patterns: str) -> list[Path]:
    """Return the files that NVIDIA's wheels installed under nvidia/<part>/, the newest version first."""
    spec = importlib.util.find_spec("nvidia")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    return [
        path
        for folder in folders
        for pattern in patterns
        for path in sorted(Path(folder).glob(f"*/{pattern}"), reverse=True)
    ]
