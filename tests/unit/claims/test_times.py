"""The rule about how long training steps take, on made times whose verdict is known."""

import numpy as np
import pytest
from made_evidence import lacking_texts, rule_of, table

from vrrae_bench.reporting.claims.times import OverheadBelow
from vrrae_bench.study.paper import paper_values


@pytest.mark.parametrize("claim", ["overhead_mnist", "overhead_cifar10", "overhead_celeba"])
def test_the_limit_of_the_overhead_is_the_whole_percent_above_the_papers_largest(claim):
    printed = paper_values().query("table == 'table_a4_1' and metric == 'step_seconds'")
    seconds = printed.pivot(index="dataset", columns="method", values="value")
    assert rule_of(claim).limit == np.ceil(100 * (seconds.vrrae / seconds.vae - 1).max()) / 100


@pytest.mark.parametrize(
    ("overhead", "noise", "verdict"),
    [(0.03, 0.01, "holds"), (0.2, 0.01, "does_not_hold"), (0.07, 0.05, "open")],
)
def test_overhead_of_a_step(rng, overhead, noise, verdict):
    busy = 1 + 5 * (rng.uniform(size=40) < 0.2)  # steps that another program slowed, both of a pair
    vae = 0.3 * busy
    vrrae = vae * (1 + overhead + noise * rng.normal(size=40))
    timings = {"dataset": "mnist", "device": "gpu: H100 x 1", "vae": vae, "vrrae": vrrae}
    finding = OverheadBelow(0.07, on="mnist").decide(table(timings=timings))
    assert "(medians of 40, on H100 x 1), overhead" in finding.numbers[0]
    assert finding.verdict == verdict and "paper: VAE 2.64 s, VRRAE 2.79 s, 5.68 %" in finding.numbers
    assert lacking_texts(OverheadBelow(0.07, on="celeba").decide(table(timings=timings))) == (
        "timings of steps on CelebA",
    )
