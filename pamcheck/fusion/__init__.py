"""Composites in one pass over rows: a text is traced once, and compiled into one loop.

A text that uses elementwise operations, and sums and maxima along the last axis, is run once on symbols. What it did
is a program of scalar bodies; a row of it is computed while its values lie in the first-level cache. The backward
program comes from the same text: a tape over symbols writes down what a tape over arrays would do. No composite and
no rule is written twice, and the bits are those of the operations one by one.
"""

from pamcheck.fusion.compiled import programs
from pamcheck.fusion.launch import differentiated, fused
from pamcheck.fusion.symbols import Settings, Untraceable

__all__ = ["Settings", "Untraceable", "differentiated", "fused", "programs"]
