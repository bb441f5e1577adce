"""Reference benchmark for rank-reduction autoencoders: data, models, training, sampling, scores and reports.

The package knows nothing of Snakemake. Each folder is a subject; `workflow/scripts/<stage>.py` is a stage's command.
"""
