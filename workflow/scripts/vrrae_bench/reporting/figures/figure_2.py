"""Figure 2: the latent space of the synthetic bumps."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from vrrae_bench.latent.diagnostics import spread_ratio
from vrrae_bench.reporting.figures.drawing import BLUE, ORANGE, Run, grid
from vrrae_bench.reporting.labels import method_label


def draw(runs: Sequence[Run]) -> Figure:
    """Posterior means of the synthetic training images, those of a diagonal motion in orange.

    One panel a method, all of one seed: the one for which the second dimension of the VAE is smallest, since the
    paper shows a selected seed.
    """
    seed = _most_collapsed_seed(runs)
    shown = [run for run in runs if run.spec.seed == seed]
    figure, axes = plt.subplots(1, len(shown), figsize=(3.6 * len(shown), 3.7), layout="constrained", squeeze=False)
    for axis, run in zip(axes[0], shown):
        means = run.means("train", "diagonal")
        train, diagonal = means["train"], means["diagonal"]
        axis.scatter(*train[:, :2].T, s=16, color=BLUE, label=f"{len(train)} training images")
        motion = f"diagonal motion, {len(diagonal)} images"
        axis.plot(*diagonal[:, :2].T, color=ORANGE, linewidth=2, marker=".", label=motion)
        axis.set(title=f"{method_label(run.spec.method)}, seed {seed}", xlabel="first mean", ylabel="second mean")
        # One scale for both axes, so that a collapsed dimension looks collapsed.
        axis.set_aspect("equal", adjustable="datalim")
        grid(axis)
    # Below the panels, where it hides no point.
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize="small")
    return figure


def _most_collapsed_seed(runs: Sequence[Run]) -> int:
    def ratio(run: Run) -> float:
        return spread_ratio(run.means("train")["train"])

    return min((run for run in runs if run.spec.method == "vae"), key=ratio, default=runs[0]).spec.seed
