"""Encoder, bottleneck and decoder; the truncated SVD; a file for each kind of method."""
