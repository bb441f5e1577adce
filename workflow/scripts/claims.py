"""Decide the claims of the paper.

Reads scores.json of every run, history.csv beside it, the configuration, which tells a method's own beta and batch size
from the swept ones, and the times of training steps. Writes claims.csv and, beside it, claims.md and claims.json,
which has all of it as data.
"""

import vrrae_bench.system.shell_settings

from collections.abc import Sequence
from pathlib import Path

from vrrae_bench.reporting.claims.claims import CLAIMS
from vrrae_bench.reporting.claims.deciding import decide, reported_claims
from vrrae_bench.reporting.claims.evidence import load_evidence
from vrrae_bench.reporting.claims.reported import ReportedClaims
from vrrae_bench.reporting.claims.writing import write_claims
from vrrae_bench.reporting.configured import check_configured, digest_of, read_study
from vrrae_bench.reporting.run_scores import read_run_scores
from vrrae_bench.system.command_line import command_parser
from vrrae_bench.system.errors import run_command


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("--scores", type=Path, nargs="*", default=[], help="scores.json of runs")
    parser.add_argument("--timings", type=Path, nargs="*", default=[], help="times of steps, a JSON file per data set")
    parser.add_argument("--settings", type=Path, required=True, help="settings.json: what is compared")
    parser.add_argument("--out", type=Path, required=True, help="claims.csv to write; the rest beside it")
    arguments = parser.parse_args()
    decide_claims(arguments.scores, arguments.timings, arguments.settings, arguments.out)


def decide_claims(scores: Sequence[Path], timings: Sequence[Path], settings: Path, path: Path) -> None:
    """Decide every claim, and write what came out.

    Args:
        settings: settings.json.
        path: claims.csv to write; the rest beside it.

    Raises:
        UserError: Scores are damaged, or not of the configured runs.
    """
    write_claims(path, decided_claims(scores, timings, settings), read_study(settings).banner)


def decided_claims(scores: Sequence[Path], timings: Sequence[Path], settings: Path) -> ReportedClaims:
    """What is decided of every claim, as claims.json has it.

    Raises:
        UserError: As `decide_claims`.
    """
    study = read_study(settings)
    check_configured({file: read_run_scores(file).details.run for file in scores}, study)
    evidence = load_evidence(scores, timings, study)
    return reported_claims(decide(CLAIMS, evidence, study.reduced), evidence, digest_of(settings))


if __name__ == "__main__":
    run_command(main)
