"""The convolutions in two forms, and layers for which tests compare them."""

from vrrae_bench.models import convolutions

# The fast form, which models use, and the plain form of XLA.
PAIRS = {
    "transpose": (convolutions._transpose_fast, convolutions._transpose_plain),
    "stride2": (convolutions._stride2_fast, convolutions._stride2_plain),
    "valid": (convolutions._valid_fast, convolutions._valid_plain),
}
# kind, height, width, kernel, input channels, output channels
CASES = [
    ("transpose", 2, 2, 3, 32, 256),
    ("transpose", 4, 4, 3, 16, 8),
    ("transpose", 5, 3, 3, 8, 3),
    ("stride2", 28, 28, 3, 1, 32),
    ("stride2", 14, 14, 3, 32, 64),
    ("stride2", 7, 5, 3, 3, 4),
    ("valid", 32, 32, 5, 8, 1),
    ("valid", 32, 32, 1, 8, 3),
]
