"""What the commands have in common: their parser, and the options of those that compute."""

import argparse


def command_parser(description: str) -> argparse.ArgumentParser:
    """A parser that shows the description of a command, its docstring, as it is written."""
    return argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)


def add_device_options(parser: argparse.ArgumentParser, threads: int | None = 1) -> None:
    """Options that tell where a command computes.

    Args:
        threads: The default.
    """
    parser.add_argument("--accelerator", choices=["cpu", "cuda", "tpu"], default="cpu", help="default: cpu")
    parser.add_argument("--threads", type=int, default=threads, help="CPU threads (default: %(default)s)")


def add_keep_finished(parser: argparse.ArgumentParser) -> None:
    """The option of commands whose finished work is not to be lost with the workflow manager that started them."""
    parser.add_argument(
        "--keep-finished",
        action="store_true",
        help="keep the outputs with the checkpoints too, until a workflow manager has accepted them",
    )
