# Scores of real images and of noise, between which the scores of runs lie.


rule score_bounds:
    input:
        extractor=rules.tune_extractor.output.record,
        network=rules.tune_extractor.output.network,
        reference=rules.reference.output,
        data=data_of_bounds,
        data_arrays=arrays_beside,
        script=f"{SCRIPTS}/bounds.py",
        code=code_of("bounds"),
    output:
        bounds=[f"{EXTRACTOR_FOLDER}/{bound}.json" for bound in BOUNDS],
    log:
        "<logs>/bounds/{dataset}{other}.log",
    benchmark:
        "<benchmarks>/bounds/{dataset}{other}.tsv"
    conda:
        f"../../envs/score-{TORCH}.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000, 8000),
        runtime=time_limit("score_bounds"),
        disk_mb=disk(lambda dataset: costs.reference_mb()),
        accelerator=settings.accelerator,
    params:
        sampling=sampling_as_json,
        seed=first_seed,
    message:
        "Score real images of {wildcards.dataset}{wildcards.other}, and noise"
    shell:
        "python {input.script:q} --dataset {wildcards.dataset:q} --data {input.data:q} --extractor {input.extractor:q}"
        " --sampling {params.sampling:q} --seed {params.seed} --out {output.bounds[0]:q}"
        " --accelerator {resources.accelerator} --threads {threads} > {log:q} 2>&1"
