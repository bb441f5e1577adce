# The Gaussian bumps of section 4.1.


rule make_synthetic:
    input:
        no_other_bumps,
        script=f"{SCRIPTS}/synthetic.py",
        code=code_of("synthetic"),
    output:
        manifest="<results>/data/synthetic/manifest.json",
        made_from=f"<results>/data/synthetic/{MADE_FROM}",
        arrays=[f"<results>/data/synthetic/{name}" for name in BUMP_FILES],
    log:
        "<logs>/synthetic.log",
    benchmark:
        "<benchmarks>/synthetic.tsv"
    conda:
        "../../envs/download.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        bumps=lambda wildcards: dataset_named("synthetic").bumps.model_dump_json(),
    message:
        "Draw the synthetic bumps"
    shell:
        "python {input.script:q} --bumps {params.bumps:q} --out {output.manifest:q} > {log:q} 2>&1"
