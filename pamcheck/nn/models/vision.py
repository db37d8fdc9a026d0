"""A classifier of images: a transformer on patches, with learned positions and the mean over patches.

Source: Dosovitskiy et al., arXiv 2010.11929; the mean in place of a class token: Beyer et al., arXiv 2205.01580.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pamcheck import functional
from pamcheck.nn.attention import Weights
from pamcheck.nn.groups import Groups
from pamcheck.nn.models.checks import check_model
from pamcheck.nn.models.embedding import flat_loss
from pamcheck.nn.models.initial import Array, Initial
from pamcheck.nn.models.stack import stack
from pamcheck.nn.random import Threefry

if TYPE_CHECKING:
    from pamcheck.nn.batches import ImageBatch


@dataclass(frozen=True)
class VisionModel:
    """Tells the class of a square image of one channel.

    side   of the images, in pixels; patch, that of the patches, must divide it

    The others as LanguageModel has them, and the same errors.
    """

    side: int
    classes: int
    patch: int
    layers: int
    heads: int
    width: int
    hidden: int = 0
    activation: str = "gelu"
    bias: bool = True
    dropout: float = 0.0
    deviation: float = 0.02

    def __post_init__(self) -> None:
        check_model(self, "side", "classes", "patch")
        if self.side % self.patch:
            raise ValueError(f"patch is {self.patch}; it must divide the side, {self.side}")

    @property
    def patches(self) -> int:
        """Number of patches of an image."""
        return (self.side // self.patch) ** 2

    def initial(self, random: Threefry) -> dict[str, Array]:
        """Return float32 weights: normal of that deviation, less for what is added to residuals; gains 1."""
        made = Initial(random, self.bias, 2 * self.layers, self.deviation)
        made.linear("patches", self.patch**2, self.width)
        made.table("positions.weight", self.patches, self.width)
        for layer in range(self.layers):
            made.block(f"blocks.{layer}", self.width, self.hidden or 4 * self.width)
        made.norm("norm", self.width)
        made.linear("head", self.width, self.classes)
        return made.weights

    def logits(self, weights: Weights, inputs: Any, ars: Groups, dropout: Threefry | None = None) -> Any:
        """Return the logits of each class: images (batch, side, side) to (batch, classes).

        Raises ValueError for images of another size.
        """
        if len(inputs.shape) != 3 or tuple(inputs.shape[1:]) != (self.side, self.side):
            raise ValueError(
                f"inputs has shape {tuple(inputs.shape)}; it must be (batch, {self.side}, {self.side})"
            )
        ar, pixels = ars.matmul, cut(inputs, self.patch)
        x = functional.linear(pixels, weights["patches.weight"], weights.get("patches.bias"), ar)
        x = stack(ar.add(x, weights["positions.weight"]), weights, self, ars, dropout)
        pooled = ar.div(ar.sum(x, axis=1), float(self.patches))
        return functional.linear(pooled, weights["head.weight"], weights.get("head.bias"), ar)

    def loss(
        self, weights: Weights, batch: ImageBatch, ars: Groups, dropout: Threefry | None = None
    ) -> Any:
        """Return the mean cross entropy of a batch's labels, 0-d."""
        found = flat_loss(self.logits(weights, batch.images, ars, dropout), batch.labels, ars)
        return functional.mean(found, ars.loss)


def cut(images: Any, patch: int) -> Any:
    """Return square patches, row by row, as rows of pixels: (batch, side, side) to (batch, patches, patch²)."""
    batch, across = images.shape[0], images.shape[1] // patch
    parted = images.reshape(batch, across, patch, across, patch)
    return parted.transpose(0, 1, 3, 2, 4).reshape(batch, across * across, patch * patch)
