"""Plain text in Markdown and LaTeX: whatever somebody writes into the configuration stands there as it is written.

In HTML the same is done by Jinja's autoescaping, and by a Markdown renderer that lets no raw HTML through.
"""

import re

# What begins code, emphasis, a link, a tag, an entity or a strike-through wherever it stands.
_ANYWHERE = re.compile(r"[\\`*\[<&~]")
# An underscore within a word is only that.
_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
# What begins a heading, a quotation, a list or a rule at the beginning of a line.
_AT_THE_BEGINNING = re.compile(r"^(\s*)([#>+=-])", re.MULTILINE)
_NUMBERED = re.compile(r"^(\s*\d+)([.)])", re.MULTILINE)
# Bars and angles would be other signs in LaTeX's usual encoding of fonts.
_LATEX = str.maketrans(
    {character: f"\\{character}" for character in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "|": r"\textbar{}"}
    | {"<": r"\textless{}", ">": r"\textgreater{}", "±": r"$\pm$"}
)


def markdown(text: str) -> str:
    r"""Plain text, whose paragraphs are parted by empty lines, in Markdown.

    >>> print(markdown("# no heading, *no emphasis*, a_b, <b>"))
    \# no heading, \*no emphasis\*, a_b, \<b>
    """
    text = _ANYWHERE.sub(r"\\\g<0>", text)
    text = _UNDERSCORE.sub(r"\\_", text)
    return _NUMBERED.sub(r"\1\\\2", _AT_THE_BEGINNING.sub(r"\1\\\2", text))


def markdown_cell(text: str) -> str:
    """Plain text in a cell of a table in Markdown, which a bar would end."""
    return markdown(text).replace("|", r"\|")


def latex(text: str) -> str:
    r"""Plain text in LaTeX.

    >>> print(latex("100 % of {a_b} ± 1"))
    100 \% of \{a\_b\} $\pm$ 1
    """
    return text.translate(_LATEX)
