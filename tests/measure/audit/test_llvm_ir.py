"""LLVM code, instruction by instruction."""

from __future__ import annotations

import pytest

from pamcheck.measure.audit import llvm_ir, offences
from pamcheck.measure.audit.code import Kind
from pamcheck.measure.audit.record import Record, audit_functions


def record(code: str) -> Record:
    body = "\n".join(line if line.endswith(":") else f"  {line}" for line in code.splitlines())
    return audit_functions(
        llvm_ir.parse(f"define void @k(ptr %p, i32 %a, i32 %b) {{\n{body}\n}}\n"), "llvm", "k"
    )


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("%x = fmul float %y, %z", offences.MULTIPLY),
        ("%x = fmul fast <8 x float> %y, %z", offences.FAST_MATH),
        ("%x = fdiv double %y, %z", offences.DIVIDE),
        ("%x = frem float %y, %z", offences.REMAINDER),
        ("%x = fadd contract float %y, %z", offences.FAST_MATH),
        ("%x = fsub reassoc nsz float %y, %z", offences.FAST_MATH),
        ("%x = tail call float @llvm.sqrt.f32(float %y)", offences.ROOT),
        (
            "%x = call <4 x float> @llvm.fmuladd.v4f32(<4 x float> %y, <4 x float> %z, <4 x float> %z)",
            offences.FUSED,
        ),
        ("%x = call float @llvm.exp2.f32(float %y)", offences.SPECIAL),
        ("%x = call float @llvm.pow.f32(float %y, float %z)", offences.SPECIAL),
        ("%x = call float @expf(float %y)", offences.LEAVES),
        ("%x = call float @llvm.unheard.f32(float %y)", offences.UNCLASSIFIED),
        ("%x = fnew float %y, %z", offences.UNCLASSIFIED),
    ],
)
def test_an_offender_is_named(line: str, why: str) -> None:
    found = record(line)
    assert [item.why.startswith(why) for item in found.offenders] == [True], found.offenders
    assert found.offenders[0].line == 2


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("%x = fadd <8 x float> %y, %z", Kind.FLOAT_ADD),
        ("%x = fcmp olt float %y, %z", Kind.FLOAT_COMPARE),
        ("%x = call float @llvm.maxnum.f32(float %y, float %z)", Kind.FLOAT_COMPARE),
        ("%x = call <8 x i32> @llvm.smax.v8i32(<8 x i32> %y, <8 x i32> %z)", Kind.INTEGER),
        ("%x = call float @llvm.fabs.f32(float %y)", Kind.INTEGER),
        ("%x = sitofp i32 %y to float", Kind.CONVERSION),
        ("%x = mul nsw i64 %y, %z", Kind.INTEGER_MULTIPLY),
        ("call void @llvm.memset.p0.i64(ptr %p, i8 0, i64 %y, i1 false)", Kind.MEMORY),
        ("tail call void @llvm.x86.sse2.pause()", Kind.CONTROL),
        ("tail call void @llvm.aarch64.isb(i32 15)", Kind.CONTROL),
        ("%x = cmpxchg ptr %p, i64 %y, i64 %z seq_cst seq_cst, align 8", Kind.MEMORY),
        ("%x = atomicrmw add ptr %p, i64 1 seq_cst, align 8", Kind.MEMORY),
    ],
)
def test_what_does_no_harm_is_told_apart(line: str, kind: Kind) -> None:
    assert record(line).holds
    (function,) = llvm_ir.parse(f"define void @k() {{\n  {line}\n}}\n")
    assert function.instructions[0].kind == kind


@pytest.mark.parametrize(
    ("code", "holds"),
    [
        ("%x = mul i32 %a, %b\nstore i32 %x, ptr %p, align 4", False),
        ("%x = mul i32 %a, %b\n%y = bitcast i32 %x to float\n%z = fadd float %y, %y", False),
        (
            "br label %l\nl:\n%s = phi i32 [ 0, %e ], [ %x, %l ]\nstore i32 %s, ptr %p\n"
            "%x = mul i32 %a, %b\nbr label %l",
            False,
        ),
        (
            "%x = mul i64 %a, %b\n%g = getelementptr i32, ptr %p, i64 %x\nstore i32 %a, ptr %g, align 4",
            True,
        ),
        ("%x = mul i32 %a, %b\n%c = icmp slt i32 %x, %a\nbr i1 %c, label %l, label %l\nl:\nret void", True),
        ("%x = mul i32 %a, %b\n%y = add i32 %x, 1\nstore i32 %a, ptr %p", True),
    ],
)
def test_an_integer_product_is_followed(code: str, holds: bool) -> None:
    found = record(code)
    assert found.holds is holds, found.reason
    if not holds:
        assert [item.why for item in found.offenders] == [offences.REACHES_DATA]


def test_the_cases_of_a_switch_are_followed() -> None:
    found = record(
        "%x = mul i32 %a, %b\nswitch i32 %a, label %d [\n  i32 0, label %l\n]\n"
        "l:\nstore i32 %x, ptr %p\nret void\nd:\nret void"
    )
    assert [item.why for item in found.offenders] == [offences.REACHES_DATA]
