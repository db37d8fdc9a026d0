"""The integers a body needs to know about a format, a policy and an offset: one flat tuple.

A body reads nothing else. Policies reach it as masks and thresholds, so that one compiled kernel serves
every format of its storage size, custom ones included, under every policy.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from pamcheck.formats import FloatFormat
from pamcheck.policy import Policy

# The reference has a constant of its own, so that neither can hide a slip of the other.
# log2 e to 60 decimals: more than decides the rounding to 53 bits. mpmath: mp.dps = 61; 1 / mp.ln2
LOG2_E = Fraction("1.442695040888963407359924681001892137426645954152985934135449")
# ln 2 likewise. mpmath: mp.dps = 61; mp.ln2
LN_2 = Fraction("0.693147180559945309417232121458176568075500134360255254120680")


class Words(NamedTuple):
    """Masks and landmarks of a format under a policy. All are codes unless said otherwise."""

    sign: int  # the sign bit
    magnitude: int  # every other bit
    mant_bits: int  # a count
    bias: int  # an exponent field
    one: int  # 1.0
    shift: int  # one - offset: what pam takes away and padiv puts back
    least: int  # smallest magnitude that is not a zero: tiny, or 1 where underflow is gradual
    tiny: int  # smallest normal
    largest: int  # largest finite number; a magnitude above it, up to inf, is infinite
    inf: int  # infinity, or largest where there is none; a magnitude above it is NaN
    nan: int  # what a result of NaN is
    overflow: int  # what a finite result above largest is
    overflow_sign: int  # the sign bits that such a result keeps: a NaN keeps none
    infinite: int  # what an infinite result is
    infinite_sign: int  # the sign bits that it keeps
    gradual: int  # 1 where subnormals count
    bottom: int  # a total so low that it rounds to zero however low it is
    reach: int  # scaling by 2^reach leaves the format from whatever number: an exponent
    far: int  # paexp2 leaves the format where |x| >= 2^far: an exponent
    log2e: int  # log2 e, rounded
    ln2: int  # ln 2, rounded


@lru_cache(maxsize=512)
def make_words(fmt: FloatFormat, policy: Policy, offset: int = 0) -> Words:
    """Return the words for a format and a policy; `offset` is in codes.

    Raises ValueError for a policy that only the reference has and for an offset of one octave or more.
    """
    if policy.reference_only:
        raise ValueError(
            f"policy {policy.name!r} decides by a real product, so no kernel has it; "
            "pamcheck.spec.evaluate does"
        )
    if abs(offset) >= fmt.tiny:
        raise ValueError(
            f"offset is {offset} codes of {fmt.name}; it must be less than an octave, {fmt.tiny}"
        )
    infinite = fmt.too_large(0)
    keeps_sign = 0 if infinite == fmt.nan else fmt.sign
    return Words(
        sign=fmt.sign,
        magnitude=fmt.magnitude,
        mant_bits=fmt.mant_bits,
        bias=fmt.bias,
        one=fmt.one,
        shift=fmt.one - offset,
        least=1 if policy.gradual else fmt.tiny,
        tiny=fmt.tiny,
        largest=fmt.largest,
        inf=fmt.largest if fmt.inf is None else fmt.inf,
        nan=fmt.sign if fmt.nan is None else fmt.nan,
        overflow=fmt.largest if policy.saturate else infinite,
        overflow_sign=fmt.sign if policy.saturate else keeps_sign,
        infinite=infinite,
        infinite_sign=keeps_sign,
        gradual=int(policy.gradual),
        bottom=-((fmt.mant_bits + 4) << fmt.mant_bits),
        reach=2 * (fmt.bias + fmt.mant_bits + 2),
        far=(fmt.bias + fmt.mant_bits + 1).bit_length(),
        log2e=fmt.encode(LOG2_E),
        ln2=fmt.encode(LN_2),
    )
