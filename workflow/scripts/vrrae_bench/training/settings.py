"""How training is timed, and JAX's names of devices; free of heavy imports, so that a configuration is read at once."""

from pydantic import Field

from vrrae_bench.artefacts.specification import Section

# By the accelerator of the configuration, what JAX calls the devices of this kind.
BACKENDS = {"cpu": "cpu", "cuda": "gpu", "tpu": "tpu"}


class TimingSettings(Section):
    """What is timed for Table A.4-1 (VRRAE, appendix A.4)."""

    turns: int = Field(
        default=8,
        ge=2,
        le=10_000,
        description="Number of turns. In a turn, some steps of each method are timed, one method after the other",
    )
    steps: int = Field(
        default=5, ge=1, le=100_000, description="Number of steps in a turn. The time of a step is their mean"
    )
    training_steps: int = Field(
        default=50,
        ge=1,
        le=1_000_000,
        description="Number of steps of a whole training, from whose time the duration of a training is extrapolated",
    )
