"""The 1797 handwritten digits of 8 x 8 pixels that ship with scikit-learn: real images, no download."""

from pathlib import Path

from vrrae_bench.datasets.source import DatasetSize, Request, Source

SIZE = DatasetSize(n_train=1437, n_test=360, side=28, channels=1)
N_CLASSES = 10
SPLIT_SEED = 0  # part of the definition of the data set, like the official split of MNIST
BRIGHTEST = 16


def store(folder: Path, request: Request) -> None:
    """Store the digits, enlarged to 28 x 28, split once and for all into 1437 training and 360 test images."""
    import numpy as np
    from PIL import Image
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    from vrrae_bench.datasets.store import write_dataset

    def enlarge(image: np.ndarray) -> np.ndarray:
        bright = np.round(image * (255 / BRIGHTEST)).astype(np.uint8)
        return np.asarray(Image.fromarray(bright).resize((SIZE.side, SIZE.side), Image.Resampling.BICUBIC))

    rows, labels = load_digits(return_X_y=True)
    images = np.stack([enlarge(row.reshape(8, 8)) for row in np.asarray(rows)])[..., None]
    train, test, train_labels, test_labels = train_test_split(
        images, labels, test_size=SIZE.n_test, random_state=SPLIT_SEED, stratify=labels
    )
    arrays = {"train": train, "test": test, "train_labels": train_labels, "test_labels": test_labels}
    write_dataset(folder, "digits", arrays, n_classes=N_CLASSES)


SOURCE = Source(store, label="Digits", images=SIZE)
