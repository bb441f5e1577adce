# Figures, from latents and images of runs: drawing one again trains nothing.
from vrrae_bench.reporting.kinds import FIGURES


def runs_of_figure(wildcards):
    """The runs that a figure shows: those of its methods, with the configured learning rate."""
    figure = FIGURES[wildcards.figure]
    return [
        settings.run(dataset, method, seed)
        for dataset in selected(synthetic=figure.synthetic)
        for method in settings.experiment.methods
        for seed in settings.datasets[dataset].seeds
        if figure.methods is None or method in figure.methods
    ]


rule draw_figure:
    input:
        scores=lambda wildcards: [f"{RESULTS}/{run.folder}/scores.json" for run in runs_of_figure(wildcards)],
        arrays=lambda wildcards: [
            f"{RESULTS}/{run.folder}/{FIGURES[wildcards.figure].file}" for run in runs_of_figure(wildcards)
        ],
        caption=f"{workflow.basedir}/workflow/report/{{figure}}.txt",
        code=lambda wildcards: code_of("figure", f"reporting/figures/{wildcards.figure}"),
    output:
        png=f"{RESULTS}/figures/{{figure}}.png",
        pdf=f"{RESULTS}/figures/{{figure}}.pdf",
        caption=f"{RESULTS}/figures/{{figure}}.txt",
    log:
        f"{RESULTS}/logs/figure/{{figure}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure/{{figure}}.tsv"
    wildcard_constraints:
        figure="|".join(FIGURES),
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    message:
        "Draw {wildcards.figure}"
    shell:
        "python {SCRIPTS:q}/figure.py {wildcards.figure} --scores {input.scores:q} --caption {input.caption:q}"
        " --out {RESULTS:q}/figures > {log:q} 2>&1"
