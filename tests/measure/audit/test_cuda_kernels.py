"""CUDA kernels that multiply are caught on every architecture; those that add pass. No GPU is needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from pamcheck.measure.audit import nvrtc, offences, run, sass
from pamcheck.measure.audit.kernels import gpu_kernels
from pamcheck.measure.audit.record import Record, audit_functions

OnGpu = Callable[[str, str], Record]
Together = Callable[[str], dict[str, Record]]
ALL = pytest.mark.parametrize("arch", nvrtc.ARCHITECTURES)


def elementwise(body: str, kind: str = "float") -> str:
    return (
        f'extern "C" __global__ void k(const {kind}* a, const {kind}* b, {kind}* out, int n) {{\n'
        f"  int i = blockIdx.x * blockDim.x + threadIdx.x; if (i < n) {{ {body} }}\n}}\n"
    )


MMA = """extern "C" __global__ void k(const unsigned* a, float* out) {
  int i = threadIdx.x; float d, e, f, g;
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},"
    "{%10,%10,%10,%10};" : "=f"(d), "=f"(e), "=f"(f), "=f"(g) : "r"(a[i]), "r"(a[i+1]), "r"(a[i+2]),
    "r"(a[i+3]), "r"(a[i+4]), "r"(a[i+5]), "f"(0.f));
  out[i] = d + e + f + g; }
"""
OFFENDERS = {
    "multiply": (elementwise("out[i] = a[i] * b[i];"), offences.MULTIPLY),
    "fused multiply-add": (elementwise("out[i] = fmaf(a[i], b[i], a[i]);"), offences.FUSED),
    "quick division": (elementwise("out[i] = __fdividef(a[i], b[i]);"), offences.SPECIAL),
    "division": (elementwise("out[i] = a[i] / b[i];"), offences.SPECIAL),
    "reciprocal root": (elementwise("out[i] = rsqrtf(a[i]);"), offences.SPECIAL),
    "exponential": (elementwise("out[i] = __expf(a[i]);"), offences.SPECIAL),
    "half of it": (elementwise("out[i] = a[i] * 0.5f;"), offences.MULTIPLY),
    "double": (elementwise("out[i] = a[i] * b[i];", "double"), offences.MULTIPLY),
    "two halves": (
        elementwise('asm("mul.f16x2 %0, %1, %2;" : "=r"(out[i]) : "r"(a[i]), "r"(b[i]));', "unsigned"),
        offences.PACKED_MULTIPLY,
    ),
    "two bfloat16": (
        elementwise('asm("fma.rn.bf16x2 %0, %1, %2, %1;" : "=r"(out[i]) : "r"(a[i]), "r"(b[i]));', "unsigned"),
        offences.PACKED_MULTIPLY,
    ),
    "tensor core": (MMA, offences.TENSOR),
    "integers stored": (elementwise("out[i] = a[i] * b[i];", "int"), offences.REACHES_DATA),
    "high halves of integers": (elementwise("out[i] = __umulhi(a[i], b[i]);", "unsigned"), offences.REACHES_DATA),
    "wide integers": (elementwise("out[i] = a[i] * b[i];", "long long"), offences.REACHES_DATA),
    "integers added up as floats": (
        elementwise(
            "float s = 1.f; for (int k = 0; k < n; k++) s += __int_as_float(a[k] * b[i]); out[i] = (int)s;", "int"
        ),
        offences.REACHES_DATA,
    ),
    "integers through shared memory": (
        elementwise(
            "__shared__ int s[256]; s[threadIdx.x] = a[i] * b[i]; __syncthreads(); out[i] = s[255 - threadIdx.x];",
            "int",
        ),
        offences.REACHES_DATA,
    ),
    "integers in a function": (
        "__device__ __noinline__ int f(int x, int y) { return x * y + 3; }\n"
        + elementwise("out[i] = f(a[i], b[i]);", "int"),
        offences.REACHES_DATA,
    ),
    "an integer division": (elementwise("out[i] = a[i % n] + b[i / n];"), offences.SPECIAL),
}  # fmt: skip

INNOCENTS = {
    "addition": elementwise("out[i] = a[i] + b[i];"),
    "subtraction of a constant": elementwise("out[i] = fabsf(a[i]) - 2.5f;"),
    "a constant": elementwise("out[i] = 1.5f;"),
    "two constants": elementwise("out[i] = a[i] > b[i] ? 1.9375f : 0.0625f;"),
    "the larger": elementwise("out[i] = fmaxf(a[i], b[i]);"),
    "shifts": elementwise("out[i] = (a[i] << 3 ^ b[i]) + a[i] * 16 + (b[i] << (n & 31));", "unsigned"),
    "doubles": elementwise("out[i] = a[i] + b[i];", "double"),
    "two halves added": elementwise(
        'asm("add.f16x2 %0, %1, %2;" : "=r"(out[i]) : "r"(a[i]), "r"(b[i]));', "unsigned"
    ),
    "rows and columns": 'extern "C" __global__ void k(const float* a, float* out, int rows, int stride) {\n'
    "  int c = blockIdx.x * blockDim.x + threadIdx.x, r = blockIdx.y * blockDim.y + threadIdx.y;\n"
    "  if (r < rows) out[r * stride + c] = a[c * rows + r] + a[r * stride + c]; }\n",
    "a sum down a column": 'extern "C" __global__ void k(const float* a, float* out, int n) {\n'
    "  int i = threadIdx.x; float s = 0.f; for (int k = 0; k < n; k++) s += a[k * n + i]; out[i] = s; }\n",
    "a product by addition": elementwise(
        "unsigned x = __float_as_uint(a[i]), y = __float_as_uint(b[i]);"
        "unsigned t = (x & 0x7fffffff) + (y & 0x7fffffff) - 0x3f800000;"
        "out[i] = __uint_as_float(t | ((x ^ y) & 0x80000000));"
    ),
}


@pytest.fixture(scope="module")
def together(on_gpu: OnGpu) -> Together:  # noqa: ARG001, it sees to the tools
    """Compile every kernel above in one go; return their records by name."""
    sources = {**{name: source for name, (source, _) in OFFENDERS.items()}, **INNOCENTS}
    numbered = {f"k{number}": name for number, name in enumerate(sources)}
    text = "".join(sources[name].replace(" k(", f" {number}(") for number, name in numbered.items())

    @cache
    def records(arch: str) -> dict[str, Record]:
        functions = sass.parse(nvrtc.listing(text, arch))
        return {numbered[f.name]: audit_functions([f], arch, numbered[f.name]) for f in functions}

    return records


@ALL
@pytest.mark.parametrize("name", OFFENDERS)
def test_a_kernel_that_multiplies_is_caught(together: Together, name: str, arch: str) -> None:
    why, record = OFFENDERS[name][1], together(arch)[name]
    assert not record.holds
    assert why in {item.why for item in record.offenders}, record.offenders
    assert all("kernel.cu:" in item.source for item in record.offenders)


@ALL
@pytest.mark.parametrize("name", INNOCENTS)
def test_a_kernel_that_adds_passes(together: Together, name: str, arch: str) -> None:
    record = together(arch)[name]
    assert record.holds, record.reason
    assert record.instructions > 5
    assert record.stores > 0


@ALL
def test_index_multiplications_are_counted_apart(together: Together, arch: str) -> None:
    assert together(arch)["rows and columns"].integer_multiplies >= 3


@ALL
def test_the_inner_loop_of_a_product_is_counted(on_gpu: OnGpu, arch: str) -> None:
    source = """extern "C" __global__ void k(const int* a, const int* b, float* out, int n) {
      float s = 0.f;
      #pragma unroll 4
      for (int k = 0; k < n; k++) s += __int_as_float(a[k] + b[k] - 0x3f800000);
      out[threadIdx.x] = s; }"""
    loop = on_gpu(source, arch).loop
    assert loop is not None
    assert loop.adds == 4
    assert loop.loads >= 4
    assert 3 < loop.instructions_per_add < 12


@pytest.mark.usefixtures("on_gpu")
def test_lines_of_the_source_change_no_instruction() -> None:
    source = INNOCENTS["a product by addition"]
    with_lines = nvrtc.disassemble(nvrtc.compile_cubin(source, "sm_90", ("--generate-line-info",))[0])
    without = nvrtc.disassemble(nvrtc.compile_cubin(source, "sm_90")[0])

    def code(text: str) -> list[str]:
        return [line for line in text.splitlines() if line.lstrip().startswith("/*")]

    assert code(with_lines) == code(without)
    assert code(without)


@pytest.mark.usefixtures("on_gpu")
def test_nothing_is_fused_even_where_the_source_would_let_it() -> None:
    cubin, _ = nvrtc.compile_cubin(elementwise("out[i] = a[i] * b[i] + a[i];"), "sm_80")
    listing = nvrtc.disassemble(cubin)
    assert "FMUL" in listing
    assert "FFMA" not in listing


@pytest.mark.usefixtures("on_gpu")
def test_a_source_with_an_error_is_refused_with_the_compilers_own_words() -> None:
    with pytest.raises(nvrtc.CompileError, match=r"kernel\.cu\(1\): error: identifier .y. is undefined"):
        nvrtc.compile_cubin('extern "C" __global__ void k(float* x) { x[0] = y; }', "sm_80")
    with pytest.raises(nvrtc.CompileError, match="sm_1"):
        nvrtc.compile_cubin("", "sm_1")


def test_missing_tools_are_said_in_a_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from pamcheck.measure.audit import run

    monkeypatch.setattr(nvrtc, "_installed", lambda *_: [])
    monkeypatch.setattr(nvrtc.ctypes.util, "find_library", lambda _: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    nvrtc._library.cache_clear(), nvrtc._disassembler.cache_clear()
    try:
        found = run.audit(targets=["sm_80", "sm_90"])
        assert not found.holds
        assert found.skipped == (
            'sm_80, sm_90 not audited: nvidia-cuda-nvrtc is not installed; pip install "pamcheck[audit]"',
        )
    finally:
        nvrtc._library.cache_clear(), nvrtc._disassembler.cache_clear()


@ALL
@pytest.mark.parametrize(
    "name", ["pam float32 ftz", "pam float16 ftz", "pam float64 ftz", "pam float8_e4m3fn ftz"]
)
@pytest.mark.usefixtures("on_gpu")
def test_a_multiplication_put_into_a_kernel_of_the_project_is_caught(name: str, arch: str) -> None:
    kernel = next(kernel for kernel in gpu_kernels() if kernel.name == name)
    assert "wrapping_sum(excess, other)" in kernel.source
    broken = replace(
        kernel, source=kernel.source.replace("wrapping_sum(excess, other)", "Word(excess * other)")
    )
    for record in run.audit_gpu(broken, arch):
        assert {item.why for item in record.offenders} == {offences.REACHES_DATA}, record.kernel
    assert all(record.holds for record in run.audit_gpu(kernel, arch))
