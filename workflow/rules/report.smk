# One self-contained HTML page with every table and figure of the selected data sets.


rule write_report:
    input:
        tables=[f"<results>/tables/{name}.csv" for name in made_from.reported(settings, TABLES)],
        claims=rules.decide_claims.output.data,
        records=[
            *(f"<results>/tables/{name}.json" for name in made_from.reported(settings, TABLES)),
            *(f"<results>/figures/{name}.json" for name in made_from.reported(settings, FIGURES)),
        ],
        settings=rules.write_settings.output.settings,
        figures=[f"<results>/figures/{name}.png" for name in made_from.reported(settings, FIGURES)],
        captions=[f"<results>/figures/{name}.txt" for name in made_from.reported(settings, FIGURES)],
        runs=[f"<results>/{folder}/run.json" for folder in RUNS],
        histories=[f"<results>/{folder}/history.csv" for folder in RUNS],
        scores=[f"<results>/{folder}/scores.json" for folder in RUNS],
        samples=[f"<results>/{folder}/{name}" for folder in RUNS for name in (SAMPLE, SHOWN_IMAGES, SHOWN_MEANS)],
        template=f"{WORKFLOW}/report/report.html.j2",
        # The templates of its parts, its style and its script.
        parts=sorted(
            str(part) for kind in ("html.j2", "css", "js") for part in Path(WORKFLOW, "report").glob(f"*.{kind}")
        ),
        script=f"{SCRIPTS}/report.py",
        code=code_of("report"),
        names=NAMES_OF_DATASETS,
    output:
        html="<results>/report.html",
    log:
        "<logs>/report.log",
    benchmark:
        "<benchmarks>/report.tsv"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    message:
        "Write the report"
    shell:
        "python {input.script:q} --tables {input.tables:q} --claims {input.claims:q} --figures {input.figures:q} --runs {input.runs:q}"
        " --settings {input.settings:q} --template {input.template:q} --out {output.html:q} > {log:q} 2>&1"
