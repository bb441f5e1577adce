"""Compare treatments of the derivative of the truncated SVD: final errors, and jumps of the loss while training.

    python tests/studies/derivatives.py --data results/data/synthetic/manifest.json --run RUN_JSON --seeds 0 1 2

RUN_JSON is the `run` of a run.json, or a file with one: the training to repeat with each treatment, method and seed. A
training that was interrupted goes on from its checkpoint.
"""

import argparse
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow/scripts"))

from vrrae_bench.training.devices import configure_jax

METHODS = ("vrrae", "rrae", "rrae_vae")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="manifest.json of the data set")
    parser.add_argument("--run", required=True, help="specification of a run, as JSON, or a file with it")
    parser.add_argument("--treatments", nargs="+", default=list(TREATMENTS), choices=TREATMENTS)
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=METHODS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of histories, checkpoints and summary.csv")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    configure_jax("cpu", arguments.threads)
    arguments.out.mkdir(parents=True, exist_ok=True)

    import pandas as pd

    text = Path(arguments.run).read_text() if Path(arguments.run).is_file() else arguments.run
    run = json.loads(text)
    run = run.get("run", run)
    rows = [
        study(arguments.data, run | {"method": method, "seed": seed}, treatment, arguments.out)
        for seed in arguments.seeds
        for method in arguments.methods
        for treatment in arguments.treatments
    ]
    summary = pd.DataFrame(rows)
    summary.to_csv(arguments.out / "summary.csv", index=False)
    print(summary.to_markdown(index=False, floatfmt=".3f"))


def study(manifest: Path, run: dict, treatment: str, out: Path) -> dict[str, float | str]:
    """Train once; the errors at the end, and the largest rise of the epoch's error after the first quarter."""
    import jax
    import pandas as pd

    from vrrae_bench.artefacts.run import RunSpec
    from vrrae_bench.datasets.store import DataSet
    from vrrae_bench.models import truncation
    from vrrae_bench.models.methods import truncated_svd, variational_svd
    from vrrae_bench.scoring.model_scores import reconstruction_errors
    from vrrae_bench.system.dependencies import code_digest
    from vrrae_bench.system.errors import UserError
    from vrrae_bench.system.provenance import Stopwatch
    from vrrae_bench.training.checkpoints import Checkpoints
    from vrrae_bench.training.loop import train

    truncated_svd.truncated_coefficients = TREATMENTS[treatment](truncation)
    jax.clear_caches()  # or the program of the treatment before would be taken
    beta = run["beta"] if run["method"] != "rrae" else None
    # The definition is that of the run's own method, which is another one here.
    others = {key: value for key, value in run.items() if key != "definition"}
    spec, data = RunSpec(**(others | {"beta": beta})), DataSet(manifest)
    name = f"{spec.dataset}-{spec.method}-{treatment.replace(' ', '_')}-seed={spec.seed}"
    row = {"method": spec.method, "treatment": treatment, "seed": spec.seed}
    # A state of another derivative is that of another treatment.
    identity = [
        treatment,
        spec.model_dump(),
        data.manifest.model_dump(),
        code_digest(__file__, variational_svd.__file__),
    ]
    checkpoints = Checkpoints(out / "checkpoints", json.dumps(identity))
    try:
        model, header, history = train(
            spec,
            data,
            checkpoints,
            stopwatch=Stopwatch(),
            checkpoint_seconds=60,
            report=lambda line: print(f"{name}: {line}", file=sys.stderr, flush=True),
        )
    except UserError as diverged:
        return row | {"end": str(diverged)}
    history = pd.DataFrame(history)
    history.to_csv(out / f"{name}.csv", index=False)
    checkpoints.conclude([], keep=False)
    late = history.reconstruction_error[len(history) // 4 :]
    return row | {
        "training error": history.reconstruction_error.iloc[-1],
        "test error": reconstruction_errors(model, header, data)["reconstruction_error"],
        "largest rise": max(0.0, late.diff().max()),
    }


def own(truncation) -> Callable:
    """The project's, which depends on the method."""
    return truncation.truncated_coefficients


def left_out(truncation) -> Callable:
    """The project's for RRAE and VRRAE: exact between kept and dropped modes, the rotation among kept ones left out."""

    def truncate(latent, k, **_):
        return truncation.truncated_coefficients(latent, k)

    return truncate


def undamped(truncation) -> Callable:
    """`jnp.linalg.svd` differentiated as it stands, with the project's signs."""
    import jax.numpy as jnp

    def truncate(latent, k, **_):
        left, values, right = jnp.linalg.svd(latent, full_matrices=False)
        left, coefficients = left[:, :k], values[:k, None] * right[:k]
        largest = jnp.take_along_axis(left, jnp.argmax(jnp.abs(left), axis=0)[None], axis=0)
        sign = jnp.where(largest < 0, -1, 1)
        return left * sign, coefficients * sign.T

    return truncate


def damped(truncation, *, of_both: float = 0.0, of_first: float = 0.0) -> Callable:
    """With the rotation among kept modes, 1/d damped to d / (d^2 + e^2) for differences d of eigenvalues.

    Args:
        of_both: e as a share of the two eigenvalues' sum.
        of_first: e as a share of the largest eigenvalue.
    """
    import jax

    @partial(jax.custom_vjp, nondiff_argnums=(1,))
    def truncate(latent, k):
        return truncation.truncated_coefficients(latent, k)

    def forward(latent, k):
        return truncation._forward(latent, k, False)

    def backward(k, svd, cotangents):
        (gradient,) = truncation._backward(k, False, svd, cotangents)
        kept = svd.eigenvalues[:k]
        damping = of_both * (kept[None] + kept[:, None]) + of_first * kept[0]
        return (gradient + truncation._rotation_in_span(svd, kept, damping, cotangents),)

    truncate.defvjp(forward, backward)
    return lambda latent, k, **_: truncate(latent, k)


TREATMENTS = {
    "own": own,
    "left out": left_out,
    "damped by 0.1 of both": partial(damped, of_both=0.1),
    "damped by 0.01 of both": partial(damped, of_both=0.01),
    "damped by 0.001 of the first": partial(damped, of_first=1e-3),
    "undamped": undamped,
}


if __name__ == "__main__":
    main()
