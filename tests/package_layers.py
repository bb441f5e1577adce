"""The layers of the package."""

# From the lowest up. A folder imports itself and folders of lower layers, never of higher ones or of its own layer.
LAYERS = (
    {"system"},
    {"artefacts"},
    {"datasets"},
    {"models", "extractor"},
    {"training", "latent"},
    {"scoring"},
    {"study"},
    {"reporting", "library"},
)
