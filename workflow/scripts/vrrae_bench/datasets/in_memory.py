"""Images in memory, in the form in which a training takes a stored data set."""

import numpy as np
from jaxtyping import Num

from vrrae_bench.artefacts.manifest import Manifest, Normalisation


class ImagesInMemory:
    """Training images of an array.

    Attributes:
        path: The name of the images in messages, in place of a file.
        manifest: The description of a stored data set, without labels, test images and files.
    """

    path = "images"

    def __init__(self, images: Num[np.ndarray, "N H W C"], normalisation: Normalisation):
        self._images = images
        self.manifest = Manifest(
            source="array",
            image_shape=images.shape[1:],
            dtype=str(images.dtype),
            n_train=len(images),
            n_test=0,
            n_classes=None,
            normalisation=normalisation,
            arrays={},
        )

    def array(self, name: str) -> Num[np.ndarray, "N H W C"]:
        """The training images, which are the only array.

        Raises:
            KeyError: Another array is asked for.
        """
        if name != "train":
            raise KeyError(name)
        return self._images
