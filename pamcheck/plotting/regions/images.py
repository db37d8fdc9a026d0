"""The linear interpreter of an image classifier: one row of its matrix for each class, as images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from pamcheck.plotting.style import ERRORS, PALE, new_figure, settle, style

Array = np.ndarray[Any, Any]


def interpreter(
    image: Array,
    rows: Sequence[Array],
    values: Sequence[float],
    labels: Sequence[str],
    titles: Sequence[str] = (),
) -> Figure:
    """Draw an image, and for each of several networks the rows of its linear interpreter there.

    image   (height, width)
    rows    one array (classes, height, width) a network: by how much a class's score changes with a pixel
    values  scores of the classes, one list of `rows` after another, each as long as `labels`
    labels  names of the classes
    titles  of the networks

    Each network has its own scale: the largest of its magnitudes. NaN is hatched.
    """
    classes = len(labels)
    if any(each.shape != (classes, *image.shape) for each in rows) or len(values) != classes * len(rows):
        raise ValueError(
            f"rows must be of shape ({classes}, {image.shape[0]}, {image.shape[1]}), values one a row"
        )
    across = (classes + 1) // 2
    with style():
        figure = new_figure(0.35 + 1.95 * len(rows))
        panels: Any = figure.subplots(2 * len(rows), across + 2, squeeze=False,
                                      width_ratios=[1.0, 0.12, *[1.0] * across])  # fmt: skip
        for number, each in enumerate(rows):
            top, bottom = panels[2 * number], panels[2 * number + 1]
            _picture(top[0], image, "gray_r", (0.0, float(image.max())), "image")
            for ax in (bottom[0], top[1], bottom[1]):
                ax.axis("off")
            if titles:
                bottom[0].text(0, 0.9, titles[number], fontsize=8, va="top", wrap=True)
            most = float(np.nanmax(np.abs(each), initial=0.0)) or 1.0
            places = [*top[2:], *bottom[2:]]
            scores = values[number * classes : (number + 1) * classes]
            best = int(np.argmax(scores))
            for ax, k in zip(places, range(classes), strict=False):
                _picture(ax, each[k], ERRORS, (-most, most), f"{labels[k]}: {_score(scores[k])}", k == best)
            for ax in places[classes:]:
                ax.axis("off")
            _scale(figure, panels[2 * number : 2 * number + 2, -1], most)
        settle(figure)
    return figure


def _picture(
    ax: Any, picture: Array, colours: Any, ends: tuple[float, float], title: str, bold: bool = False
) -> None:
    ax.imshow(picture, cmap=colours, vmin=ends[0], vmax=ends[1], interpolation="nearest")
    ax.set_title(title, fontsize=7.5, loc="center", pad=3, fontweight="bold" if bold else "normal")
    ax.set(xticks=[], yticks=[])
    ax.patch.set(facecolor="white", hatch="//////", edgecolor=PALE, linewidth=0)
    ax.spines[:].set(visible=True, linewidth=1.4 if bold else 0.4)


def _score(score: float) -> str:
    return f"{round(score, 2) + 0.0:.2f}".replace("-", "−")


def _scale(figure: Figure, beside: Any, most: float) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    figure.colorbar(
        ScalarMappable(Normalize(-most, most), ERRORS),
        ax=list(beside),
        label="by pixel",
        shrink=0.8,
        aspect=14,
    )
