# Published data sets and weights: mirror first, then the official sources; checksums always.


rule download:
    input:
        code=code_of("download"),
    output:
        manifest=f"{RESULTS}/data/{{dataset}}/manifest.json",
        images=[f"{RESULTS}/data/{{dataset}}/{split}.npy" for split in ("train", "test")],
        labels=[f"{RESULTS}/data/{{dataset}}/{split}_labels.npy" for split in ("train", "test")],
    log:
        f"{RESULTS}/logs/download/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/download/{{dataset}}.tsv"
    wildcard_constraints:
        dataset="(?!synthetic$)[^/]+",
    conda:
        "../../envs/download.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        source=lambda wildcards: dataset_of(wildcards).source,
    message:
        "Fetch and store the data set {wildcards.dataset}"
    shell:
        "python {SCRIPTS:q}/download.py {params.source} --out {output.manifest:q}"
        " --downloads {RESULTS:q}/downloads/{params.source} {MIRROR} > {log:q} 2>&1"


rule download_weights:
    input:
        code=code_of("download"),
    output:
        weights=f"{RESULTS}/downloads/inception_v3/inception_v3_google-0cc3c7bd.pth",
    log:
        f"{RESULTS}/logs/download/inception_v3.log",
    benchmark:
        f"{RESULTS}/benchmarks/download/inception_v3.tsv"
    conda:
        "../../envs/download.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=60,
    message:
        "Fetch the ImageNet weights of Inception-v3"
    shell:
        "python {SCRIPTS:q}/download.py inception_v3 --out {output.weights:q}"
        " --downloads {RESULTS:q}/downloads/inception_v3 {MIRROR} > {log:q} 2>&1"
