"""CIFAR-10's archive of pickles, in small archives of the same format; nothing in them is ever executed."""

import hashlib
import io
import pickle
import struct
import tarfile
from dataclasses import replace

import numpy as np
import pytest

from vrrae_bench.datasets import cifar10
from vrrae_bench.datasets.store import DataSet
from vrrae_bench.errors import UserError


def text(value: bytes) -> bytes:
    """A string as Python 2 pickled it: with one byte of length, or with four."""
    return b"U" + bytes([len(value)]) + value if len(value) < 256 else b"T" + struct.pack("<i", len(value)) + value


def pickled_batch(images, labels) -> bytes:
    """A batch as the published ones are: protocol 2 of Python 2, opcode by opcode (see pickletools)."""
    rows = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
    shape = b"K" + bytes([len(rows)]) + b"M" + struct.pack("<H", rows.shape[1]) + b"\x86"
    dtype = (
        b"cnumpy\ndtype\n"
        + text(b"u1")
        + b"K\x00K\x01\x87R(K\x03"
        + text(b"|")
        + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    )
    array = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85" + text(b"b") + b"\x87R"
    array += b"(K\x01" + shape + dtype + b"\x89" + text(rows.tobytes()) + b"tb"
    numbers = b"](" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    names = b"](" + text(b"labels.png") + b"e"
    items = text(b"batch_label") + text(b"testing batch 1 of 1") + text(b"labels") + numbers
    items += text(b"data") + array + text(b"filenames") + names
    return b"\x80\x02}(" + items + b"u."


@pytest.fixture
def batch(rng):
    return rng.integers(0, 256, (20, 32, 32, 3), dtype=np.uint8), rng.integers(0, 10, 20)


def test_the_format_is_what_pickle_itself_reads(batch):
    images, labels = batch
    loaded = pickle.loads(pickled_batch(images, labels), encoding="bytes")  # made here, so safe
    np.testing.assert_array_equal(loaded[b"data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), images)
    assert loaded[b"labels"] == list(labels)


def test_a_batch_is_read_without_executing_it(batch):
    images, labels = batch
    found_images, found_labels = cifar10.read_batch(pickled_batch(images, labels), "batch")
    np.testing.assert_array_equal(found_images, images)
    np.testing.assert_array_equal(found_labels, labels)


def test_a_malicious_batch_runs_nothing(tmp_path):
    class Malicious:
        def __reduce__(self):
            return (open, (str(tmp_path / "executed"), "w"))

    with pytest.raises(UserError, match="is not a batch of CIFAR-10"):
        cifar10.read_batch(pickle.dumps({b"labels": Malicious()}, protocol=2), "batch")
    assert not (tmp_path / "executed").exists()


def archive_of(path, batches):
    with tarfile.open(path, "w:gz") as tar:
        for name, content in batches.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Store the data set of an archive that lies in a mirror."""

    def store(batches):
        folder = tmp_path / "mirror/cifar10"
        folder.mkdir(parents=True, exist_ok=True)
        (file,) = cifar10.FILES["cifar10"]
        content = archive_of(folder / file.name, batches).read_bytes()
        known = {"size": len(content), "checksum": f"sha256:{hashlib.sha256(content).hexdigest()}"}
        monkeypatch.setitem(cifar10.FILES, "cifar10", (replace(file, **known),))
        where = {"mirror": str(tmp_path / "mirror"), "offline": True}
        cifar10.make_cifar10(tmp_path / "out", tmp_path / "downloads", **where)
        return DataSet(tmp_path / "out/manifest.json")

    return store


def test_the_archive_becomes_a_data_set(make, batch):
    images, labels = batch
    content = pickled_batch(images, labels)
    data = make({name: content for name in cifar10.TRAIN + cifar10.TEST})
    assert (data.manifest.n_train, data.manifest.n_test, data.manifest.image_shape) == (100, 20, (32, 32, 3))
    np.testing.assert_array_equal(data.array("test"), images)
    np.testing.assert_array_equal(data.array("train_labels"), np.tile(labels, 5))


def test_other_members_are_never_touched(make, batch, tmp_path):
    content = pickled_batch(*batch)
    make({"../escaped": b"x"} | {name: content for name in cifar10.TRAIN + cifar10.TEST})
    assert not list(tmp_path.rglob("escaped"))


def test_bad_archives_each_have_their_message(make, batch, monkeypatch):
    content = pickled_batch(*batch)
    good = {name: content for name in cifar10.TRAIN + cifar10.TEST}
    with pytest.raises(UserError, match="'cifar-10-batches-py/test_batch' not found"):
        make({name: content for name in cifar10.TRAIN})
    with pytest.raises(UserError, match="data_batch_2: is not a batch of CIFAR-10"):
        make(good | {cifar10.TRAIN[1]: content[:-2000]})
    monkeypatch.setattr(cifar10, "LARGEST_BATCH", 1000)
    with pytest.raises(UserError, match="is no file of at most 1,000 bytes"):
        make(good)
