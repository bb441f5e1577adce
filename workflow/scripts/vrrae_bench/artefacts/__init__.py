"""What stages hand each other: the specification of a run, its folder, and the record beside each file."""
