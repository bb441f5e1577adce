"""Kill a training again and again, its job or Snakemake too, and compare what comes out with an undisturbed one.

    python tests/studies/kills.py --kills 10

Trains VRRAE on scikit-learn's digits with the quick profile, in a folder of its own.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "workflow/scripts"))

from vrrae_bench.system.files import sha256

MODEL = "runs/digits/vrrae/beta=1e-6__batch=64/seed=0/model.eqx"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0, help="of the moments and victims (default: 0)")
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        start = time.monotonic()
        assert start_workflow(work / "undisturbed").wait() == 0
        whole = time.monotonic() - start
        print(f"undisturbed: {whole:.0f} s, {sha256(work / 'undisturbed' / MODEL)}", flush=True)
        kills = 0
        while kills < arguments.kills:
            process = start_workflow(work / "killed")
            time.sleep(chance.uniform(0.2, 0.6) * whole)
            if process.poll() is not None:  # too late for this one: from the start again
                (work / "killed" / MODEL).unlink()
                continue
            kills += 1
            victim = chance.choice(["the job", "the job and Snakemake"])
            jobs = jobs_of(work / "killed")
            print(f"kill {kills}: {victim}, after {last_step(work / 'killed')} checkpointed steps", flush=True)
            for job in jobs:
                os.kill(job, signal.SIGKILL)
            if victim == "the job and Snakemake":
                process.kill()
            process.wait()
            subprocess.run([*command(work / "killed"), "--unlock"], cwd=ROOT, capture_output=True)
        assert start_workflow(work / "killed").wait() == 0
        print(f"after {arguments.kills} kills: {sha256(work / 'killed' / MODEL)}")
        for log in (work / "killed/logs/train").rglob("*.log"):
            print(log.read_text())
        assert sha256(work / "killed" / MODEL) == sha256(work / "undisturbed" / MODEL)
        print("the same to the byte")


def command(results: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "snakemake", "--profile", "workflow/profiles/quick", "--cores", "1"),
        *(str(results / MODEL), "--config", f"results={results}", "checkpoint_seconds=2"),
    ]


def start_workflow(results: Path) -> subprocess.Popen:
    return subprocess.Popen(command(results), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def last_step(results: Path) -> int:
    """The step of the newest checkpoint, 0 if there is none."""
    return max((int(path.stem[5:]) for path in results.glob("checkpoints/*/step-*")), default=0)


def jobs_of(results: Path) -> list[int]:
    """Processes that train into a folder."""
    found = subprocess.run(["pgrep", "-f", f"train.py.*{results}"], capture_output=True, text=True).stdout
    return [int(process) for process in found.split()]


if __name__ == "__main__":
    main()
