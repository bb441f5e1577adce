"""The published weights of Inception networks."""

from pathlib import Path

from vrrae_bench.artefacts.records import remedy
from vrrae_bench.datasets.published import RemoteFile
from vrrae_bench.system.errors import UserError
from vrrae_bench.system.files import sha256

IMAGENET, INCEPTION_2015 = "inception_v3", "inception_2015"
IMAGENET_WEIGHTS = "inception_v3_google-0cc3c7bd.pth"
# torchvision publishes only the first eight digits of this digest, in the file's name. The whole digest is as others
# measured it on what that server gave them, among them github.com/Dramwig/CoFiTok-internal (docs/experiment_conditions)
# and github.com/khushidonda/DATA266-Lab1-Khushi-Dipin. The latter states the size too; so does PyTorch-Ignite's article
# "GAN evaluation using FID and IS" (pytorch-ignite.ai, 2021), in the output of its download.
IMAGENET_WEIGHTS_CHECKSUM = "sha256:0cc3c7bd75056d25e46cba549dc184522069b81e9787eff6df84f397bd52a5ef"

# By the name of their folder in a mirror, `<name>/<file>`. torchvision's, from which fine-tuning starts; and
# TensorFlow's of 2015, as torch-fidelity publishes them.
WEIGHTS = {
    IMAGENET: RemoteFile(
        IMAGENET_WEIGHTS,
        108_949_747,
        IMAGENET_WEIGHTS_CHECKSUM,
        ("https://download.pytorch.org/models",),
    ),
    INCEPTION_2015: RemoteFile(
        "weights-inception-2015-12-05-6726825d.pth",
        95_628_359,
        "sha256:6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
        ("https://github.com/toshas/torch-fidelity/releases/download/v0.2.0",),
    ),
}


def check_weights(path: Path, name: str) -> str:
    """The SHA-256 of a file of published weights. Any other file, or a damaged file, is refused.

    Args:
        name: The name of the weights in `WEIGHTS`.

    Raises:
        UserError: The file cannot be read, or has another checksum.
    """
    published = WEIGHTS[name]
    try:
        found = f"sha256:{sha256(path)}"
    except OSError as error:
        raise UserError(f"{path}: the weights {published.name} cannot be read ({error.strerror}).") from None
    if found != published.checksum:
        raise UserError(
            f"{path}: is not the published {published.name}: expected {published.checksum}, got {found}. If `weights` "
            f"of your configuration names it, put the published file there, or set `weights: null`. {remedy(path)}"
        )
    return found.removeprefix("sha256:")
