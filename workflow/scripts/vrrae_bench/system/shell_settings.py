"""Gives the environment variables of this process the values of this project, when it is imported.

Every command imports it first, before a library reads them, so that a result does not depend on who runs it. It prints
what it did not heed. Whatever may run in a process of somebody else, such as the package's `fit`, does not import it.
"""

import os
import sys

from vrrae_bench.system.variables import fixed_settings


def _fix_this_process() -> None:
    fixed, dropped = fixed_settings(os.environ)
    for name in set(os.environ) - set(fixed):
        del os.environ[name]
    os.environ.update(fixed)
    if dropped:
        told = ", ".join(dropped)
        print(f"ignored, so that results do not depend on the shell: {told}", file=sys.stderr, flush=True)


_fix_this_process()
