# Tables. They are made from the files of runs, so no model is trained if a table is made again.


rule make_table:
    input:
        no_other_table,
        files=lambda wildcards: in_results(made_from.table_files(settings, wildcards.table)),
        sweep=lambda wildcards: in_results(made_from.sweep_files(settings, wildcards.table)),
        runs=lambda wildcards: in_results(made_from.table_runs(settings, wildcards.table)),
        caption=lambda wildcards: caption_of(wildcards.table),
        shared_captions=shared_captions("runs", "fid"),
        paper=f"{SCRIPTS}/vrrae_bench/study/paper_values.csv",
        script=f"{SCRIPTS}/table.py",
        code=code_of("table"),
        names=NAMES_OF_DATASETS,
    output:
        csv=report(
            "<results>/tables/{table}.csv",
            caption="../report/snakemake/table.rst",
            category="Tables",
            labels=lambda wildcards: labels_of(TABLES[wildcards.table]),
        ),
        markdown="<results>/tables/{table}.md",
        latex="<results>/tables/{table}.tex",
        record="<results>/tables/{table}.json",
    log:
        "<logs>/table/{table}.log",
    benchmark:
        "<benchmarks>/table/{table}.tsv"
    wildcard_constraints:
        table="|".join(TABLES),
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        banner=text_option("banner", settings.banner),
    message:
        "Make {wildcards.table}"
    shell:
        "python {input.script:q} {wildcards.table} --from {input.files:q} --sweep {input.sweep:q}"
        " --caption {input.caption:q} {params.banner} --out {output.csv:q} > {log:q} 2>&1"
