"""The fast tracer: affine pieces of real networks along lines, in float64.

trace               every piece along a segment
trace_many          statistics of many lines at once
linear_interpreter  the affine map that holds at a point, and how far it holds
symmetries          which symmetries hold exactly, and which PAM breaks
"""

from pamcheck.measure.regions.tracer.bulk import Bulk, trace_many
from pamcheck.measure.regions.tracer.changes import permute_neurons, scale_neuron
from pamcheck.measure.regions.tracer.exact import Exact
from pamcheck.measure.regions.tracer.interpreter import LinearPiece, linear_interpreter
from pamcheck.measure.regions.tracer.result import Trace
from pamcheck.measure.regions.tracer.symmetries import Symmetry, compare, shift_logits, symmetries
from pamcheck.measure.regions.tracer.trace import trace

__all__ = [
    "Bulk",
    "Exact",
    "LinearPiece",
    "Symmetry",
    "Trace",
    "compare",
    "linear_interpreter",
    "permute_neurons",
    "scale_neuron",
    "shift_logits",
    "symmetries",
    "trace",
    "trace_many",
]
