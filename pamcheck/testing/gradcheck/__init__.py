"""Derivatives of piecewise affine functions, checked by one-sided differences that are exact.

A function made of PAM operations is affine on pieces. An ordinary finite difference straddles breaks and rounds,
and so shows the slope of no piece. But let f be affine on [x, x + h] without rounding: then the values of f at
x + h/8, x + 2h/8, ..., x + h lie on a line through f(x), exactly, and its slope is the derivative there. So h is
a power of two, as large as x's binade at first, and halved until nine such values are in line to the last bit.
Values are compared as exact fractions. Additions round, but where h is large enough for every change to be a
whole number of units in the last place, rounding adds the same to all nine and cancels.

A derivative is asked for in two places. *Inside* the piece, at three points of it, no choice of side can matter,
and the answer must be the slope. *At* x it must be the slope of the side that the function's rules pick, if x is a
break: `side`. The rules pick one side for each operation, and where breaks of two operations meet, the chain
rule may give the slope of no piece (docs/explanation/spec.md, section 3, and differentiability.md): palog at 1/2
receives half its derivative. Such a point is reported under `at_breaks`, apart from failures, if side="any".

The one operation whose rules pick neither side is padiv in b where mantissas are equal; side="either" has it.

Where no step is found - a break too near, or rounding that hides the slope - nothing is claimed: the case counts
as undecided, never as passed. The fewer bits a format has, the more is undecided. Below 10 mantissa bits a line
of a few rounded values may pass for a piece: there take single operations only, of those that never round (pam,
padiv), and run everything else in float64 or float32.
"""

from pamcheck.testing.gradcheck.checking import gradcheck
from pamcheck.testing.gradcheck.deciding import SIDES
from pamcheck.testing.gradcheck.findings import Case, Finding, GradResult

__all__ = ["SIDES", "Case", "Finding", "GradResult", "gradcheck"]
