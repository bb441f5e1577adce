"""Limits on the number of images that are compared. This module has no heavy imports, so planning is quick."""

# Scores that compare all pairs of images use at most this many images of each set.
MOST_COMPARED = 5000
# This number of images is compared at once with all images of another set. A block of products or distances then takes
# 40 MB.
ROWS_AT_A_TIME = 1000
