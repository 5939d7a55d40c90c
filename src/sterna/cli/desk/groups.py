"""Loads the terms of the groups A, B and C from the command line."""

from pathlib import Path

from sterna.cli.desk import setup


def load(path: Path, reason: str) -> str:
    """Publish the terms at `path`; returns what the groups ask for, and who of A lacks something of it."""
    setup()
    from sterna.desk.segments import group_queries as queries
    from sterna.desk.segments.actions import publish_terms

    definition = publish_terms(path.read_text(encoding="utf-8"), None, reason)
    terms = queries.terms_of(definition)
    asked = [f"  A: {one.called} at least {one.least:,f}" for one in terms.thresholds]
    lines = [
        f"{definition.name} version {definition.version}: nobody was moved",
        *(asked or ["  A: no figure, three judgements of staff"]),
        *(f"  C: {code}, {words}" for code, words in terms.reasons.items()),
    ]
    held = queries.counts()["A"]
    return "\n".join([*lines, f"{len(queries.lacking(terms))} of {held} in A lack something of it"])
