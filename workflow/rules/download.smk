# Published data sets and weights: mirror first, then the official sources; checksums always. And the user's own files.
# Progress and errors go to the screen, where whoever waits for a download wants to see them; errors also to the log.


rule download:
    input:
        files=nothing_missing,
        script=f"{SCRIPTS}/download.py",
        # Just the module that makes this data set: a change to another one's makes it not again.
        code=lambda wildcards: code_of("download", f"datasets/sources/{dataset_of(wildcards).source}"),
    output:
        manifest="<results>/data/{dataset}/manifest.json",
        made_from=f"<results>/data/{{dataset}}/{MADE_FROM}",
        images=[f"<results>/data/{{dataset}}/{split}.npy" for split in ("train", "test")],
        # Beside, where there are any; object storage has to be told, and so asks for data sets with labels.
        labels=[f"<results>/data/{{dataset}}/{split}_labels.npy" for split in ("train", "test") if OBJECT_STORAGE],
    log:
        "<logs>/download/{dataset}.log",
    benchmark:
        "<benchmarks>/download/{dataset}.tsv"
    wildcard_constraints:
        dataset="(?!synthetic/)[^/]+",
    conda:
        "../../envs/download.yaml"
    threads: 2
    resources:
        mem_mb=2000,
        runtime=60,
        where=WHERE_TO_FETCH,
        # Only checked, so that a change of it makes nothing again.
        asked=asked_of_own_data,
    params:
        source=lambda wildcards: dataset_of(wildcards).source,
        made_from=lambda wildcards: made_from_of(wildcards.dataset).model_dump_json(),
        downloads=lambda wildcards: f"{RESULTS}/downloads/{dataset_of(wildcards).source}",
    message:
        "Fetch and store the data set {wildcards.dataset}"
    shell:
        "python {input.script:q} {params.source} --out {output.manifest:q}"
        " --made-from {params.made_from:q} --downloads {params.downloads:q} {resources.asked} {resources.where}"
        " --threads {threads} > {log:q}"


rule download_weights:
    input:
        script=f"{SCRIPTS}/download.py",
        code=code_of("download"),
    output:
        weights="<results>/downloads/{weights}/{file}.pth",
    log:
        "<logs>/download/{weights}/{file}.log",
    benchmark:
        "<benchmarks>/download/{weights}/{file}.tsv"
    wildcard_constraints:
        weights="|".join(WEIGHTS),
    conda:
        "../../envs/download.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=60,
        where=WHERE_TO_FETCH,
    message:
        "Fetch the weights {wildcards.weights}"
    shell:
        "python {input.script:q} {wildcards.weights} --out {output.weights:q} {resources.where} > {log:q}"
