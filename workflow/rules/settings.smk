# The configuration of all that is compared, for what is made from it alone.


rule write_settings:
    output:
        settings=f"{RESULTS}/settings.json",
    log:
        f"{RESULTS}/logs/settings.log",
    benchmark:
        f"{RESULTS}/benchmarks/settings.tsv"
    localrule: True
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=100,
        runtime=5,
    params:
        settings=settings.model_dump_json(include={"experiment", "datasets"}),
    message:
        "Write down the configuration"
    shell:
        "printf '%s\\n' {params.settings:q} > {output.settings:q} 2> {log:q}"
