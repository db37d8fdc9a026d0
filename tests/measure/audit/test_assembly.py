"""Assembly listings of LLVM, both processors: mnemonics, the stack, calls, jump tables."""

from __future__ import annotations

import textwrap
from types import ModuleType

import pytest

from pamcheck.measure.audit import aarch64, offences, x86
from pamcheck.measure.audit.code import Kind
from pamcheck.measure.audit.record import Record, audit_functions


def record(parser: ModuleType, code: str) -> Record:
    """Audit one function of assembly; a line that ends with a colon is a label."""
    lines = [line.strip() for line in textwrap.dedent(code).strip().splitlines()]
    text = "\t.text\n\t.globl\tk\n\t.type\tk,@function\nk:\n\t.cfi_startproc\n"
    text += "\n".join(line if line.endswith(":") else f"\t{line}" for line in lines)
    return audit_functions(parser.parse(text + "\n.Lfunc_end0:\n"), "cpu", "k")


@pytest.mark.parametrize(
    ("parser", "line", "why"),
    [
        (x86, "vmulps %ymm0, %ymm1, %ymm2", offences.MULTIPLY),
        (x86, "mulsd (%rdi,%rax,8), %xmm0", offences.MULTIPLY),
        (x86, "vmulps (%rdi){1to16}, %zmm1, %zmm2 {%k1} {z}", offences.MULTIPLY),
        (x86, "vfmadd213ss %xmm0, %xmm1, %xmm2", offences.FUSED),
        (x86, "vfnmsub231pd (%rsi), %zmm0, %zmm1", offences.FUSED),
        (x86, "vdivps %ymm0, %ymm1, %ymm2", offences.DIVIDE),
        (x86, "sqrtss %xmm0, %xmm0", offences.ROOT),
        (x86, "vrsqrtps %ymm0, %ymm0", offences.ROOT),
        (x86, "vrcp14ps %zmm0, %zmm0", offences.RECIPROCAL),
        (x86, "vdpps $255, %xmm0, %xmm1, %xmm2", offences.DOT),
        (x86, "vdpbf16ps %zmm0, %zmm1, %zmm2", offences.DOT),
        (x86, "tdpbf16ps %tmm0, %tmm1, %tmm2", offences.TENSOR),
        (x86, "vscalefps %zmm0, %zmm1, %zmm2", offences.SCALE),
        (x86, "fmulp %st, %st(1)", offences.MULTIPLY),
        (x86, "vnewps %ymm0, %ymm1, %ymm2", offences.UNCLASSIFIED),
        (x86, "frobnicate %xmm0", offences.UNCLASSIFIED),
        (x86, "callq sqrtf@PLT", offences.LEAVES),
        (x86, "callq *%rax", offences.LEAVES),
        (x86, "jmp expf", offences.LEAVES),
        (aarch64, "fmul v0.4s, v1.4s, v2.4s", offences.MULTIPLY),
        (aarch64, "fmul.4s v0, v1, v2", offences.MULTIPLY),
        (aarch64, "fnmul s0, s1, s2", offences.MULTIPLY),
        (aarch64, "fmadd s0, s1, s2, s3", offences.FUSED),
        (aarch64, "fmla v0.4s, v1.4s, v2.s[1]", offences.FUSED),
        (aarch64, "fdiv d0, d1, d2", offences.DIVIDE),
        (aarch64, "fsqrt s0, s0", offences.ROOT),
        (aarch64, "frecpe v0.4s, v1.4s", offences.RECIPROCAL),
        (aarch64, "bfmmla v0.4s, v1.8h, v2.8h", offences.TENSOR),
        (aarch64, "fnew s0, s1", offences.UNCLASSIFIED),
        (aarch64, "bl powf", offences.LEAVES),
        (aarch64, "blr x8", offences.LEAVES),
    ],
)
def test_an_offender_is_named(parser: ModuleType, line: str, why: str) -> None:
    found = record(parser, line)
    assert [item.why.startswith(why) for item in found.offenders] == [True], found.offenders
    assert found.offenders[0].line == 6


@pytest.mark.parametrize(
    ("parser", "line", "expected"),
    [
        (x86, "vaddps %zmm0, %zmm1, %zmm2", Kind.FLOAT_ADD),
        (x86, "subsd %xmm0, %xmm1", Kind.FLOAT_ADD),
        (x86, "vcmpltps %ymm0, %ymm1, %ymm2", Kind.FLOAT_COMPARE),
        (x86, "vmaxps %ymm0, %ymm1, %ymm2", Kind.FLOAT_COMPARE),
        (x86, "vucomiss %xmm0, %xmm1", Kind.FLOAT_COMPARE),
        (x86, "cvtsi2ss %eax, %xmm0", Kind.CONVERSION),
        (x86, "vroundps $9, %ymm0, %ymm0", Kind.CONVERSION),
        (x86, "vpmulld %ymm0, %ymm1, %ymm2", Kind.INTEGER_MULTIPLY),
        (x86, "imulq $12, %rax, %rcx", Kind.INTEGER_MULTIPLY),
        (x86, "divl %ecx", Kind.INTEGER_MULTIPLY),
        (x86, "leaq (%rdi,%rax,8), %rcx", Kind.INTEGER),
        (x86, "vpmaxsd %ymm0, %ymm1, %ymm2", Kind.INTEGER),
        (x86, "vpternlogd $248, %zmm0, %zmm1, %zmm2", Kind.INTEGER),
        (x86, "vxorps %xmm0, %xmm0, %xmm0", Kind.INTEGER),
        (x86, "vmovups (%rdi), %ymm0", Kind.MEMORY),
        (x86, "rep movsb (%rsi), %es:(%rdi)", Kind.MEMORY),
        (aarch64, "fadd v0.4s, v1.4s, v2.4s", Kind.FLOAT_ADD),
        (aarch64, "fcmgt v0.4s, v1.4s, v2.4s", Kind.FLOAT_COMPARE),
        (aarch64, "fmaxnm s0, s1, s2", Kind.FLOAT_COMPARE),
        (aarch64, "scvtf s0, w0", Kind.CONVERSION),
        (aarch64, "madd x0, x1, x2, x3", Kind.INTEGER_MULTIPLY),
        (aarch64, "fmov s0, w0", Kind.INTEGER),
        (aarch64, "add x0, x1, x2, lsl #2", Kind.INTEGER),
        (aarch64, "ldp q0, q1, [x0]", Kind.MEMORY),
    ],
)
def test_what_does_no_harm_is_told_apart(parser: ModuleType, line: str, expected: Kind) -> None:
    found = record(parser, line)
    assert found.holds
    (function,) = parser.parse(f"k:\n\t{line}\n")
    assert function.instructions[0].kind == expected


FLOWS = {
    x86: {
        "stored": "imull %esi, %edi\nmovl %edi, (%rdx)",
        "added to memory": "imull %esi, %edi\naddl %edi, (%rdx)",
        "added as a float": "imull %esi, %edi\nvmovd %edi, %xmm1\nvaddss %xmm1, %xmm0, %xmm0",
        "returned": "imull %esi, %edi\nmovl %edi, %eax\nretq",
        "high half": "mulq %rcx\nmovq %rdx, (%rdi)",
        "through a carry": "imulq %rsi, %rdi\naddq %rdi, %rcx\nadcq $0, %r8\nmovq %r8, (%rdx)",
        "through a vector": "vpmulld %ymm0, %ymm1, %ymm2\nvpaddd %ymm2, %ymm3, %ymm3\nvmovdqu %ymm3, (%rdi)",
        "chosen": "imull %esi, %edi\ncmovel %edi, %ecx\nmovl %ecx, (%rdx)",
        "spilled": "subq $24, %rsp\nimull %esi, %edi\nmovl %edi, 8(%rsp)\nxorl %edi, %edi\nmovl 8(%rsp), %ecx\n"
        "movl %ecx, (%rdx)",
        "spilled as a mask": "imulq %rsi, %rdi\nmovq %rdi, -16(%rsp)\nkmovw -16(%rsp), %k2\n"
        "vmovdqa32 %ymm1, %ymm0 {%k2}\nvmovdqu %ymm0, (%rdx)",
        "spilled and pushed": "pushq %rbx\nimulq %rsi, %rdi\nmovq %rdi, -16(%rsp)\npushq %rcx\nmovq -8(%rsp), %r8\n"
        "movq %r8, (%rdx)",
        "a byte of a slot": "subq $24, %rsp\nimulq %rsi, %rdi\nmovb %dil, 7(%rsp)\nmovl 4(%rsp), %ecx\n"
        "movl %ecx, (%rdx)",
        "part of a vector slot": "subq $72, %rsp\nvpmulld %ymm0, %ymm1, %ymm2\nvmovdqu %ymm2, 16(%rsp)\n"
        "movl 44(%rsp), %eax\nmovl %eax, (%rdx)",
        "through a frame that escapes": "leaq 8(%rsp), %rcx\nimull %esi, %edi\nmovl %edi, 8(%rsp)",
        "round a loop": ".LBB0_1:\nmovl %edi, (%rdx)\nimull %esi, %edi\ndecl %r8d\njne .LBB0_1",
        "through a jump table": "imull %esi, %edi\njmpq *.LJTI0_0(,%rax,8)\n.LBB0_1:\nretq\n.LBB0_2:\n"
        "movl %edi, (%rdx)\nretq\n.LJTI0_0:\n.quad .LBB0_1\n.quad .LBB0_2",
    },
    aarch64: {
        "stored": "mul w0, w1, w2\nstr w0, [x3]",
        "stored in a pair": "mul x5, x1, x2\nstp x4, x5, [x3, #16]",
        "added as a float": "mul w0, w1, w2\nfmov s1, w0\nfadd s0, s0, s1",
        "vector": "mul v0.4s, v1.4s, v2.4s\nadd v3.4s, v0.4s, v4.4s\nstr q3, [x0]",
        "chosen": "mul w0, w1, w2\ncsel w4, w0, w5, eq\nstr w4, [x3]",
        "through a carry": "mul x0, x1, x2\nadds x4, x0, x5\nadc x6, x7, xzr\nstr x6, [x3]",
        "spilled": "mul x0, x1, x2\nstr x0, [sp, #8]\nmov x0, xzr\nldr x4, [sp, #8]\nstr x4, [x3]",
        "returned": "mul x0, x1, x2\nret",
    },
}
ENDS = {
    x86: {
        "an index": "imulq %rsi, %rdi\nmovl (%rdx,%rdi,4), %eax\nmovl %eax, (%rcx)",
        "an address": "imulq %rsi, %rdi\naddq %rdx, %rdi\nmovl (%rdi), %eax\nmovl %eax, (%rcx)",
        "a limit": "imulq %rsi, %rdi\ncmpq %rdi, %rax\njge .LBB0_1\nmovl %eax, (%rcx)\n.LBB0_1:\nxorl %eax, %eax\nretq",
        "overwritten": "imull %esi, %edi\nmovl %ecx, %edi\nmovl %edi, (%rdx)",
        "zeroed": "imull %esi, %edi\nxorl %edi, %edi\nmovl %edi, (%rdx)",
        "spilled": "subq $24, %rsp\nimulq %rsi, %rdi\nmovq %rdi, 8(%rsp)\nmovq 8(%rsp), %rcx\nmovl (%rcx), %eax\n"
        "movl %eax, (%rdx)",
        "where a mask was spilled later": "imulq %rsi, %rdi\nmovq %rdi, -16(%rsp)\nmovq -16(%rsp), %rcx\n"
        "movl (%rcx), %eax\nkmovw %k1, -16(%rsp)\nkmovw -16(%rsp), %k2\nvmovdqa32 %ymm1, %ymm0 {%k2}\n"
        "vmovdqu %ymm0, (%rdx)",
        "below a mask that is read": "imulq %rsi, %rdi\nmovq %rdi, -16(%rsp)\nmovq -16(%rsp), %rcx\n"
        "movl (%rcx), %eax\nkmovw -18(%rsp), %k2\nvmovdqa32 %ymm1, %ymm0 {%k2}\nvmovdqu %ymm0, (%rdx)",
        "beside another slot": "subq $24, %rsp\nimulq %rsi, %rdi\nmovq %rdi, 8(%rsp)\nmovq 16(%rsp), %rcx\n"
        "movq %rcx, (%rdx)",
        "a byte beside another slot": "subq $24, %rsp\nimulq %rsi, %rdi\nmovb %dil, 7(%rsp)\nmovl 8(%rsp), %ecx\n"
        "movl %ecx, (%rdx)",
        "a size to clear": "imulq %rsi, %rdx\nxorl %esi, %esi\nmovabsq $memset, %rax\ncallq *%rax",
    },
    aarch64: {
        "an index": "mul x0, x1, x2\nldr w4, [x3, x0, lsl #2]\nstr w4, [x5]",
        "a limit": "mul x0, x1, x2\ncmp x0, x3\nb.ge .LBB0_1\nstr w4, [x5]\n.LBB0_1:\nmov x0, xzr\nret",
        "overwritten": "mul x0, x1, x2\nmov x0, x3\nstr x0, [x5]",
        "spilled": "mul x0, x1, x2\nstr x0, [sp, #8]\nldr x4, [sp, #8]\nldr x6, [x4]\nstr x6, [x5]",
    },
}


@pytest.mark.parametrize(("parser", "name"), [(parser, name) for parser in FLOWS for name in FLOWS[parser]])
def test_an_integer_product_is_followed_to_data(parser: ModuleType, name: str) -> None:
    found = record(parser, FLOWS[parser][name])
    assert [item.why for item in found.offenders] == [offences.REACHES_DATA], found.offenders


@pytest.mark.parametrize(("parser", "name"), [(parser, name) for parser in ENDS for name in ENDS[parser]])
def test_an_integer_product_that_only_addresses_is_no_data(parser: ModuleType, name: str) -> None:
    found = record(parser, ENDS[parser][name])
    assert found.holds, found.offenders
    assert found.integer_multiplies == 1


def test_lanes_are_counted_in_the_loop() -> None:
    found = record(
        x86,
        """
        .LBB0_1:
        vmovdqu (%rdi,%rax,4), %ymm0
        vpaddd (%rsi,%rax,4), %ymm0, %ymm0
        vaddps %ymm0, %ymm1, %ymm1
        vaddps %zmm0, %zmm2, %zmm2
        vaddss %xmm0, %xmm3, %xmm3
        addq $8, %rax
        cmpq %rax, %rdx
        jne .LBB0_1
        retq
        """,
    )
    assert found.loop is not None
    assert (found.loop.instructions, found.loop.adds, found.loop.loads) == (8, 8 + 16 + 1, 2)


def test_labels_of_apple_and_data_are_no_functions() -> None:
    text = (
        "\t.globl\t_k\n_k:\nLloh0:\n\tadrp\tx8, _memset@GOTPAGE\nLloh1:\n\tldr\tx8, [x8, _memset@GOTPAGEOFF]\n"
        '\tblr\tx8\nLBB0_1:\n\tcbnz\tx0, LBB0_1\n\tret\n\t.section\t__TEXT,__const\nl_.const:\n\t.asciz\t"k"\n'
    )
    (function,) = aarch64.parse(text)
    assert function.name == "_k"
    assert len(function.instructions) == 5
    assert all(item.kind is not Kind.OFFENDER for item in function.instructions)
