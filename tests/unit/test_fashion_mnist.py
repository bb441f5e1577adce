"""Fashion-MNIST: the published files, or the same content in another gzip wrapping, as Debian packages it."""

import gzip
import hashlib
import struct
from dataclasses import replace

import numpy as np
import pytest

from vrrae_bench.datasets.download import fetch
from vrrae_bench.datasets.published import RemoteFile
from vrrae_bench.datasets.source import Request
from vrrae_bench.datasets.sources import fashion_mnist
from vrrae_bench.datasets.store import DataSet
from vrrae_bench.system.errors import UserError


def idx(array) -> bytes:
    return struct.pack(f">{array.ndim + 1}I", 0x0800 | array.ndim, *array.shape) + array.tobytes()


def sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@pytest.fixture
def arrays(rng):
    return [
        rng.integers(0, 256, (30, 28, 28), dtype=np.uint8),
        rng.integers(0, 10, 30, dtype=np.uint8),
        rng.integers(0, 256, (12, 28, 28), dtype=np.uint8),
        rng.integers(0, 10, 12, dtype=np.uint8),
    ]


@pytest.fixture
def published(arrays, monkeypatch):
    """As if the small arrays had been published, packed at another time than any file here."""

    def remote(known: RemoteFile, content: bytes) -> RemoteFile:
        packed = gzip.compress(content, mtime=1_504_176_627)
        return RemoteFile(known.name, len(packed), sha256(packed), (), content=sha256(content))

    files = tuple(remote(known, idx(array)) for known, array in zip(fashion_mnist.SOURCE.files, arrays))
    monkeypatch.setattr(fashion_mnist, "SOURCE", replace(fashion_mnist.SOURCE, files=files))
    return files


def repack(folder, files, arrays):
    folder.mkdir(parents=True)
    for file, array in zip(files, arrays):
        (folder / file.name).write_bytes(gzip.compress(idx(array), mtime=0))


def test_the_same_content_in_another_wrapping_is_as_good(tmp_path, published, arrays, capsys):
    repack(tmp_path / "mirror/fashion_mnist", published, arrays)
    request = Request(downloads=tmp_path / "kept", mirror=str(tmp_path / "mirror"), offline=True)
    fashion_mnist.store(tmp_path / "out", request)
    data = DataSet(tmp_path / "out/manifest.json")
    for name, array in zip(("train", "train_labels", "test", "test_labels"), arrays):
        np.testing.assert_array_equal(np.asarray(data.array(name)).squeeze(), array)
    assert f"{published[0].content} of its content verified" in capsys.readouterr().out
    # Kept files serve again, with no source at all.
    fashion_mnist.store(tmp_path / "out", replace(request, mirror=None))


def test_other_content_is_refused_however_it_is_packed(tmp_path, published, arrays):
    arrays[0][0, 0, 0] ^= 1
    repack(tmp_path / "mirror/fashion_mnist", published, arrays)
    with pytest.raises(UserError, match="train-images-idx3-ubyte.gz\n    (truncated|wrong)"):
        where = {"downloads": tmp_path / "kept", "mirror": str(tmp_path / "mirror")}
        fashion_mnist.store(tmp_path / "out", Request(**where, offline=True))
    assert not (tmp_path / "out").exists()


def test_an_installed_package_serves_without_network(tmp_path, arrays):
    content = idx(arrays[1])
    file = RemoteFile("labels.gz", len(content), "sha256:0", (str(tmp_path / "installed"),), content=sha256(content))
    repack(tmp_path / "installed", [file], [arrays[1]])
    (path,) = fetch([file], "fashion_mnist", tmp_path / "kept", mirror=None, offline=True)
    assert gzip.decompress(path.read_bytes()) == content
    assert fashion_mnist.SOURCE.files[0].folders[0] == "/usr/share/datasets/fashion-mnist"
