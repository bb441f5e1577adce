"""CIFAR-10's archive of pickles, in small archives of the same format; nothing in them is ever executed."""

import hashlib
import io
import pickle
import struct
import tarfile
from dataclasses import replace

import numpy as np
import pytest

from vrrae_bench.datasets import cifar_batches
from vrrae_bench.datasets.published import in_mirror
from vrrae_bench.datasets.source import Request
from vrrae_bench.datasets.sources import cifar10
from vrrae_bench.datasets.store import DataSet
from vrrae_bench.system.errors import UserError


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


def binary_batch(images, labels) -> bytes:
    """A batch in the published binary form: a byte for the label, then one channel after the other."""
    return b"".join(bytes([label]) + image.transpose(2, 0, 1).tobytes() for image, label in zip(images, labels))


def test_a_batch_is_read_without_executing_it(batch):
    images, labels = batch
    records = cifar_batches.records_of_pickle(pickled_batch(images, labels), "batch")
    assert records == binary_batch(images, labels)
    found_images, found_labels = cifar_batches.images_and_labels(records)
    np.testing.assert_array_equal(found_images, images)
    np.testing.assert_array_equal(found_labels, labels)


def test_a_malicious_batch_runs_nothing(tmp_path):
    class Malicious:
        def __reduce__(self):
            return (open, (str(tmp_path / "executed"), "w"))

    with pytest.raises(UserError, match="is not a batch of CIFAR-10"):
        cifar_batches.records_of_pickle(pickle.dumps({b"labels": Malicious()}, protocol=2), "batch")
    assert not (tmp_path / "executed").exists()


def archive_of(path, batches):
    with tarfile.open(path, "w:gz") as tar:
        for name, content in batches.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


N_TEST, N_BEGINNING = 20, 5


@pytest.fixture
def batches(rng, monkeypatch):
    """Six batches of 20 images by name, whose digests stand in place of the published ones'."""
    names = [one.name for one in (*cifar10.TRAINING_BATCHES, cifar10.TEST_BATCH)]
    made = {name: (rng.integers(0, 256, (20, 32, 32, 3), dtype=np.uint8), rng.integers(0, 10, 20)) for name in names}

    def known(name, images, labels):
        return cifar10.Batch(name, len(images), f"sha256:{hashlib.sha256(binary_batch(images, labels)).hexdigest()}")

    *train, test = (known(name, *content) for name, content in made.items())
    monkeypatch.setattr(cifar_batches, "TRAINING_BATCHES", tuple(train))
    monkeypatch.setattr(cifar_batches, "TEST_BATCH", test)
    images, labels = made["test_batch"]
    beginning = known("test_batch_first_1000", images[:N_BEGINNING], labels[:N_BEGINNING])
    monkeypatch.setattr(cifar_batches, "TEST_BEGINNING", beginning)
    return made


def pickled(batches):
    return {name: pickled_batch(*content) for name, content in batches.items()}


def binary(batches):
    return {f"{name}.bin": binary_batch(*content) for name, content in batches.items()}


def in_folder(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def in_archive(path, files, folder):
    path.parent.mkdir(parents=True, exist_ok=True)
    archive_of(path, {f"{folder}/{name}": content for name, content in files.items()})


PYTHON, BINARY = cifar10.FOLDERS
FORMS = {
    "torchvision": lambda mirror, batches: in_folder(mirror / PYTHON, pickled(batches)),
    "torchvision in its own folder": lambda mirror, batches: in_folder(mirror / "cifar10" / PYTHON, pickled(batches)),
    "loose binary": lambda mirror, batches: in_folder(mirror / "cifar10", binary(batches)),
    "unpacked binary": lambda mirror, batches: in_folder(mirror / BINARY, binary(batches)),
    "binary archive": lambda mirror, batches: in_archive(
        mirror / "cifar10" / cifar10.ARCHIVES[1], binary(batches), BINARY
    ),
    "archive beside torchvision's": lambda mirror, batches: in_archive(
        mirror / cifar10.ARCHIVES[0], pickled(batches), PYTHON
    ),
}


@pytest.fixture
def make(tmp_path):
    """Store the data set of a mirror."""

    def store(**options):
        where = {"downloads": tmp_path / "downloads", "mirror": str(tmp_path / "mirror"), "offline": True}
        cifar10.store(tmp_path / "out", Request(**where, **options))
        return DataSet(tmp_path / "out/manifest.json")

    return store


@pytest.mark.parametrize("form", FORMS)
def test_every_form_in_which_people_have_the_images_gives_the_same_data_set(form, make, batches, tmp_path):
    FORMS[form](tmp_path / "mirror", batches)
    (archive,) = cifar10.SOURCE.files
    assert in_mirror(archive, "cifar10", str(tmp_path / "mirror")) is not None
    data = make()
    assert (data.manifest.n_train, data.manifest.n_test, data.manifest.image_shape) == (100, N_TEST, (32, 32, 3))
    assert data.manifest.published_test_images is None
    np.testing.assert_array_equal(
        data.array("train"), np.concatenate([batches[f"data_batch_{i}"][0] for i in range(1, 6)])
    )
    np.testing.assert_array_equal(data.array("test"), batches["test_batch"][0])
    np.testing.assert_array_equal(data.array("test_labels"), batches["test_batch"][1])


def test_the_published_archive_is_verified_and_stored(make, batches, tmp_path, monkeypatch):
    (file,) = cifar10.SOURCE.files
    path = tmp_path / "mirror/cifar10" / file.name
    in_archive(path, pickled(batches) | {"../../escaped": b"x"}, PYTHON)
    content = path.read_bytes()
    known = {"size": len(content), "checksum": f"sha256:{hashlib.sha256(content).hexdigest()}"}
    monkeypatch.setattr(cifar10, "SOURCE", replace(cifar10.SOURCE, files=(replace(file, **known),)))
    np.testing.assert_array_equal(make().array("test"), batches["test_batch"][0])
    assert not list(tmp_path.rglob("escaped"))


def test_the_first_test_images_are_the_same_whether_the_whole_batch_is_there_or_its_beginning(make, batches, tmp_path):
    files, folder = binary(batches), tmp_path / "mirror/cifar10"
    in_folder(folder, files)
    whole = make(test_images=3).manifest
    assert (whole.n_test, whole.published_test_images) == (3, N_TEST)
    (folder / "test_batch.bin").unlink()
    beginning = files["test_batch.bin"][: N_BEGINNING * cifar_batches.BYTES_PER_ENTRY]
    in_folder(folder, {"test_batch_first_1000.bin": beginning})
    assert make(test_images=3).manifest == whole
    with pytest.raises(UserError, match="Add test_batch, or set datasets.cifar10.test_images: 5"):
        make(test_images=6)
    with pytest.raises(UserError, match="Add test_batch, or set datasets.cifar10.test_images: 5"):
        make()


def test_each_fault_has_its_message_and_names_the_file(make, batches, tmp_path, monkeypatch):
    files, folder = binary(batches), tmp_path / "mirror/cifar10"

    def refused(changed, match):
        in_folder(folder, files | changed)
        with pytest.raises(UserError, match=match) as caught:
            make()
        assert not (tmp_path / "out").exists()
        return str(caught.value)

    second = files["data_batch_2.bin"]
    for place in (0, -1):  # a label, and a pixel
        wrong = bytearray(second)
        wrong[place] ^= 1
        told = refused(
            {"data_batch_2.bin": bytes(wrong)}, "labels and pixels are not those of data_batch_2 of CIFAR-10"
        )
        assert str(folder / "data_batch_2.bin") in told and "Replace it" in told
    refused({"data_batch_2.bin": second[:-3073]}, r"data_batch_2.bin: holds 19 images .*, data_batch_2 has 20 \(")
    refused({"data_batch_2.bin": second + b"x"}, r"data_batch_2.bin: holds 20.0003 images \(61,461 bytes")
    (folder / "data_batch_4.bin").unlink()
    del files["data_batch_4.bin"]
    refused({"data_batch_2.bin": second}, "the batch data_batch_4 is missing")
    refused({"data_batch_4": pickled(batches)["data_batch_4"][:-2000]}, "data_batch_4: is not a batch of CIFAR-10")
    monkeypatch.setattr(cifar_batches, "LARGEST_BATCH", 1000)
    refused({}, "data_batch_1.bin has 61,460 bytes, which is too long for a batch")


def test_batches_in_another_order_are_refused(make, batches, tmp_path):
    files = binary(batches)
    swapped = {"data_batch_1.bin": files["data_batch_2.bin"], "data_batch_2.bin": files["data_batch_1.bin"]}
    in_folder(tmp_path / "mirror/cifar10", files | swapped)
    with pytest.raises(UserError, match="are not those of data_batch_1"):
        make()


def test_a_damaged_archive_is_named(make, batches, tmp_path):
    path = tmp_path / "mirror/cifar10" / cifar10.ARCHIVES[1]
    in_archive(path, binary(batches), BINARY)
    path.write_bytes(path.read_bytes()[:-5000])
    with pytest.raises(UserError, match="cannot be read, or is cut short") as caught:
        make()
    assert str(path) in str(caught.value)
