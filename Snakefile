# The whole benchmark: data -> training -> samples -> scores -> tables and figures -> report.
# Each stage is a file in workflow/rules. The command of the stage in workflow/scripts has the same name, except that
# fid_2015 has two commands, and settings has none. `status` is what Snakemake shows while jobs run, and `ending` is what
# it does afterwards.
from snakemake.utils import min_version

min_version("9.27")


# The text of Snakemake's own report (`snakemake --report FILE`). The rules of tables, figures and claims say which of
# their files are shown there.
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


rule all:
    default_target: True
    input:
        "<results>/report.html",
    localrule: True


rule claims:
    input:
        multiext("<results>/claims", ".csv", ".md"),
    localrule: True


rule report:
    input:
        "<results>/report.html",
    localrule: True


# The targets. `make targets` says what each of them makes, and how many runs it needs. The target of a table or figure
# also makes settings.json, the configuration, because `make keep` needs it.
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
            images_target(name)
        input:
            f"<results>/data/{name}/manifest.json",
        localrule: True


include: "workflow/rules/unknown_targets.smk"
