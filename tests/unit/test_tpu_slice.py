"""The scripts around queued TPU resources, with a stand-in for gcloud that boots a host here."""

import os
import shutil
import subprocess
import sys
import time

import pytest
from commands import ROOT

SCRIPTS = ROOT / "workflow/profiles/tpu-slice"
GCLOUD = """#!/bin/bash
# Stand-in: notes its arguments; `create` boots a host, `describe` says the phase in a file.
echo "$*" >> "$CLOUD/calls"
case $4 in
    create)
        script=${@: -1}
        # With the environment of a host that boots, not that of who submits.
        [ -e "$CLOUD/slow" ] || setsid env -i PATH="$CLOUD/bin:/usr/bin:/bin" bash "${script#startup-script=}" \\
            < /dev/null > /dev/null 2>&1 &
        ;;
    describe) cat "$CLOUD/phase" ;;
esac
"""


@pytest.fixture
def cloud(tmp_path):
    """A function that calls one of the scripts from a folder of its own."""
    (tmp_path / "bin").mkdir()
    for name, text in {"gcloud": GCLOUD, "mount": "#!/bin/sh\n"}.items():
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    environment = os.environ | {"PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}", "CLOUD": str(tmp_path)}
    settings = (SCRIPTS / "tpu.env").read_text().replace("=SERVER:", "=10.0.0.2:").replace("=PROJECT", "=project-1")
    (tmp_path / "tpu.env").write_text(settings.replace("MOUNT=/share", f"MOUNT={tmp_path}"))
    environment["TPU_ENV"] = str(tmp_path / "tpu.env")

    def call(script, *arguments):
        command = [SCRIPTS / script, *arguments]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)

    return call


def calls(tmp_path, expected):
    """The calls of gcloud, as soon as there is an expected one: deletions run in the background."""
    for _ in range(1200):
        told = (tmp_path / "calls").read_text() if (tmp_path / "calls").exists() else ""
        if expected in told:
            break
        time.sleep(0.05)
    return told


def submit(cloud, tmp_path, job, slow=False):
    (tmp_path / "job.sh").write_text(job)
    if slow:
        (tmp_path / "slow").touch()
    return cloud("submit", "job.sh").stdout


def outcome(cloud, tmp_path, identifier):
    file = tmp_path / ".snakemake/tpu" / identifier / "outcome"
    for _ in range(1200):
        if file.exists():
            break
        time.sleep(0.05)
    return cloud("status", identifier)


def test_submit_prints_the_id_alone_and_asks_for_the_slice_of_the_settings(cloud, tmp_path):
    told = submit(cloud, tmp_path, "true")
    assert told.startswith("vrrae-") and told.count("\n") == 1
    call = (tmp_path / "calls").read_text()
    assert "queued-resources create" in call and "--accelerator-type v4-8" in call and "--spot" in call


@pytest.mark.parametrize(("job", "expected"), [("true", "success\n"), ("echo lost the data; false", "failed\n")])
def test_a_job_that_ended_is_told_and_its_slice_deleted(cloud, tmp_path, job, expected):
    identifier = submit(cloud, tmp_path, job).strip()
    status = outcome(cloud, tmp_path, identifier)
    assert status.stdout == expected
    assert ("lost the data" in status.stderr) == (expected == "failed\n")
    deletion = f"queued-resources delete {identifier}"
    assert deletion in calls(tmp_path, deletion)


@pytest.mark.parametrize(
    ("phase", "expected"), [("WAITING_FOR_RESOURCES", "running\n"), ("ACTIVE", "running\n"), ("SUSPENDED", "failed\n")]
)
def test_a_slice_that_waits_runs_or_was_preempted(cloud, tmp_path, phase, expected):
    identifier = submit(cloud, tmp_path, "true", slow=True).strip()
    (tmp_path / "phase").write_text(f"{phase}\n")
    assert cloud("status", identifier).stdout == expected


def test_a_cloud_that_does_not_answer_has_not_lost_the_job(cloud, tmp_path):
    identifier = submit(cloud, tmp_path, "true", slow=True).strip()
    assert cloud("status", identifier).stdout == "running\n"


def test_a_host_that_boots_again_does_not_run_the_job_again(cloud, tmp_path):
    identifier = submit(cloud, tmp_path, f"echo once >> {tmp_path}/times").strip()
    outcome(cloud, tmp_path, identifier)
    state = tmp_path / ".snakemake/tpu" / identifier
    metadata = shutil.copy(state / "startup.sh", tmp_path / "startup.sh")
    # A mount does not outlive a boot: until the host mounts it again, nothing of the share is there.
    state.rename(tmp_path / "away")
    (tmp_path / "bin/mountpoint").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "bin/mount").write_text(f"#!/bin/sh\nmv '{tmp_path / 'away'}' '{state}'\n")
    (tmp_path / "bin/mountpoint").chmod(0o755)
    subprocess.run(["bash", metadata], check=True, env={"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"})
    assert (tmp_path / "times").read_text() == "once\n"


def test_a_job_finds_the_python_that_runs_snakemake_here(cloud, tmp_path):
    identifier = submit(
        cloud, tmp_path, f"python -c 'import snakemake, sys; print(sys.prefix)' > {tmp_path}/prefix"
    ).strip()
    assert outcome(cloud, tmp_path, identifier).stdout == "success\n"
    assert (tmp_path / "prefix").read_text().strip() == sys.prefix


def test_a_host_that_does_not_begin_is_given_up_and_deleted(cloud, tmp_path):
    identifier = submit(cloud, tmp_path, "true", slow=True).strip()
    (tmp_path / "phase").write_text("ACTIVE\n")
    assert cloud("status", identifier).stdout == "running\n"
    since = time.time() - 16 * 60
    os.utime(tmp_path / ".snakemake/tpu" / identifier / "active", (since, since))
    status = cloud("status", identifier)
    assert status.stdout == "failed\n" and "could not mount 10.0.0.2:/share" in status.stderr
    assert f"delete {identifier}" in calls(tmp_path, f"delete {identifier}")


def test_a_slice_that_was_deleted_by_hand_is_not_waited_for(cloud, tmp_path):
    identifier = submit(cloud, tmp_path, "true", slow=True).strip()
    (tmp_path / "bin/gcloud").write_text("#!/bin/sh\necho 'ERROR: NOT_FOUND: no such resource' >&2; exit 1\n")
    assert cloud("status", identifier).stdout == "failed\n"


def test_a_project_that_hosts_would_not_see_is_refused(cloud, tmp_path):
    (tmp_path / "tpu.env").write_text((tmp_path / "tpu.env").read_text().replace(f"MOUNT={tmp_path}", "MOUNT=/share"))
    with pytest.raises(subprocess.CalledProcessError) as caught:
        submit(cloud, tmp_path, "true")
    assert "does not lie below MOUNT=/share" in caught.value.stderr and not (tmp_path / "calls").exists()


def test_cancel_deletes_every_slice(cloud, tmp_path):
    cloud("cancel", "vrrae-1", "vrrae-2")
    assert "delete vrrae-1 " in calls(tmp_path, "vrrae-1") and "delete vrrae-2 " in calls(tmp_path, "vrrae-2")
