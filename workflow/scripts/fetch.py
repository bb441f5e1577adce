"""Fill a mirror: every published file that the configuration needs, verified, for machines without internet.

Reads config.yaml and the overlays that are named, the later over the earlier, then the official sources. Writes
<source>/<file> and SHA256SUMS into a folder; what is there and intact is kept.
"""

from pathlib import Path

from vrrae_bench.command_line import command_parser
from vrrae_bench.config_reading import BASE, load_settings
from vrrae_bench.datasets.mirror import CHECKSUMS, fill_mirror, needed_sources
from vrrae_bench.errors import run_command


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("folder", type=Path, help="folder to fill")
    parser.add_argument("overlays", type=Path, nargs="*", help="YAML files over config.yaml")
    arguments = parser.parse_args()
    present = fill_mirror(arguments.folder, needed_sources(load_settings(BASE, *arguments.overlays)))
    print(f"{len(present)} files in {arguments.folder}. Copy it; there: sha256sum --check {CHECKSUMS}, then run with")
    print("  --config mirror=FOLDER offline=true")


if __name__ == "__main__":
    run_command(main)
