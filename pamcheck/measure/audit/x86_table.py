"""x86-64: what every mnemonic does, as LLVM writes it in AT&T syntax."""

from __future__ import annotations

import re
from functools import cache

from pamcheck.measure.audit import offences
from pamcheck.measure.audit.code import UNKNOWN, Kind, Meaning

_FLOAT = r"(?:ps|pd|ss|sd|ph|sh|bf16|nepbf16)"
_SIZE = r"[bwlq]?"
_COND = r"(?:n?[abceglopsz]|n?[abgl]e|p[eo])"

_OFFENDERS = (
    (rf"v?mul{_FLOAT}|vf?c?mulc(?:ph|sh)|vfcmulc(?:ph|sh)", offences.MULTIPLY),
    (rf"vf(?:n?m(?:add|sub)|maddsub|msubadd|c?maddc)(?:132|213|231)?{_FLOAT}", offences.FUSED),
    (rf"v?div{_FLOAT}", offences.DIVIDE),
    (rf"v?(?:sqrt|rsqrt(?:14|28)?){_FLOAT}", offences.ROOT),
    (rf"v?rcp(?:14|28)?{_FLOAT}", offences.RECIPROCAL),
    (r"v?dp(?:ps|pd|bf16ps|phps)|vdpbf16ps", offences.DOT),
    (r"tdp\w+|tcmm\w+|tmmul\w+", offences.TENSOR),
    (rf"v(?:scalef|exp2|fixupimm){_FLOAT}", offences.SCALE),
    (r"f(?:i?mulp?|mul[sl])", offences.MULTIPLY),
    (r"f(?:i?divr?p?|divr?[sl])", offences.DIVIDE),
    (r"fsqrt", offences.ROOT),
    (r"f(?:sin|cos|sincos|ptan|patan|2xm1|yl2x|yl2xp1|scale|prem1?)", offences.SPECIAL),
)

_MULTIPLY = (
    rf"i?mul{_SIZE}|mulx[lq]|i?div{_SIZE}|v?pmul\w+|v?pmadd\w+|vpdp\w+|v?pclmul\w+|v?gf2p8mulb|v?mpsadbw"
)

_KINDS = (
    (Kind.FLOAT_ADD, rf"v?(?:add|sub|addsub|hadd|hsub){_FLOAT}"),
    (Kind.FLOAT_COMPARE, rf"v?(?:cmp\w*|min|max|u?comi|fpclass|minmax|range){_FLOAT}|v?cmp\w+{_FLOAT}"),
    (Kind.CONVERSION, rf"v?cvt\w+|v?round{_FLOAT}|v?(?:rndscale|reduce|getexp|getmant){_FLOAT}"),
    (
        Kind.CONTROL,
        rf"j{_COND}|jmpq?|jr?[er]?cxz|callq?|retq?|nop[wlq]?|ud2|int3|endbr64|hlt|pause|vzeroupper|vzeroall|"
        r"[lsm]fence|prefetch\w*|cpuid|lock|rep\w*|data16|cld|std",
    ),
    (
        Kind.MEMORY,
        r"movs[bwlq]|stos[bwlq]|lods[bwlq]|(?:push|pop)f?[wq]?|v?p?(?:gather|scatter)\w+|vmaskmov\w+",
    ),
    (
        Kind.INTEGER,
        # general registers
        rf"mov(?:abs)?{_SIZE}|mov[sz][bwl][wlq]|movbe[wlq]|lea[wlq]|(?:add|sub|adc|sbb|and|or|xor|cmp|test){_SIZE}|"
        rf"(?:inc|dec|neg|not|bswap|xchg|xadd|cmpxchg){_SIZE}|cmpxchg16b|andn[lq]|"
        rf"(?:sh[lr]|sa[lr]|ro[lr]|rc[lr]|shld|shrd){_SIZE}|(?:sarx|shlx|shrx|rorx)[lq]|(?:adcx|adox)[lq]|"
        rf"(?:bt|bts|btr|btc|bsf|bsr|popcnt|lzcnt|tzcnt|bextr|bzhi|pdep|pext|blsi|blsr|blsmsk){_SIZE}|"
        rf"set{_COND}|cmov{_COND}{_SIZE}|c[lw]t[dlq]|cltq|cqto|cltd|cwtl|cbtw|cwtd|sahf|lahf|[sc]tc|cmc|"
        # masks
        r"k(?:mov|and|andn|or|xor|xnor|not|add|shiftl|shiftr|test|ortest)[bwdq]|kunpck\w+|"
        # vectors: moves, logic, shuffles
        rf"v?mov(?:a|u|h|l|nt|hl|lh|d|ddup|sldup|shdup)?{_FLOAT}|v?mov(?:sh|sl|d)dup|v?mov[dq]|v?movw|"
        r"v?mov(?:dq[au]|ntdqa?)(?:8|16|32|64)?|v?movmskp[sd]|v?lddqu|v?movntdqa|"
        r"v?(?:and|andn|or|xor)p[sd]|v?(?:blendv?|shuf|unpck[hl]|insert|extract|perm\w*|test|broadcast)(?:ps|pd|ss|sd)|"
        r"v?(?:blendm|expand|compress)(?:ps|pd)|vbroadcast\w+|v(?:insert|extract)[fi]\w+|vshuf[fi]\w+|valign[dq]|"
        # vectors: integers
        r"v?p(?:add|sub|hadd|hsub)u?s?[bwdq]|v?ph(?:add|sub)sw|v?p(?:and|andn|or|xor)[dq]?|v?pabs[bwdq]|v?psign[bwd]|"
        r"v?p(?:max|min)[su][bwdq]|v?pcmp\w+|v?ptest\w*|v?p(?:sll|srl|sra|rol|ror)v?[dqw]|v?ps(?:ll|rl)dq|"
        r"vpsh[lr]dv?[wdq]|v?pavg[bw]|v?psadbw|v?phminposuw|"
        r"v?p(?:shuf\w+|unpck\w+|pack\w+|alignr|blend\w*|insr[bwdq]|extr[bwdq]|movmskb|popcnt[bwdq]|lzcnt[dq])|"
        r"vperm(?:[bwdq]|[it]2[bwdq]|2[fi]128)|vp(?:broadcast\w+|ternlog[dq]|conflict[dq]|expand\w+|compress\w+)|v?pmov[sz]x\w+|"
        r"vpmovu?s?(?:wb|d[bw]|q[bwd])|vpmov[bwdq]2m|vpmovm2[bwdq]|vptestn?m[bwdq]|"
        # x87: moves only
        r"fld\w*|fstp?[slt]?|fxch|fabs|fchs",
    ),
)  # fmt: skip

_PATTERNS = (
    *((re.compile(pattern), Meaning(Kind.OFFENDER, why)) for pattern, why in _OFFENDERS),
    (re.compile(_MULTIPLY), Meaning(Kind.INTEGER_MULTIPLY)),
    *((re.compile(pattern), Meaning(kind)) for kind, pattern in _KINDS),
)


@cache
def meaning(mnemonic: str) -> Meaning:
    """Return what a mnemonic does; one that no table has is an offender."""
    return next((found for pattern, found in _PATTERNS if pattern.fullmatch(mnemonic)), UNKNOWN)


def lanes(mnemonic: str, operands: str) -> int:
    """Return how many floats a vector instruction works on at once."""
    element = mnemonic[-2:]
    if element[:1] != "p":
        return 1
    width = 512 if "%zmm" in operands else 256 if "%ymm" in operands else 128
    return width // {"s": 32, "d": 64, "h": 16}.get(element[1], 32)


# What the flow of values needs to know beside the kind.

COMPARES = re.compile(
    rf"cmp{_SIZE}|test{_SIZE}|set{_COND}|v?pcmp\w+|v?ptest\w*|v?p?testn?m?\w*|vpmov[bwdq]2m|k(?:or)?test\w|"
    rf"v?cmp\w*{_FLOAT}|v?u?comi\w+|v?fpclass{_FLOAT}"
)
"""What leaves a truth value: the flow of values ends there."""

FLAGS_ONLY = re.compile(
    rf"cmp{_SIZE}|test{_SIZE}|bt{_SIZE}|v?ptest|v?testp[sd]|v?u?comi\w+|k(?:or)?test[bwdq]"
)
"""What writes no register."""

CARRY_OUT = re.compile(
    rf"(?:add|sub|adc|sbb|neg|and|or|xor|i?mul|i?div|sh[lr]|sa[lr]|ro[lr]|rc[lr]|shld|shrd|bt[src]?|cmp|test|bls\w+|"
    rf"popcnt|[lt]zcnt|bs[fr]|xadd|cmpxchg|andn|bextr|bzhi|adcx){_SIZE}|v?ptest|v?u?comi\w+|k(?:or)?test[bwdq]"
)
CARRY_IN = re.compile(rf"(?:adc|sbb|rc[lr]|adcx|adox){_SIZE}")

KEEPS = re.compile(
    r"vf\w*m(?:add|sub)\w*|vpternlog\w|vperm[it]2\w+|vpdp\w+|vpmadd52\w+|vpsh[lr]dv\w|vfixupimm\w+|vfc?maddc\w+"
)
"""Vector instructions of the v kind that read what they overwrite."""

OVERWRITES = re.compile(
    r"v\w+|k\w+|mov(?:abs)?[lq]|mov[sz][bw]?[bwl][lq]|movs[lb][lq]|lea[lq]|pop[q]?|andn[lq]|(?:sarx|shlx|shrx|rorx)[lq]|"
    r"(?:popcnt|lzcnt|tzcnt|bextr|bzhi|pdep|pext|bls\w+)[lq]|mov(?:ap|up)[sd]|movdq[au]|mov[dq]|pshuf(?:d|lw|hw)|"
    r"pmov[sz]x\w+|pabs[bwd]|cvt(?:dq2|tp?s2dq|ps2|tps2)\w+"
)
"""What overwrites its destination in full, whatever it was; with no merging mask."""

ZEROES = re.compile(r"xor[lq]|sub[lq]|v?pxor[dq]?|v?xorp[sd]|v?psub[bwdq]|v?pcmpeq[bwdq]")
"""What makes a constant of one register given twice."""

SCALAR_MOVES = {
    "movss": 4,
    "movsd": 8,
    "movd": 4,
    "movq": 8,
    "movlps": 8,
    "movhps": 8,
    "movlpd": 8,
    "movhpd": 8,
}
