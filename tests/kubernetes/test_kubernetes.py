"""The kubernetes-gpu profile: the manifests of its jobs, and a run over storage that speaks S3, without a cluster.

`make test-kubernetes`. A stand-in for the cluster's API keeps manifests and runs containers here; moto serves S3.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from api import Cluster
from commands import ROOT, activated, copy_of_project

PROFILE = Path("workflow/profiles/kubernetes-gpu/config.yaml")
RUN = "results/runs/digits/vrrae/beta=1e-6__batch=64/seed=0"

boto3 = pytest.importorskip("boto3", reason="make kubernetes")
server = pytest.importorskip("moto.server", reason="make kubernetes")


@pytest.fixture(scope="module")
def bucket():
    """An empty bucket and its address."""
    s3 = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    s3.start()
    url = "http://{}:{}".format(*s3.get_host_and_port())
    made = boto3.resource(
        "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key="secret"
    )
    yield made.create_bucket(Bucket="benchmark"), url
    s3.stop()


@pytest.fixture(scope="module")
def outcome(tmp_path_factory, bucket):
    """One run scored: the cluster, the bucket, and what Snakemake said."""
    root = copy_of_project(tmp_path_factory.mktemp("project"))
    shutil.copy(ROOT / "tests/smallest.yaml", root)
    (root / "overlay.yaml").write_text("accelerator: cpu\n")
    profile = yaml.safe_load((root / PROFILE).read_text())
    profile["configfile"] += ["smallest.yaml", "overlay.yaml"]
    # There are no GPUs: what asks for them says that it computes on the CPU, else it would be refused.
    for asked in profile["set-resources"].values():
        asked["accelerator"] = "cpu"
    profile |= {
        "container-image": "registry.test/vrrae-bench:1",
        "default-storage-prefix": "s3://benchmark/vrrae-bench",
    }
    profile |= {"storage-s3-endpoint-url": bucket[1], "retries": 0, "seconds-between-status-checks": 1}
    (root / PROFILE).write_text(yaml.safe_dump(profile, sort_keys=False))
    for file in (root / "workflow").rglob("*"):  # docs/clusters.md: aws s3 sync workflow s3://…/workflow
        if file.is_file():
            bucket[0].upload_file(str(file), f"vrrae-bench/{file.relative_to(root)}")
    for command in (["init", "--quiet"], ["add", "."]):  # Snakemake's own files that travel are those that git knows
        subprocess.run(["git", *command], cwd=root, check=True)
    (root / "bin").mkdir()
    (root / "bin/pip").write_text("#!/bin/sh\n")  # a container installs the plug-in for storage; here it is there
    (root / "bin/pip").chmod(0o755)
    path = f"{root / 'bin'}{os.pathsep}{activated()['PATH']}"
    cluster = Cluster(path)
    context = {"name": "test", "context": {"cluster": "test", "user": "test"}}
    configuration = {"apiVersion": "v1", "kind": "Config", "current-context": "test", "contexts": [context]}
    configuration |= {"clusters": [{"name": "test", "cluster": {"server": cluster.url}}]}
    configuration |= {"users": [{"name": "test", "user": {}}]}
    (root / "kubeconfig").write_text(yaml.safe_dump(configuration))
    environment = os.environ | {"PATH": path, "KUBECONFIG": str(root / "kubeconfig")}
    environment |= {"SNAKEMAKE_STORAGE_S3_ACCESS_KEY": "key", "SNAKEMAKE_STORAGE_S3_SECRET_KEY": "secret"}
    command = [sys.executable, "-m", "snakemake", f"{RUN}/scores.json", "--profile", str(PROFILE.parent)]
    told = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    time.sleep(0.2)
    logs = [stored.get()["Body"].read().decode() for stored in bucket[0].objects.all() if stored.key.endswith(".log")]
    assert told.returncode == 0, "\n".join([told.stdout, told.stderr, *cluster.logs.values(), *logs])
    cluster.server.shutdown()
    return cluster, bucket[0]


def containers(cluster):
    return [manifest["spec"]["template"]["spec"]["containers"][0] for manifest in cluster.manifests]


def test_every_job_asks_for_one_gpu_as_a_limit_without_which_kubernetes_gives_none(outcome):
    cluster, _ = outcome
    assert len(cluster.manifests) == 5  # training, sampling, Inception-v3, its scores of test images, scoring
    for container in containers(cluster):
        assert container["resources"]["limits"]["nvidia.com/gpu"] == "1"
        assert container["resources"]["requests"]["nvidia.com/gpu"] == "1"


def test_jobs_ask_for_the_memory_and_the_processors_of_their_rules(outcome):
    cluster, _ = outcome
    limits = [container["resources"]["limits"] for container in containers(cluster)]
    asked = sorted((limit["memory"], limit["cpu"]) for limit in limits)
    # Sampling and scoring; training and the features of the reference; and the tuning of the extractor.
    assert asked == [("4000M", "1000m")] * 2 + [("4000M", "2000m")] * 2 + [("4484M", "4000m")]


def test_jobs_run_in_the_image_tolerate_gpu_nodes_and_are_not_restarted_behind_snakemakes_back(outcome):
    cluster, _ = outcome
    for manifest in cluster.manifests:
        pod = manifest["spec"]["template"]["spec"]
        assert pod["containers"][0]["image"] == "registry.test/vrrae-bench:1"
        assert [toleration["key"] for toleration in pod["tolerations"]] == ["nvidia.com/gpu"]
        assert pod["restartPolicy"] == "Never" and manifest["spec"]["backoffLimit"] == 0


def test_keys_travel_as_secrets_and_stand_in_no_manifest(outcome):
    cluster, _ = outcome
    for container in containers(cluster):
        assert {"SNAKEMAKE_STORAGE_S3_ACCESS_KEY", "SNAKEMAKE_STORAGE_S3_SECRET_KEY"} <= {
            variable["name"] for variable in container["env"]
        }
        assert "secret" not in " ".join(container["args"])


def test_results_lie_in_the_bucket_under_their_readable_names(outcome):
    _, bucket = outcome
    keys = {stored.key.removeprefix("vrrae-bench/") for stored in bucket.objects.all()}
    assert {f"{RUN}/{name}" for name in ("model.eqx", "history.csv", "run.json", "scores.json")} <= keys
    assert {"results/data/digits/manifest.json", "results/data/digits/train_labels.npy"} <= keys
