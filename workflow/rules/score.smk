# The scores of runs, and of real images and noise.


rule score:
    input:
        sample=f"{RUN}/{SAMPLE}",
        training=f"{RUN}/{TRAINING}",
        arrays=[*rules.sample.output.images, f"{RUN}/{LATENTS}"],
        data=manifest_of,
        data_arrays=arrays_beside,
        extractor=extractor_of,
        script=f"{SCRIPTS}/score.py",
        code=code_of("score"),
    output:
        scores=f"{RUN}{{other}}/{SCORES}",
    log:
        f"<logs>/score/{OF_RUN}{{other}}.log",
    benchmark:
        f"<benchmarks>/score/{OF_RUN}{{other}}.tsv"
    conda:
        f"../../envs/score-{TORCH}.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000, 8000),
        runtime=time_limit("score"),
        disk_mb=disk(costs.samples_mb),
        accelerator=settings.accelerator,
    params:
        run=run_as_json,
        extractor=lambda wildcards, input: option("extractor", input.extractor[0] if input.extractor else None),
    message:
        "Score {wildcards.method} on {wildcards.dataset} ({wildcards.variant}, seed {wildcards.seed}{wildcards.other})"
    shell:
        "python {input.script:q} --run {params.run:q} --sample {input.sample:q} --data {input.data:q}"
        " {params.extractor} --out {output.scores:q} --accelerator {resources.accelerator} --threads {threads} > {log:q} 2>&1"
