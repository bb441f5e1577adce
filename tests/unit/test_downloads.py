"""Fetching published files and reading them: what a user sees when something is wrong."""

import base64
import errno
import gzip
import hashlib
import http.server
import os
import re
import signal
import struct
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from vrrae_bench.datasets import download
from vrrae_bench.datasets.download import fetch
from vrrae_bench.datasets.idx import read_idx
from vrrae_bench.datasets.published import RemoteFile
from vrrae_bench.datasets.source import Request
from vrrae_bench.datasets.sources import SOURCES, mnist
from vrrae_bench.datasets.store import DataSet
from vrrae_bench.datasets.weights import WEIGHTS, check_weights
from vrrae_bench.study.files_needed import missing_files, published_files
from vrrae_bench.system.errors import UserError, in_words

CONTENT = b"the published bytes" * 1000


def remote(*folders, content=CONTENT):
    digest = hashlib.sha256(content).hexdigest()
    return RemoteFile("file.gz", len(content), f"sha256:{digest}", tuple(folders))


@pytest.fixture
def mirror(tmp_path):
    folder = tmp_path / "mirror"
    (folder / "mnist").mkdir(parents=True)
    (folder / "mnist/file.gz").write_bytes(CONTENT)
    return folder


@contextmanager
def serving(handler):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        httpd.daemon_threads, httpd.block_on_close = True, False
        threading.Thread(target=partial(httpd.serve_forever, poll_interval=0.05), daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()


@pytest.fixture
def server(mirror):
    with serving(partial(http.server.SimpleHTTPRequestHandler, directory=str(mirror))) as address:
        yield address


class Answer(http.server.BaseHTTPRequestHandler):
    """What a server does wrong, in `answer`."""

    def do_GET(self):  # noqa: N802
        with suppress(OSError):  # of a connection that the other end has closed
            self.answer()


def fetch_error(tmp_path, file, **where) -> str:
    with pytest.raises(UserError) as caught:
        fetch([file], "mnist", tmp_path / "kept", **({"mirror": None, "offline": False} | where))
    assert list((tmp_path / "kept").glob("*")) == [] if (tmp_path / "kept").exists() else True
    return str(caught.value)


def test_a_mirror_may_be_a_folder_or_an_url(tmp_path, mirror, server):
    for number, source in enumerate((str(mirror), server)):
        (path,) = fetch([remote()], "mnist", tmp_path / str(number), mirror=source, offline=False)
        assert path.read_bytes() == CONTENT


def test_the_next_source_serves_when_one_fails(tmp_path, server, capsys):
    file = remote("http://127.0.0.1:1/nothing", f"{server}/mnist")
    (path,) = fetch([file], "mnist", tmp_path / "kept", mirror=None, offline=False)
    assert path.read_bytes() == CONTENT
    assert f"from {server}/mnist/file.gz" in capsys.readouterr().out


def test_a_file_that_is_there_and_intact_is_not_fetched_again(tmp_path):
    (tmp_path / "file.gz").write_bytes(CONTENT)
    fetch([remote()], "mnist", tmp_path, mirror=None, offline=True)


def test_a_wrong_checksum_is_told_with_both_digests_and_nothing_is_kept(tmp_path, mirror):
    damaged = b"X" + CONTENT[1:]
    (mirror / "mnist/file.gz").write_bytes(damaged)
    told = fetch_error(tmp_path, remote(), mirror=str(mirror), offline=True)
    assert f"{mirror}/mnist/file.gz\n    wrong checksum" in told
    assert hashlib.sha256(CONTENT).hexdigest() in told and hashlib.sha256(damaged).hexdigest() in told
    assert "run again with: --config mirror=FOLDER" in told


def test_a_file_whose_digest_only_begins_as_the_published_one_is_refused(tmp_path, mirror):
    """Eight digits are found again in minutes: a forged file once passed for the weights of a network."""
    digest = hashlib.sha256(CONTENT).hexdigest()
    file = replace(remote(), checksum=f"sha256:{digest[:8]}" + "0" * 56)
    assert f"got sha256:{digest}" in fetch_error(tmp_path, file, mirror=str(mirror), offline=True)
    for cut in (digest[:8], ""):
        file = replace(remote(), checksum=f"sha256:{cut}")
        assert "wrong checksum" in fetch_error(tmp_path, file, mirror=str(mirror), offline=True)


@pytest.mark.parametrize("source", [*SOURCES, *WEIGHTS])
def test_of_every_published_file_the_size_and_the_whole_digest_are_known(source):
    for file in published_files(source):
        assert file.size > 0 and re.fullmatch("sha256:[0-9a-f]{64}", file.checksum)


@pytest.mark.parametrize("name", WEIGHTS)
def test_weights_are_compared_by_the_whole_digest_when_they_are_used(tmp_path, monkeypatch, name):
    """They may be the user's own file, or have changed since they were fetched."""
    path = tmp_path / "weights.pth"
    path.write_bytes(CONTENT)
    digest = hashlib.sha256(CONTENT).hexdigest()
    monkeypatch.setitem(WEIGHTS, name, replace(WEIGHTS[name], checksum=f"sha256:{digest}"))
    assert check_weights(path, name) == digest
    monkeypatch.setitem(WEIGHTS, name, replace(WEIGHTS[name], checksum=f"sha256:{digest[:8]}" + "0" * 56))
    with pytest.raises(UserError, match=f"weights.pth: is not the published .*, got sha256:{digest}"):
        check_weights(path, name)


def test_a_truncated_file_is_told_with_both_lengths(tmp_path, server, mirror):
    (mirror / "mnist/file.gz").write_bytes(CONTENT[:1234])
    told = fetch_error(tmp_path, remote(f"{server}/mnist"))
    assert "truncated: expected 19,000 bytes, got 1,234" in told


def test_unreachable_sources_are_each_named(tmp_path, server):
    told = fetch_error(tmp_path, remote("http://127.0.0.1:1/nowhere", f"{server}/missing"))
    assert "http://127.0.0.1:1/nowhere/file.gz\n    cannot be reached" in told
    assert f"{server}/missing/file.gz\n    answered 404" in told


class Endless(Answer):
    def answer(self):
        self.send_response(200)
        self.end_headers()
        while True:
            self.wfile.write(bytes(1000))


def test_of_a_body_that_never_ends_no_more_is_read_than_the_file_can_have(tmp_path):
    with serving(Endless) as address:
        told = fetch_error(tmp_path, remote(address))
        assert "wrong file: expected 19,000 bytes, got 19,456 and did not read on" in told
        packed_otherwise = replace(remote(address), content="sha256:" + "0" * 64)
        told = fetch_error(tmp_path, packed_otherwise)
    assert "expected 19,000 bytes, got 190,464" in told


class Trickle(Answer):
    def answer(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.trickle(CONTENT)

    def trickle(self, content):
        for byte in content:
            self.wfile.write(bytes([byte]))
            time.sleep(0.02)


class TricklingHeaders(Trickle):
    def answer(self):
        self.trickle(b"HTTP/1.0 200 OK\r\n" + b"X-More: and more\r\n" * 1000)


@pytest.mark.parametrize("handler", [Trickle, TricklingHeaders])
def test_a_byte_now_and_then_holds_no_download_for_ever(tmp_path, monkeypatch, handler):
    """Each byte comes long before a connection counts as broken."""
    monkeypatch.setattr(download, "SECONDS_TO_BEGIN", 0.3)
    monkeypatch.setattr(download, "SLOWEST_BYTES_PER_SECOND", 1e9)
    with serving(handler) as address:
        told = fetch_error(tmp_path, remote(address))
    assert re.search(r"too slow: \d+ of 19,000 bytes came in 0 seconds, attempt 1 of 2", told)
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


@pytest.mark.parametrize("source", [*SOURCES, *WEIGHTS])
def test_a_line_of_256_kilobits_per_second_is_fast_enough(source):
    for file in published_files(source):
        assert download.seconds_allowed(file) > file.size / (256_000 / 8)


def test_a_mirror_that_is_no_file_or_too_large_a_file_is_not_copied(tmp_path, mirror):
    path = mirror / "mnist/file.gz"
    path.unlink()
    path.symlink_to("/dev/zero")
    assert "is not a file" in fetch_error(tmp_path, remote(), mirror=str(mirror))
    path.unlink()
    os.mkfifo(path)
    assert "is not a file" in fetch_error(tmp_path, remote(), mirror=str(mirror))
    path.unlink()
    with path.open("wb") as file:
        file.truncate(10**12)  # of which nothing lies on the disk
    assert "expected 19,000 bytes, got 1,048,576 and did not read on" in fetch_error(
        tmp_path, remote(), mirror=str(mirror)
    )


def test_a_small_gzip_file_that_holds_far_too_much_is_not_unpacked_to_its_end(tmp_path, mirror):
    bomb = gzip.compress(bytes(10**7))
    (mirror / "mnist/file.gz").write_bytes(bomb)
    file = replace(remote(content=b"0" * 1000), content=f"sha256:{hashlib.sha256(bytes(10**7)).hexdigest()}")
    assert "truncated" in fetch_error(tmp_path, replace(file, size=len(bomb) + 1), mirror=str(mirror))
    with pytest.raises(UserError, match="got no sound gzip file of about that size"):
        download.refuse_other_content(mirror / "mnist/file.gz", file)


def test_a_full_disk_is_not_blamed_on_the_source(tmp_path, server, monkeypatch):
    class Full(download._Bounded):
        def write(self, block):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(download, "_Bounded", Full)
    for source in (server, str(tmp_path / "mirror")):
        with pytest.raises(OSError) as caught:
            fetch([remote()], "mnist", tmp_path / "kept", mirror=source, offline=False)
        assert in_words(caught.value).startswith(f"{tmp_path}/kept/file.gz: the disk is full. Make room there")
    assert list((tmp_path / "kept").iterdir()) == []


class Locked(Answer):
    """Gives the file to whoever says that he is me, with the password s3cret."""

    def answer(self):
        known = self.headers["Authorization"] == "Basic " + base64.b64encode(b"me:s3cret").decode()
        self.send_response(200 if known else 401, "Unauthorized\x1b[31m" if not known else "OK")
        self.end_headers()
        self.wfile.write(CONTENT if known else b"")


def test_a_password_comes_from_netrc_and_is_printed_nowhere(tmp_path, monkeypatch, capfd):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password s3cret\n")
    with serving(Locked) as address:
        monkeypatch.setenv("NETRC", str(netrc))
        (path,) = fetch([remote()], "mnist", tmp_path / "fetched", mirror=address, offline=False)
        assert path.read_bytes() == CONTENT
        monkeypatch.setenv("NETRC", str(tmp_path / "none"))
        told = fetch_error(tmp_path, remote(), mirror=address)
    assert "answered 401 Unauthorized[31m (a user name and a password are taken from ~/.netrc)" in told
    assert "s3cret" not in told + "".join(capfd.readouterr())


@pytest.mark.parametrize(
    "address",
    [
        "https://me:s3cret@example.org/data",
        "https://me:s3/cr?et@x/y@example.org/data",
        "https://s3cret@example.org/data",
        "HTTPS:/me:my s3cret@example.org/data",
        "https://example.org/data?sig=s3cret",
    ],
)
def test_an_address_with_a_password_is_refused_and_not_shown(tmp_path, address):
    told = fetch_error(tmp_path, remote(), mirror=address)
    assert "may hold a secret" in told and "~/.netrc" in told and "example.org/data" in told
    assert not re.search("s3|cr.et", told)


def test_offline_asks_no_url(tmp_path, server):
    told = fetch_error(tmp_path, remote(f"{server}/mnist"), offline=True)
    assert "none: offline is set, and there is no mirror" in told


def idx(array, magic=None):
    header = magic if magic is not None else 0x0800 | array.ndim
    return struct.pack(f">{array.ndim + 1}I", header, *array.shape) + array.tobytes()


def write_gzip(path, content):
    path.write_bytes(gzip.compress(content))
    return path


def test_idx_files_are_read(tmp_path, rng):
    images = rng.integers(0, 256, (5, 28, 28), dtype=np.uint8)
    np.testing.assert_array_equal(read_idx(write_gzip(tmp_path / "images.gz", idx(images)), 3), images)


def test_bad_idx_files_each_have_their_message(tmp_path, rng):
    images = rng.integers(0, 256, (5, 28, 28), dtype=np.uint8)
    cases = {
        "wrong magic number 0x00000801, expected 0x00000803": gzip.compress(idx(images, magic=0x0801)),
        "truncated: holds 3,910 bytes of data, its header 5 x 28 x 28 announces 3,920": gzip.compress(
            idx(images)[:-10]
        ),
        "cut short or damaged": gzip.compress(idx(images))[:-20],
        "is not a gzip file": idx(images),
        "wrong magic number 0x00000000": gzip.compress(b""),
    }
    for message, content in cases.items():
        path = tmp_path / "images.gz"
        path.write_bytes(content)
        with pytest.raises(UserError, match=message) as caught:
            read_idx(path, 3)
        assert str(path) in str(caught.value)


@pytest.fixture
def small_mnist(rng, monkeypatch):
    """The arrays of a small MNIST and its four files unpacked, whose digests stand in place of the published ones'."""
    arrays = [
        rng.integers(0, 256, (30, 28, 28), dtype=np.uint8),
        rng.integers(0, 10, 30, dtype=np.uint8),
        rng.integers(0, 256, (12, 28, 28), dtype=np.uint8),
        rng.integers(0, 10, 12, dtype=np.uint8),
    ]
    files, unpacked = [], {}
    for published, array in zip(mnist.SOURCE.files, arrays):
        content = unpacked[published.name.removesuffix(".gz")] = idx(array)
        known = {"size": len(content), "checksum": "sha256:" + "0" * 64, "folders": ()}
        files.append(replace(published, **known, content=f"sha256:{hashlib.sha256(content).hexdigest()}"))
    monkeypatch.setattr(mnist, "SOURCE", replace(mnist.SOURCE, files=tuple(files)))
    return arrays, unpacked


def store_mnist(tmp_path, **options):
    where = {"downloads": tmp_path / "kept", "mirror": str(tmp_path / "mirror"), "offline": True}
    mnist.store(tmp_path / "out", Request(**where, **options))
    return DataSet(tmp_path / "out/manifest.json")


@pytest.mark.parametrize("folder", ["mnist", "MNIST/raw"])
@pytest.mark.parametrize("packed", [True, False])
def test_mnist_is_stored_as_published_unpacked_or_as_torchvision_leaves_it(tmp_path, small_mnist, folder, packed):
    arrays, unpacked = small_mnist
    (tmp_path / "mirror" / folder).mkdir(parents=True)
    for name, content in unpacked.items():
        path = tmp_path / "mirror" / folder / name
        write_gzip(path.with_name(f"{name}.gz"), content) if packed else path.write_bytes(content)
    assert missing_files(["mnist"], str(tmp_path / "mirror"), tmp_path / "kept", offline=True) == []
    data = store_mnist(tmp_path)
    assert (data.manifest.n_train, data.manifest.n_test, data.manifest.n_classes) == (30, 12, 10)
    for name, array in zip(("train", "train_labels", "test", "test_labels"), arrays):
        np.testing.assert_array_equal(np.squeeze(data.array(name)), array)


def test_the_first_test_images_alone_are_stored_and_the_manifest_says_of_how_many(tmp_path, small_mnist):
    arrays, unpacked = small_mnist
    (tmp_path / "mirror/mnist").mkdir(parents=True)
    for name, content in unpacked.items():
        (tmp_path / "mirror/mnist" / name).write_bytes(content)
    data = store_mnist(tmp_path, test_images=5)
    assert (data.manifest.n_train, data.manifest.n_test, data.manifest.published_test_images) == (30, 5, 12)
    np.testing.assert_array_equal(np.squeeze(data.array("test")), arrays[2][:5])
    np.testing.assert_array_equal(data.array("test_labels"), arrays[3][:5])


def test_an_unpacked_file_with_a_wrong_byte_is_refused_by_name(tmp_path, small_mnist):
    _, unpacked = small_mnist
    (tmp_path / "mirror/MNIST/raw").mkdir(parents=True)
    for name, content in unpacked.items():
        (tmp_path / "mirror/MNIST/raw" / name).write_bytes(content)
    path = tmp_path / "mirror/MNIST/raw/t10k-labels-idx1-ubyte"
    path.write_bytes(path.read_bytes()[:-1] + b"\x0a")
    with pytest.raises(
        UserError, match="does not have the content of the published file t10k-labels-idx1-ubyte.gz"
    ) as caught:
        store_mnist(tmp_path)
    assert str(path) in str(caught.value) and "Replace it" in str(caught.value)
