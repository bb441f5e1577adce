# Latents, generated and interpolated images, and the scores for which the trained model is needed.


rule sample:
    input:
        model=f"{RUN}/{MODEL}",
        training=f"{RUN}/{TRAINING}",
        data=data_of_sample,
        data_arrays=arrays_beside,
        script=f"{SCRIPTS}/sample.py",
        code=lambda wildcards: code_of("sample", run_of(wildcards).definition.module),
    output:
        sample=f"{RUN}/{SAMPLE}",
        latents=f"{RUN}/{LATENTS}",
        images=[f"{RUN}/{name}.npy" for name in DRAWN],
        # Only figures read these files. No score does.
        shown=[f"{RUN}/{name}" for name in (SHOWN_IMAGES, SHOWN_MEANS)],
    log:
        f"<logs>/sample/{OF_RUN}.log",
    benchmark:
        f"<benchmarks>/sample/{OF_RUN}.tsv"
    conda:
        f"../../envs/train-{settings.accelerator}.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000, 16000),
        runtime=time_limit("sample"),
        disk_mb=disk(costs.samples_mb),
        accelerator=settings.accelerator,
    params:
        run=run_as_json,
        sampling=sampling_as_json,
    message:
        "Sample {wildcards.method} on {wildcards.dataset} ({wildcards.variant}, seed {wildcards.seed})"
    shell:
        "python {input.script:q} --run {params.run:q} --model {input.model:q} --data {input.data:q}"
        " --sampling {params.sampling:q} --out {output.sample:q}"
        " --accelerator {resources.accelerator} --threads {threads} > {log:q} 2>&1"
