# Figures. They are drawn from the few images and points of runs that they show, or from tables and verdicts. So no
# model is trained if a figure is drawn again.


rule draw_figure:
    input:
        no_other_table,
        runs=lambda wildcards: in_results(made_from.figure_files(settings, wildcards.figure)),
        made=lambda wildcards: in_results(made_from.figure_made(settings, wildcards.figure)),
        caption=lambda wildcards: caption_of(wildcards.figure),
        shared_captions=shared_captions("runs", "figures"),
        script=f"{SCRIPTS}/figure.py",
        code=code_of_figure,
        names=NAMES_OF_DATASETS,
    output:
        png=report(
            "<results>/figures/{figure}.png",
            caption="../report/snakemake/figure.rst",
            category="Figures",
            labels=lambda wildcards: labels_of(FIGURES[wildcards.figure]),
        ),
        pdf="<results>/figures/{figure}.pdf",
        caption="<results>/figures/{figure}.txt",
        record="<results>/figures/{figure}.json",
    log:
        "<logs>/figure/{figure}.log",
    benchmark:
        "<benchmarks>/figure/{figure}.tsv"
    wildcard_constraints:
        figure="|".join(FIGURES),
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        mark=text_option("mark", settings.mark),
        runs=lambda wildcards: [run.model_dump_json() for run in runs_of(settings, wildcards.figure)],
    message:
        "Draw {wildcards.figure}"
    shell:
        "python {input.script:q} {wildcards.figure} --runs {params.runs:q} --from {input.made:q} --caption {input.caption:q}"
        " {params.mark} --out {output.png:q} > {log:q} 2>&1"
