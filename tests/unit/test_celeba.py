"""CelebA in small archives of the official format: a few dozen faces of 178 x 218 pixels, five attributes."""

import hashlib
import json
import signal
import subprocess
import sys
import zipfile
from io import BytesIO

import numpy as np
import pytest
from commands import ROOT
from PIL import Image

from vrrae_bench.datasets import celeba_files, conversion
from vrrae_bench.datasets.celeba_files import store_release
from vrrae_bench.datasets.published import RemoteFile
from vrrae_bench.datasets.source import Request
from vrrae_bench.datasets.sources import celeba
from vrrae_bench.datasets.sources.celeba import Release
from vrrae_bench.datasets.store import DataSet
from vrrae_bench.system.errors import UserError

SCRIPTS = ROOT / "workflow/scripts"
N_IMAGES = (30, 4, 8)
NAMES = [f"{number:06d}.jpg" for number in range(1, sum(N_IMAGES) + 1)]
PARTITION = [0] * 29 + [1, 2] * 4 + [2] * 4 + [0]  # not in order throughout, so that the file decides


def jpeg(size, seed) -> bytes:
    coarse = np.random.default_rng(seed).integers(0, 256, (7, 6, 3), dtype=np.uint8)
    content = BytesIO()
    Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC).save(content, "JPEG", quality=90)
    return content.getvalue()


@pytest.fixture(scope="module")
def faces():
    return {f"img_align_celeba/{name}": jpeg((178, 218), seed) for seed, name in enumerate(NAMES)}


@pytest.fixture
def attributes(rng):
    return rng.integers(0, 2, (len(NAMES), 5), dtype=np.uint8)


@pytest.fixture
def publish(tmp_path, faces, attributes):
    """Put files into a mirror, as they should be unless told otherwise, and describe them as a release."""

    def make(members=faces, partition=None, lines=None, **sizes) -> Release:
        folder = tmp_path / "mirror/celeba"
        folder.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(folder / "img_align_celeba.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("img_align_celeba/", "")
            for name, content in members.items():
                archive.writestr(name, content)
        rows = [f"{name} {' '.join('1' if has else '-1' for has in row)}" for name, row in zip(NAMES, attributes)]
        lines = lines or [str(len(NAMES)), "Bald Bangs Hat Male Young ", *rows]
        (folder / "list_attr_celeba.txt").write_text("\n".join(lines) + "\n")
        partition = partition or [f"{name} {part}" for name, part in zip(NAMES, PARTITION)]
        (folder / "list_eval_partition.txt").write_text("\n".join(partition) + "\n")

        def remote(name):
            content = (folder / name).read_bytes()
            return RemoteFile(name, len(content), f"sha256:{hashlib.sha256(content).hexdigest()}", ())

        files = map(remote, ("img_align_celeba.zip", "list_attr_celeba.txt", "list_eval_partition.txt"))
        return Release(*files, **({"n_images": N_IMAGES, "n_attributes": 5} | sizes))

    return make


@pytest.fixture
def make(tmp_path):
    def store(release, threads=2, out="out") -> DataSet:
        where = {"downloads": tmp_path / "downloads", "mirror": str(tmp_path / "mirror"), "offline": True}
        store_release(tmp_path / out, Request(**where, threads=threads), release)
        return DataSet(tmp_path / out / "manifest.json")

    return store


def test_faces_are_resized_and_divided_as_officially(make, publish, faces, attributes):
    data = make(publish())
    assert (data.manifest.n_train, data.manifest.n_test, data.manifest.image_shape) == (30, 8, (160, 160, 3))
    for split, number in (("train", 0), ("test", 2)):
        chosen = [index for index, part in enumerate(PARTITION) if part == number]
        for stored, index in zip(data.array(split), chosen):
            face = Image.open(BytesIO(faces[f"img_align_celeba/{NAMES[index]}"]))
            np.testing.assert_array_equal(stored, np.asarray(face.resize((160, 160), Image.Resampling.BILINEAR)))
        np.testing.assert_array_equal(data.array(f"{split}_labels"), attributes[chosen])


def test_the_attributes_are_labels_of_which_an_image_has_several(make, publish):
    manifest = make(publish()).manifest
    assert manifest.multi_label and manifest.n_classes == 5
    assert manifest.class_names == ("Bald", "Bangs", "Hat", "Male", "Young")


def test_the_number_of_threads_changes_nothing(make, publish, monkeypatch):
    monkeypatch.setattr(conversion, "CHUNK", 4)
    release = publish()
    assert make(release, threads=1, out="one").manifest == make(release, threads=4, out="four").manifest


KILLED = """
import os, signal, sys, zipfile
from vrrae_bench.datasets import conversion
from vrrae_bench.datasets.celeba_files import store_release
from vrrae_bench.datasets.published import RemoteFile
from vrrae_bench.datasets.source import Request
from vrrae_bench.datasets.sources.celeba import Release

conversion.CHUNK = 4
read, count = zipfile.ZipFile.read, iter(range(1, 1000))

def read_until_killed(self, name):
    if next(count) == 23:
        os.kill(os.getpid(), signal.SIGKILL)
    return read(self, name)

zipfile.ZipFile.read = read_until_killed
out, downloads = map(__import__("pathlib").Path, sys.argv[1:3])
store_release(out, Request(downloads=downloads, mirror=sys.argv[3], offline=True), eval(sys.argv[4]))
"""


@pytest.fixture
def killed(tmp_path):
    """Store a release in `out`, and kill the process at the 23rd of 38 images."""

    def run(release):
        arguments = [tmp_path / "out", tmp_path / "downloads", tmp_path / "mirror", repr(release)]
        command = [sys.executable, "-c", KILLED, *map(str, arguments)]
        outcome = subprocess.run(command, env={"PYTHONPATH": str(SCRIPTS)}, capture_output=True, text=True)
        assert outcome.returncode == -signal.SIGKILL, outcome.stderr
        return json.loads((tmp_path / "out/train.partial.json").read_text())["done"]

    return run


def test_a_killed_run_goes_on_where_it_stopped(make, publish, killed, monkeypatch, tmp_path):
    monkeypatch.setattr(conversion, "CHUNK", 4)
    release = publish()
    n_done = killed(release)
    assert 0 < n_done < 23 and not (tmp_path / "out/manifest.json").exists()
    decoded = []
    open_image = celeba_files.open_image
    monkeypatch.setattr(celeba_files, "open_image", lambda *a, **k: decoded.append(a[1]) or open_image(*a, **k))
    continued = make(release)
    assert len(decoded) == 38 - n_done
    assert continued.manifest == make(release, out="uninterrupted").manifest
    assert not list((tmp_path / "out").glob("t*.partial.*"))  # a hidden one may be left of a write that was killed


def test_images_of_an_array_that_is_gone_do_not_count(tmp_path, monkeypatch):
    monkeypatch.setattr(conversion, "CHUNK", 4)

    def convert(until):
        def read(number):
            if number == until:
                raise UserError("stopped")
            return np.full((8, 8, 1), 1 + number, np.uint8)

        conversion.convert_images(tmp_path, {"train": range(20)}, read, (8, 8, 1), origin={}, threads=1)

    with pytest.raises(UserError, match="stopped"):
        convert(until=10)
    (tmp_path / "train.partial.npy").unlink()
    with pytest.raises(UserError, match="stopped"):
        convert(until=0)
    convert(until=None)
    np.testing.assert_array_equal(np.load(tmp_path / "train.npy")[:, 0, 0, 0], 1 + np.arange(20))


@pytest.mark.parametrize("threads", [1, 3])
def test_bad_images_of_all_chunks_and_splits_are_told_at_once(tmp_path, monkeypatch, threads):
    monkeypatch.setattr(conversion, "CHUNK", 4)
    splits = {"train": range(40), "test": range(40, 60)}

    def convert(*bad):
        def read(number):
            if number in bad:
                raise UserError(f"image {number} is bad")
            return np.full((8, 8, 1), number, np.uint8)

        conversion.convert_images(tmp_path, splits, read, (8, 8, 1), origin={}, threads=threads)

    with pytest.raises(UserError) as caught:
        convert(9, 10, 39, 41)
    assert str(caught.value).startswith("4 problems:")
    assert all(f". image {number} is bad" in str(caught.value) for number in (9, 10, 39, 41))
    assert not {"train.npy", "test.npy"} & {path.name for path in tmp_path.iterdir()}
    with pytest.raises(UserError, match="10 problems or more"):
        convert(*range(5, 40))
    convert()
    for split, numbers in splits.items():
        np.testing.assert_array_equal(np.load(tmp_path / f"{split}.npy")[:, 0, 0, 0], numbers)


def test_what_another_release_left_behind_is_not_continued(make, publish, killed, monkeypatch):
    monkeypatch.setattr(conversion, "CHUNK", 4)
    killed(publish())
    other = publish({f"img_align_celeba/{name}": jpeg((178, 218), 1000 + seed) for seed, name in enumerate(NAMES)})
    assert make(other).manifest == make(other, out="uninterrupted").manifest


def test_a_full_disk_is_told_before_it_is_full(make, publish, monkeypatch):
    monkeypatch.setattr(conversion.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 1000}))
    with pytest.raises(UserError, match="2,304,000 bytes are needed and 1,000 free. Make room and run again"):
        make(publish())


def test_without_the_files_one_learns_where_to_get_them(tmp_path):
    with pytest.raises(UserError) as caught:
        celeba.store(tmp_path / "out", Request(downloads=tmp_path / "kept"))
    told = str(caught.value)
    assert "img_align_celeba.zip could not be fetched" in told and "no program may fetch it" in told
    assert "mmlab.ie.cuhk.edu.hk/projects/CelebA.html" in told and "list_eval_partition.txt (Eval)" in told
    assert "FOLDER/celeba/img_align_celeba.zip and run again with: --config mirror=FOLDER" in told


FIRST = "img_align_celeba/000001.jpg"


@pytest.mark.parametrize(
    ("member", "content", "message"),
    [
        (FIRST, jpeg((178, 200), 0), "img_align_celeba.zip: 000001.jpg is 178 x 200 pixels, and not 178 x 218"),
        (FIRST, jpeg((178, 218), 0)[:2000], "000001.jpg: is cut short or damaged"),
        (FIRST, b"text", "000001.jpg: is no image that can be read"),
        (FIRST, bytes(2**20 + 1), "000001.jpg announces 1,048,577 bytes, more than the 1,048,576 allowed"),
        ("../escaped.jpg", b"x", "'../escaped.jpg' has a path that leaves the archive's folder"),
        ("/etc/escaped.jpg", b"x", "has a path that leaves the archive's folder"),
        (r"C:\escaped.jpg", b"x", "has a path that leaves the archive's folder"),
    ],
)
def test_each_bad_member_has_its_message_and_nothing_is_stored(
    make, publish, faces, tmp_path, member, content, message
):
    with pytest.raises(UserError) as caught:
        make(publish(faces | {member: content}))
    assert message in str(caught.value)
    assert not (tmp_path / "out/manifest.json").exists() and not list(tmp_path.rglob("escaped*"))


def test_missing_faces_are_counted(make, publish, faces):
    with pytest.raises(UserError, match="lacks 2 of 38 images, the first is 000001.jpg"):
        make(publish(dict(list(faces.items())[2:])))


def test_a_damaged_archive_is_told(make, publish, tmp_path):
    release = publish()
    archive = tmp_path / "mirror/celeba/img_align_celeba.zip"
    content = archive.read_bytes()[:-100]
    archive.write_bytes(content)
    damaged = RemoteFile(archive.name, len(content), f"sha256:{hashlib.sha256(content).hexdigest()}", ())
    with pytest.raises(UserError, match="img_align_celeba.zip: is damaged, cut short, or no zip archive"):
        make(Release(damaged, release.attributes, release.partition, N_IMAGES, 5))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"partition": ["000001.jpg 3"]}, "list_eval_partition.txt: line 1: is not the name of an image and 0, 1 or 2"),
        (
            {"partition": ["000001.jpg 0"]},
            "has (1, 0, 0) images for training, validation and test, expected (30, 4, 8)",
        ),
        ({"lines": ["7"]}, "begins with '7' and 0 names, expected '42' images and 5 attributes"),
        (
            {"lines": ["42", "a b c d e", "000001.jpg 1 1 1 1 0"]},
            "line 3: is not the name of an image and 5 times -1 or 1",
        ),
        ({"lines": ["42", "a b c d e", "000001.jpg 1 1 1 1 1"]}, "describes 1 images, expected 42"),
        (
            {"lines": ["42", "a b c d e", *(f"{n}.png 1 1 1 1 -1" for n in range(42))]},
            "list_attr_celeba.txt: lacks 38 of 38 images, the first is 000001.jpg",
        ),
    ],
)
def test_each_bad_list_has_its_message(make, publish, change, message):
    with pytest.raises(UserError) as caught:
        make(publish(**change))
    assert message in str(caught.value)


def test_the_published_numbers_are_those_of_the_paper():
    assert celeba.PUBLISHED.n_images[0] == 162_770 and celeba.PUBLISHED.n_images[2] == 19_962
    assert sum(celeba.PUBLISHED.n_images) == 202_599
