"""Rules against the commands that they call, those too that no test can run."""

import re

import pytest
from commands import ROOT, rules

WORKFLOW = ROOT / "workflow"
COMMAND_LINE = WORKFLOW / "scripts/vrrae_bench/system/command_line.py"
COMMON = "\n\n\n".join(path.read_text() for path in sorted(WORKFLOW.glob("rules/common/*.smk")))
CALLS = {name: body for name, body in rules().items() if "{SCRIPTS}/" in body}


OPTION = re.compile(r"""option\(['"](\w+)['"]""")
# Options that a rule is handed as a whole, by what it calls them; made where all helper functions are.
SHARED = {
    "WHERE_TO_FETCH": OPTION.findall(re.search(r"^WHERE_TO_FETCH = .*", COMMON, re.MULTILINE)[0]),
    "asked_of_own_data": OPTION.findall(re.search(r"^def asked_of_own_data(.|\n)*?\n\n\n", COMMON, re.MULTILINE)[0]),
}


@pytest.mark.parametrize("rule", CALLS)
def test_a_rule_gives_its_command_the_options_that_it_knows_and_all_that_it_needs(rule):
    body = CALLS[rule]
    [script] = re.findall(r"\{SCRIPTS\}/(\w+\.py)", body)
    source = (WORKFLOW / "scripts" / script).read_text()
    # Functions that add the options that several commands have.
    added = re.findall(r"^def (add_\w+)(\((?:.*\n)(?:(?: .*)?\n)*)", COMMAND_LINE.read_text(), re.MULTILINE)
    assert {name for name, _ in added} >= {"add_device_options", "add_checkpoint_options"}
    source += "".join(body for name, body in added if f"{name}(" in source)
    known = set(re.findall(r'"--([a-z0-9-]+)"', source))
    needed = {
        name
        for name, rest in re.findall(r'"--([a-z0-9-]+)"((?:[^()]|\([^()]*\))*)\)', source)
        if "required=True" in rest
    }
    given = {*re.findall(r" --([a-z0-9-]+)", body.partition("shell:")[2]), *OPTION.findall(body)}
    given.update(*(options for name, options in SHARED.items() if name in body))
    assert needed and needed <= given <= known
    assert all(SHARED.values())
