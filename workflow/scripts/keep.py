"""Keep what a run came to, without what it was made from.

Copies the report, tables, figures (PNG), claims, and the scores, histories and records behind them to another folder,
under the same names. Left out are data, models and generated images, which `snakemake` makes again.
"""

import argparse
import shutil
from pathlib import Path

from vrrae_bench.errors import UserError, run_command
from vrrae_bench.files import atomic_path

KEPT = (
    *("report.html", "claims.csv", "claims.md", "tables/*.csv", "tables/*.md", "figures/*.png", "figures/*.txt"),
    *("settings.json", "runs/**/scores*.json", "runs/**/run.json", "runs/**/history.csv"),
    *("extractor/**/*.json", "timings/*.json"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, help="folder of results")
    parser.add_argument("folder", type=Path, help="folder to copy to; what is there under the same names is replaced")
    arguments = parser.parse_args()
    files = [file for pattern in KEPT for file in sorted(arguments.results.glob(pattern))]
    if not files:
        raise UserError(f"{arguments.results}: holds no report, tables, figures or scores. Name a folder of results.")
    for file in files:
        with atomic_path(arguments.folder / file.relative_to(arguments.results)) as temporary:
            shutil.copyfile(file, temporary)
    size = sum(file.stat().st_size for file in files) / 1e6
    print(f"{len(files)} files, {size:.1f} MB, in {arguments.folder}")


if __name__ == "__main__":
    run_command(main)
