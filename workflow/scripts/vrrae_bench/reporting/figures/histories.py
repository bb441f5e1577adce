"""The courses of trainings for the report: the reconstruction error of each run against its steps."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from vrrae_bench.reporting.figures.drawing import Run, by_dataset, grid, line_styles, plt, titles
from vrrae_bench.reporting.labels import dataset_label
from vrrae_bench.reporting.run_scores import read_history


def draw(runs: Sequence[Run]) -> Figure:
    """A panel for each data set, a line for each run. The seeds of a method or variant look alike and share a label."""
    groups = by_dataset(runs)
    figure, axes = plt.subplots(len(groups), 1, figsize=(10, 4.2 * len(groups)), layout="constrained", squeeze=False)
    for (dataset, group), axis in zip(groups.items(), axes[:, 0]):
        labels = titles(group)
        styles = line_styles(labels)
        for run, label in zip(group, labels):
            history = read_history(run.folder, "step", "reconstruction_error")
            axis.plot(history.step, history.reconstruction_error, label=label, linewidth=1.2, **styles[label])
        axis.set(title=dataset_label(dataset), xlabel="step", ylabel="training error, %", yscale="log")
        grid(axis)
        handles = {line.get_label(): line for line in axis.lines}
        axis.legend(handles.values(), handles.keys(), fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
    return figure
