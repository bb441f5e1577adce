"""The worked example of docs/own-data.md, and what happens to it when its images change."""

import re
import shutil

import numpy as np
import pytest
from commands import ROOT, activated, python
from pictures import of_last_year, picture
from PIL import Image

from vrrae_bench.datasets.store import DataSet


@pytest.fixture
def birds(tmp_path, rng):
    """The worked example of the documentation, its configuration and images, and how a program is started on them."""
    (example,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/own-data.md").read_text(), flags=re.DOTALL)
    (tmp_path / "birds.yaml").write_text(example)
    for kind in ("robin", "wren"):
        for number in range(45):
            path = tmp_path / f"images/birds/{kind}/{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rng.integers(0, 256, (12, 16, 3), dtype=np.uint8)).save(path)

    def run(*command, status=0):
        outcome = python(*command, cwd=tmp_path, env=activated())
        assert outcome.returncode == status, outcome.stderr
        return outcome.stdout + outcome.stderr

    return run


SNAKEMAKE = ("-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--cores", "2", "--configfile", "birds.yaml")


def test_the_worked_example_of_the_documentation_works(birds, tmp_path):
    """As a user does it: the page's configuration, its check, and the stage that stores the images."""
    assert "# 12 runs: 12 on birds" in birds(ROOT / "workflow/scripts/config.py", "--configfile", "birds.yaml")
    manifest = "results/birds/data/birds/manifest.json"
    screen = birds(*SNAKEMAKE, "--", "data_birds")
    data = DataSet(tmp_path / manifest)
    assert (data.manifest.n_train, data.manifest.n_test, data.manifest.image_shape) == (72, 18, (32, 32, 3))
    assert data.manifest.class_names == ("robin", "wren")
    counts = "2 classes, each with its training + test images: robin: 36 + 9, wren: 36 + 9"
    for told in (screen, (tmp_path / "results/birds/logs/download/birds.log").read_text()):
        assert counts in " ".join(told.split())
    assert "Nothing to be done" in birds(*SNAKEMAKE, "--quiet", "rules", "--", manifest)


@pytest.mark.slow
def test_images_that_come_and_go_make_the_data_again_and_what_is_not_read_does_not(birds, tmp_path):
    """Linked class folders are read, hidden folders are not."""
    folder, make = tmp_path / "images/birds", (*SNAKEMAKE, "-n", "--", "results/birds/data/birds/manifest.json")
    (folder / "wren").rename(tmp_path / "elsewhere")
    (folder / "wren").symlink_to(tmp_path / "elsewhere")
    (folder / "robin").rename(folder / "{misc}")  # braces mean something to Snakemake, and nothing here
    picture(folder / ".cache/0.png")
    birds(*SNAKEMAKE, "--", "data_birds")
    picture(folder / ".cache/1.png")
    assert "Nothing to be done" in birds(*make)
    picture(folder / "wren/new.png")
    assert "Fetch and store the data set birds" in birds(*make)
    (folder / "wren/new.png").unlink()
    assert "Nothing to be done" in birds(*make)
    of_last_year(picture(folder / "{misc}/0.png"))
    assert "Fetch and store the data set birds" in birds(*make)
    folder.rename(tmp_path / "gone")
    make = [argument for argument in make if argument != "-n"]
    assert "images/birds: there is no such file or folder. Set datasets.birds.files.path" in birds(*make, status=1)
    assert (tmp_path / make[-1]).is_file()


def test_changed_images_are_refused_where_snakemake_does_not_know_of_the_stored_ones(birds, tmp_path):
    """As in a fresh clone with copied results."""
    manifest = tmp_path / "results/birds/data/birds/manifest.json"
    birds(*SNAKEMAKE, "--", "data_birds")
    shutil.rmtree(tmp_path / ".snakemake")
    (tmp_path / "images/birds").rename(tmp_path / "images/moved")  # names, sizes and times are the same there
    (tmp_path / "moved.yaml").write_text("datasets: {birds: {files: {path: images/moved}}}")
    moved = (*SNAKEMAKE, "moved.yaml", "--quiet", "rules", "--", "data_birds")
    assert "Nothing to be done" in birds(*moved)
    stored = manifest.read_bytes()
    of_last_year(picture(tmp_path / "images/moved/wren/0.png"))
    told = birds(*moved, status=1)
    assert "birds/made_from.json: names, sizes and times of the files (digest) is" in told and "Traceback" not in told
    assert manifest.read_bytes() == stored
    [remedy] = re.findall(r"snakemake command: (--forcerun .+)$", told, re.MULTILINE)
    birds(*SNAKEMAKE, "moved.yaml", *remedy.split(), "--", "data_birds")
    assert manifest.read_bytes() != stored
    assert "Nothing to be done" in birds(*moved)


def test_what_the_configuration_asks_of_images_is_told_on_the_screen_and_in_the_log(birds, tmp_path):
    (tmp_path / "more.yaml").write_text("datasets: {birds: {batch_sizes: [17, 500]}}")
    problem = "images/birds: 72 training images are too few for datasets.birds.batch_sizes: 500. Set at most 72 there"
    assert problem in birds(*SNAKEMAKE, "more.yaml", "--", "data_birds", status=1)
    assert problem in (tmp_path / "results/birds/logs/download/birds.log").read_text()
    assert not list(tmp_path.rglob("manifest.json"))


def test_a_csv_file_that_was_edited_in_place_makes_the_data_again(birds, tmp_path):
    (tmp_path / "csv.yaml").write_text("datasets: {birds: {files: {labels: labels.csv}}}")
    table = tmp_path / "images/birds/labels.csv"
    rows = [f"{kind}/{number}.png,{kind}" for kind in ("robin", "wren") for number in range(45)]
    table.write_text("\n".join(["file,label", *rows]))
    make = (*SNAKEMAKE, "csv.yaml", "--", "results/birds/data/birds/manifest.json")
    birds(*make)
    assert "Nothing to be done" in birds(*make)
    table.write_text(table.read_text().replace("robin/0.png,robin", "robin/0.png,wren"))
    birds(*make)
    data = DataSet(tmp_path / make[-1])
    n_images = sum(np.bincount(data.array(f"{split}_labels")) for split in ("train", "test"))
    np.testing.assert_array_equal(n_images, [44, 46])
