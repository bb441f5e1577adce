"""Make the synthetic data set of section 4.1: Gaussian bumps.

Reads nothing; writes manifest.json and, beside it, the training grid, the uniform test set, the diagonal set of
Figure 2 (float32, N x 64 x 64 x 1), their centres, and made_from.json (what the data set was made from).
"""

import vrrae_bench.system.shell_settings

from pathlib import Path

from vrrae_bench.datasets.made_from import MadeFrom, write_made_from
from vrrae_bench.datasets.settings import BumpSettings
from vrrae_bench.datasets.store import storing
from vrrae_bench.datasets.synthetic import make_synthetic
from vrrae_bench.system.command_line import command_parser, json_of
from vrrae_bench.system.errors import run_command


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("--bumps", type=json_of(BumpSettings), required=True, help="settings, as JSON")
    parser.add_argument("--out", type=Path, required=True, help="manifest.json to write")
    arguments = parser.parse_args()
    with storing(arguments.out.parent):
        make_synthetic(arguments.out.parent, arguments.bumps)
        write_made_from(arguments.out.parent, MadeFrom(source="synthetic", bumps=arguments.bumps))


if __name__ == "__main__":
    run_command(main)
