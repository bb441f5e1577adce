"""What the report shows, as data: the template decides how it looks, and nothing here is HTML."""
