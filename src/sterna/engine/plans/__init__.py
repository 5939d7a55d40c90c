"""Plans the moves: goals, assets, exchanges, touchpoints and messages in one document, and what its check finds."""

from sterna.engine.documents import Finding, errors, sha
from sterna.engine.plans.checks import check
from sterna.engine.plans.document import Document, Plan, body, of_body
from sterna.engine.plans.layout import LAID_OUT, rows
from sterna.engine.plans.reading import load

__all__ = [
    "LAID_OUT",
    "Document",
    "Finding",
    "Plan",
    "body",
    "check",
    "errors",
    "load",
    "of_body",
    "rows",
    "sha",
]
