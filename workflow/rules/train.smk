# One training per data set, method, variant and seed.


rule train:
    input:
        data=f"{RESULTS}/data/{{dataset}}/manifest.json",
        code=code_of("train"),
    output:
        model=f"{RUN}/model.eqx",
        history=f"{RUN}/history.csv",
        run=f"{RUN}/run.json",
    log:
        f"{RESULTS}/logs/train/{{dataset}}/{{method}}/{{variant}}/seed={{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train/{{dataset}}/{{method}}/{{variant}}/seed={{seed}}.tsv"
    conda:
        f"../../envs/train-{settings.accelerator}.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=720,
    params:
        run=lambda wildcards: run_of(wildcards).model_dump_json(),
    message:
        "Train {wildcards.method} on {wildcards.dataset} ({wildcards.variant}, seed {wildcards.seed})"
    shell:
        "python {SCRIPTS:q}/train.py --run {params.run:q} --data {input.data:q} --out {output.model:q}"
        " --checkpoints {RESULTS:q}/checkpoints --checkpoint-seconds {settings.checkpoint_seconds}"
        " --accelerator {settings.accelerator} --threads {threads} > {log:q} 2>&1"
