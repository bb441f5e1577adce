"""The study: its configuration and the checks of it, the runs that it asks for, their costs, the paper's numbers."""
