# The whole benchmark: data -> training -> samples -> scores -> tables and figures -> report.
# Each stage is a file in workflow/rules; its command in workflow/scripts has the same name, and fid_2015 has two.
# Last there come what Snakemake shows while it runs (status), and what it does when it has ended (ending).
from snakemake.utils import min_version

min_version("9.27")


# For `snakemake --report FILE`; the rules of tables, figures and claims say what of theirs it shows.
report: "workflow/report/snakemake/workflow.rst"


include: "workflow/rules/common/settings.smk"
include: "workflow/rules/common/inputs.smk"
include: "workflow/rules/common/results_there.smk"
include: "workflow/rules/common/resources.smk"
include: "workflow/rules/settings.smk"
include: "workflow/rules/download.smk"
include: "workflow/rules/synthetic.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/timing.smk"
include: "workflow/rules/sample.smk"
include: "workflow/rules/extractor.smk"
include: "workflow/rules/reference.smk"
include: "workflow/rules/bounds.smk"
include: "workflow/rules/score.smk"
include: "workflow/rules/fid_2015.smk"
include: "workflow/rules/table.smk"
include: "workflow/rules/figure.smk"
include: "workflow/rules/claims.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/status.smk"
include: "workflow/rules/ending.smk"


localrules:
    all,
    claims,
    report,


rule all:
    """Everything: all tables and figures, and the report that shows them."""
    default_target: True
    input:
        "<results>/report.html",


rule claims:
    """A verdict on each claim of the paper."""
    input:
        multiext("<results>/claims", ".csv", ".md"),


rule report:
    """One HTML page with all tables and figures."""
    input:
        "<results>/report.html",


# `make targets` says of each what it is, and how many runs it needs. Beside each the configuration that it is made by,
# which `make keep` goes by.
for name in TABLES:

    rule:
        name:
            name
        input:
            multiext(f"<results>/tables/{name}", *TABLES[name].suffixes),
            rules.write_settings.output.settings,
        localrule: True


for name in FIGURES:

    rule:
        name:
            name
        input:
            multiext(f"<results>/figures/{name}", *FIGURES[name].suffixes),
            rules.write_settings.output.settings,
        localrule: True


for name in settings.datasets:

    rule:
        name:
            f"data_{name}"
        input:
            f"<results>/data/{name}/manifest.json",
        localrule: True


include: "workflow/rules/unknown_targets.smk"
