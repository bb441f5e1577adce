"""Encoder, bottleneck and decoder; the truncated SVD; the registry of methods."""
