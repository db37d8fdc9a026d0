"""Tables of error statistics: how each statistic is printed and what it means, in one place."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pamcheck.measure.errors import DEFINITIONS
from pamcheck.reporting.records import Table

PRINTED: dict[str, str] = {
    **dict.fromkeys(("bias", "min_rel", "max_rel"), "+.4%"),
    **dict.fromkeys(("bias_se", "MRED", "WCRE", "p50", "p90", "p99", "NMED"), ".4%"),
    **dict.fromkeys(("mean_error", "min_error", "max_error"), "+.3e"),
    **dict.fromkeys(("MED", "WCE", "MSE", "RMSE", "mean_ulp"), ".4g"),
    "max_ulp": ".5g",
    "EP": ".2%",
    "n": ",d",
    "compared": ",d",
}


def statistics_table(
    name: str,
    caption: str,
    frame: pd.DataFrame,
    formats: Mapping[str, str] | None = None,
    meanings: Mapping[str, str] | None = None,
) -> Table:
    """Return a table in which columns named as statistics are printed and explained as such.

    formats, meanings  of the other columns
    """
    known = [column for column in frame.columns if column in DEFINITIONS]
    return Table(
        name,
        caption,
        frame,
        {**{column: PRINTED[column] for column in known if column in PRINTED}, **(formats or {})},
        {**{column: DEFINITIONS[column] for column in known}, **(meanings or {})},
    )
