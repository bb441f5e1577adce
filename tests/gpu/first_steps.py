"""The first steps of a training in a process of its own: losses, and the gradient of the first step.

    python first_steps.py METHOD ACCELERATOR OUT [as-on-gpus]

Writes OUT, an .npz file: `losses` after each of three steps, and the gradient of each array of weights by its number.
With `as-on-gpus`, the convolutions are those that GPUs compute, on whatever device.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow/scripts"))

from vrrae_bench.training.devices import configure_jax, device_name

method_name, accelerator, out, *forms = sys.argv[1:]
configure_jax(accelerator, 1)

import jax
import numpy as np

from vrrae_bench.artefacts.manifest import Normalisation
from vrrae_bench.artefacts.methods import methods
from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.models import convolutions
from vrrae_bench.models.serialisation import ModelHeader
from vrrae_bench.training import loop

STEPS, BATCH = 3, 16
OLD_SHARE = 0.9  # of the moving average of gradients in AdaBelief, which begins at zero


def main() -> None:
    print(device_name(accelerator))
    if forms:
        convolutions._choose = lambda fast, plain: plain
    method = methods()[method_name]
    run = RunSpec(
        **dict(dataset="none", method=method_name, latent_size=12, bottleneck=3, batch_size=BATCH, epochs=1),
        **dict(beta=1e-3 if method.variational else None, penalty_weight=1e-3 if method.penalised else None),
        **dict(linear_layers=2 if method.stacked else 0, learning_rate=1e-3, seed=0, variant=""),
    )
    header = ModelHeader(run=run, image_shape=(28, 28, 1), normalisation=Normalisation(shift=0, scale=255))
    batches = np.random.default_rng(0).integers(0, 256, (STEPS, BATCH, 28, 28, 1), np.uint8)
    settings, state, losses, gradient = loop.StepSettings.of(header), loop.start_state(header), [], None
    for step in range(STEPS):
        before = float(state.sums.loss)
        span = np.array([step, step + 1])
        now = np.roll(batches, -step, axis=0)
        state = loop.run_steps(settings, state, now, span, jax.random.key(0), loop.loss_weights(run))
        losses.append(float(state.sums.loss) - before)
        if gradient is None:
            average = state.optimiser[0].mu
            gradient = [np.asarray(leaf) / (1 - OLD_SHARE) for leaf in jax.tree.leaves(average)]
    np.savez(out, losses=losses, **{str(number): array for number, array in enumerate(gradient)})


main()
