"""Keeps what is written for a spreadsheet from being run by it."""


def as_text(words: str) -> str:
    """`words` with a quote before them where a spreadsheet would take them for a formula and run it."""
    runs = words.lstrip()[:1] in ("=", "+", "-", "@") or words[:1] in ("\t", "\r", "\n")
    return f"'{words}" if runs else words
