# Published data sets and weights, and the user's own images. A published file is looked for in the mirror first, then
# in the official sources, and its checksum is always verified.
# Progress and errors go to the screen, because somebody may be waiting for a download. Errors also go to the log.


rule download:
    input:
        files=nothing_missing,
        script=f"{SCRIPTS}/download.py",
        # Only the module of this data set: a change to the module of another data set must not make this data set
        # again.
        code=lambda wildcards: code_of("download", f"datasets/sources/{dataset_of(wildcards).source}"),
    output:
        manifest="<results>/data/{dataset}/manifest.json",
        made_from=f"<results>/data/{{dataset}}/{MADE_FROM}",
        images=[f"<results>/data/{{dataset}}/{name}" for name in IMAGE_FILES],
        # In a folder, labels lie beside the images if the data set has labels. Only files that a rule names get into
        # object storage, so every data set there has to have labels.
        labels=[f"<results>/data/{{dataset}}/{name}" for name in LABEL_FILES if OBJECT_STORAGE],
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
        # A resource and not a parameter: the command only checks it, so nothing is made again if it changes.
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
