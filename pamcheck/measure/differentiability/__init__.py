"""Where PAM is not differentiable, and whether the derivative that is returned is one there.

    exact     adjacent pieces of an operation at a point, and Clarke's subdifferential, in fractions
    grids     the same for whole grids of operands, in float64 that does not round
    counts    how many operands of a format that concerns: closed forms
    chains    palog, paexp and papow by the chain rule
    networks  small networks over all their weights

The functions are the real ones of spec section 1. Nothing is overflowed, flushed or rounded here: a slope is what
the exact derivatives of section 3 give for the cotangent 1 in float64, whose exponents hold all of them.
"""
