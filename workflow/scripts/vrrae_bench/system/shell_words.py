"""Options of commands, quoted for a shell, as rules need them."""

import shlex
from collections.abc import Callable
from typing import Any


def option(name: str, value: Any) -> str:
    """The text `--name value`, quoted for a shell; an empty text if there is no value.

    >>> option("mirror", "my files"), option("offline", True), option("threads", 0)
    ("--mirror 'my files'", '--offline', '--threads 0')
    >>> option("mirror", None), option("offline", False)
    ('', '')
    """
    if value is None or value is False:
        return ""
    return f"--{name}" if value is True else f"--{name} {shlex.quote(str(value))}"


def text_option(name: str, text: str | None) -> Callable[[Any], str]:
    """A parameter of a rule that gives `--name=text` for a text that a user wrote; an empty text if there is none.

    The parameter is a function of wildcards, because in a parameter that is a text, Snakemake would replace what stands
    in braces. Name and text are one word, because a text that begins with a dash would be taken for an option.

    >>> text_option("banner", "-x {y}")(None), text_option("banner", None)(None)
    ("--banner='-x {y}'", '')
    """
    return lambda wildcards: "" if text is None else f"--{name}={shlex.quote(text)}"
