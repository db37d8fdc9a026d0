"""SASS, instruction by instruction: what it is called, which idioms are harmless, where a product flows."""

from __future__ import annotations

import textwrap

import pytest

from pamcheck.measure.audit import offences, sass
from pamcheck.measure.audit.code import Kind
from pamcheck.measure.audit.record import Record, audit_functions

HEAD = '\t.section\t.text.k,"ax",@progbits\n        .global         k\nk:\n.text.k:\n'


def record(code: str) -> Record:
    """Audit lines of SASS; labels end with a colon."""
    lines = [line.strip() for line in textwrap.dedent(code).strip().splitlines()]
    numbered = [
        line if line.endswith(":") else f"        /*{16 * place:04x}*/                   {line} ;"
        for place, line in enumerate(lines)
    ]
    return audit_functions(sass.parse(HEAD + "\n".join(numbered)), "sm", "k")


def kind(line: str) -> str:
    (function,) = sass.parse(f"{HEAD}        /*0000*/                   {line} ;")
    return function.instructions[0].kind.value


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("FMUL R0, R1, R2", offences.MULTIPLY),
        ("@!P0 FMUL.FTZ R0, R0.reuse, 0.5", offences.MULTIPLY),
        ("FMUL R0, R1, 1", offences.MULTIPLY),
        ("UFMUL UR4, UR5, UR6", offences.MULTIPLY),
        ("DMUL R6, R2, R4", offences.MULTIPLY),
        ("FFMA R9, R2, R5, R2", offences.FUSED),
        ("FFMA.RM R5, R12, R7.reuse, R11.reuse", offences.FUSED),
        ("FFMA R9, R2, R5, RZ", offences.FUSED),
        ("DFMA R2, R4, R6, R2", offences.FUSED),
        ("FCHK P0, R3, R4", offences.DIVIDE),
        ("MUFU.RCP R0, R0", offences.SPECIAL),
        ("MUFU.RSQ R3, -QNAN", offences.SPECIAL),
        ("HMUL2 R9, R2, R5", offences.PACKED_MULTIPLY),
        ("HFMA2 R9, R2, R5, -RZ", offences.PACKED_MULTIPLY),
        ("HFMA2.MMA.BF16_V2 R9, R2, R5, R2", offences.PACKED_MULTIPLY),
        ("HFMA2 R9, R2, 1, 2, R5", offences.PACKED_MULTIPLY),
        ("FFMA2 R4, R2.F32x2.HI_LO, R6.F32x2.HI_LO, R4.F32x2.HI_LO", offences.PACKED_MULTIPLY),
        ("HMMA.16816.F32 R4, R4, R8, RZ", offences.TENSOR),
        ("IMMA.16832.S8.S8 R4, R4.ROW, R8.COL, RZ", offences.TENSOR),
        ("QGMMA.64x8x32.F32.E4M3.E4M3 R24, gdesc[UR8], RZ, !UPT", offences.TENSOR),
        ("UTCHMMA gdesc[UR4], gdesc[UR6], tmem[UR8], tmem[UR10], idesc[UR11], !UPT", offences.TENSOR),
        ("FNEW R0, R1, R2", offences.UNCLASSIFIED),
        ("XYZZY.F32 R0, R1", offences.UNCLASSIFIED),
        ("CALL.ABS.NOINC R2", offences.LEAVES),
    ],
)
def test_an_offender_is_named(line: str, why: str) -> None:
    found = record(line)
    assert [item.why.startswith(why) for item in found.offenders] == [True], found.offenders
    assert found.offenders[0].line == 5


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("HFMA2.MMA R5, -RZ, RZ, 0, 2.384185791015625e-07", Kind.INTEGER),
        ("HFMA2 R28, -RZ, RZ, 1.875, 0", Kind.INTEGER),
        ("IMAD.MOV.U32 R2, RZ, RZ, c[0x0][0x170]", Kind.INTEGER),
        ("IMAD.MOV R8, RZ, RZ, -R3", Kind.INTEGER),
        ("IMAD.U32 R3, RZ, RZ, UR6", Kind.INTEGER),
        ("IMAD.IADD R5, R5, 0x1, R4", Kind.INTEGER),
        ("IMAD.X R7, RZ, RZ, R3, P0", Kind.INTEGER),
        ("IMAD.SHL.U32 R4, R2, 0x4, RZ", Kind.INTEGER),
        ("IMAD R0, R5, -0x800000, R7", Kind.INTEGER),
        ("IMAD.WIDE.U32 R2, R7, 0x4, R2", Kind.INTEGER),
        ("UIMAD UR4, UR5, 0x10, URZ", Kind.INTEGER),
        ("HFMA2 R7, R0, 1, 1, R7", Kind.FLOAT_ADD),
        ("FFMA R7, R0, 1, R7", Kind.FLOAT_ADD),
        ("FADD.FTZ R11, -R3, |R2|", Kind.FLOAT_ADD),
        ("FADD2 R6, R4.F32x2.HI_LO, R6.F32x2.HI_LO", Kind.FLOAT_ADD),
        ("RED.E.ADD.F32.FTZ.RN.STRONG.GPU [R2.64], R9", Kind.FLOAT_ADD),
        ("HADD2.F32 R9, -RZ, R6.H0_H0", Kind.CONVERSION),
        ("FADD.FTZ R11, R3, RZ", Kind.CONVERSION),
        ("I2FP.F32.S32 R7, R0", Kind.CONVERSION),
        ("FMNMX R15, RZ, R0, !PT", Kind.FLOAT_COMPARE),
        ("FSETP.NEU.FTZ.AND P2, PT, |R0|.reuse, +INF , PT", Kind.FLOAT_COMPARE),
        ("IMAD R9, R4, R3, RZ", Kind.INTEGER_MULTIPLY),
        ("IMAD R9, R4, 0x18, RZ", Kind.INTEGER_MULTIPLY),
        ("IMAD.HI.U32 R0, R3, R4, RZ", Kind.INTEGER_MULTIPLY),
        ("UIMAD.WIDE.U32 UR4, UR6, UR8, UR4", Kind.INTEGER_MULTIPLY),
        ("R2UR UR4, R2", Kind.INTEGER),
        ("UIADD3 UR4, UP0, UPT, UR4, 0x10, URZ", Kind.INTEGER),
        ("ULDC.64 UR4, c[0x0][0x118]", Kind.MEMORY),
        ("LDG.E.128 R4, desc[UR4][R2.64]", Kind.MEMORY),
        ("BRA.U !UP0, `(.L_x_35)", Kind.CONTROL),
    ],
)
def test_what_only_looks_like_a_multiply_is_told_apart(line: str, expected: Kind) -> None:
    assert kind(line) == expected


ADDRESS = """
    S2R R0, SR_TID.X
    IMAD R2, R0, R7, R0
    IMAD.WIDE R4, R2, R9, c[0x0][0x160]
    LDG.E R6, [R4.64]
    FADD R6, R6, R6
    STG.E [R4.64], R6
    EXIT
"""


def test_a_product_that_is_an_address_is_no_data() -> None:
    found = record(ADDRESS)
    assert found.holds, found.reason
    assert (found.integer_multiplies, found.float_adds, found.loads, found.stores) == (2, 1, 1, 1)


@pytest.mark.parametrize(
    "code",
    [
        "IMAD R2, R0, R7, RZ\nSTG.E [R4.64], R2",
        "IMAD R2, R0, R7, RZ\nFADD R6, R2, R3",
        "IMAD R2, R0, R7, RZ\nI2FP.F32.S32 R2, R2\nSTG.E [R4.64], R2",
        "IMAD R2, R0, R7, RZ\nSTS [R8], R2",
        "IMAD R2, R0, R7, RZ\nRED.E.ADD.STRONG.GPU [R4.64], R2",
        "IMAD R2, R0, R7, RZ\nIADD3 R3, P0, PT, R2, R5, RZ\nIADD3.X R6, PT, PT, R7, R8, RZ, P0, !PT\nSTG.E [R4.64], R6",
        "IMAD.WIDE R2, R0, R7, RZ\nMOV R9, R3\nSTG.E [R4.64], R9",
        "IMAD R2, R0, R7, RZ\nR2UR UR4, R2\nMOV R9, UR4\nSTG.E [R4.64], R9",
        "IMAD R2, R0, R7, RZ\nSHFL.DOWN PT, R5, R2, 0x10, 0x1f\nSTG.E [R4.64], R5",
        "IMAD R5, R0, R7, RZ\nSTG.E.128 [R8.64], R4",
        "IMAD R2, R0, R7, RZ\nSTL [R1+0x8], R2\nMOV R2, RZ\nLDL R3, [R1+0x8]\nSTG.E [R4.64], R3",
        "IMAD R2, R0, R7, RZ\nSTL [R9], R2\nEXIT",
        "IMAD R2, R0, R7, RZ\n@P0 MOV R2, RZ\nSTG.E [R4.64], R2",
        "IMAD R2, R0, R7, RZ\nPRMT R2, R5, 0x7610, R2\nSTG.E [R4.64], R2",
        "IMAD R2, R0, R7, RZ\nPRMT R2, R5, 0x1054, R2\nSTG.E.U16 [R4.64], R2",
        "IMAD R2, R0, R7, RZ\nLOP3.LUT R2, R2, 0xc0, RZ, 0xfc, !PT\nLOP3.LUT R2, R2, 0xffff0000, RZ, 0xc0, !PT\n"
        "STG.E [R4.64], R2",
        "IMAD R2, R0, R7, RZ\nLOP3.LUT R3, R3, 0x8000, R2, 0xf8, !PT\nSTG.E.U16 [R4.64], R3",
        "IMAD R2, R0, R7, RZ\nIADD3 R2, R2, R3, RZ\nSTG.E.U8 [R4.64], R2",
        "IMAD R2, R0, R7, RZ\nHADD2.F32 R3, -RZ, R2.H1_H1\nSTG.E [R4.64], R3",
        "IMAD R2, R0, R7, RZ\n@P0 LDG.E R2, [R8.64]\nISETP.NE.AND P0, PT, R6, RZ, PT\n@P0 STG.E [R4.64], R2",
    ],
)
def test_a_product_is_followed_to_data(code: str) -> None:
    found = record(code)
    assert [item.why for item in found.offenders] == [offences.REACHES_DATA], found.offenders


@pytest.mark.parametrize(
    "code",
    [
        "IMAD R2, R0, R7, RZ\nMOV R2, RZ\nSTG.E [R4.64], R2",
        "IMAD R2, R0, R7, RZ\nISETP.GE.AND P0, PT, R2, R3, PT\n@P0 EXIT\nSTG.E [R4.64], R8",
        "IMAD R2, R0, R7, RZ\nISETP.GE.AND P0, PT, R2, R3, PT\nSEL R8, R9, RZ, P0\nSTG.E [R4.64], R8",
        "IMAD R2, R0, R7, RZ\nSTL [R1+0x8], R2\nLDL R3, [R1+0x8]\nLDS R5, [R3]\nSTG.E [R4.64], R5",
        "IMAD R2, R0, R7, RZ\n@P0 LDG.E R2, [R8.64]\n@P0 STG.E [R4.64], R2",
        "IMAD R2, R0, R7, RZ\n@P0 LDG.E R2, [R8.64]\n@!P0 MOV R2, RZ\nSTG.E [R4.64], R2",
        # the address is left in the upper half
        "IMAD R2, R0, R7, RZ\nPRMT R2, R5, 0x7610, R2\nLOP3.LUT R3, R3, 0x8000, R2, 0xf8, !PT\nSTG.E [R4.64], R3",
        "IMAD R2, R0, R7, RZ\nPRMT R2, R5, 0x7610, R2\nSTG.E.U16 [R4.64], R2",
        "IMAD R2, R0, R7, RZ\nPRMT R2, R5, 0x7610, R2\nLOP3.LUT R2, R2, 0xffff, RZ, 0xc0, !PT\nSTG.E [R4.64], R2",
        "IMAD R2, R0, R7, RZ\nPRMT R2, R5, 0x7610, R2\nIADD3 R2, R2, R5, RZ\nSTG.E.U16 [R4.64], R2",
        "IMAD R2, R0, R7, RZ\nPRMT R2, R5, 0x7610, R2\nHADD2.F32 R2, -RZ, R2.H0_H0\nSTG.E [R4.64], R2",
        "IMAD R2, R0, R7, RZ\n@P2 LDG.E.128 R0, [R8.64]\n@P1 PRMT R2, R10, 0x7610, R2\n@P2 PRMT R9, R2, 0x7632, R9\n"
        "@P2 STG.E.U16 [R4.64], R9",
        # the predicate is put aside as a register, or as one bit of it, and taken out again
        "IMAD R2, R0, R7, RZ\nP2R R9, PR, RZ, 0x20\n@P5 LDG.E R2, [R8.64]\nISETP.NE.AND P1, PT, R9, RZ, PT\n"
        "@P1 STG.E [R4.64], R2",
        "IMAD R2, R0, R7, RZ\nLOP3.LUT R9, R9, 0xffffffdf, RZ, 0xc0, !PT\n@P5 LOP3.LUT R9, R9, 0x20, RZ, 0xfc, !PT\n"
        "@P5 LDG.E R2, [R8.64]\nISETP.GE.AND P5, PT, R6, R7, PT\nLOP3.LUT P1, RZ, R9, 0x20, RZ, 0xc0, !PT\n"
        "@P1 STG.E [R4.64], R2",
    ],
)
def test_a_product_that_is_overwritten_or_only_compared_is_no_data(code: str) -> None:
    assert record(code).holds, record(code).offenders


def test_a_product_carried_round_a_loop_is_followed() -> None:
    found = record(
        """
        MOV R2, RZ
        .L_x_1:
        STG.E [R4.64], R2
        IMAD R2, R0, R7, RZ
        IADD3 R0, R0, 0x1, RZ
        ISETP.NE.AND P0, PT, R0, R9, PT
        @P0 BRA `(.L_x_1)
        EXIT
        """
    )
    assert [item.why for item in found.offenders] == [offences.REACHES_DATA]


def test_the_innermost_loop_with_most_additions_is_the_one_counted() -> None:
    found = record(
        """
        .L_x_1:
        MOV R2, RZ
        .L_x_2:
        LDS R5, [R2]
        FADD R6, R6, R5
        FADD R7, R7, R5
        IADD3 R2, R2, 0x4, RZ
        ISETP.NE.AND P0, PT, R2, R9, PT
        @P0 BRA `(.L_x_2)
        FADD R8, R6, R7
        ISETP.NE.AND P0, PT, R3, R9, PT
        @P0 BRA `(.L_x_1)
        EXIT
        .L_x_3:
        BRA `(.L_x_3)
        NOP
        NOP
        """
    )
    assert found.loop is not None
    assert (found.loop.instructions, found.loop.adds, found.loop.loads) == (6, 2, 1)
    assert found.loop.instructions_per_add == 3
    assert found.instructions == 12  # what fills the cache line behind the end is no code


def test_a_listing_of_ten_thousand_lines_takes_no_time() -> None:
    import time

    body = "\n".join(
        f"IMAD R{place % 200}, R{(place + 7) % 200}, R{(place + 13) % 200}, RZ\n"
        f"@P{place % 6} LDG.E R{place % 190}, [R2.64]"
        for place in range(5000)
    )
    began = time.perf_counter()
    found = record(f".L_x_1:\n{body}\n@P0 BRA `(.L_x_1)\nSTG.E [R2.64], R9")
    assert found.instructions == 10_002
    assert time.perf_counter() - began < 20
