"""Numbers that scores are computed with. This module has no heavy imports, so that costs are estimated quickly."""

# Scores that compare all pairs of images use at most this many of each set.
MOST_COMPARED = 5000
