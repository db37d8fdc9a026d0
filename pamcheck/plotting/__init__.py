"""Every figure of the project: surfaces, curves, histograms, one style and one way to save them.

Built on matplotlib's objects; pyplot and its global state are never imported.
"""

from pamcheck.plotting.curves import curve
from pamcheck.plotting.histograms import histogram
from pamcheck.plotting.style import save, style
from pamcheck.plotting.surfaces import surface

__all__ = ["curve", "histogram", "save", "style", "surface"]
