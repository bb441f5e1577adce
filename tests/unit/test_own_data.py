"""A user's own images and arrays: what works by configuration alone, and what each mistake is told as."""

import itertools
import os
import re
import shutil
import struct
import subprocess
import sys
import tracemalloc
import zipfile
import zlib
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from commands import ROOT
from pictures import of_last_year, picture
from PIL import EpsImagePlugin, Image

from vrrae_bench.datasets import conversion, folder
from vrrae_bench.datasets.fingerprint import fingerprint
from vrrae_bench.datasets.image_folders import all_files
from vrrae_bench.datasets.images import open_image
from vrrae_bench.datasets.made_from import MadeFrom
from vrrae_bench.datasets.own import names_of_splits
from vrrae_bench.datasets.settings import FileSettings
from vrrae_bench.datasets.source import Request
from vrrae_bench.datasets.sources import source_of
from vrrae_bench.datasets.store import DataSet
from vrrae_bench.system.errors import UserError


@pytest.fixture
def store(tmp_path):
    """Store a data set of one's own, as the command does."""

    def run(source, path, least=(), labelled=False, **settings) -> DataSet:
        files = FileSettings(path=str(path), **settings)
        asked = {"files": files, "least": dict(least), "labelled": labelled}
        request = Request(downloads=tmp_path / "downloads", offline=True, threads=2, **asked)
        source_of(source).store(tmp_path / "out", request)
        return DataSet(tmp_path / "out/manifest.json")

    return run


@pytest.fixture
def mistake(store, tmp_path):
    """The message of a data set that cannot be stored; nothing passes for one afterwards."""

    def run(*arguments, **settings) -> str:
        with pytest.raises(UserError) as caught:
            store(*arguments, **settings)
        assert not {"manifest.json", "train.npy", "test.npy"} & {path.name for path in tmp_path.glob("out/*")}
        return str(caught.value)

    return run


def deep_picture(path):
    """A colour image of 16 bits per value, which Pillow reads but cannot write."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = (b"\0" + struct.pack(">48H", *[1000] * 48)) * 16
    header = struct.pack(">IIBBBBB", 16, 16, 16, 2, 0, 0, 0)
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


@pytest.fixture
def classes(tmp_path):
    """Two classes of ten pictures each, whose shades tell them apart."""
    root = tmp_path / "images"
    for base, name in ((0, "dark"), (200, "light")):
        for number in range(10):
            picture(root / name / f"{number}.png", base + number)
    return root


@pytest.fixture
def divided(tmp_path):
    """The same, divided by the user."""
    root = tmp_path / "divided"
    for split, numbers in (("train", range(6)), ("test", range(6, 8))):
        for base, name in ((0, "dark"), (200, "light")):
            for number in numbers:
                picture(root / split / name / f"{number}.png", base + number)
    return root


def shades(data, split):
    return np.asarray(data.array(split))[:, 0, 0, 0]


def test_class_folders_that_the_user_has_divided(store, divided):
    data = store("folder", divided)
    np.testing.assert_array_equal(shades(data, "train"), [0, 1, 2, 3, 4, 5, 200, 201, 202, 203, 204, 205])
    np.testing.assert_array_equal(shades(data, "test"), [6, 7, 206, 207])
    np.testing.assert_array_equal(data.array("test_labels"), [0, 0, 1, 1])
    assert data.manifest.class_names == ("dark", "light") and data.manifest.image_shape == (16, 16, 3)


@pytest.mark.parametrize("source", ["folder", "npz"])
def test_test_images_that_are_training_images_are_told(source, store, divided, tmp_path, capfd):
    path = divided
    if source == "npz":
        train = np.arange(128, 134, dtype=np.uint8)[:, None, None] * np.ones((8, 8), np.uint8)
        path = tmp_path / "mine.npz"
        np.savez(path, train=train, test=np.concatenate([train[2:3], 255 - train[:3]]))
    data = store(source, path)
    if source == "folder":
        assert "training images too" not in capfd.readouterr().err and data.manifest.repeated_test_images == 0
        picture(divided / "test/light/copy.png", 202)
        data = store(source, path)
    n_test = 5 if source == "folder" else 4
    assert f"warning: {path}: 1 of {n_test} test images are training images too" in capfd.readouterr().err
    assert data.manifest.repeated_test_images == 1


@pytest.mark.parametrize("other", [" light", "light ", "li\u0301ght"])
def test_classes_that_look_the_same_are_refused(other, mistake, classes, tmp_path):
    """In a CSV file some of whose commas have a space behind them, or in folders of another computer."""
    name = "l\u00edght" if "\u0301" in other else "light"
    entries = [f"dark/{n}.png,dark" for n in range(10)]
    entries += [f"light/{n}.png,{other if n > 4 else name}" for n in range(10)]
    (classes / "labels.csv").write_text("\n".join(["file,label", *entries]))
    told = mistake("folder", classes, labels="labels.csv", test_fraction=0.3)
    assert "look the same and would be different classes" in told
    labels = np.array(["dark", name, other] * 4)
    path = tmp_path / "mine.npz"
    images = np.full((12, 8, 8), 200, np.uint8)
    np.savez(path, train=images, test=images, train_labels=labels, test_labels=labels)
    assert "look the same and would be different classes" in mistake("npz", path)


def test_a_share_of_each_class_is_kept_for_testing(store, classes):
    data = store("folder", classes, test_fraction=0.3)
    for split, count in (("train", 7), ("test", 3)):
        np.testing.assert_array_equal(np.bincount(data.array(f"{split}_labels")), [count, count])
        np.testing.assert_array_equal(shades(data, split) >= 200, data.array(f"{split}_labels"))
    kept = set(shades(data, "test"))
    assert not kept & set(shades(data, "train"))
    assert kept == set(shades(store("folder", classes, test_fraction=0.3), "test"))
    assert kept != set(shades(store("folder", classes, test_fraction=0.3, split_seed=1), "test"))


def table(root, *lines, name="labels.csv"):
    (root / name).write_text("\n".join(lines) + "\n")
    return {"labels": name}


def test_a_csv_file_may_name_classes_and_splits(store, classes):
    rows = [
        f"{name}/{number}.png,{label},{'test' if number > 7 else 'train'}"
        for name, label in (("dark", "10"), ("light", "9"))
        for number in range(10)
    ]
    data = store("folder", classes, **table(classes, "file,label,split", *rows))
    assert data.manifest.class_names == ("9", "10")
    np.testing.assert_array_equal(shades(data, "test"), [8, 9, 208, 209])
    np.testing.assert_array_equal(data.array("test_labels"), [1, 1, 0, 0])


def test_a_csv_file_without_splits_is_split_by_the_fraction(store, classes):
    rows = [f"{name}/{number}.png,{name}" for name in ("dark", "light") for number in range(10)]
    data = store("folder", classes, test_fraction=0.2, **table(classes, "file,label", *rows))
    assert (data.manifest.n_train, data.manifest.n_test) == (16, 4)


def test_images_are_converted_and_resized_as_configured(store, classes):
    picture(classes / "dark/0.png", 7, (40, 30), "L")
    data = store("folder", classes, test_fraction=0.2, image_size=8, channels=1)
    assert data.manifest.image_shape == (8, 8, 1)
    assert 7 in [*shades(data, "train"), *shades(data, "test")]


def test_how_many_images_are_squeezed_into_squares_is_told(store, classes, capfd):
    store("folder", classes, test_fraction=0.2, image_size=8)
    assert "square" not in capfd.readouterr().err
    for place in ("dark/0.png", "light/3.png"):
        picture(classes / place, size=(40, 30))
    store("folder", classes, test_fraction=0.2, image_size=9)
    told = capfd.readouterr().err
    assert f"images: 2 image(s), such as {classes / 'dark/0.png'}, are not square, and files.image_size has" in told


def test_images_that_a_killed_run_squeezed_are_not_taken_for_images_of_one_size(store, mistake, classes, monkeypatch):
    """The side of a square may be that to which images are resized, or that which all images have to have."""
    monkeypatch.setattr(conversion, "CHUNK", 4)
    picture(classes / "dark/1.png", size=(24, 8))
    decoded = itertools.count(1)

    def stopped(*arguments):
        if next(decoded) == 13:
            raise UserError("stopped")
        return open_image(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(folder, "open_image", stopped)
        with pytest.raises(UserError, match="stopped"):
            store("folder", classes, test_fraction=0.2, image_size=16)
    assert "1.png: is 24 x 8 pixels, but others are 16 x 16" in mistake("folder", classes, test_fraction=0.2)


def test_hidden_files_and_other_files_are_not_looked_at(store, classes, capsys):
    (classes / "dark/._0.png").write_text("what some file managers leave behind")
    picture(classes / "dark/.thumbnails/0.png")
    picture(classes / "dark/deeper/.ipynb_checkpoints/0.png")
    (classes / "dark/notes.txt").write_text("text")
    assert store("folder", classes, test_fraction=0.2).manifest.n_train == 16
    assert "images: passed over 1 other file(s) (1 .txt)\n" in capsys.readouterr().err


def test_how_many_files_are_passed_over_is_told(store, divided, classes, capsys):
    for number in range(3):
        picture(divided / f"train/dark/deeper/{number}.png").rename(divided / f"train/dark/{number}.jfif")
        picture(divided / f"val/dark/{number}.png")
    (divided / "LICENSE").write_text("text")
    store("folder", divided)
    assert "divided: passed over 7 other file(s) (3 .jfif, 3 .png, 1 without suffix)\n" in capsys.readouterr().err
    rows = [f"{name}/deeper/../{number}.png,{name}" for name in ("dark", "light") for number in range(9)]
    for name in ("dark", "light"):
        (classes / name / "deeper").mkdir()
    store("folder", classes, test_fraction=0.2, **table(classes, "file,label", *rows))
    assert "images: passed over 2 other file(s) (2 .png)\n" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "darwin", reason="names of files are UTF-8 there")
def test_names_that_are_no_utf_8_do_no_harm(store, classes):
    strange = Path(os.fsdecode(os.fsencode(classes) + b"/\xe9t\xe9"))
    (classes / "dark").rename(strange)
    (strange / "3.png").rename(strange / os.fsdecode(b"\xe9.png"))
    data = store("folder", classes, test_fraction=0.2)
    assert data.manifest.class_names == (r"\xe9t\xe9", "light") and data.manifest.n_train == 16


def test_an_image_that_is_a_program_is_not_run(mistake, classes, tmp_path, monkeypatch):
    """Pillow would hand PostScript to Ghostscript, whatever the name of the file."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/gs").write_text(f"#!/bin/sh\n: > {tmp_path}/ran\n")
    (tmp_path / "bin/gs").chmod(0o755)
    monkeypatch.setattr(EpsImagePlugin, "gs_binary", None)
    (classes / "dark/3.png").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 16 16\n%%EndComments\nshowpage\n")
    told = mistake("folder", classes, test_fraction=0.2)
    assert "dark/3.png: is no image that can be read; PNG, JPEG, BMP, GIF, TIFF, WEBP can." in told
    assert not (tmp_path / "ran").exists()
    with suppress(OSError), Image.open(classes / "dark/3.png") as image:  # the trap works
        image.load()
    assert (tmp_path / "ran").exists()


def test_pages_are_refused_and_of_animations_the_first_picture_is_taken(mistake, classes, tmp_path):
    pictures = [Image.new("RGB", (16, 16), (shade,) * 3) for shade in (250, 0, 0)]
    for suffix in ("gif", "webp", "png"):
        path = tmp_path / f"animation.{suffix}"
        pictures[0].save(path, save_all=True, append_images=pictures[1:])
        assert np.asarray(open_image(path, path.name, 1)).min() > 245
    pictures[0].save(classes / "dark/pages.tif", save_all=True, append_images=pictures[1:])
    told = mistake("folder", classes, test_fraction=0.2)
    assert "dark/pages.tif: has 3 pages, of which one would be stored. Save each page as a file of its own." in told


def test_links_to_what_is_not_there_or_not_looked_at_are_named(mistake, classes, tmp_path):
    """As git-annex and DVC leave them: of an image, of a class, and a folder within a class."""
    (classes / "dark/3.png").unlink()
    (classes / "dark/3.png").symlink_to("../.git/annex/objects/3.png")
    rows = ["dark/3.png,dark", "light/0.png,light"]
    told = mistake("folder", classes, test_fraction=0.2, **table(classes, "file,label", *rows))
    assert "dark/3.png: is a link to ../.git/annex/objects/3.png, which is not there" in told
    (classes / "grey").symlink_to(tmp_path / "gone")
    shutil.copytree(classes / "light", tmp_path / "elsewhere")
    (classes / "light/more").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(classes / "light/pipe.png")
    told = mistake("folder", classes, test_fraction=0.2)
    assert "dark/3.png: is a link to ../.git/annex/objects/3.png, which is not there. Fetch it" in told
    assert f"grey: is a link to {tmp_path / 'gone'}, which is not there" in told
    assert "light/more: is a link to a folder. Such a link is followed only" in told
    assert "light/pipe.png: is no regular file" in told


def truncated(path):
    picture(path).write_bytes(path.read_bytes()[:-30])


def empty_class(root):
    (root / "empty").mkdir()


def empty_classes(root):
    for name in ("empty", "hollow"):
        (root / name).mkdir()


def damaged_twice(root):
    for name in ("dark/0.png", "dark/3.png", "light/3.png"):
        (root / name).write_text("text")


def named_as_splits(*names):
    def rename(root):
        for name, split in zip(("dark", "light"), names):
            (root / name).rename(root / split)

    return rename


def split_below_classes(root):
    for number, split in enumerate(("training", "testing")):
        (root / "dark" / split).mkdir()
        (root / f"dark/{number}.png").rename(root / f"dark/{split}/{number}.png")


def resized(side):
    def change(root):
        for path in root.rglob("*.png"):
            picture(path, size=(side, side))

    return change


def one_class(root):
    shutil.rmtree(root / "dark")


def no_class_folders(root):
    for name in ("dark", "light"):
        shutil.rmtree(root / name)
    picture(root / "loose.png")


@pytest.mark.parametrize(
    ("spoil", "settings", "message"),
    [
        (shutil.rmtree, {}, "there is no such folder. Set files.path"),
        (no_class_folders, {}, "has no class folders. Put the images of each class into a folder of its own"),
        (empty_class, {}, "empty: holds no images (.png,"),
        (empty_classes, {}, "hollow: holds no images (.png,"),
        (one_class, {}, "there is one class only, 'light'"),
        (named_as_splits("train", "val"), {}, "train, val would be taken for classes. Divide the images into "),
        (named_as_splits("Train", "Test"), {"test_fraction": None}, "Test, Train would be taken for classes"),
        (named_as_splits("validation", "light"), {}, "validation would be taken for classes"),
        (named_as_splits("training", "testing"), {}, "testing, training would be taken for classes. Divide the images"),
        (named_as_splits("train_set", "Test Images"), {}, "Test Images, train_set would be taken for classes"),
        (named_as_splits("birds-train2017", "birds-val2017"), {}, "birds-train2017, birds-val2017 would be taken for"),
        (split_below_classes, {}, "dark: holds folders called testing, training, whose images would be mixed"),
        (resized(4), {}, ".png: is 4 pixels wide and high; sides of 8 to 1024 are possible. Set files.image_size to"),
        (resized(1200), {}, ".png: is 1200 pixels wide and high; sides of 8 to 1024 are possible"),
        (damaged_twice, {}, "3 problems:\n"),
        (damaged_twice, {"image_size": 16}, "3 problems:\n"),
        (lambda root: None, {"test_fraction": None}, "nothing says which images are for testing"),
        (lambda root: None, {"test_fraction": 0.99}, "class 'dark' has 10 image(s), of which 10 would be for testing"),
        (lambda root: None, {"test_fraction": 0.99}, "  2. "),
        (lambda root: truncated(root / "dark/3.png"), {}, "dark/3.png: is cut short or damaged"),
        (lambda root: (root / "dark/3.png").write_text("text"), {}, "dark/3.png: is no image that can be read"),
        (lambda root: (root / "dark/3.png").write_text(""), {}, "dark/3.png: is no image that can be read"),
        (lambda root: picture(root / "dark/3.png", size=(16, 20)), {}, "dark/3.png: is 16 x 20 pixels, but "),
        (lambda root: picture(root / "dark/3.png", size=(20, 20)), {}, "Set files.image_size to resize all"),
        (lambda root: picture(root / "dark/3.png", 1000, mode="I;16"), {}, "has more than 8 bits per value"),
        (lambda root: deep_picture(root / "dark/3.png"), {}, "dark/3.png: has more than 8 bits per value"),
        (lambda root: picture(root / "dark/3.png", mode="RGBA"), {}, "dark/3.png: is partly transparent"),
    ],
)
def test_each_bad_folder_has_its_message(mistake, classes, spoil, settings, message):
    spoil(classes)
    assert message in mistake("folder", classes, **({"test_fraction": 0.2} | settings))


def test_every_key_that_asks_for_more_images_than_there_are_is_named(mistake, store, classes, arrays, tmp_path):
    least = {"datasets.mine.batch_size": 16, "datasets.mine.batch_sizes": 500, "datasets.mine.bottleneck": 17}
    told = mistake("folder", classes, least, test_fraction=0.2)
    assert "16 training images are too few for datasets.mine.batch_sizes: 500, datasets.mine.bottleneck: 17." in told
    assert "Set at most 16 there, or add images." in told
    np.savez(tmp_path / "mine.npz", **arrays)
    assert "12 training images are too few for a: 13. Set" in mistake("npz", tmp_path / "mine.npz", {"a": 13})
    assert store("npz", tmp_path / "mine.npz", {"a": 12}).manifest.n_train == 12


def test_an_image_or_folder_that_may_not_be_read_is_not_called_damaged_or_empty(mistake, store, classes, monkeypatch):
    """As the system tells it; whoever runs the tests may be allowed everything."""

    def forbid(module, name, forbidden):
        allowed = getattr(module, name)

        def call(path, *arguments, **options):
            if Path(path).name == forbidden:
                raise PermissionError(13, "Permission denied", str(path))
            return allowed(path, *arguments, **options)

        monkeypatch.setattr(module, name, call)

    forbid(Image, "open", "3.png")
    told = mistake("folder", classes, test_fraction=0.2)
    assert "dark/3.png: cannot be read (Permission denied). Correct its permissions." in told and "light/3.png" in told
    (classes / "dark/deeper").mkdir()
    forbid(os, "scandir", "deeper")
    told = mistake("folder", classes, test_fraction=0.2)
    assert "dark/deeper: cannot be read (Permission denied). Correct its permissions" in told
    rows = [f"{name}/{number}.png,{name}" for name in ("dark", "light") for number in (4, 5)]
    assert store("folder", classes, test_fraction=0.5, **table(classes, "file,label", *rows)).manifest.n_train == 2


def test_a_folder_that_may_not_be_read_stops_no_plan(classes, monkeypatch):
    """The command tells it, in words."""

    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert len(list(all_files(classes))) == 20
    monkeypatch.setattr(Path, "is_dir", refuse)
    assert len(list(all_files(classes))) == 20
    monkeypatch.setattr(os, "scandir", refuse)
    assert list(all_files(classes)) == []


def swap(root):
    (root / "dark/0.png").rename(root / "dark/tmp.png")
    (root / "light/0.png").rename(root / "dark/0.png")
    (root / "dark/tmp.png").rename(root / "light/0.png")


@pytest.mark.parametrize(
    "change",
    [
        lambda root: picture(root / "dark/10.png"),
        lambda root: (root / "dark/0.png").unlink(),
        lambda root: (root / "dark/0.png").rename(root / "dark/10.png"),
        lambda root: of_last_year(root / "dark/0.png"),
        lambda root: of_last_year(picture(root / "dark/0.png", 77)),
        lambda root: picture(root / "dark/deeper/0.png", 77),
        swap,
        shutil.rmtree,
    ],
)
def test_images_that_change_are_noticed_whether_newer_or_older(classes, change):
    files = FileSettings(path=str(classes), test_fraction=0.2)
    picture(classes / "dark/.hidden/0.png")
    before = fingerprint(files)
    picture(classes / "dark/.hidden/1.png")
    assert fingerprint(files) == before
    change(classes)
    assert fingerprint(files) != before


def test_a_table_and_hidden_files_that_it_may_name_are_noticed(classes):
    files = FileSettings(path=str(classes), labels=".labels.csv")
    fingerprints = {fingerprint(files)}
    for path in (".labels.csv", ".hidden/0.png"):
        (classes / path).parent.mkdir(exist_ok=True)
        (classes / path).write_text("text")
        fingerprints.add(fingerprint(files))
    assert len(fingerprints) == 3


def test_an_archive_is_told_from_others_by_its_contents(arrays, tmp_path):
    """Two archives of the same size and time are told apart, and a copy is no other archive."""
    path = tmp_path / "mine.npz"
    files, found = FileSettings(path=str(path)), []
    for train in (arrays["train"], 255 - arrays["train"]):
        np.savez(path, **arrays | {"train": train})
        of_last_year(path)
        found.append((path.stat().st_size, path.stat().st_mtime, fingerprint(files)))
    assert found[0][:2] == found[1][:2] and found[0][2] != found[1][2]
    path.touch()
    assert fingerprint(files) == found[1][2]
    path.write_text("no archive")
    before = fingerprint(files)
    of_last_year(path)
    assert fingerprint(files) != before


def test_images_that_are_not_square_need_a_size(mistake, tmp_path):
    for number in range(8):
        picture(tmp_path / f"wide/{number % 2}/{number}.png", size=(16, 12))
    told = mistake("folder", tmp_path / "wide", test_fraction=0.2)
    assert "is 16 pixels wide and 12 high; the decoder makes square images" in told and "files.image_size" in told


def test_what_the_user_has_divided_is_divided_well(mistake, divided):
    assert "divided into train and test already" in mistake("folder", divided, test_fraction=0.2)
    shutil.rmtree(divided / "test/dark")
    assert "class 'dark' has images in train and none in test" in mistake("folder", divided)
    shutil.rmtree(divided / "train/light")
    told = mistake("folder", divided)
    assert "1. " in told and "class 'dark' has images in train and none in test" in told
    assert "2. " in told and "class 'light' has images in test and none in train" in told


def test_an_image_that_would_fill_the_memory_is_not_decoded(mistake, classes):
    """A PNG file of a few bytes whose header announces 8,000 x 8,000 pixels."""
    content = (classes / "dark/3.png").read_bytes()
    size = struct.pack(">II", 8_000, 8_000)
    head = b"IHDR" + size + content[24:29]
    bomb = content[:12] + head + struct.pack(">I", zlib.crc32(head)) + content[33:]
    (classes / "dark/3.png").write_bytes(bomb)
    assert "announces 8,000 x 8,000 pixels, more than 50,000,000" in mistake("folder", classes, test_fraction=0.2)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["name,class", "a,b"], "its first line is 'name,class'. Write file,label or file,label,split there."),
        (["file,label"], "lists no images"),
        (["file,label,label", "dark/0.png,a,b"], "its first line is 'file,label,label'. Write file,label or"),
        (["file,label", "dark/0.png,a", "dark/1.png,b", "dark/0.png,b"], "csv: line 4: names the file of "),
        (["file,label", "dark/0.png,a", "light/.././dark/0.png,b"], "csv: line 2 again. Remove one of the two lines."),
        (["file,label,split", "dark/0.png,a,test", "dark/0.png,a,train"], "names the file of "),
        (["file,label", "dark/none.png,a", "dark/0.png,b", "dark/no.png"], "2 problems:\n"),
        (["file,label", "dark/none.png,a", "dark/0.png,b", "dark/no.png"], "line 4: has not one value for each of"),
        (["file,label", "dark/0\0.png,a"], "line 2: 'dark/0\\x00.png' cannot be read (embedded null byte)"),
        (["file,label", f"{300 * 'a'}.png,a"], "cannot be read ([Errno 36] File name too long"),
        (["file,label", "dark/0.png"], "line 2: has not one value for each of file, label"),
        (["file,label", "dark/0.png,a,b"], "line 2: has not one value for each of file, label"),
        (["file,label", "dark/none.png,a"], "line 2: there is no file"),
        (["file,label", "../outside.png,a"], "line 2: '../outside.png' leaves the folder"),
        (["file,label", "/etc/passwd,a"], "line 2: '/etc/passwd' leaves the folder"),
        (["file,label,split", "dark/0.png,a,valid"], "line 2: split 'valid' is neither train nor test"),
        (["file,label,split", "dark/0.png,a,train", "dark/1.png,b,test"], "class 'a' has images in train and none in"),
        (["file,label", '"dark/0.png,a'], "is no CSV file in UTF-8"),
    ],
)
def test_each_bad_table_has_its_message(mistake, classes, lines, message):
    picture(classes.parent / "outside.png")
    test_fraction = None if "split" in lines[0] else 0.5
    assert message in mistake("folder", classes, test_fraction=test_fraction, **table(classes, *lines))


def test_splits_in_place_of_labels_are_told(mistake, classes, arrays, tmp_path):
    rows = [
        f"{name}/{number}.png,{label}" for name, label in (("dark", "train"), ("light", "Test")) for number in (4, 5)
    ]
    told = mistake("folder", classes, test_fraction=0.5, **table(classes, "file,label", *rows))
    assert "its classes are called Test, train, as the parts of a data set are" in told
    labels = {name: np.array(["training", "validation"])[arrays[name] % 2] for name in ("train_labels", "test_labels")}
    np.savez(tmp_path / "mine.npz", **arrays | labels)
    assert "its classes are called training, validation" in mistake("npz", tmp_path / "mine.npz")


@pytest.mark.parametrize(
    ("names", "splits"),
    [
        (["train", "TEST", "Validation", "dog"], ["TEST", "Validation", "train"]),
        (["training", "testing"], ["testing", "training"]),
        (["train_set", "Test Images", "val2017", "X_train", "trainSet", "imgs-test"], None),
        (["mnist_train", "mnist_test"], None),
        (["contest_train", "contest_test"], None),
        (["BirdsTrain", "BirdsTest"], None),
        (["trainA", "trainB", "testA", "testB"], None),
        (["interval_train", "interval_val"], None),
        (["holdout", "dev", "eval data", "trn", "tst"], None),
        (
            ["steam train", "crash test", "trainer", "contest", "valley", "devil", "data", "images", "x", "tests tube"],
            [],
        ),
        (["mnist_train", "cifar_test", "mnist"], []),
        ([40 * "dataset", 60 * "images"], []),  # told at once
        (["trains", "evaluator", "training shoes", "attest"], []),
    ],
)
def test_names_that_look_like_splits(names, splits):
    assert names_of_splits(names) == (sorted(names) if splits is None else splits)


def test_a_missing_table_is_told(mistake, classes):
    assert "labels.csv: cannot be read (No such file" in mistake("folder", classes, labels="labels.csv")


@pytest.fixture
def arrays(rng):
    train, test = (rng.integers(0, 256, (n, 8, 8, 3), dtype=np.uint8) for n in (12, 5))
    return {"train": train, "test": test, "train_labels": np.arange(12) % 3, "test_labels": np.arange(5) % 3}


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_arrays_are_stored_as_they_are(store, arrays, tmp_path, save):
    save(tmp_path / "mine.npz", **arrays)
    data = store("npz", tmp_path / "mine.npz")
    assert (data.manifest.n_classes, data.manifest.n_train, data.manifest.n_test) == (3, 12, 5)
    for name, array in arrays.items():
        np.testing.assert_array_equal(data.array(name), array)


def test_grey_arrays_without_channels_and_labels_are_enough(store, arrays, tmp_path):
    np.savez(tmp_path / "mine.npz", train=arrays["train"][..., 0], test=arrays["test"][..., 0])
    data = store("npz", tmp_path / "mine.npz")
    assert data.manifest.n_classes is None and data.manifest.image_shape == (8, 8, 1)
    np.testing.assert_array_equal(data.array("train")[..., 0], arrays["train"][..., 0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"train": None}, "has the arrays test, test_labels, train_labels; needed are train and test"),
        ({"test_labels": None}, "for classes both train_labels and test_labels"),
        (
            {"train_labels": None, "test_labels": None, "train_label": np.zeros(12, int)},
            "has the arrays test, train, train_label; needed are train and test, for classes both train_labels and "
            "test_labels, and no other",
        ),
        ({"train": np.zeros((12, 8, 8, 3))}, "train is of type float64, and images are stored as uint8"),
        ({"train": np.zeros((12, 8, 8, 3), object)}, "train is of type object, and images are stored as uint8"),
        ({"train": np.zeros((12, 3, 8, 8), np.uint8)}, "train has the shape (12, 3, 8, 8)"),
        ({"train": np.zeros((12, 8, 8, 4), np.uint8)}, "Move the channels last, and leave out transparency"),
        ({"train": np.zeros((12, 8, 8, 3), np.uint8, order="F")}, "train is stored in Fortran order"),
        ({"train": np.zeros((12, 9, 9, 3), np.uint8)}, "differ in shape or type"),
        (
            {"train": np.zeros((12, 6, 8, 3), np.uint8), "test": np.zeros((5, 6, 8, 3), np.uint8)},
            "8 pixels wide and 6 high; the decoder makes square images",
        ),
        ({"train_labels": np.zeros(12, int)}, "there is one class only in train_labels"),
        ({"train_labels": np.arange(12) % 3 + 1}, "has 3 different values, from 1 to 3. Number the classes 0 to 2"),
        ({"train_labels": np.arange(12) % 3 - 1}, "from -1 to 1. Number the classes 0 to 2"),
        ({"test_labels": np.array([0, 1, 2, 3, 0])}, "class 3 has images in test and none in train"),
        ({"test_labels": np.array([0, 1, 1, 1, 0])}, "class 2 has images in train and none in test"),
        ({"train_labels": np.arange(11) % 3}, "there must be one label per image"),
        ({"train_labels": np.linspace(0, 1, 12)}, "train_labels is of type float64 and shape (12,)"),
        ({"train_labels": np.array(["a", "b"] * 6, object)}, "train_labels is of type object"),
        ({"train_labels": np.array(["a", "b"] * 6)}, "train_labels is text and test_labels is integers. Save the same"),
        ({"train_labels": np.array(["a", ""] * 6)}, "train_labels has 6 labels without any text"),
        ({"train_labels": np.array(["a", 300 * "b"] * 6)}, "names of classes have up to 255 characters"),
        ({"train_labels": np.array([b"a", b"\xe9"] * 6)}, "train_labels is no text in UTF-8"),
        ({"train_labels": np.array(["a", "\ud800"] * 6)}, "train_labels is no text in UTF-8"),
        ({"train_labels": np.eye(3, dtype=int)[np.arange(12) % 3]}, "labels.argmax(axis=1) those of one-hot rows"),
    ],
)
def test_each_bad_array_has_its_message(mistake, arrays, tmp_path, change, message):
    changed = {name: array for name, array in (arrays | change).items() if array is not None}
    np.savez(tmp_path / "mine.npz", **changed)
    assert message in mistake("npz", tmp_path / "mine.npz")


@pytest.mark.parametrize("largest", [0, 1, 16, 100, 127])
def test_images_that_are_not_scaled_to_bytes_are_refused_unless_they_are_meant(
    mistake, store, arrays, tmp_path, largest
):
    path, images = tmp_path / "mine.npz", {name: arrays[name] % (largest + 1) for name in ("train", "test")}
    for changed, told in ((images, f"{largest} in train, {largest} in test;"), ({"test": images["test"]}, "in test;")):
        np.savez(path, **arrays | changed)
        message = mistake("npz", path)
        assert f"the largest value of all images is {largest} in" in message and told in message
    np.testing.assert_array_equal(store("npz", path, dark=True).array("test"), images["test"])
    np.savez(path, **arrays | {name: 255 // max(largest, 1) * image for name, image in images.items()})
    if largest:
        store("npz", path)


def test_masks_in_files_are_refused_unless_they_are_meant(mistake, store, tmp_path, rng, monkeypatch):
    """What was converted is not lost: only the answer is missing."""
    for number in range(8):
        path = picture(tmp_path / f"masks/{number % 2}/{number}.png", mode="L")
        Image.fromarray(rng.integers(0, 2, (16, 16), dtype=np.uint8)).save(path)
    settings = {"channels": 1, "test_fraction": 0.25}
    assert "the largest value of all images is 1 in train, 1 in test" in mistake(
        "folder", tmp_path / "masks", **settings
    )
    monkeypatch.setattr("vrrae_bench.datasets.folder.pixels", None)
    assert np.asarray(store("folder", tmp_path / "masks", dark=True, **settings).array("train")).max() == 1


@pytest.mark.parametrize(
    ("values", "convert"),
    [
        ("[0, 1]", lambda images: images / 255),
        ("[0, 1]", lambda images: (images / 255 * 1.0001 - 0.00001).astype(np.float32)),
        ("[-1, 1]", lambda images: images / 127.5 - 1),
        ("[0, 255]", lambda images: images.astype(np.float32)),
        ("[0, 255]", lambda images: images.astype(np.int64)),
    ],
)
def test_the_remedies_for_other_types_give_the_bytes(mistake, store, arrays, tmp_path, values, convert):
    """Each is taken from the message and carried out."""
    others = {name: convert(arrays[name]) for name in ("train", "test")}
    np.savez(tmp_path / "mine.npz", **arrays | others)
    told = mistake("npz", tmp_path / "mine.npz")
    pattern = rf"(numpy\.rint\(\S.{{,60}}\.astype\(numpy\.uint8\)) for values in {re.escape(values)}"
    (remedy,) = set(re.findall(pattern, told))
    remedied = {name: eval(remedy, {"numpy": np, "images": images}) for name, images in others.items()}
    np.savez(tmp_path / "mine.npz", **arrays | remedied)
    data = store("npz", tmp_path / "mine.npz")
    for name in others:
        np.testing.assert_array_equal(data.array(name), arrays[name])


def test_mistakes_in_several_arrays_are_told_at_once(mistake, arrays, tmp_path):
    changes = {"train": arrays["train"] / 255, "test": arrays["test"][..., :2], "train_labels": np.full(12, 0.5)}
    np.savez(tmp_path / "mine.npz", **(arrays | changes))
    told = mistake("npz", tmp_path / "mine.npz")
    assert told.startswith("3 problems:\n  1. ")
    for message in ("train is of type float64", "test has the shape (5, 8, 8, 2)", "train_labels is of type float64"):
        assert message in told
    np.savez(tmp_path / "mine.npz", **(arrays | {"train": arrays["train"] / 255, "test_labels": np.zeros(5, int)}))
    told = mistake("npz", tmp_path / "mine.npz")
    assert "train is of type float64" in told and "class 1 has images in train and none in test" in told


@pytest.mark.parametrize("kind", [str, bytes, int])
@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_labels_are_numbered_for_both_splits_together(store, arrays, tmp_path, kind, shape):
    """Whichever class each split shows first, and whether or not there is a second axis."""
    labels = {"train": ["9", "10"] * 6, "test": ["10", "10", "9", "10", "9"]}
    saved = {split: np.array([("9", "10").index(name) if kind is int else name for name in labels[split]], kind)
             for split in labels}  # fmt: skip
    np.savez(tmp_path / "mine.npz", **arrays | {f"{split}_labels": saved[split].reshape(shape) for split in saved})
    data = store("npz", tmp_path / "mine.npz")
    assert data.manifest.class_names == (None if kind is int else ("9", "10"))
    np.testing.assert_array_equal(data.array("train_labels"), [0, 1] * 6)
    np.testing.assert_array_equal(data.array("test_labels"), [1, 1, 0, 1, 0])


def test_a_class_that_one_split_lacks_is_named(mistake, arrays, tmp_path):
    """Numbered split by split, the zebra would pass for a fish."""
    labels = {
        "train_labels": np.array(["cat", "dog", "fish"] * 4),
        "test_labels": np.array(["cat", "dog", "zebra"] * 2),
    }
    np.savez(tmp_path / "mine.npz", **arrays | labels | {"test_labels": labels["test_labels"][:5]})
    told = mistake("npz", tmp_path / "mine.npz")
    assert "class 'fish' has images in train and none in test" in told
    assert "class 'zebra' has images in test and none in train" in told


def test_the_remedies_for_labels_work(store, arrays, tmp_path):
    """Those that messages give: numbers with gaps as text, names as objects, whole numbers as floats, one-hot rows."""

    def stored(remedy, labels):
        np.savez(tmp_path / "mine.npz", **arrays | {name: remedy(values) for name, values in labels.items()})
        return store("npz", tmp_path / "mine.npz")

    numbers = {name: arrays[name] for name in ("train_labels", "test_labels")}
    with_gaps = stored(lambda labels: labels.astype(str), {name: 5 * labels + 1 for name, labels in numbers.items()})
    assert with_gaps.manifest.class_names == ("1", "6", "11")
    objects = {
        name: np.array([("b", "a", "c")[number] for number in labels], object) for name, labels in numbers.items()
    }
    named = stored(lambda labels: np.asarray(labels, str), objects)
    np.testing.assert_array_equal(named.array("test_labels"), [1, 0, 2, 1, 0])
    for remedy, spoil in ((lambda labels: labels.astype(int), lambda labels: labels.astype(float)),
                          (lambda labels: labels.argmax(axis=1), lambda labels: np.eye(3)[labels])):  # fmt: skip
        data = stored(remedy, {name: spoil(labels) for name, labels in numbers.items()})
        for name, labels in numbers.items():
            np.testing.assert_array_equal(data.array(name), labels)


def test_labels_that_the_network_behind_fid_would_miss_are_missed_at_once(mistake, arrays, tmp_path):
    np.savez(tmp_path / "mine.npz", train=arrays["train"], test=arrays["test"])
    told = mistake("npz", tmp_path / "mine.npz", labelled=True)
    assert "has no labels" in told and "Add train_labels and test_labels, or write `extractor: null`" in told


def test_many_labels_in_the_order_of_their_classes_are_no_bomb(store, arrays, tmp_path):
    """They compress to a six-hundredth."""
    many = {"train": np.full((210_000, 8, 8, 1), 255, np.uint8), "train_labels": np.sort(np.arange(210_000) % 3)}
    few = {"test": arrays["test"][..., :1], "test_labels": arrays["test_labels"]}
    np.savez_compressed(tmp_path / "mine.npz", **many, **few)
    data = store("npz", tmp_path / "mine.npz", labelled=True)
    np.testing.assert_array_equal(np.bincount(data.array("train_labels")), [70_000] * 3)


@pytest.mark.parametrize("images", [np.zeros((12, 8, 8, 3), np.uint8), np.zeros(20_000_000, bool)])
def test_labels_that_no_images_come_with_take_no_memory(mistake, arrays, tmp_path, images):
    """Twenty million of them, in an archive of some kilobytes."""
    labels = np.zeros(20_000_000, np.int8)
    np.savez_compressed(tmp_path / "mine.npz", **arrays | {"train": images, "train_labels": labels})
    tracemalloc.start()
    mistake("npz", tmp_path / "mine.npz")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < labels.nbytes / 4


def member(array) -> bytes:
    content = BytesIO()
    np.save(content, array)
    return content.getvalue()


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"../escaped.npy": b"x"}, "'../escaped.npy' has a path that leaves the archive's folder. Nothing was read."),
        ({"test.npy": b"no array"}, "test is no array that can be read"),
        ({"test.npy": b"\x93NUMPY\x01\x00\x1a\x00{'descr': '|u1', 'shape': "}, "test is no array that can be read"),
        ({"validation": b"x", "notes.txt": b"x", "test.npy": b""}, "test is no array that can be read"),
        (
            {"test.npy": member(np.zeros((5, 8, 8, 3), np.uint8))[:-1]},
            "should have 1,088 bytes by its shape (5, 8, 8, 3), but has",
        ),
        (
            {"test.npy": member(np.zeros((5, 8, 8, 3), np.uint8)).replace(b"(5, 8, 8, 3), ", b"(-5, -8, 8, 3),")},
            "should have 1,088 bytes by its shape (-5, -8, 8, 3)",
        ),
        ({"test.npy": member(np.zeros((5, 8, 8, 3), np.uint8)) + b"x"}, "but has 1,089. Save it again"),
        (
            {"test.npy": member(np.zeros((400_000, 8, 8, 3), np.uint8))},
            "test.npy announces 76,800,128 bytes, packed into 7",
        ),
    ],
)
def test_each_bad_archive_has_its_message(mistake, arrays, tmp_path, extra, message):
    members = {f"{name}.npy": member(array) for name, array in arrays.items()} | extra
    with zipfile.ZipFile(tmp_path / "mine.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    assert message in mistake("npz", tmp_path / "mine.npz")
    assert not list(tmp_path.rglob("escaped*"))


def test_an_archive_that_is_none_or_damaged_is_told(mistake, arrays, tmp_path):
    path = tmp_path / "mine.npz"
    assert "mine.npz: cannot be read (No such file or directory). Check the path." in mistake("npz", path)
    assert "cannot be read (Is a directory)" in mistake("npz", tmp_path)
    np.save(path.with_suffix(".npy"), arrays["train"])
    assert "is damaged, cut short, or no zip archive" in mistake("npz", path.with_suffix(".npy"))
    np.savez(path, **arrays)
    content = bytearray(path.read_bytes())
    content[500] ^= 0xFF  # within the pixels of the first array
    path.write_bytes(content)
    assert "is damaged, cut short, or no zip archive (Bad CRC-32" in mistake("npz", path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        for name, array in arrays.items():
            archive.writestr(f"{name}.npy", member(array))
    content = bytearray(path.read_bytes())
    content[60:70] = b"\xff" * 10  # within the compressed header of the first array
    path.write_bytes(content)
    assert "is damaged, cut short, or no zip archive (Corrupt input data)" in mistake("npz", path)
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            archive.writestr(name, member(array))
    assert "has the arrays none; needed are train and test" in mistake("npz", path)


@pytest.mark.skipif(sys.platform == "darwin", reason="names of files are UTF-8 there")
def test_a_message_with_a_name_that_is_no_utf_8_is_written_down(classes, tmp_path):
    strange = classes / "dark" / os.fsdecode(b"\xe9.png")
    strange.write_text("text")
    files = FileSettings(path=str(classes), test_fraction=0.2)
    made_from = MadeFrom(source="folder", files=files).model_dump_json()
    command = [sys.executable, ROOT / "workflow/scripts/download.py", "folder", "--made-from", made_from]
    outcome = subprocess.run([*command, "--out", tmp_path / "out/manifest.json"], capture_output=True, text=True)
    assert outcome.returncode == 1
    for told in (outcome.stdout, outcome.stderr):
        assert "error: " in told and r"dark/\udce9.png: is no image that can be read" in told
