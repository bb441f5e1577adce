"""The main tables in a terminal."""

import subprocess

from commands import ROOT, python


def show(folder) -> subprocess.CompletedProcess:
    return python(ROOT / "workflow/scripts/show.py", folder)


def test_the_kept_tables_fit_a_terminal_and_have_their_numbers():
    shown = show(ROOT / "docs/example-report")
    assert shown.returncode == 0, shown.stderr
    assert max(map(len, shown.stdout.splitlines())) <= 100
    for table in ("table_1", "table_2"):
        readable = (ROOT / f"docs/example-report/tables/{table}.md").read_text()
        rows = [line for line in readable.splitlines() if line.startswith("| VRRAE ")]
        assert len(rows) == {"table_1": 1, "table_2": 2}[table]  # one of each data set
        for row in rows:
            numbers = [cell.strip() for cell in row.split("|")[2:-1] if "n/a" not in cell]
            [line] = [line for line in shown.stdout.splitlines() if line.startswith("VRRAE ") and numbers[0] in line]
            assert all(number in line for number in numbers)
    assert str(ROOT / "docs/example-report/report.html") in shown.stdout


def test_a_folder_without_tables_is_told(tmp_path):
    shown = show(tmp_path)
    assert shown.returncode == 1 and "holds no table to show" in shown.stderr and "Traceback" not in shown.stderr
