"""How much is compared at a time. This module has no heavy imports, so that costs are estimated quickly."""

# Scores that compare all pairs of images use at most this many images of each set.
MOST_COMPARED = 5000
# So many images are compared with all images of another set at once: a block of products or distances is 40 MB.
ROWS_AT_A_TIME = 1000
