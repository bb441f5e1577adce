"""Losses, batches, the loop, checkpoints and devices."""
