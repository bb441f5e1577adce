"""How training is timed; free of heavy imports, so that a configuration is read at once."""

from pydantic import Field

from vrrae_bench.artefacts.specification import Section


class TimingSettings(Section):
    """What is timed for Table A.4-1 (VRRAE, appendix A.4)."""

    turns: int = Field(
        default=8,
        ge=2,
        le=10_000,
        description="Times that the steps of each method are timed, the methods one after the other",
    )
    steps: int = Field(default=5, ge=1, le=100_000, description="Steps of a turn, of whose time the mean is taken")
    training_steps: int = Field(
        default=50,
        ge=1,
        le=1_000_000,
        description="Steps of a training, with all around them, that its duration is extrapolated from",
    )
