"""Which operations each operation of an Arithmetic is made of: forward, and for the cotangent of each operand."""

from __future__ import annotations

from collections.abc import Mapping

Operations = tuple[str, ...]

_PAM: Mapping[str, Operations] = {
    "mul": ("pam",),
    "div": ("padiv",),
    "exp2": ("paexp2",),
    "log2": ("palog2",),
    "sqrt": ("pasqrt",),
    "exp": ("pam", "paexp2"),
    "log": ("palog2", "padiv"),
}

FORWARD: Mapping[str, Mapping[str, Operations]] = {
    "native": {
        "mul": ("float multiply",),
        "div": ("float divide",),
        "exp2": ("float exp",),
        "log2": ("float log",),
        "sqrt": ("float sqrt",),
        "exp": ("float exp",),
        "log": ("float log",),
    },
    "exact": _PAM,
    "mimic": _PAM,
}

# docs/explanation/spec.md, section 3. "slope" is the scaling of a cotangent by a power of two; where a rule needs
# the argument of the outer of two functions, it is computed again.
BACKWARD: Mapping[str, Mapping[str, tuple[Operations, ...]]] = {
    "native": {
        "mul": (("float multiply",), ("float multiply",)),
        "div": (("float divide",), ("float divide", "sign", "float multiply")),
        "exp2": (("float multiply", "float multiply"),),
        "log2": (("float multiply", "float divide"),),
        "sqrt": (("float add", "float divide"),),
        "exp": (("float multiply",),),
        "log": (("float divide",),),
    },
    "exact": {
        "mul": (("slope",), ("slope",)),
        "div": (("slope",), ("slope",)),
        "exp2": (("slope",),),
        "log2": (("slope",),),
        "sqrt": (("slope",),),
        "exp": (("pam", "slope", "slope"),),
        "log": (("palog2", "slope", "slope"),),
    },
    "mimic": {
        "mul": (("pam",), ("pam",)),
        "div": (("padiv",), ("pam", "pam", "padiv", "sign")),
        "exp2": (("pam", "pam"),),
        "log2": (("padiv", "padiv"),),
        "sqrt": (("exponent", "padiv"),),
        "exp": (("pam",),),
        "log": (("padiv",),),
    },
}
