# How long a training and its steps take. Two timings at the same time would slow each other down, so a second timing on
# the machine waits.


rule time_steps:
    input:
        data=data_of_timing,
        data_arrays=arrays_beside,
        script=f"{SCRIPTS}/timing.py",
        code=code_of_timing,
    output:
        timings="<results>/timings/{dataset}.json",
    log:
        "<logs>/timing/{dataset}.log",
    benchmark:
        "<benchmarks>/timing/{dataset}.tsv"
    conda:
        f"../../envs/train-{settings.accelerator}.yaml"
    # The job takes all cores of the machine, so that no other job of this Snakemake runs beside it. The command
    # measures how much other programs compute meanwhile. A profile of a cluster has to ask for a whole node.
    threads: workflow.resource_settings.cores or 4
    resources:
        mem_mb=memory(8000, 16000),
        runtime=time_limit("time_steps"),
        disk_mb=disk(lambda dataset: 0),
        accelerator=settings.accelerator,
    params:
        runs=timed_runs,
        timing=settings.experiment.timing.model_dump_json(),
        accelerator=settings.accelerator,
    message:
        "Time training on {wildcards.dataset}, once no other timing runs on this machine; {log} tells of a wait, and of other work"
    shell:
        "python {input.script:q} --runs {params.runs:q} --data {input.data:q} --timing {params.timing:q}"
        " --out {output.timings:q} --accelerator {params.accelerator} --threads {threads} > {log:q} 2>&1"
