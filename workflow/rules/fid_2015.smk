# FID as most papers compute it, with the features of the Inception of 2015.


rule reference_2015:
    input:
        data=data_of_reference_2015,
        data_arrays=arrays_beside,
        weights=inception_2015_of,
        script=f"{SCRIPTS}/reference_2015.py",
        code=code_of("reference_2015"),
    output:
        reference=f"<results>/extractor/{{dataset}}/{MOMENTS_2015}",
        floor=f"<results>/extractor/{{dataset}}/{FLOOR_2015}",
    log:
        "<logs>/reference_2015/{dataset}.log",
    benchmark:
        "<benchmarks>/reference_2015/{dataset}.tsv"
    conda:
        f"../../envs/score-{TORCH}.yaml"
    threads: 2
    resources:
        mem_mb=memory(4000, 8000),
        runtime=time_limit("reference_2015"),
        disk_mb=disk(lambda dataset: costs.moments_mb()),
        accelerator=settings.accelerator,
    params:
        sampling=sampling_as_json,
        seed=first_seed,
    message:
        "Give the training images of {wildcards.dataset} to the Inception of 2015"
    shell:
        "python {input.script:q} --dataset {wildcards.dataset:q} --data {input.data:q} --weights {input.weights:q}"
        " --sampling {params.sampling:q} --seed {params.seed} --out {output.reference:q}"
        " --accelerator {resources.accelerator} --threads {threads} > {log:q} 2>&1"


rule score_2015:
    input:
        sample=f"{RUN}/{SAMPLE}",
        training=f"{RUN}/{TRAINING}",
        images=[f"{RUN}/{name}.npy" for name in ("random", "interpolation")],
        reference=rules.reference_2015.output.reference,
        floor=rules.reference_2015.output.floor,
        weights=inception_2015_of,
        script=f"{SCRIPTS}/score_2015.py",
        code=code_of("score_2015"),
    output:
        scores=f"{RUN}/{SCORES_2015}",
    log:
        f"<logs>/score_2015/{OF_RUN}.log",
    benchmark:
        f"<benchmarks>/score_2015/{OF_RUN}.tsv"
    conda:
        f"../../envs/score-{TORCH}.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000, 8000),
        runtime=time_limit("score_2015"),
        disk_mb=disk(costs.samples_mb),
        accelerator=settings.accelerator,
    params:
        run=run_as_json,
    message:
        "Score {wildcards.method} on {wildcards.dataset} ({wildcards.variant}, seed {wildcards.seed}) by the Inception of 2015"
    shell:
        "python {input.script:q} --run {params.run:q} --sample {input.sample:q} --reference {input.reference:q}"
        " --weights {input.weights:q} --out {output.scores:q}"
        " --accelerator {resources.accelerator} --threads {threads} > {log:q} 2>&1"
