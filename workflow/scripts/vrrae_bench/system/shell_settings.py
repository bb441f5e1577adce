"""When this module is imported, it gives the environment variables of the process the values of this project.

Every command that computes imports it before any library reads these variables, so that results do not depend on who
runs the command. It prints the settings that it has ignored. `on_device.py` does not import it, because it only starts
another command. Code that may run within another program, such as `fit` of the package, does not import it either.
"""

import os
import sys
from contextlib import suppress

from vrrae_bench.system.variables import fixed_settings


def _fix_this_process() -> None:
    fixed, dropped = fixed_settings(os.environ)
    for name in set(os.environ) - set(fixed):
        del os.environ[name]
    os.environ.update(fixed)
    if dropped:
        told = ", ".join(dropped)
        line = f"ignored, so that results do not depend on the shell: {told}\n"
        # If the disk is full, the command says so later. Without a buffer, nothing is left that could not be written.
        with suppress(OSError):
            os.write(sys.stderr.fileno(), line.encode(errors="backslashreplace"))


_fix_this_process()
