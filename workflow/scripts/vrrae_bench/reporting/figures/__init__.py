"""A module per kind of figure, each with a function `draw(runs)`; what they share is in `drawing` and `blocks`."""
