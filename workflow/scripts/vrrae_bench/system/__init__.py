"""Plumbing that knows nothing of autoencoders: errors, files, locks, checkpoints, devices, provenance."""
