"""One image file: which are decoded, which are refused, and that metadata do no harm."""

import io
import re
import struct
from unittest.mock import Mock

import numpy as np
import pytest
from PIL import Image, PngImagePlugin, TiffImagePlugin
from PIL.TiffImagePlugin import SAMPLEFORMAT

from vrrae_bench.datasets.images import open_image
from vrrae_bench.system.errors import UserError

# What the orientations 1 to 8 of EXIF ask for.
TURNS = [
    lambda image: image,
    lambda image: image[:, ::-1],
    lambda image: image[::-1, ::-1],
    lambda image: image[::-1],
    lambda image: image.swapaxes(0, 1),
    lambda image: np.rot90(image, -1),
    lambda image: image[::-1, ::-1].swapaxes(0, 1),
    lambda image: np.rot90(image),
]


@pytest.mark.parametrize(
    ("suffix", "mode"), [("bmp", "RGB"), ("bmp", "L"), ("png", "RGB"), ("tif", "RGB"), ("tif", "L")]
)
def test_pictures_of_8_bits_are_taken_whatever_their_size(suffix, mode, tmp_path, rng):
    """Decoders are told strides and offsets too, in which a 16 means nothing."""
    for width in (4, 16, 53, 54, 157, 160, 216):
        values = rng.integers(256, size=(7, width, 3) if mode == "RGB" else (7, width), dtype=np.uint8)
        path = tmp_path / f"{width}.{suffix}"
        Image.fromarray(values).save(path, **({"compression": "tiff_lzw"} if suffix == "tif" else {}))
        found = np.asarray(open_image(path, path.name, len(mode)))
        np.testing.assert_array_equal(found, values)


def test_photographs_stand_as_their_camera_was_held(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate by 90 degrees
    Image.new("RGB", (20, 10)).save(tmp_path / "photo.jpg", exif=exif)
    assert open_image(tmp_path / "photo.jpg", "photo", 3).size == (10, 20)


def with_orientation():
    """A description that says: rotate by 90 degrees."""
    exif = Image.Exif()
    exif.update({0x0112: 6, 0x010F: "maker", 0x011A: 72.0, 0x8769: {0x829A: 0.5, 0x9000: b"0230"}})
    return exif.tobytes()


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_odd_entries_of_a_description_do_no_harm(suffix, tmp_path, rng):
    """Text where a number belongs, and what chance makes of a description."""
    exif = with_orientation()
    text_for_number = exif.replace(struct.pack(">HHL", 0x011A, 5, 1), struct.pack(">HHL", 0x011A, 2, 4))
    assert text_for_number != exif
    path, bright = tmp_path / f"photo.{suffix}", np.zeros((10, 20, 3), np.uint8)
    bright[:, 10:] = 255
    for number in range(100):
        damaged = bytearray(exif)
        damaged[rng.integers(6, len(exif))] ^= rng.integers(1, 256)
        description = text_for_number if number == 0 else b"Exif\0\0nonsense" if number == 1 else bytes(damaged)
        Image.fromarray(bright).save(path, exif=description)
        found = np.asarray(open_image(path, path.name, 3)) > 127
        turned = [np.array_equal(found, turn(bright) > 127) for turn in TURNS]
        assert any(turned) if number > 1 else turned[5 if number == 0 else 0]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_every_orientation_is_followed(orientation, suffix, tmp_path, rng):
    exif, values = Image.Exif(), rng.integers(256, size=(10, 20, 3), dtype=np.uint8)
    exif[0x0112] = orientation
    Image.fromarray(values).save(tmp_path / f"photo.{suffix}", exif=exif)
    found = open_image(tmp_path / f"photo.{suffix}", "photo", 3)
    np.testing.assert_array_equal(np.asarray(found), TURNS[orientation - 1](values))


def test_an_odd_entry_of_a_tiff_does_no_harm(tmp_path, rng):
    """A number in place of text, in the entry that other programs write their orientation to."""
    entries, values = TiffImagePlugin.ImageFileDirectory_v2(), rng.integers(256, size=(10, 20, 3), dtype=np.uint8)
    entries[0x0112], entries.tagtype[700] = 6, 4
    entries[700] = 5
    Image.fromarray(values).save(tmp_path / "photo.tif", tiffinfo=entries)
    found = open_image(tmp_path / "photo.tif", "photo", 3)
    np.testing.assert_array_equal(np.asarray(found), np.rot90(values, -1))


def test_whatever_a_decoder_raises_names_the_file(tmp_path, monkeypatch):
    path = tmp_path / "photo.png"
    Image.new("RGB", (16, 16)).save(path)
    for error, told in (
        (KeyError("x"), "is cut short or damaged"),
        (MemoryError(), "is cut short or damaged (MemoryError)"),
        (OSError(5, "Input/output error"), "cannot be read (Input/output error)"),
    ):
        monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", Mock(side_effect=error))
        with pytest.raises(UserError, match=re.escape(f"photo.png: {told}")):
            open_image(path, "photo.png", 3)


def test_formats_other_than_the_documented_are_refused(tmp_path):
    for kind in ("PPM", "TGA", "ICO", "JPEG2000", "PDF"):
        Image.new("RGB", (16, 16)).save(tmp_path / "other.png", kind)
        with pytest.raises(UserError, match="other.png: is no image that can be read"):
            open_image(tmp_path / "other.png", "other.png", 3)


def planar_tiff(bits):
    """A TIFF of 4 x 4 colours whose planes are stored one after the other, uncompressed, as scanners write it."""
    plane = np.full((4, 4), 200 if bits == 8 else 51_200, f"<u{bits // 8}").tobytes()
    n_entries, words, at_end = 9, "<HHI4s", 8 + 2 + 9 * 12 + 4
    ends = {"bits": at_end, "offsets": at_end + 6, "counts": at_end + 18, "planes": at_end + 30}
    entries = [
        (256, 3, 1, struct.pack("<HH", 4, 0)),
        (257, 3, 1, struct.pack("<HH", 4, 0)),
        (258, 3, 3, struct.pack("<I", ends["bits"])),
        (259, 3, 1, struct.pack("<HH", 1, 0)),  # no compression
        (262, 3, 1, struct.pack("<HH", 2, 0)),  # RGB
        (273, 4, 3, struct.pack("<I", ends["offsets"])),
        (277, 3, 1, struct.pack("<HH", 3, 0)),
        (279, 4, 3, struct.pack("<I", ends["counts"])),
        (284, 3, 1, struct.pack("<HH", 2, 0)),  # plane by plane
    ]
    directory = struct.pack("<H", n_entries) + b"".join(struct.pack(words, *entry) for entry in entries)
    offsets = [ends["planes"] + number * len(plane) for number in range(3)]
    values = struct.pack("<3H3I3I", *[bits] * 3, *offsets, *[len(plane)] * 3)
    return b"II*\0" + struct.pack("<I", 8) + directory + bytes(4) + values + 3 * plane


def test_signed_values_of_a_tiff_are_refused(tmp_path):
    """Their darkest value would be stored as 128, and -1 as 255."""
    path = tmp_path / "signed.tif"
    Image.new("L", (8, 8), 255).save(path, tiffinfo={SAMPLEFORMAT: 2})
    with pytest.raises(UserError, match="signed.tif: its values are not unsigned integers"):
        open_image(path, path.name, 1)


def test_the_planes_of_a_tiff_are_read_if_they_have_8_bits_and_refused_if_they_have_16():
    assert (np.asarray(open_image(io.BytesIO(planar_tiff(8)), "planes.tif", 3)) == 200).all()
    with pytest.raises(UserError, match="planes.tif: has more than 8 bits per value"):
        open_image(io.BytesIO(planar_tiff(16)), "planes.tif", 3)
