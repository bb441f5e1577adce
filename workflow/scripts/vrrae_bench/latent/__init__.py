"""The latent space after training: sampling from it, the Gaussian mixture, interpolation, measures of the latents."""
