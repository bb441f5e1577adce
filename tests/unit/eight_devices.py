"""Loss and gradient of methods on eight devices against one, as JSON: run by test_devices.py.

Of methods whose bottleneck or penalty is of a whole batch. Prints, for each, the relative difference of the losses, the
largest relative difference of the gradients of the parameters (as norms), the relative gap between the last kept and
the first dropped eigenvalue of Y Y^T, and how much of one device's arithmetic each of the eight does.
"""

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow/scripts"))
os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=8"

from vrrae_bench.training.devices import configure_jax, shardings

configure_jax("cpu", 1)

import equinox as eqx
import jax
import numpy as np

from vrrae_bench.artefacts.methods import methods
from vrrae_bench.models.autoencoder import Autoencoder
from vrrae_bench.models.bottleneck import Sizes
from vrrae_bench.training.losses import kl_divergence, relative_error

K, L, B = 3, 12, 16
OF_A_BATCH = ("rrae", "vrrae", "rrae_vae", "sparse_ae", "contractive_ae")


@eqx.filter_jit
def loss_and_gradient(model, images, key):
    def loss_of(model):
        prediction, posterior = model(images, key)
        parts = kl_divergence(posterior) + model.bottleneck.penalty(model.encoder, images, posterior, key)
        return relative_error(prediction, images) + 1e-3 * parts

    return eqx.filter_value_and_grad(loss_of)(model)


def compare(method: str) -> dict[str, float]:
    over_devices, on_each = shardings()
    model = eqx.filter_jit(lambda key: Autoencoder(methods()[method], (28, 28, 1), Sizes(L, K, 2), key=key))(
        jax.random.key(0)
    )
    images = np.random.default_rng(0).random((1, B, 28, 28, 1), np.float32) ** 3
    key = jax.random.key(1)
    on_one = (model, images[0], key)
    model_8, key_8 = eqx.filter_shard((model, key), on_each)
    on_eight = (model_8, jax.device_put(images, over_devices)[0], key_8)
    alone, together = (loss_and_gradient.lower(*arguments).compile() for arguments in (on_one, on_eight))
    (loss, gradient), (loss_8, gradient_8) = alone(*on_one), together(*on_eight)
    values = np.linalg.svd(np.asarray(eqx.filter_jit(model.encoder)(images[0])), compute_uv=False) ** 2
    pairs = zip(jax.tree.leaves(gradient), jax.tree.leaves(gradient_8), strict=True)
    return {
        "loss": abs(float(loss_8) / float(loss) - 1),
        "gradient": max(float(np.linalg.norm(a - np.asarray(b)) / (np.linalg.norm(a) + 1e-30)) for a, b in pairs),
        # Operations of one device.
        "arithmetic": together.compiled.cost_analysis()["flops"] / alone.compiled.cost_analysis()["flops"],
        "gap": float(1 - values[K] / values[K - 1]) if methods()[method].truncates else 1.0,
    }


if __name__ == "__main__":
    print(json.dumps({method: compare(method) for method in OF_A_BATCH}))
