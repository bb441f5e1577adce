# The features of the training images, against which runs are scored.


rule reference:
    input:
        extractor=rules.tune_extractor.output.record,
        network=rules.tune_extractor.output.network,
        data=data_of_reference,
        data_arrays=arrays_beside,
        script=f"{SCRIPTS}/reference.py",
        code=code_of("reference"),
    output:
        record=f"{EXTRACTOR_FOLDER}/{REFERENCE}",
        moments=f"{EXTRACTOR_FOLDER}/{MOMENTS}",
        sample=f"{EXTRACTOR_FOLDER}/{REFERENCE_SAMPLE}",
    log:
        "<logs>/reference/{dataset}{other}.log",
    benchmark:
        "<benchmarks>/reference/{dataset}{other}.tsv"
    # This job comes early, because every score waits for it.
    priority: 10
    conda:
        f"../../envs/score-{TORCH}.yaml"
    threads: 2
    resources:
        mem_mb=memory(4000, 8000),
        runtime=time_limit("reference"),
        disk_mb=disk(lambda dataset: costs.reference_mb()),
        accelerator=settings.accelerator,
    params:
        seed=first_seed,
    message:
        "Compute the features of the training images of {wildcards.dataset}{wildcards.other}"
    shell:
        "python {input.script:q} --data {input.data:q} --extractor {input.extractor:q} --seed {params.seed}"
        " --out {output.record:q} --accelerator {resources.accelerator} --threads {threads} > {log:q} 2>&1"
