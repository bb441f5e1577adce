"""The rule about how long training steps take."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from vrrae_bench.reporting.claims.evidence import Evidence
from vrrae_bench.reporting.claims.findings import Finding, Lacking, percent, verdict
from vrrae_bench.reporting.claims.statistics import median_interval
from vrrae_bench.reporting.labels import dataset_label
from vrrae_bench.study.paper import paper_value


@dataclass(frozen=True)
class OverheadBelow:
    """A training step of VRRAE takes longer than a step of VAE by less than a given share."""

    limit: float
    on: str
    how: ClassVar[str] = (
        "Steps of the two methods are timed in turn. Each pair of turns gives the ratio of the two times, minus 1. "
        "The rule computes the median over pairs and its 95 % interval by order statistics, which takes the pairs as "
        "independent. The claim holds if the interval lies below the limit, and does not hold if it lies above the "
        "limit. Otherwise the claim is open. The caption of Table A.4-1 says how busy other work kept the machine "
        "meanwhile; no verdict takes this into account."
    )

    @property
    def words(self) -> str:
        return (
            f"{dataset_label(self.on)}: the overhead of a training step of VRRAE, compared with a step of VAE, has to "
            f"be below {percent(self.limit)}."
        )

    @property
    def subject(self) -> None:
        return None

    def decide(self, evidence: Evidence) -> Finding:
        vae, vrrae = (paper_value("table_a4_1", self.on, name, "", "step_seconds")[0] for name in ("vae", "vrrae"))
        assert vae is not None and vrrae is not None  # the paper prints both
        paper = f"paper: VAE {vae} s, VRRAE {vrrae} s, {percent(vrrae / vae - 1)}"
        timings = evidence.timings[evidence.timings.dataset == self.on]
        if timings.empty:
            return Finding("open", (paper,), (Lacking("measurement", f"timings of steps on {dataset_label(self.on)}"),))
        overhead = (timings.vrrae / timings.vae - 1).to_numpy(float)
        low, high = median_interval(overhead)
        seconds = f"VAE {timings.vae.median():.3g} s, VRRAE {timings.vrrae.median():.3g} s"
        interval = f"{percent(np.median(overhead))}, interval [{percent(low)}, {percent(high)}]"
        kind, _, name = timings.device.iloc[0].partition(": ")
        device = "a CPU" if kind == "cpu" else name
        line = f"{seconds} (medians of {len(timings)}, on {device}), overhead {interval}"
        outcome = verdict([high < self.limit], [low > self.limit])
        more = Lacking("measurement", "more pairs of timed steps: raise experiment.timing.turns")
        return Finding(outcome, (line, paper), (more,) if outcome == "open" else ())
