"""Plans the moves: goals, assets, exchanges, touchpoints and messages in one document, and what its check finds."""

from sterna.engine.documents import Finding, errors, sha
from sterna.engine.plans.checks import check
from sterna.engine.plans.data import Need, needs
from sterna.engine.plans.dependencies import open_before, order
from sterna.engine.plans.document import Document, Plan, body, of_body
from sterna.engine.plans.flows import flow, simulate, walked, ways
from sterna.engine.plans.known import Known
from sterna.engine.plans.layout import LAID_OUT, rows
from sterna.engine.plans.reading import load
from sterna.engine.plans.roadmap import crowded
from sterna.engine.plans.stages import STAGES, may_close
from sterna.engine.plans.standing import standing_alone

__all__ = [
    "LAID_OUT",
    "STAGES",
    "Document",
    "Finding",
    "Known",
    "Need",
    "Plan",
    "body",
    "check",
    "crowded",
    "errors",
    "flow",
    "load",
    "may_close",
    "needs",
    "of_body",
    "open_before",
    "order",
    "rows",
    "sha",
    "simulate",
    "standing_alone",
    "walked",
    "ways",
]
