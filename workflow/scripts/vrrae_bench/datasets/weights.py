"""The published ImageNet weights of torchvision's Inception-v3."""

from pathlib import Path

from vrrae_bench.datasets.download import RemoteFile, fetch

WEIGHTS = "inception_v3"
# The publisher names files by the beginning of their SHA-256, and checks no more than that.
FILE = RemoteFile("inception_v3_google-0cc3c7bd.pth", None, "sha256:0cc3c7bd", ("https://download.pytorch.org/models",))


def fetch_weights(path: Path, *, mirror: str | None, offline: bool) -> None:
    """Bring the weights to `path`, whose name must be the published one.

    Raises:
        UserError: No source has them; a mirror holds them as `inception_v3/inception_v3_google-0cc3c7bd.pth`.
    """
    fetch([FILE], WEIGHTS, path.parent, mirror=mirror, offline=offline)
