# The configuration of the comparison as a file, for tables, figures and claims that are made from it.


rule write_settings:
    input:
        no_other_settings,
    output:
        settings="<results>/settings.json",
    log:
        "<logs>/settings.log",
    benchmark:
        "<benchmarks>/settings.tsv"
    # This job comes first, because tables that are older than the configuration are refused if Snakemake does not know
    # how they were made.
    priority: 20
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=100,
        runtime=5,
    params:
        # A function, because Snakemake would replace what stands in braces in a text, and a user may write braces.
        settings=lambda wildcards: settings.study.model_dump_json(),
    message:
        "Write down the configuration"
    shell:
        "printf '%s\\n' {params.settings:q} > {output.settings:q} 2> {log:q}"
