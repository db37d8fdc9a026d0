"""The device header under every compiler that meets it, and under the one that watches for undefined behaviour."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pamcheck.formats import FloatFormat, get_format
from pamcheck.kernels import cpu
from pamcheck.kernels.table import BODIES, OPS
from pamcheck.kernels.words import make_words
from pamcheck.policy import get_policy

CODE = {8: "unsigned char", 16: "unsigned short", 32: "unsigned int", 64: "unsigned long long"}
WORD = {32: "int", 64: "long long"}
SEED = 11
IN_CI = os.environ.get("CI", "").lower() in ("true", "1")

# one policy with everything, one with as little as possible, in both widths of word
CASES = [("float32", "ftz"), ("float32", "gradual"), ("float64", "saturate"), ("float8_e4m3fn", "gradual")]


def literal(value: int, bits: int) -> str:
    """Return a word as a C++ expression; the lowest has no literal of its own type."""
    signed = value - (1 << bits) if value >> (bits - 1) == 1 else value
    suffix = "ll" if bits == 64 else ""
    return f"(-{-1 - signed}{suffix} - 1)" if signed < 0 else f"{signed}{suffix}"


def kernel_source(fmt: str, policy: str) -> str:
    """Return a kernel that calls every body with the words of a format as constants."""
    f = get_format(fmt)
    w = make_words(f, get_policy(policy))
    bits = cpu.word_bits(w)
    calls = "\n".join(
        f"    out[{i}] = Code({body.__name__}({', '.join(f'Word(in[{o}])' for o in range(arity))}, w));"
        for i, (body, arity) in enumerate(BODIES.values())
    )
    return f"""#include "pam.cuh"
using namespace pamcheck;
typedef {CODE[f.storage_bits]} Code;
typedef {WORD[bits]} Word;
extern "C" __global__ void every_body(const Code* in, Code* out) {{
    constexpr Words<Word> w = {{{", ".join(literal(value, bits) for value in w)}}};
{calls}
    out[{len(BODIES)}] = Code(scale(Word(in[0]), Word(in[1]), w));
}}
"""


# CUDA


@pytest.fixture(scope="module")
def nvrtc() -> Any:
    """Return NVRTC's library out of the wheel of that name, which CI installs on Linux."""
    try:
        files = metadata.files("nvidia-cuda-nvrtc") or []
    except metadata.PackageNotFoundError:
        files = []
    found = [Path(str(file.locate())) for file in files if file.name.startswith("libnvrtc.so")]
    if not found:
        missing = "NVRTC is not installed: pip install nvidia-cuda-nvrtc"
        (pytest.fail if IN_CI and sys.platform == "linux" else pytest.skip)(missing)
    return ctypes.CDLL(str(found[0]))


@pytest.mark.parametrize("arch", ["sm_80", "sm_90", "sm_100"])
@pytest.mark.parametrize(("fmt", "policy"), CASES)
def test_nvrtc_compiles_every_body_without_a_word_of_complaint(
    fmt: str, policy: str, arch: str, nvrtc: Any, device_folder: Path
) -> None:
    program = ctypes.c_void_p()
    headers = {path.name.encode(): path.read_bytes() for path in device_folder.glob("*.cuh")}
    texts = (ctypes.c_char_p * len(headers))(*headers.values())
    names = (ctypes.c_char_p * len(headers))(*headers)
    source = kernel_source(fmt, policy).encode()
    options = [f"--gpu-architecture={arch}".encode(), b"--std=c++17"]
    made = nvrtc.nvrtcCreateProgram(
        ctypes.byref(program), source, b"every_body.cu", len(headers), texts, names
    )
    assert made == 0
    status = nvrtc.nvrtcCompileProgram(program, len(options), (ctypes.c_char_p * len(options))(*options))
    size = ctypes.c_size_t()
    nvrtc.nvrtcGetProgramLogSize(program, ctypes.byref(size))
    log = ctypes.create_string_buffer(size.value)
    nvrtc.nvrtcGetProgramLog(program, log)
    nvrtc.nvrtcDestroyProgram(ctypes.byref(program))
    assert (status, log.value.decode().strip()) == (0, "")


@pytest.mark.skipif(shutil.which("nvcc") is None, reason="nvcc is not installed; NVRTC is tested above")
def test_nvcc_compiles_every_body_without_a_word_of_complaint(device_folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "every_body.cu"
    source.write_text(kernel_source("float32", "gradual"), encoding="utf-8")
    command = ["nvcc", "-std=c++17", "-arch=sm_90", "-cubin", "-Werror=all-warnings", f"-I{device_folder}"]
    result = subprocess.run(
        [*command, str(source), "-o", str(tmp_path / "every_body.cubin")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout + result.stderr) == (0, "")


# Undefined behaviour


# Runs in a process of its own, because the sanitizer ends the process that it catches.
SANITIZED = """
import ctypes, json, sys
import numpy as np

library, operand_file, case_file = sys.argv[1:]
function = ctypes.CDLL(library).pamcheck_run
function.argtypes = [ctypes.c_char_p, *[ctypes.c_int] * 2, *[ctypes.c_void_p] * 4]
function.argtypes += [ctypes.c_size_t, ctypes.c_void_p, ctypes.c_longlong]
operands = np.load(operand_file)
for name, bits, k, fmt, words in json.load(open(case_file)):
    columns = operands[fmt]
    out, words = np.empty_like(columns[0]), np.array(words, np.int64)
    pointers = [column.ctypes.data for column in columns] + [out.ctypes.data]
    print(name, fmt, k, list(words), flush=True)
    status = function(name.encode(), 8 * out.itemsize, bits, *pointers, out.size, words.ctypes.data, k)
    assert status == 0
"""


def edge_codes(f: FloatFormat) -> np.ndarray:
    """Return all codes of a narrow format, else those beside its landmarks, of both signs."""
    if f.width <= 6:
        return np.arange(1 << f.width)
    half = f.tiny >> 1
    marks = [0, 1, half, f.tiny, f.one - f.tiny, f.one, f.one + half, f.one + (f.exp_bits << f.mant_bits)]
    marks += [f.largest, f.magnitude, f.magnitude >> 1]
    near = {mark + step for mark in marks for step in (-1, 0, 1)}
    magnitudes = np.array(sorted(code for code in near if 0 <= code <= f.magnitude), np.uint64)
    return np.concatenate([magnitudes, magnitudes | np.uint64(f.sign)])


def every_pair_in_any_place(codes: np.ndarray) -> np.ndarray:
    """Return triples in which every pair of codes stands in every two neighbouring columns."""
    first, second = (axis.ravel() for axis in np.meshgrid(codes, codes))
    third = np.random.default_rng(SEED).choice(codes, first.size)
    columns = [[first, second, third], [third, first, second]]
    return np.ascontiguousarray(np.concatenate(columns, axis=1))


def test_no_body_does_what_cpp_leaves_undefined(build: Callable[..., Path], tmp_path: Path) -> None:
    # -O0, because an optimiser moves a sum to where it is used, and past the case that overflows
    library = build("sanitized", "-O0", "-fsanitize=undefined", "-fno-sanitize-recover=all")
    operands: dict[str, np.ndarray] = {}
    cases: list[Any] = []
    for fmt in ["float64", "float32", "bfloat16", "float8_e4m3fn", "float6_e2m3fn", "e6m25", "e2m24f"]:
        f = get_format(fmt)
        codes = edge_codes(f).astype(f"u{f.storage_bits // 8}")
        operands[fmt] = every_pair_in_any_place(codes)
        for policy, offset in product(("ftz", "gradual", "saturate"), (0, f.tiny - 1, 1 - f.tiny)):
            w = make_words(f, get_policy(policy), offset)
            bits = cpu.word_bits(w)
            bodies = [
                body.__name__
                for name, (body, _) in BODIES.items()
                if not offset or OPS[name.partition("_")[0]].takes_offset
            ]
            far = [1 - (1 << (bits - 1)), 0, (1 << (bits - 1)) - 1]
            words = [int(field) for field in cpu.machine_words(w, bits)]
            cases += [(name, bits, 0, fmt, words) for name in bodies]
            cases += [("scale", bits, k, fmt, words) for k in far]
    np.savez(tmp_path / "operands.npz", **operands)
    (tmp_path / "cases.json").write_text(json.dumps(cases))
    files = [str(tmp_path / "operands.npz"), str(tmp_path / "cases.json")]
    command = [sys.executable, "-c", SANITIZED, str(library), *files]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    last = result.stdout.strip().splitlines()[-1:]
    assert result.returncode == 0, f"{last}\n{result.stderr}"
