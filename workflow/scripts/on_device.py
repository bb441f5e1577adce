"""Run a command on one accelerator of this host that no other job uses; waits until one is free.

Reads which devices there are from the environment or from /dev; writes a lock file per device in /tmp.
"""

# This command does not import `vrrae_bench.system.shell_settings`, because it computes nothing. It hands its
# environment to the command that it starts, and that command reports the settings that it ignores.

import argparse
import os
from pathlib import Path

from vrrae_bench.system.command_line import command_parser
from vrrae_bench.system.errors import run_command
from vrrae_bench.system.host_devices import LOCKS, claim, devices_of_host, variables_of


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("kind", choices=["cuda", "tpu"])
    parser.add_argument("command", nargs=argparse.REMAINDER, help="program and arguments")
    parser.add_argument("--locks", type=Path, default=LOCKS, help=f"default: {LOCKS}")
    arguments = parser.parse_args()
    if not arguments.command:
        parser.error("a command is needed")
    device, _ = claim(arguments.kind, devices_of_host(arguments.kind, os.environ), arguments.locks)
    os.execvpe(arguments.command[0], arguments.command, os.environ | variables_of(arguments.kind, device))


if __name__ == "__main__":
    run_command(main)
