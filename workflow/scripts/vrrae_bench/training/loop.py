"""Training one autoencoder: AdaBelief on the paper's loss, resumable at any moment."""

from collections.abc import Callable, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.experimental import multihost_utils
from jaxtyping import Array, Float, Int, Num, PRNGKeyArray

from vrrae_bench.artefacts.manifest import Normalisation
from vrrae_bench.artefacts.run import AN_ARRAY, RunSpec
from vrrae_bench.datasets.in_memory import ImagesInMemory
from vrrae_bench.datasets.store import DataSet, Images
from vrrae_bench.models.autoencoder import Autoencoder
from vrrae_bench.models.bottleneck import Posterior
from vrrae_bench.models.contract import check_bottleneck
from vrrae_bench.models.inference import encode
from vrrae_bench.models.serialisation import ModelHeader, Network
from vrrae_bench.system.checkpoints import Keeper
from vrrae_bench.system.errors import UserError
from vrrae_bench.system.provenance import Stopwatch
from vrrae_bench.system.seeding import derived_seed
from vrrae_bench.system.termination import termination
from vrrae_bench.training.batches import BatchFeed, BatchStream, epoch_ends
from vrrae_bench.training.checkpoints import Checkpoints, Progress
from vrrae_bench.training.devices import shardings
from vrrae_bench.training.losses import kl_divergence, relative_error
from vrrae_bench.training.progress import Losses, ProgressLine


class Sums(NamedTuple):
    """What an epoch's row of the history is made of, summed over its steps so far."""

    loss: Float[Array, ""]
    reconstruction_error: Float[Array, ""]
    kl_divergence: Float[Array, ""]
    penalty: Float[Array, ""]

    @classmethod
    def zero(cls) -> "Sums":
        """Sums over no steps."""
        return cls(*(jnp.zeros((), jnp.float32) for _ in cls._fields))

    def means(self, n_steps: int) -> Losses:
        """Their averages over `n_steps` steps, as Python numbers."""
        return Losses(*(float(value) / n_steps for value in self))


class State(NamedTuple):
    """All that changes while training.

    Attributes:
        last_loss: The last loss that was finite, or NaN if there was none.
        bad_step: The first step whose loss was not finite, or -1.
    """

    model: Autoencoder
    optimiser: Any
    sums: Sums
    last_loss: Float[Array, ""]
    bad_step: Int[Array, ""]


@dataclass
class _Training:
    """A training under way.

    Attributes:
        step: The number of steps done.
        history: A row for each finished epoch.
    """

    state: State
    step: int = 0
    history: list[dict[str, float]] = field(default_factory=list)


def train(
    spec: RunSpec,
    data: DataSet | ImagesInMemory,
    checkpoints: Checkpoints | None,
    *,
    stopwatch: Stopwatch,
    checkpoint_seconds: float,
    report: Callable[[str], None],
    terminal: bool = False,
) -> tuple[Autoencoder, ModelHeader, list[dict[str, float]]]:
    """Train a run to its end, from its newest checkpoint if there is one.

    Where several processes share a training, all of them call this; the first one saves and reports.

    Args:
        checkpoints: Where to save states of the training. None saves nothing, and leaves SIGTERM to the process that
            this runs in.
        stopwatch: Is given the time that was spent before the checkpoint.
        checkpoint_seconds: Time between two checkpoints.
        report: Is called with a line of progress now and then.
        terminal: Whether to show progress as one moving line on the standard error instead.

    Returns:
        The trained model, its description, and a row per epoch: the loss and its parts before their weights, averaged
        over the epoch's steps.

    Raises:
        UserError: The data do not suit the run, the loss or the model is no longer finite, or several processes do
            not see the same checkpoint.
        Interrupted: SIGTERM came; a checkpoint holds all that was done.
    """
    _refuse_sizes(spec, data)
    header = ModelHeader(run=spec, image_shape=data.manifest.image_shape, normalisation=data.manifest.normalisation)
    ends = epoch_ends(data.manifest.n_train, spec.batch_size, spec.epochs)
    training = _resumed(header, checkpoints, ends, stopwatch, report)
    images, first = data.array("train"), jax.process_index() == 0

    def save() -> None:
        if checkpoints and first:
            checkpoints.save(training.state, Progress(training.step, stopwatch.seconds(), training.history))

    progress = ProgressLine(ends[-1], training.step, spec.batch_size, report, terminal=terminal and first)
    with termination() if checkpoints else nullcontext(lambda: False) as asked_to_end, closing(progress):
        keep = Keeper(
            save,
            lambda: f"step {training.step} of {ends[-1]}",
            checkpoint_seconds,
            lambda: _anywhere(asked_to_end()),
        )
        _take_steps(training, header, images, ends, progress, keep)
    return _trained(_on_this_host(training.state.model), header, images, ends[-1]), header, training.history


def _refuse_sizes(spec: RunSpec, data: DataSet | ImagesInMemory) -> None:
    n_train, n_devices = data.manifest.n_train, jax.device_count()
    key = spec.key("batch_size")
    if spec.dataset != AN_ARRAY:
        key += " (or its entry in batch_sizes)"
    if n_train < spec.batch_size:
        raise UserError(
            f"{data.path}: {n_train} training images are fewer than a batch of {spec.batch_size}. "
            f"Set {key} to at most {n_train}."
        )
    if round(spec.epochs * n_train / spec.batch_size) == 0:
        raise UserError(
            f"{spec.epochs:g} epochs of {n_train} images in batches of {spec.batch_size} are less than half a step. "
            f"Set {spec.key('epochs')} higher."
        )
    if remainder := spec.batch_size % n_devices:
        smaller = spec.batch_size - remainder
        nearest = f"{smaller} or {smaller + n_devices}" if smaller else f"{n_devices}"
        raise UserError(
            f"a batch of {spec.batch_size} cannot be spread evenly over {n_devices} devices. "
            f"Set {key} to {nearest}, or use fewer devices."
        )


def _resumed(
    header: ModelHeader,
    checkpoints: Checkpoints | None,
    ends: Sequence[int],
    stopwatch: Stopwatch,
    report: Callable[[str], None],
) -> _Training:
    """A training as the newest checkpoint has it, or at its start if there is no checkpoint."""
    training = _Training(start_state(header))
    if checkpoints and (found := checkpoints.load(training.state, ends)):
        state, (step, seconds, history) = found
        training = _Training(state, step, history)
        stopwatch.add(seconds)
        report(f"continuing from the checkpoint after step {step}")
    _refuse_different_steps(training.step)
    return training


def _take_steps(
    training: _Training,
    header: ModelHeader,
    images: Images,
    ends: Sequence[int],
    progress: ProgressLine,
    keep: Callable[[], None],
) -> None:
    """Take the steps that are left, with a row of the history after each epoch.

    Args:
        ends: The step after which each epoch ends.
        keep: Is called after each stretch of steps, to save the training if a checkpoint is due.
    """
    spec, settings, weights = header.run, StepSettings.of(header), loss_weights(header.run)
    over_devices, on_each = shardings()
    noise_key = jax.random.key(derived_seed(spec.seed, "noise"))
    training.state, noise_key = eqx.filter_shard((training.state, noise_key), on_each)
    feed = BatchFeed(images, BatchStream(len(images), spec.batch_size, spec.seed), over_devices)
    for steps, batches in feed(training.step, ends):
        # Python numbers would be compiled in, and every stretch would be compiled anew.
        span = np.array([steps.start, steps.stop])
        training.state = run_steps(settings, training.state, batches, span, noise_key, weights)
        training.step = steps.stop
        _refuse_divergence(spec, training.state, feed, header.normalisation)
        begin = max((end for end in ends if end < steps.stop), default=0)
        losses = training.state.sums.means(steps.stop - begin)
        progress.show(steps.stop, len(training.history) + 1, losses)
        if steps.stop in ends:
            training.history.append({"epoch": len(training.history) + 1, "step": steps.stop} | losses._asdict())
            training.state = training.state._replace(sums=jax.device_put(Sums.zero(), on_each))
        keep()


def start_state(header: ModelHeader) -> State:
    """The state before the first step: weights from the seed, nothing summed.

    Raises:
        UserError: The bottleneck of the method does not do what it has to.
    """
    run = header.run
    check_bottleneck(run.definition, header.network.sizes, run.batch_size)
    return _start(header.network, run.learning_rate, jax.random.key(derived_seed(run.seed, "initialisation")))


@eqx.filter_jit  # one program to compile and to keep, instead of a hundred small ones at each start
def _start(network: Network, learning_rate: float, key: PRNGKeyArray) -> State:
    model = network.build(key)
    optimiser_state = _optimiser(learning_rate).init(eqx.filter(model, eqx.is_inexact_array))
    # Types are explicit: those of bare Python numbers are weak, and would have the first stretch compiled anew.
    return State(model, optimiser_state, Sums.zero(), jnp.array(jnp.nan, jnp.float32), jnp.array(-1, jnp.int32))


def _optimiser(learning_rate: float) -> optax.GradientTransformation:
    # The optimiser is made while a program is traced, and is never an argument. Optax makes new functions on each call,
    # and JAX would compile a program again for new functions.
    return optax.adabelief(learning_rate)


def loss_weights(spec: RunSpec) -> Float[np.ndarray, "2"]:
    """The weights of the KL divergence and of the method's penalty in the loss, 0 where it has none."""
    return np.array([spec.beta or 0, spec.penalty_weight or 0], np.float32)


class StepSettings(NamedTuple):
    """What is compiled into the program of the steps, besides the network and the shapes of arrays."""

    precision: str
    learning_rate: float
    normalisation: Normalisation

    @classmethod
    def of(cls, header: ModelHeader) -> "StepSettings":
        """The settings of a training."""
        return cls(header.run.precision, header.run.learning_rate, header.normalisation)


@eqx.filter_jit
def run_steps(
    settings: StepSettings,
    state: State,
    batches: Num[Array, "S B H W C"],
    span: Int[Array | np.ndarray, "2"],
    noise_key: PRNGKeyArray,
    weights: Float[Array | np.ndarray, "2"],
) -> State:
    """The steps from the first to before the second of `span`, in one compiled program.

    The i-th of `batches` is that of the i-th of these steps; what lies behind the last is padding. The weights of the
    KL divergence and of the method's penalty are an array, so that one program serves every beta and, within a process,
    every training of the same network, settings and shapes.
    """
    arrays, static = eqx.partition(state, eqx.is_array)

    def body(step: Int[Array, ""], arrays: State) -> State:
        batch = settings.normalisation.apply(batches[step - span[0]])
        key = jax.random.fold_in(noise_key, step)
        state = _step(settings, eqx.combine(arrays, static), batch, key, step, weights)
        return eqx.filter(state, eqx.is_array)

    return eqx.combine(jax.lax.fori_loop(span[0], span[1], body, arrays), static)


def _step(
    settings: StepSettings,
    state: State,
    batch: Float[Array, "B H W C"],
    key: PRNGKeyArray,
    step: Int[Array, ""],
    weights: Float[Array | np.ndarray, "2"],
) -> State:
    noise_key, penalty_key = jax.random.split(key)

    def loss_of(model: Autoencoder) -> tuple[Float[Array, ""], tuple[Sums, Posterior]]:
        prediction, posterior = model(batch, noise_key, settings.precision)
        parts = (
            relative_error(prediction, batch),
            kl_divergence(posterior),
            model.bottleneck.penalty(model.encoder, batch, posterior, penalty_key),
        )
        loss = parts[0] + weights[0] * parts[1] + weights[1] * parts[2]
        return loss, (Sums(loss, *parts), posterior)

    (loss, (parts, posterior)), gradient = eqx.filter_value_and_grad(loss_of, has_aux=True)(state.model)
    updates, optimiser_state = _optimiser(settings.learning_rate).update(gradient, state.optimiser)
    model = eqx.apply_updates(state.model, updates)
    finite = jnp.isfinite(loss)
    return State(
        model=model.with_bottleneck(model.bottleneck.after_step(posterior)),
        optimiser=optimiser_state,
        sums=jax.tree.map(jnp.add, state.sums, parts),
        last_loss=jnp.where(finite & (state.bad_step < 0), loss, state.last_loss),
        bad_step=jnp.where(finite | (state.bad_step >= 0), state.bad_step, step),
    )


def _on_this_host(model: Autoencoder) -> Autoencoder:
    """The model on one device of this process: other processes need not take part in what follows."""
    return jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf)) if eqx.is_array(leaf) else leaf, model)


def _trained(model: Autoencoder, header: ModelHeader, images: Images, step: int) -> Autoencoder:
    """The model after its last step, with what its bottleneck takes from all training images.

    Raises:
        UserError: Its weights or its latents are not finite.
    """
    run = header.run
    if not all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(eqx.filter(model, eqx.is_inexact_array))):
        raise UserError(
            f"the weights of {run.method} on {run.dataset}, seed {run.seed}, are not finite after the last step "
            f"({step}), although the loss was. Lower {run.key('learning_rate')}."
        )

    def encodings() -> Float[np.ndarray, "N E"]:
        encoded = encode(model.encoder, header.normalisation, images)
        if not np.isfinite(encoded).all():
            raise UserError(
                f"the trained {run.method} encodes images of {run.dataset} as NaN or infinity. "
                f"Lower {run.key('learning_rate')}."
            )
        return encoded

    return model.with_bottleneck(model.bottleneck.after_training(encodings))


def _refuse_divergence(spec: RunSpec, state: State, feed: BatchFeed, normalisation: Normalisation) -> None:
    if (step := int(state.bad_step)) < 0:
        return
    if not normalisation.apply(feed.images(step)).any():
        raise UserError(
            f"all {spec.batch_size} images of {spec.dataset} in the batch of step {step + 1}, seed {spec.seed}, are "
            "black, or zero as models see them, so they have no relative error. Look at the images, and leave out "
            f"those without content; if these are few, a higher {spec.key('batch_size')} helps too."
        )
    last_loss = float(state.last_loss)
    before = f"last finite loss {last_loss:.4g}" if np.isfinite(last_loss) else "no loss was finite before"
    raise UserError(
        f"the loss of {spec.method} on {spec.dataset}, seed {spec.seed}, is not finite at step {step + 1} "
        f"(learning rate {spec.learning_rate}; {before}). "
        f"Lower {spec.key('learning_rate')}, or look at the history of another seed."
    )


def _refuse_different_steps(step: int) -> None:
    if jax.process_count() > 1 and len(set(multihost_utils.process_allgather(np.array(step)).tolist())) > 1:
        raise UserError(
            f"process {jax.process_index()} would continue from step {step}, other processes from another step. "
            "Give all processes the same folder of checkpoints."
        )


def _anywhere(asked: bool) -> bool:
    """Whether any of the processes that share the training says so: all get the same answer."""
    return asked if jax.process_count() == 1 else bool(multihost_utils.process_allgather(np.array(asked)).any())
