"""Fingerprints: from black-box answers alone, which unit this is, and the probes that decided it.

cases     what is asked             asking    asking it, few calls, faults kept apart
core      what may be computed      rules     what may be answered beyond it
find_*    which core explains it    learn     which rules
edges     thresholds by bisection   policies  the nearest named policy
model     all of it together, which predicts cases that were kept apart
"""

from pamcheck.testing.identity.identify import identify
from pamcheck.testing.identity.probe import Probe
from pamcheck.testing.identity.record import Conclusion, Fingerprint, Row

__all__ = ["Conclusion", "Fingerprint", "Probe", "Row", "identify"]
