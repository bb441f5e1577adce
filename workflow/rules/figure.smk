# Figures, from latents and images of runs: drawing one again trains nothing.


rule draw_figure:
    input:
        scores=lambda wildcards: files_of(wildcards.figure, "scores.json"),
        arrays=lambda wildcards: files_of(wildcards.figure, FIGURES[wildcards.figure].file),
        data=data_of_figure,
        caption=f"{WORKFLOW}/report/{{figure}}.txt",
        script=f"{SCRIPTS}/figure.py",
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
        "python {input.script:q} {wildcards.figure} --scores {input.scores:q} --caption {input.caption:q}"
        " --out {output.png:q} > {log:q} 2>&1"
