# What runs are scored against: a sample of the training images' features, and the scores of real images and of noise.


rule score_reference:
    input:
        extractor=rules.tune_extractor.output,
        data=f"{RESULTS}/data/{{dataset}}/manifest.json",
        data_arrays=arrays_beside,
        script=f"{SCRIPTS}/reference.py",
        code=code_of("reference"),
    output:
        sample=f"{RESULTS}/extractor/{{dataset}}{{other}}/reference_sample.npz",
        bounds=[f"{RESULTS}/extractor/{{dataset}}{{other}}/{bound}.json" for bound in ("floor", "copies", "ceiling")],
    log:
        f"{RESULTS}/logs/reference/{{dataset}}{{other}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/reference/{{dataset}}{{other}}.tsv"
    conda:
        f"../../envs/score-{TORCH}.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000, 8000),
        runtime=time_limit(of_dataset(costs.reference_seconds), least=10),
        disk_mb=disk(costs.extractor_mb),
        accelerator=settings.accelerator,
    params:
        sampling=lambda wildcards: dataset_of(wildcards).sampling.model_dump_json(),
        seed=lambda wildcards: dataset_of(wildcards).seeds[0],
    message:
        "Score real images of {wildcards.dataset}{wildcards.other}, and noise"
    shell:
        "python {input.script:q} --dataset {wildcards.dataset:q} --data {input.data:q} --extractor {input.extractor[0]:q}"
        " --sampling {params.sampling:q} --seed {params.seed} --out {output.sample:q}"
        " --accelerator {resources.accelerator} --threads {threads} > {log:q} 2>&1"
