# The whole benchmark: data -> training -> samples -> scores -> tables and figures -> report.
# Each stage is a file in workflow/rules and a command of the same name in workflow/scripts.
from snakemake.utils import min_version

min_version("9.27")


configfile: f"{workflow.basedir}/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/download.smk"
include: "workflow/rules/synthetic.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/sample.smk"
include: "workflow/rules/extractor.smk"
include: "workflow/rules/score.smk"
include: "workflow/rules/table.smk"
include: "workflow/rules/figure.smk"
include: "workflow/rules/report.smk"


localrules:
    all,
    report,
    table_1,
    table_2,
    figure_2,
    figure_3,
    figure_5,


rule all:
    """Everything: all tables and figures, and the report that shows them."""
    default_target: True
    input:
        f"{RESULTS}/report.html",


rule report:
    """One HTML page with all tables and figures."""
    input:
        f"{RESULTS}/report.html",


rule table_1:
    """Synthetic bumps: test error and random-generation error."""
    input:
        f"{RESULTS}/tables/table_1.csv",


rule table_2:
    """Images: reconstruction error, FID of interpolation and of random generation."""
    input:
        f"{RESULTS}/tables/table_2.csv",


rule figure_2:
    """Posterior means of the synthetic set, the diagonal in orange: VAE and VRRAE."""
    input:
        f"{RESULTS}/figures/figure_2.pdf",


rule figure_3:
    """Randomly generated bumps."""
    input:
        f"{RESULTS}/figures/figure_3.pdf",


rule figure_5:
    """Randomly generated images."""
    input:
        f"{RESULTS}/figures/figure_5.pdf",


for name in settings.datasets:

    rule:
        """The images of one data set, downloaded or made, and stored."""
        name:
            f"data_{name}"
        input:
            f"{RESULTS}/data/{name}/manifest.json",
        localrule: True
