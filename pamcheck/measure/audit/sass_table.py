"""NVIDIA machine code (SASS), sm_80 to sm_100: what every opcode does, and which only look like a multiply.

Opcodes are named by their first part, up to the dot. The uniform datapath repeats many under a leading U.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pamcheck.measure.audit import offences
from pamcheck.measure.audit.code import UNKNOWN, Kind, Meaning

_OFFENDERS = {
    offences.MULTIPLY: "FMUL FMUL32I DMUL",
    offences.DIVIDE: "FCHK",
    offences.FUSED: "FFMA FFMA32I DFMA FHFMA",
    offences.PACKED_MULTIPLY: "HMUL2 HMUL2_32I HFMA2 HFMA2_32I FMUL2 FFMA2",
    offences.SPECIAL: "MUFU RRO UMUFU",
    offences.TENSOR: "HMMA IMMA DMMA BMMA QMMA OMMA HGMMA IGMMA QGMMA BGMMA UTCHMMA UTCIMMA UTCQMMA UTCOMMA "
    "UTCMMA UTCBMMA WARPGROUP",
}  # fmt: skip

_KINDS = {
    Kind.FLOAT_ADD: "FADD FADD32I DADD HADD2 HADD2_32I FADD2 FHADD FSWZADD",
    Kind.FLOAT_COMPARE: "FMNMX FMNMX3 FSETP FSET FCMP DMNMX DSETP HMNMX2 HSET2 HSETP2 VHMNMX",
    Kind.CONVERSION: "F2F F2FP F2I F2IP FRND I2F I2FP I2I I2IP",
    Kind.INTEGER_MULTIPLY: "IMUL IMAD IMAD32I IMUL32I XMAD IDP IDP4A IMADSP ISCMAD QUADMUL",
    Kind.INTEGER: "IADD IADD3 IADD32I VIADD VIADDMNMX VIMNMX VIMNMX3 VABSDIFF VABSDIFF4 IABS IMNMX ISETP ISET ICMP "
    "LOP LOP3 LOP32I PLOP3 SHF SHL SHR LEA ISCADD BMSK SGXT FLO POPC BREV PRMT SEL FSEL MOV MOV32I MOVM CS2R S2R "
    "S2UR R2UR P2R R2P UP2UR UR2UP UMOV USHL USHR VOTE VOTEU SHFL MATCH REDUX CREDUX GETLMEMBASE LEPC VIADD2 "
    "SHFUP ELECT B2R R2B UF2FP2 IADD2",
    Kind.MEMORY: "LD LDG LDS LDL LDC LDCU LDSM LDGSTS LDGDEPBAR ST STG STS STL STSM ATOM ATOMG ATOMS RED REDG REDS "
    "CCTL CCTLL CCTLT UBLKCP UBLKPF UBLKRED UTMALDG UTMASTG UTMAPF UTMACCTL UTMACMDFLUSH UTMAREDG LDTM STTM SYNCS "
    "ATOMSHMEM QSPC LDT STT UTCCP UTCSHIFT",
    Kind.CONTROL: "NOP BRA BRX BRXU BSSY BSYNC BREAK BMOV BPT EXIT RET CALL JMP JMX JMXU KILL BAR DEPBAR MEMBAR "
    "ERRBAR WARPSYNC YIELD NANOSLEEP RPCMOV PMTRIG ACQBULK PREEXIT FENCE UCGABAR_ARV UCGABAR_WAIT USETMAXREG "
    "ENDCOLLECTIVE ARRIVES CGAERRBAR WARPSYNCALL SETCTAID UTCBAR UTCATOMSWS SETMAXREG RTT COLLECTIVE UVIRTCOUNT",
}  # fmt: skip

_MEANINGS: dict[str, Meaning] = {
    **{name: Meaning(Kind.OFFENDER, why) for why, names in _OFFENDERS.items() for name in names.split()},
    **{name: Meaning(kind) for kind, names in _KINDS.items() for name in names.split()},
}

LANES = {"FADD2": 2, "HADD2": 2, "HADD2_32I": 2}

_MULTIPLY_ADDS = frozenset({"IMAD", "IMAD32I", "FFMA", "FFMA32I", "HFMA2", "HFMA2_32I", "FFMA2"})
_ZERO = re.compile(r"-?(?:U?RZ|\+?0(?:x0+)?)(?:\.\w+)*")
_ONE = re.compile(r"-?\+?(?:1|0x1)")
_INTEGER = re.compile(r"-?(?:0x[0-9a-f]+|\d+)")


def meaning(opcode: str, operands: Sequence[str]) -> Meaning:
    """Return what an instruction does, by its opcode with all its parts and its operands.

    Adding an operand of RZ is how some widths are converted: HADD2.F32 R0, -RZ, R1.H0_H0.
    """
    name, *parts = opcode.split(".")
    found = _MEANINGS.get(name) or (_MEANINGS.get(name[1:]) if name[:1] == "U" else None) or UNKNOWN
    if name.removeprefix("U") in _MULTIPLY_ADDS:
        return _idiom(name.removeprefix("U"), parts, operands) or found
    if name.startswith(("RED", "ATOM")) and {"F32", "F64", "F16", "BF16", "F16x2", "F32x2"} & set(parts):
        return Meaning(Kind.FLOAT_ADD)
    if found.kind is Kind.FLOAT_ADD and any(_ZERO.fullmatch(text) for text in operands[1:]):
        return Meaning(Kind.CONVERSION)
    return Meaning(found.kind, lanes=LANES[name]) if name in LANES else found


def _idiom(name: str, parts: Sequence[str], operands: Sequence[str]) -> Meaning | None:
    """Return what a multiply-add is where it multiplies by nothing but a constant 0, 1 or power of two.

    Two zeros make a move of the addend, 1 makes an addition. A power of two, for integers, is a shift.
    """
    factors = _factors(name, operands)
    integer = name.startswith("IMAD")
    if len(factors) != 2 or "HI" in parts:
        return None
    if all(_ZERO.fullmatch(factor) for factor in factors):
        return Meaning(Kind.INTEGER, idiom=True)
    if any(_ONE.fullmatch(factor) for factor in factors):
        return Meaning(
            Kind.INTEGER if integer else Kind.FLOAT_ADD, lanes=2 if "2" in name else 1, idiom=True
        )
    if integer and any(_ZERO.fullmatch(factor) or _power_of_two(factor) for factor in factors):
        return Meaning(Kind.INTEGER, idiom=True)
    return None


def _factors(name: str, operands: Sequence[str]) -> list[str]:
    """Return the two factors of a multiply-add, or nothing where one is a pair of different constants.

    HFMA2 R0, R1, 1, 1, R2 has the pair (1, 1) for a factor; HFMA2 R0, -RZ, RZ, 1.875, 0 for the addend.
    """
    values = [text for text in operands[1:] if not re.fullmatch(r"!?U?P(?:T|\d)", text)]
    if name.startswith("HFMA2") and len(values) > 3 and _is_constant(values[1]) and _is_constant(values[2]):
        return values[:2] if values[1] == values[2] else []
    return values[:2]


def _is_constant(text: str) -> bool:
    return re.match(r"[-+]?(?:\d|INF|QNAN)", text) is not None


def _power_of_two(text: str) -> bool:
    if not _INTEGER.fullmatch(text):
        return False
    value = abs(int(text, 0))
    return value & (value - 1) == 0
