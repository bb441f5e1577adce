"""Fill a mirror: every published file that the configuration needs, verified, for machines without internet.

Resolves config.yaml, a profile, files and single keys as Snakemake does with the same options, and reads the official
sources. Writes <source>/<file> and SHA256SUMS into a folder; what is there and intact is kept.
"""

import vrrae_bench.system.shell_settings

from vrrae_bench.study.files_needed import CHECKSUMS, fill_mirror, needed_sources
from vrrae_bench.study.invocation import add_configuration_options, settings_asked_for
from vrrae_bench.system.command_line import command_parser, folder_path
from vrrae_bench.system.errors import run_command


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("folder", type=folder_path, help="folder to fill")
    add_configuration_options(parser)
    arguments = parser.parse_args()
    present = fill_mirror(arguments.folder, needed_sources(settings_asked_for(arguments)))
    print(f"{len(present)} files in {arguments.folder}. Copy it; there: sha256sum --check {CHECKSUMS}, then run with")
    print("  --config mirror=FOLDER offline=true")


if __name__ == "__main__":
    run_command(main)
