"""Scores: reconstruction error, bumps, Inception features and the Frechet distance between them."""
