"""No multiplication in the Python half of a step: arrays that raise, and every operator and call looked at.

    guard = Guard()
    guard.watch(lambda: step(guard.protect(weights), batch))     # raises MultiplicationError
    guard.holds, guard.allowances, guard.loops

What compiled loops do is another matter: `compiled` audits the instructions of each one that ran.
Why it is done like this: docs/decisions/0016.
"""

from pamcheck.measure.audit.guard.arrays import GuardedArray, protect, unprotected
from pamcheck.measure.audit.guard.guard import Guard
from pamcheck.measure.audit.guard.offence import MultiplicationError, Offence

__all__ = ["Guard", "GuardedArray", "MultiplicationError", "Offence", "protect", "unprotected"]
