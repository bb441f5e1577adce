# The Inception-v3 of a data set, tuned on its labels, and further networks that differ from it only in their seed.


rule tune_extractor:
    input:
        data=data_of_extractor,
        data_arrays=arrays_beside,
        weights=weights_of,
        script=f"{SCRIPTS}/extractor.py",
        code=code_of("extractor"),
    output:
        record=f"{EXTRACTOR_FOLDER}/{EXTRACTOR}",
        network=f"{EXTRACTOR_FOLDER}/{NETWORK}",
    log:
        "<logs>/extractor/{dataset}{other}.log",
    benchmark:
        "<benchmarks>/extractor/{dataset}{other}.tsv"
    # This job comes first, because it is the longest job for which other jobs wait.
    priority: 10
    conda:
        f"../../envs/score-{TORCH}.yaml"
    threads: 2
    resources:
        # In MiB; see `memory` in common/resources.smk.
        mem_mb=growing(lambda wildcards: costs.tuning_mib(dataset_of(wildcards))),
        runtime=time_limit("tune_extractor"),
        disk_mb=disk(lambda dataset: 10 * costs.INCEPTION_MB),
        accelerator=settings.accelerator,
        checkpoint_seconds=settings.checkpoint_seconds,
    params:
        settings=extractor_settings,
        weights=lambda wildcards, input: option("weights", input.weights or None),
        checkpoints=f"{RESULTS}/checkpoints",
    message:
        "Fine-tune an Inception-v3 on the labels of {wildcards.dataset}{wildcards.other}"
    shell:
        "python {input.script:q} --data {input.data:q} --settings {params.settings:q} {params.weights}"
        " --out {output.record:q} --checkpoints {params.checkpoints:q}"
        " --checkpoint-seconds {resources.checkpoint_seconds} --keep-finished"
        " --accelerator {resources.accelerator} --threads {threads} > {log:q} 2>&1"
