"""A module for each kind of figure, with a function `draw`. What the modules share is in `drawing` and `blocks`."""
