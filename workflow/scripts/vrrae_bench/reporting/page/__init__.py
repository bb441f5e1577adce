"""The content of the report, as data. The template decides how it looks, and nothing here is HTML."""
