"""A plan as a readable document: what it tells, and the two ways to set it, as HTML and as PDF."""

from sterna.engine.plans.told.contents import LEFT_OUT, tell
from sterna.engine.plans.told.page import as_html, fragment
from sterna.engine.plans.told.paper import as_pdf
from sterna.engine.plans.told.tree import Block, Section, Told

__all__ = ["LEFT_OUT", "Block", "Section", "Told", "as_html", "as_pdf", "fragment", "tell"]
