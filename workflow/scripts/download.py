"""Bring in what lies elsewhere: a published data set, one of the user's own, or the weights of an Inception network.

Reads the mirror (if given), then the official sources, and verifies checksums; or the user's files. Writes, for a data
set, manifest.json and beside it the images (uint8, N x height x width x channels), labels and made_from.json (what the
data set was made from); for the weights, the file itself. Tells how many images of which classes it stored.
"""

import vrrae_bench.system.shell_settings

import argparse
import sys
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path

from vrrae_bench.datasets.download import fetch
from vrrae_bench.datasets.made_from import MadeFrom, write_made_from
from vrrae_bench.datasets.source import Request
from vrrae_bench.datasets.sources import SOURCES, source_of
from vrrae_bench.datasets.store import DataSet, describe, storing
from vrrae_bench.datasets.weights import WEIGHTS
from vrrae_bench.system.command_line import at_least_one, command_parser, json_of
from vrrae_bench.system.errors import in_words, run_command


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("what", choices=[*SOURCES, *WEIGHTS], help="data set, or weights")
    parser.add_argument("--out", type=Path, required=True, help="manifest.json, or the weights file, to write")
    parser.add_argument("--downloads", type=Path, help="folder that keeps the published files of a data set")
    parser.add_argument("--made-from", type=json_of(MadeFrom), help="settings of the data set, as JSON (default: none)")
    parser.add_argument(
        "--least", type=json_of(dict[str, int]), default={}, help="training images that keys ask for, as JSON"
    )
    parser.add_argument("--labelled", action="store_true", help="refuse the user's own arrays without labels")
    parser.add_argument("--mirror", help="folder or URL with <data set>/<file>, asked first")
    parser.add_argument("--offline", action="store_true", help="ask no URL")
    parser.add_argument("--threads", type=at_least_one, default=1, help="images decoded at once (default: 1)")
    arguments = parser.parse_args()
    arguments.made_from = arguments.made_from or MadeFrom(source=arguments.what)
    if arguments.what in SOURCES and source_of(arguments.what).own and arguments.made_from.files is None:
        parser.error(f"{arguments.what} needs --made-from with its files")
    try:
        bring_in(arguments)
    except Exception as error:
        if told := in_words(error):
            write_down(f"error: {told}")
        raise


def write_down(message: str) -> None:
    """Write into the log what the screen shows."""
    if not sys.stdout.isatty():
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")  # file names may be no UTF-8
        with suppress(OSError):  # of a full disk: the screen shows it
            print(message, flush=True)


def bring_in(arguments: argparse.Namespace) -> None:
    """Make the data set or fetch the weights that the command line names."""
    where = {"mirror": arguments.mirror, "offline": arguments.offline}
    if arguments.what in WEIGHTS:
        # Its name is the published one.
        fetch([WEIGHTS[arguments.what]], arguments.what, arguments.out.parent, **where)
    else:
        folder, made_from = arguments.out.parent, arguments.made_from
        request = Request(
            downloads=arguments.downloads or folder / "downloads",
            **where,
            test_images=made_from.test_images,
            files=made_from.files,
            least=arguments.least,
            labelled=arguments.labelled,
            threads=arguments.threads,
        )
        with storing(folder):
            source_of(arguments.what).store(folder, request)
            write_made_from(folder, made_from)
        told = describe(DataSet(arguments.out))
        print(told, file=sys.stderr)
        write_down(told)


if __name__ == "__main__":
    run_command(main)
