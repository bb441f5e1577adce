"""Names and texts that a user chooses pass through Snakemake, a shell and files, and come out as they are written."""

import json

import numpy as np
import yaml
from commands import ROOT, snakemake
from PIL import Image

from vrrae_bench.reporting.markup import latex, markdown

ODD = "-x {misc} {wildcards.table} {0} <name> 'q' \"d\" $HOME `id` $(touch pwned) \\n %s & a|b; *c* #"
RESULTS = "it's (mine) & yours; [a]*?"
CLASSES = ["{misc}", "{wildcards.dataset}", "<name>", "it's", "$(touch pwned)", "a*?[b]", "-rf", "new\nline", "~root"]


def test_odd_names_and_texts_are_harmless(tmp_path):
    """Of class folders, of the folder of results, and in the banner."""
    pixels = np.random.default_rng(0).integers(0, 256, (20, 16, 16, 3), dtype=np.uint8)
    for name in CLASSES:
        (tmp_path / "images" / name).mkdir(parents=True)
        for number, image in enumerate(pixels):
            Image.fromarray(image).save(tmp_path / "images" / name / f"{{number}} {number}.png")
    mnist = yaml.safe_load((ROOT / "config.yaml").read_text())["datasets"]["mnist"]
    odd = mnist | {"source": "folder", "files": {"path": "images", "test_fraction": 0.5}, "inception_2015": False}
    odd |= {"batch_size": 64, "batch_sizes": [], "betas": [], "timed": []}
    values = {"results": RESULTS, "banner": ODD, "reduced": ODD, "experiment": {"datasets": ["odd"]}}
    values |= {"datasets": {"odd": odd}}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(values))
    command = ["--cores", "1", "data_odd", "table_a3_1", "--configfile", "mine.yaml"]
    outcome = snakemake(*command, cwd=tmp_path)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    manifest = json.loads((tmp_path / RESULTS / "data/odd/manifest.json").read_text())
    assert sorted(manifest["class_names"]) == sorted(CLASSES)
    tables = tmp_path / RESULTS / "tables"
    assert f"**{markdown(ODD)}**" in (tables / "table_a3_1.md").read_text()
    assert latex(ODD) in (tables / "table_a3_1.tex").read_text()
    assert not list(tmp_path.rglob("pwned"))
