"""The code of 1.0: what is taken away from a product, put back into a quotient, and is the middle of the rest."""

from __future__ import annotations

from collections.abc import Callable

from pamcheck.kernels.words import Words
from pamcheck.testing.mutants.family import Family, When, ops
from pamcheck.testing.mutants.unit import Unit

family = Family("Biases")
ADVICE = "use the code of 1.0 in this format: (2^(e-1) - 1) * 2^m, taken away once"


def _bias(name: str, words: str, one: Callable[[Words], int], when: When | None = None) -> None:
    """Register a unit that has another code in place of that of 1.0."""

    def landmarks(_: Unit, w: Words) -> Words:
        wrong = one(w)
        return w._replace(one=wrong, shift=w.shift - w.one + wrong)

    family.add(name, words, ADVICE, when=when, landmarks=landmarks)


_bias("bias_one_high", "the bias is one too high", lambda w: w.one + w.tiny)
_bias("bias_one_low", "the bias is one too low", lambda w: w.one - w.tiny)
_bias("bias_forgotten", "the bias is forgotten", lambda _: 0)
_bias("bias_doubled", "the bias is taken twice", lambda w: 2 * w.one)
_bias("bias_negated", "the bias is applied in the wrong direction", lambda w: -w.one)
_bias("bias_unshifted", "the bias is not shifted into the exponent field", lambda w: w.bias)
for _exponent_bits, _whose in (
    (2, "float6_e2m3fn"),
    (4, "float8_e4m3"),
    (5, "float16"),
    (8, "float32"),
    (11, "float64"),
):
    _value = (1 << (_exponent_bits - 1)) - 1
    _bias(
        f"bias_{_value}",
        f"the bias is {_value}, that of formats with {_exponent_bits} exponent bits such as {_whose}",
        lambda w, value=_value: value << w.mant_bits,  # type: ignore[misc]
    )
# in a product or quotient that is an offset of one code
ONE_OPERAND = ops("palog2", "paexp2", "pasqrt")
_bias("one_one_code_high", "the code of 1.0 is one too high", lambda w: w.one + 1, ONE_OPERAND)
_bias("one_one_code_low", "the code of 1.0 is one too low", lambda w: w.one - 1, ONE_OPERAND)
