"""A module per figure of the paper, each with a function `draw(runs)`; what they share is in `drawing`."""
