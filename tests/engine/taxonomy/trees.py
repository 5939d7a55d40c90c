"""Small taxonomies for the tests of the room."""

from importlib.resources import files
from pathlib import Path

from sterna.engine.taxonomy import Document, Tree, check, load

EXAMPLES = files("sterna.engine.taxonomy") / "shipped"
PAGE = Path(__file__).resolve().parents[3] / "docs/how-to/facts-and-taxonomy.md"
RESORT = "leisure.travel.pleasure.family.branded_resort"

HEAD = """\
taxonomy: small
version: 1
title: Small
owner: Ann
higher: [leisure]
classes:
  - {id: leisure, title: Leisure, holds: flag, purposes: [marketing]}
"""


def small(*classes: str, head: str = HEAD) -> Document:
    """The small taxonomy with more classes, each as the inside of a YAML mapping."""
    return load(head + "".join(f"  - {{{one}}}\n" for one in classes))


def codes(document: Document) -> list[str]:
    """The codes of what the check finds."""
    return [found.code for found in check(document)]


def example(name: str) -> Tree:
    """The tree of a shipped example."""
    return Tree(load((EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8")))
