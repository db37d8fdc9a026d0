"""The small set of operations that composites and networks are written in, and its interpretations.

A function of pamcheck.functional takes an Arithmetic and its values, and knows neither what the values are
nor how two of them are multiplied. Interpretations here: Native, the array library's own floating point;
Pam, the operations of pamcheck; Mixed, some of each. nn.autograd interprets the same text on a tape.

Additions, maxima and moves are no part of the approximation: they are those of the array library in every
interpretation, but for sums, whose order Pam fixes. Arrays are NumPy's or CuPy's, of one dtype in a call;
Python numbers take the dtype of the other operand, rounded once.
"""

from pamcheck.arithmetic.mixed import Mixed
from pamcheck.arithmetic.native import Native
from pamcheck.arithmetic.pam import Pam
from pamcheck.arithmetic.protocol import PULLED, Arithmetic, Differentiable, Pullback
from pamcheck.arithmetic.rowwise import rowwise

__all__ = ["PULLED", "Arithmetic", "Differentiable", "Mixed", "Native", "Pam", "Pullback", "rowwise"]
