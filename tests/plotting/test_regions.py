"""Figures of pieces: cells and borders are where they are, causes have their colours, what has no map is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import LogNorm, to_rgba
from matplotlib.figure import Figure
from matplotlib.text import Text

from pamcheck.measure.regions import CAUSES, Partition, operation, partition
from pamcheck.measure.regions_request.command import Request, regions
from pamcheck.plotting import save
from pamcheck.plotting.regions import draw, interpreter, pair, profile
from pamcheck.plotting.regions.colours import COLOURS, norm


def artists(figure: Figure, gid: str) -> list[Any]:
    return [artist for artist in figure.findobj() if artist.get_gid() == gid]


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text)]


def found(text: str, domain: str, **options: Any) -> Partition:
    return regions(Request(text, (domain,), **options)).partition


@pytest.fixture(scope="module")
def product() -> Partition:
    return partition(operation("pam", (1, 4), (1, 4)))


def test_every_cell_and_every_border_is_drawn_in_the_colour_of_its_cause(product: Partition) -> None:
    figure = draw(product, ("x", "y"), "pam")
    (cells,) = artists(figure, "cells")
    assert len(cells.get_paths()) == 8
    for cause in ("carry", "binade"):
        (lines,) = artists(figure, cause)
        wanted = [border for border in product.borders if border.cause.cause == cause]
        assert len(lines.get_path().vertices) == 2 * len(wanted)
        assert lines.get_edgecolor() == to_rgba(COLOURS[cause])
    assert {"carry", "binade"} <= set(texts(figure))
    assert "pam: 8 pieces" in texts(figure)


def test_steeper_cells_are_darker(product: Partition) -> None:
    figure = draw(product, ("x", "y"), "pam")
    (cells,) = artists(figure, "cells")
    slopes = cells.get_array()
    assert slopes.max() == np.hypot(4, 4)
    cells.update_scalarmappable()
    light = cells.get_facecolors()
    assert light[slopes.argmax(), 0] < light[slopes.argmin(), 0]


def test_no_two_causes_share_a_colour() -> None:
    assert set(COLOURS) == set(CAUSES)
    assert len(set(COLOURS.values())) == len(CAUSES)


def test_cancelled_borders_the_remainder_and_what_is_unexplored_are_explained() -> None:
    cancelled = draw(found("padiv(x + 1, pam(x, y))", "1:4"), ("x", "y"), "f")
    assert "cancelled later" in texts(cancelled)
    partial = draw(found("pam(x, y)", "-1:1", max_cells=40), ("x", "y"), "f")
    assert {"remainder", "not explored"} <= set(texts(partial))
    assert any("PARTIAL" in text for text in texts(partial))


def test_a_profile_has_a_row_for_each_cause_and_breaks_where_they_are() -> None:
    figure = draw(found("pam(x, 1.5) + relu(x - 2.5)", "1:4"), ("x",), "f")
    rows = {cause: artists(figure, cause)[0].get_segments() for cause in ("binade", "carry", "relu")}
    places = {cause: [float(segment[0][0]) for segment in lines] for cause, lines in rows.items()}
    assert places == {"binade": [2.0], "carry": [1.5, 3.0], "relu": [2.5]}
    assert "carry (2)" in texts(figure)


def test_a_profile_is_interrupted_where_the_function_jumps() -> None:
    above = profile(found("floor(x)", "0:3"), "x", "f").axes[0]
    x, y = above.lines[0].get_data()
    assert np.isnan(y).sum() == 2
    assert x[~np.isnan(y)].tolist() == [0, 1, 1, 2, 2, 3]
    assert y[~np.isnan(y)].tolist() == [0, 0, 1, 1, 2, 2]


def test_a_pair_has_one_legend_and_both_counts(product: Partition) -> None:
    figure = pair(
        product, found("pam(x, x) + y", "1:4"), ("x", "y"), ("before", "after"), (("here", (2, 2)),)
    )
    assert {"before: 8 pieces", "here"} <= set(texts(figure))
    assert len(figure.legends) == 1


@pytest.mark.parametrize(
    ("slopes", "log", "ends"),
    [
        ([1.0, 8.0], True, (1, 8)),
        ([1.0, 2.0], False, (1, 2)),
        ([3.0], False, (0, 3)),
        ([0.0], False, (0, 1)),
    ],
)
def test_slopes_far_apart_are_on_a_logarithmic_scale(slopes: list[float], log: bool, ends: Any) -> None:
    scale = norm(slopes)
    assert isinstance(scale, LogNorm) == log
    assert (scale.vmin, scale.vmax) == ends


def test_the_interpreter_shows_every_class_and_marks_the_best() -> None:
    rows = np.arange(40.0).reshape(10, 2, 2) - 20
    rows[:, 0, 0] = np.nan
    labels = [str(k) for k in range(10)]
    figure = interpreter(np.eye(2), [rows], [0.0] * 9 + [1.0], labels, ["net"])
    assert {"image", "net", "0: 0.00", "9: 1.00"} <= set(texts(figure))
    bold = [text.get_text() for text in figure.findobj(Text) if text.get_fontweight() == "bold"]
    assert bold == ["9: 1.00"]
    with pytest.raises(ValueError, match="rows must be of shape"):
        interpreter(np.eye(2), [rows[:5]], [0.0] * 10, labels)


def test_nothing_to_draw_is_refused() -> None:
    nothing = found("palog2(x)", "-2:-1")
    with pytest.raises(ValueError, match="no cells"):
        draw(nothing, ("x",), "f")


def test_equal_figures_have_equal_bytes(product: Partition, tmp_path: Path) -> None:
    first, second = (save(draw(product, ("x", "y"), "f"), tmp_path / name) for name in ("a", "b"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
