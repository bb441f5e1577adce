"""Options of commands as words of a shell, as rules hand them over."""

import shlex
from collections.abc import Callable
from typing import Any


def option(name: str, value: Any) -> str:
    """`--name value` for the shell, or nothing if there is no value.

    >>> option("mirror", "my files"), option("offline", True), option("threads", 0)
    ("--mirror 'my files'", '--offline', '--threads 0')
    >>> option("mirror", None), option("offline", False)
    ('', '')
    """
    if value is None or value is False:
        return ""
    return f"--{name}" if value is True else f"--{name} {shlex.quote(str(value))}"


def text_option(name: str, text: str | None) -> Callable[[Any], str]:
    """`--name=text` for what a user wrote, or nothing if there is none, as a parameter of a rule.

    A function of wildcards, since Snakemake fills in what stands in braces of a parameter that is text already. In one
    word, since a text that begins with a dash would be taken for an option.

    >>> text_option("banner", "-x {y}")(None), text_option("banner", None)(None)
    ("--banner='-x {y}'", '')
    """
    return lambda wildcards: "" if text is None else f"--{name}={shlex.quote(text)}"
