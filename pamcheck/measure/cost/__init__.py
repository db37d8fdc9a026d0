"""How many operations a step takes, and what their arithmetic would cost: a model, not a measurement.

    ledger = Ledger()
    ars = {name: Counting(kind, name, ledger) for name, kind in configuration.items()}
    with ledger.during("forward"):
        ...                                   # the text of a model, on arithmetic that only counts
    frame(ledger)

docs/explanation/cost.md says what is counted, and from where the energies are.
"""

from pamcheck.measure.cost.counting import Counting, stand_in
from pamcheck.measure.cost.energy import ELEMENTARY, HOROWITZ_FLOAT16, HOROWITZ_FLOAT32, Energies
from pamcheck.measure.cost.ledger import Ledger
from pamcheck.measure.cost.table import compared, frame, summary

__all__ = [
    "ELEMENTARY",
    "HOROWITZ_FLOAT16",
    "HOROWITZ_FLOAT32",
    "Counting",
    "Energies",
    "Ledger",
    "compared",
    "frame",
    "stand_in",
    "summary",
]
