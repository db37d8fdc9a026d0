"""The catalogue of mutants: every way in which implementations of PAM are known to go wrong, or another way.

Each is a right unit (`unit`) with one decision replaced (`families`, one family a file). A diagnosis names the
mutant that answers as a target does; the suite's own exam is that its checks tell every mutant from a right unit.
"""

from pamcheck.testing.mutants.catalogue import CATALOGUE, mutants_of, same_as
from pamcheck.testing.mutants.families import FAMILIES
from pamcheck.testing.mutants.target import MutantTarget

__all__ = ["CATALOGUE", "FAMILIES", "MutantTarget", "mutants_of", "same_as"]
