"""aarch64: what every mnemonic does, vector instructions included, as LLVM writes them."""

from __future__ import annotations

import re
from functools import cache

from pamcheck.measure.audit import offences
from pamcheck.measure.audit.code import UNKNOWN, Kind, Meaning

_PATTERNS = tuple(
    (re.compile(pattern), found)
    for pattern, found in (
        (r"fn?mul[x]?|fmulx|bfmul", Meaning(Kind.OFFENDER, offences.MULTIPLY)),
        (r"fn?m(?:add|sub)|fml[as]l?[bt2]?|fn?ml[as]|fmad|fmsb|fcmla|bfml\w+", Meaning(Kind.OFFENDER, offences.FUSED)),
        (r"fdivr?", Meaning(Kind.OFFENDER, offences.DIVIDE)),
        (r"fr?sqrt[esx]?|frsqrt[es]", Meaning(Kind.OFFENDER, offences.ROOT)),
        (r"frecp[esx]", Meaning(Kind.OFFENDER, offences.RECIPROCAL)),
        (r"fscale|fexpa|ftmad|ftsmul|ftssel", Meaning(Kind.OFFENDER, offences.SCALE)),
        (r"[bs]?f?mmla|[us]mmla|usmmla|[bsuf]+mop[as]", Meaning(Kind.OFFENDER, offences.TENSOR)),
        (r"bfdot|fdot", Meaning(Kind.OFFENDER, offences.DOT)),
        (
            r"m(?:ul|add|sub|neg|la|ls)|[us]m(?:ul[lh]2?|addl|subl|negl|l[as]l2?)|pmull?2?|[us]div|us?dot|sudot|sdot|"
            r"sqr?dm\w+",
            Meaning(Kind.INTEGER_MULTIPLY),
        ),
        (r"f(?:add|sub|addp|addv|cadd)", Meaning(Kind.FLOAT_ADD)),
        (r"f(?:cmpe?|ccmpe?|cm(?:eq|ge|gt|le|lt)|ac(?:ge|gt)|max\w*|min\w*)|fabd", Meaning(Kind.FLOAT_COMPARE)),
        (r"f(?:cvt\w*|rint\w*|jcvtzs)|[us]cvtf|bfcvt\w*", Meaning(Kind.CONVERSION)),
        (r"ld\w+|st\w+|prfm|prfum|swp\w*|casp?\w*", Meaning(Kind.MEMORY)),
        (
            r"b|b\.\w+|bl|blr|br|cbn?z|tbn?z|ret|nop|hint|bti|pac\w+|aut\w+|brk|udf|dmb|dsb|isb|yield",
            Meaning(Kind.CONTROL),
        ),
        (
            r"f(?:mov|abs|neg|csel)|movi?|mov[zkn]|mvni?|adrp?|(?:add|sub|adc|sbc|and|orr|eor|bic|orn|eon|ngc|neg)s?|"
            r"cm[pn]|tst|ccm[pn]|csel|csetm?|csin[cv]|csneg|cin[cv]|cneg|lsl[rv]?|lsr[rv]?|asrv?|ror|extr|ext|"
            r"[us]?bf(?:m|i|iz|x|xil|c)|[us]xt[bhw]|rbit|rev\d*|cl[zs]|cnt|cm(?:eq|ge|gt|hi|hs|le|lt|tst)|bsl|bi[tf]|"
            r"[us](?:max|min)[pv]?|[us](?:shl|shr|shll2?|sra|xtl2?)|shll?2?|shrn2?|r?sh(?:rn2?|l)|sli|sri|"
            r"[us]?(?:q|r|h|qr|rh)?(?:add|sub|shl|shr|neg|abs|shrn|xtn|xtun|shrun|shlu)2?|[us](?:add|sub)[lw]2?|"
            r"[us]addl?[pv]|addp|addv|[us]adalp|[us]aba?d?l?2?|r?(?:add|sub)hn2?|abs|not|xtn2?|"
            r"dup|ins|[us]mov|tb[lx]|(?:zip|uzp|trn)[12]|eor3|bcax|rax1|xar",
            Meaning(Kind.INTEGER),
        ),
    )
)  # fmt: skip


@cache
def meaning(mnemonic: str) -> Meaning:
    """Return what a mnemonic does; one that no table has is an offender. Apple's syntax adds the shape."""
    plain = mnemonic if mnemonic.startswith("b.") else mnemonic.partition(".")[0]
    return next((found for pattern, found in _PATTERNS if pattern.fullmatch(plain)), UNKNOWN)


def lanes(text: str) -> int:
    """Return how many floats an instruction works on at once."""
    shape = re.search(r"\.(\d+)[sdh]\b", text)
    return int(shape[1]) if shape else 1


COMPARES = re.compile(r"f?cm(?:p|n|eq|ge|gt|hi|hs|le|lt|tst)e?|tst|f?ccm[pn]e?|csetm?|fac(?:ge|gt)")
FLAGS_ONLY = re.compile(r"f?cm[pn]e?|tst|f?ccm[pn]e?")
CARRY_OUT = re.compile(r"(?:add|sub|adc|sbc|and|bic|neg|ngc)s|cm[pn]|tst|ccm[pn]")
CARRY_IN = re.compile(r"(?:adc|sbc|ngc)s?")
KEEPS = re.compile(
    r"mov[k]|bf\w+|bsl|bi[tf]|ins|ml[as]|[us]ml[as]l2?|[us]sra|s[lr]i|tbx|sqr?dml\w+|\w+2|[us]adalp|[us]abal?|\w*dot"
)
