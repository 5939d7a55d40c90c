"""Levels of treatment and the cells they are of, in words."""

from decimal import Decimal

from sterna.desk.runs.models import Run
from sterna.desk.segments.treatment_models import Treatment, TreatmentCell
from sterna.desk.web import formats
from sterna.desk.web.components import ColumnKind
from sterna.engine.rules import MEASURES
from sterna.engine.segments import Treatments, read_treatments
from sterna.engine.segments.treatments import UNKNOWN, Axis, Level
from sterna.engine.tables import MONEY
from sterna.engine.value.catalogue import BY_NAME

WORDED = {"none": "One text for all", "segment": "Text by segment", "individual": "Text by person"}
KEPT = {"none": "No effort to keep", "watch": "Watched", "keep": "Kept"}
# What a level asks of others than this program, said where levels are shown and written.
HONORED = (
    "Text by person lets a message say what is known of the person, the name too. Text by segment may go by the name "
    "of the segment where its author wrote it so; else it reads as one text for all. Which offer somebody gets is "
    "decided one by one at every level. The limit counts contacts for marketing, advertising or sales by all media; "
    "service, recognition and research go on. To watch or keep somebody is for staff: the lists name whom."
)


def often(contacts: int, days: int) -> str:
    """How often at most, in words."""
    if contacts == 0:
        return "Nothing that promotes"
    return f"At most {formats.counted(contacts, 'contact')} in {formats.counted(days, 'day')}"


def parts(one: Treatment | TreatmentCell) -> tuple[str, str, str]:
    """What a row of a run says of text, frequency and keeping."""
    return WORDED[one.personalization], often(one.contacts, one.days), KEPT[one.retention]


def said(parts_of: tuple[str, str, str]) -> str:
    """The three as one phrase."""
    first, *rest = parts_of
    return "; ".join([first, *(word[0].lower() + word[1:] for word in rest)])


def parts_of_level(level: Level) -> tuple[str, str, str]:
    """The same of a level that is written down."""
    often_at_most = often(level.frequency.contacts, level.frequency.days)
    return WORDED[level.personalization], often_at_most, KEPT[level.retention]


def measure(name: str) -> str:
    """A measure as people read it."""
    return BY_NAME[name].title.lower() if name in BY_NAME else name.replace("_", " ")


def unit(name: str, currency: str) -> str:
    """What a measure is counted in."""
    if MEASURES.get(name) == MONEY:
        return currency
    return BY_NAME[name].unit if name in BY_NAME else ""


def figure(name: str, amount: Decimal | None, currency: str) -> str:
    """A figure of a measure with its unit, without the noughts behind it."""
    if amount is None:
        return "unknown"
    shown = f"{amount:,.2f}" if MEASURES.get(name) == MONEY else f"{amount.normalize():,f}"
    return f"{shown} {unit(name, currency)}".strip()


def column_of(name: str, currency: str) -> tuple[ColumnKind, str | None]:
    """How a column of a measure is drawn, and its unit."""
    kind: ColumnKind = "money" if MEASURES.get(name) == MONEY else "decimal"
    return kind, unit(name, currency) or None


def band_words(axis: Axis, band: str, currency: str) -> str:
    """A band by its edges, or that nobody knows."""
    if band == UNKNOWN:
        return "unknown"
    found = next((one for one in axis.bands if one.name == band), None)
    if found is None:
        return ""
    what = unit(axis.measure, currency)
    low, high = (None if edge is None else f"{edge:,f}" for edge in (found.low, found.high))
    if low is None:
        return "any amount" if high is None else f"under {high} {what}"
    return f"{low} {what} and more" if high is None else f"{low} to under {high} {what}"


def pinned(run: Run, scheme: str) -> tuple[int, Treatments] | None:
    """The version and the terms by which a run treated the segments of a scheme."""
    terms = next((one for one in run.brief.get("treatments", ()) if one["name"] == scheme), None)
    return (terms["version"], read_treatments(terms["body"])) if terms else None
