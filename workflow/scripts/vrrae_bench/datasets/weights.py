"""The published ImageNet weights of torchvision's Inception-v3."""

from pathlib import Path

from vrrae_bench.datasets.download import RemoteFile, fetch
from vrrae_bench.scoring.settings import IMAGENET_WEIGHTS, IMAGENET_WEIGHTS_SHA256

WEIGHTS = "inception_v3"
FILE = RemoteFile(IMAGENET_WEIGHTS, None, f"sha256:{IMAGENET_WEIGHTS_SHA256}", ("https://download.pytorch.org/models",))


def fetch_weights(path: Path, *, mirror: str | None, offline: bool) -> None:
    """Bring the weights to `path`, whose name must be the published one.

    Raises:
        UserError: No source has them; a mirror holds them as `inception_v3/inception_v3_google-0cc3c7bd.pth`.
    """
    fetch([FILE], WEIGHTS, path.parent, mirror=mirror, offline=offline)
