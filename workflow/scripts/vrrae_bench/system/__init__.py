"""Everything that does not depend on autoencoders: errors, files, locks, checkpoints, devices, provenance."""
