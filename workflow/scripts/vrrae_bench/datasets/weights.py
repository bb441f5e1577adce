"""The published weights of Inception networks."""

from vrrae_bench.datasets.published import RemoteFile

IMAGENET, INCEPTION_2015 = "inception_v3", "inception_2015"
# Their publisher names files by the beginning of their SHA-256, and checks no more than that.
IMAGENET_WEIGHTS = "inception_v3_google-0cc3c7bd.pth"
IMAGENET_WEIGHTS_SHA256 = "0cc3c7bd"

# By the name of their folder in a mirror, `<name>/<file>`. torchvision's, from which fine-tuning starts; and
# TensorFlow's of 2015, as torch-fidelity publishes them.
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
