"""What a run came to, kept without what it was made from."""

import subprocess
import sys
from pathlib import Path

COMMAND = Path(__file__).parents[2] / "workflow/scripts/keep.py"
RUN = "runs/mnist/vrrae/beta=1e-6,batch=576/seed=0"


def keep(*folders):
    return subprocess.run([sys.executable, COMMAND, *map(str, folders)], capture_output=True, text=True)


def test_scores_and_pages_are_kept_and_data_models_and_images_are_not(tmp_path):
    kept = {"report.html", "settings.json", "claims.csv", "claims.md", "timings/mnist.json"}
    kept |= {"tables/table_2.md", "tables/table_2.csv", "figures/figure_5.png", "figures/figure_5.txt"}
    kept |= {f"{RUN}/{name}" for name in ("scores.json", "scores_2015.json", "run.json", "history.csv")}
    kept |= {f"{RUN}/extractor_seed=1/scores.json", "extractor/mnist/floor.json"}
    left = {f"{RUN}/model.eqx", f"{RUN}/random.npy", "data/mnist/train.npy", "extractor/mnist/inception.pt"}
    left |= {"figures/figure_5.pdf", "logs/train/mnist.log"}
    for name in kept | left:
        (tmp_path / "results" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "results" / name).write_text(name)
    assert keep(tmp_path / "results", tmp_path / "kept").returncode == 0
    found = {
        path.relative_to(tmp_path / "kept").as_posix() for path in (tmp_path / "kept").rglob("*") if path.is_file()
    }
    assert found == kept
    assert all((tmp_path / "kept" / name).read_text() == name for name in kept)


def test_a_folder_without_results_is_told(tmp_path):
    outcome = keep(tmp_path, tmp_path / "kept")
    assert outcome.returncode == 1 and "Name a folder of results" in outcome.stderr
    assert not (tmp_path / "kept").exists()
