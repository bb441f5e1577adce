"""The claims of the paper: each a statement, and the rule that decides it from scores."""
