"""The headings at which the report parts the page of claims."""

HOW = "## How a claim is decided"
CONTRADICTORY = "## Contradictions within the paper, and with its code"
