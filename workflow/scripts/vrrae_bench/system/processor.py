"""The processor of this host, and whether it has instructions for bfloat16."""

import platform
import re
from pathlib import Path
from typing import NamedTuple

from vrrae_bench.system.errors import UserError

# The instructions with which an x86 processor multiplies in bfloat16, as Linux names them.
OF_BFLOAT16 = ("avx512_bf16", "amx_bf16")


class Processor(NamedTuple):
    """The properties of a processor that decide how it computes a product in bfloat16.

    Attributes:
        flags: The instructions that the processor has, by the names of Linux; empty if they are not known.
    """

    name: str
    architecture: str
    flags: frozenset[str]

    def without_bfloat16(self) -> bool:
        """Whether the processor is an x86 that is not known to have an instruction for bfloat16."""
        return self.architecture == "x86_64" and self.flags.isdisjoint(OF_BFLOAT16)


def processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> Processor:
    """The processor that this process runs on."""
    told = cpuinfo.read_text() if cpuinfo.exists() else ""
    name, flags = (re.search(rf"^{key}\s*: (.*)$", told, re.MULTILINE) for key in ("model name", "flags"))
    architecture = platform.machine()
    return Processor(
        name[1] if name else platform.processor() or architecture,
        architecture,
        frozenset(flags[1].split() if flags else ()),
    )


def refuse_without_bfloat16(setting: str, cost: str, remedy: str) -> None:
    """Refuse a setting that asks for bfloat16 on a CPU.

    Args:
        setting: The key or keys of the configuration, with which the message begins.
        cost: The end of a sentence, which says what the setting would cost on this processor.
        remedy: The beginning of a sentence, which says what to set instead.

    Raises:
        UserError: The processor has no instructions for bfloat16.
    """
    here = processor()
    if here.without_bfloat16():
        raise UserError(
            f"{setting}: bfloat16: this processor ({here.name}) has neither {' nor '.join(OF_BFLOAT16)}, and {cost}. "
            f"{remedy}, or run on another processor."
        )
