"""The published weights of Inception networks."""

from pathlib import Path

from vrrae_bench.datasets.download import RemoteFile, fetch
from vrrae_bench.scoring.settings import IMAGENET_WEIGHTS, IMAGENET_WEIGHTS_SHA256

IMAGENET, INCEPTION_2015 = "inception_v3", "inception_2015"

# By the name of their folder in a mirror. torchvision's, from which fine-tuning starts; and TensorFlow's of 2015, as
# torch-fidelity publishes them.
WEIGHTS = {
    IMAGENET: RemoteFile(
        IMAGENET_WEIGHTS, None, f"sha256:{IMAGENET_WEIGHTS_SHA256}", ("https://download.pytorch.org/models",)
    ),
    INCEPTION_2015: RemoteFile(
        "weights-inception-2015-12-05-6726825d.pth",
        95_628_359,
        "sha256:6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
        ("https://github.com/toshas/torch-fidelity/releases/download/v0.2.0",),
    ),
}


def fetch_weights(name: str, path: Path, *, mirror: str | None, offline: bool) -> None:
    """Bring weights to `path`, whose name must be the published one.

    Args:
        name: A key of `WEIGHTS`.

    Raises:
        UserError: No source has them; a mirror holds them as `<name>/<file>`.
    """
    fetch([WEIGHTS[name]], name, path.parent, mirror=mirror, offline=offline)
