"""The latent space after training: basis, Gaussian mixture, interpolation."""
