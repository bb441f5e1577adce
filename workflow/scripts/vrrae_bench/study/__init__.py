"""The study: its configuration and checks, tables and figures with their runs, costs, and the paper's numbers."""
