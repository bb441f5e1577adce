"""The Inception-v3 whose features the Frechet distance compares: how it is tuned, and its features."""
