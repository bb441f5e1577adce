"""Rules against the commands that they call, those too that no test can run."""

import re
from pathlib import Path

import pytest

WORKFLOW = Path(__file__).parents[2] / "workflow"
CALLS = {
    name: body
    for path in WORKFLOW.glob("rules/*.smk")
    for name, body in re.findall(r"^rule (\w+):\n((?:    .*\n|\n)+)", path.read_text(), flags=re.MULTILINE)
    if "{SCRIPTS}/" in body
}


@pytest.mark.parametrize("rule", CALLS)
def test_a_rule_gives_its_command_no_option_that_it_does_not_know(rule):
    body = CALLS[rule]
    [script] = re.findall(r"\{SCRIPTS\}/(\w+\.py)", body)
    known = set(re.findall(r'"--([a-z0-9-]+)"', (WORKFLOW / "scripts" / script).read_text()))
    given = set(re.findall(r" --([a-z0-9-]+)", body.partition("shell:")[2])) | set(re.findall(r'option\("(\w+)"', body))
    assert given and given <= known
