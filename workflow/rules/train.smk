# One training per data set, method, variant and seed.


rule train:
    input:
        data=data_of_training,
        data_arrays=arrays_beside,
        script=f"{SCRIPTS}/train.py",
        # Only the module of the run's method: a change to the module of another method must not train this run again.
        code=lambda wildcards: code_of("train", run_of(wildcards).definition.module),
    output:
        model=f"{RUN}/{MODEL}",
        history=f"{RUN}/{HISTORY}",
        run=f"{RUN}/{TRAINING}",
    log:
        f"<logs>/train/{OF_RUN}.log",
    benchmark:
        f"<benchmarks>/train/{OF_RUN}.tsv"
    conda:
        f"../../envs/train-{settings.accelerator}.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000, 16000),
        runtime=time_limit("train"),
        disk_mb=disk(costs.training_mb),
        accelerator=settings.accelerator,
        checkpoint_seconds=settings.checkpoint_seconds,
    params:
        run=run_as_json,
        checkpoints=f"{RESULTS}/checkpoints",
    message:
        "Train {wildcards.method} on {wildcards.dataset} ({wildcards.variant}, seed {wildcards.seed})"
    shell:
        "python {input.script:q} --run {params.run:q} --data {input.data:q} --out {output.model:q}"
        " --checkpoints {params.checkpoints:q} --checkpoint-seconds {resources.checkpoint_seconds} --keep-finished"
        " --accelerator {resources.accelerator} --threads {threads} > {log:q} 2>&1"
