# A verdict on each claim of the paper.


rule decide_claims:
    input:
        scores=[f"<results>/{folder}/scores.json" for folder in RUNS],
        runs=[f"<results>/{folder}/run.json" for folder in RUNS],
        further=in_results(made_from.further_scores(settings)),
        histories=[f"<results>/{folder}/history.csv" for folder in RUNS],
        timings=in_results(made_from.timings_of_claims(settings)),
        settings=rules.write_settings.output.settings,
        paper=f"{SCRIPTS}/vrrae_bench/study/paper_values.csv",
        script=f"{SCRIPTS}/claims.py",
        code=code_of("claims"),
        names=NAMES_OF_DATASETS,
    output:
        csv=report("<results>/claims.csv", caption="../report/snakemake/claims.rst", category="Claims"),
        markdown="<results>/claims.md",
        data="<results>/claims.json",
    log:
        "<logs>/claims.log",
    benchmark:
        "<benchmarks>/claims.tsv"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    message:
        "Decide the claims of the paper"
    shell:
        "python {input.script:q} --scores {input.scores:q} {input.further:q} --timings {input.timings:q} --settings {input.settings:q}"
        " --out {output.csv:q} > {log:q} 2>&1"
