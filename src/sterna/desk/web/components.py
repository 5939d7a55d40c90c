"""The components of a page as plain values: a view builds them, `{% show %}` draws each with its template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal

from django.http import QueryDict
from django.utils.safestring import SafeString

from sterna.desk.web.formats import Figure, day

VerdictKind = Literal["moved", "not_moved", "cannot_tell", "targeted", "aa"]
ColumnKind = Literal["text", "number", "decimal", "money", "percent", "day", "instant", "component"]
FigureKind = Literal["count", "money", "money_exact", "percent", "decimal", "text"]
Direction = Literal["inbound", "outbound"]


@dataclass(frozen=True)
class Component:
    """Anything with a template of its own; a table's cell may hold one."""

    template: ClassVar[str]


@dataclass(frozen=True)
class Provenance:
    """How a figure was made: its meaning in a sentence, definition, version, run, day, SQL, rows."""

    meaning: str
    definition: str | None = None
    version: str | int | None = None
    run: str | None = None
    run_url: str | None = None
    as_of: date | None = None
    sql: str | None = None
    rows_url: str | None = None
    csv_url: str | None = None


@dataclass(frozen=True)
class Number(Component):
    """A figure that answers for itself; None is "unknown", with `missing`, what would make it known."""

    template: ClassVar[str] = "web/components/number.html"
    label: str
    value: Figure | str | None
    kind: FigureKind = "count"
    unit: str | None = None
    provenance: Provenance | None = None
    missing: str | None = None
    note: str | None = None
    compact: bool = False


@dataclass(frozen=True)
class Tier(Component):
    """A tier with the shade of its rank; rank 1 is the top, None is outside every tier."""

    template: ClassVar[str] = "web/components/tier_badge.html"
    name: str
    rank: int | None


@dataclass(frozen=True)
class GroupLetter(Component):
    """A group's letter, A, B or C, with what the letter stands for on hover."""

    template: ClassVar[str] = "web/components/group_badge.html"
    letter: str
    meaning: str | None = None


@dataclass(frozen=True)
class Verdict(Component):
    """What a comparison shows; `figure` is the effect in words, left out when the contacts were targeted."""

    template: ClassVar[str] = "web/components/verdict.html"
    kind: VerdictKind
    figure: str | None = None
    why: str | None = None


@dataclass(frozen=True)
class Unknown(Component):
    """A value nobody knows yet, and what would make it known."""

    template: ClassVar[str] = "web/components/unknown.html"
    missing: str


@dataclass(frozen=True)
class RelativeTime(Component):
    """An instant told relative to `now` (the page's own when None), the exact time on hover."""

    template: ClassVar[str] = "web/components/reltime.html"
    at: datetime | None
    now: datetime | None = None


@dataclass(frozen=True)
class Late(Component):
    """Promised and late, the only red on a page."""

    template: ClassVar[str] = "web/components/late.html"
    promised: str
    due: date


@dataclass(frozen=True)
class Empty(Component):
    """A page without content: what will be here, why it is not yet, and the one step that fills it."""

    template: ClassVar[str] = "web/components/empty.html"
    what: str
    why: str
    step_label: str | None = None
    step_url: str | None = None


@dataclass(frozen=True)
class Failed(Component):
    """A failure: what happened, what was not lost, what to do; the trace one click away."""

    template: ClassVar[str] = "web/components/failed.html"
    what: str
    kept: str
    remedy: str
    remedy_label: str | None = None
    remedy_url: str | None = None
    trace: str | None = None


@dataclass(frozen=True)
class Progress(Component):
    """Long work: stage, rows done of how many, seconds left; `poll_url` answers with it again."""

    template: ClassVar[str] = "web/components/progress.html"
    stage: str
    done: int
    total: int | None = None
    seconds_left: float | None = None
    poll_url: str | None = None
    noun: str = "rows"


@dataclass(frozen=True)
class Effect(Component):
    """What a change would do: who enters, who leaves, what it costs, whether it can be undone."""

    template: ClassVar[str] = "web/components/effect.html"
    enters: int | None
    leaves: int | None
    cost: Figure | None
    undo: str
    currency: str | None = None
    noun: str = "customer"
    enters_url: str | None = None
    leaves_url: str | None = None
    findings: Sequence[str] = ()
    ask_reason: bool = False
    reason: str = ""
    reason_error: str | None = None


@dataclass(frozen=True)
class Chip:
    """One condition of a filter, part of a sentence ("in tier" "Gold"); without `remove_url` it stays."""

    words: str
    value: str
    remove_url: str | None = None


@dataclass(frozen=True)
class Filters(Component):
    """The filter as a sentence: the subject, then its conditions; `clear_url` drops them all."""

    template: ClassVar[str] = "web/components/filters.html"
    subject: str
    chips: Sequence[Chip] = ()
    clear_url: str | None = None


@dataclass(frozen=True)
class Column:
    """A column: `key` names it in the query's `sort`; currency or unit stands once, in the heading."""

    key: str
    label: str
    kind: ColumnKind = "text"
    sortable: bool = False
    unit: str | None = None


@dataclass(frozen=True)
class Row:
    """A row's cells in column order, plain values or components; `href` is the page the row opens."""

    cells: Sequence[object]
    href: str | None = None


@dataclass(frozen=True)
class Table(Component):
    """A table: `sort` is the key it is ordered by, "-key" when descending; pages follow each other by key.

    `stacks`: on a phone each row stands as a card, its cells one below another, so that nothing is read sideways.
    """

    template: ClassVar[str] = "web/components/table.html"
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    sort: str | None = None
    filters: Filters | None = None
    shown: str | None = None
    next_url: str | None = None
    previous_url: str | None = None
    csv_url: str | None = None
    empty: Empty | None = None
    show_caption: bool = False
    stacks: bool = False


@dataclass(frozen=True)
class Picture(Component):
    """A picture made by `web.pictures`: its SVG, a summary in words, its figures as a table, its files.

    `zooms`: it is often wider than its place, and is given buttons and keys to look at it more closely.
    """

    template: ClassVar[str] = "web/components/picture.html"
    title: str
    svg: SafeString
    summary: str
    table: Table | None = None
    svg_url: str | None = None
    png_url: str | None = None
    zooms: bool = False


@dataclass(frozen=True)
class TimelineEntry:
    """One touchpoint on a customer's timeline: inbound stands left, outbound right."""

    at: datetime
    direction: Direction
    title: str
    text: str = ""
    medium: str = ""
    href: str | None = None
    held_back: str | None = None


@dataclass(frozen=True)
class Timeline(Component):
    """A customer over all touchpoints, in the order given; `who` names the customer at the two sides."""

    template: ClassVar[str] = "web/components/timeline.html"
    who: str
    entries: Sequence[TimelineEntry]
    now: datetime | None = None
    more_url: str | None = None


@dataclass(frozen=True)
class AsOf:
    """The run a page shows, as of `day`; `asked` is the day that was asked for, `kept` what else the address holds."""

    day: date
    run: str
    href: str | None = None
    asked: date | None = None
    kept: Sequence[tuple[str, str]] = ()

    @property
    def words(self) -> str:
        """Which run it is, beside the day that was asked for; empty when none was."""
        if self.asked is None:
            return ""
        if self.asked == self.day:
            return f"These are the figures as of {day(self.day)}."
        if self.day < self.asked:
            return (
                f"No run is as of {day(self.asked)}: the newest before it, as of {day(self.day)}, is shown."
            )
        return f"No run is as early as {day(self.asked)}: the first of all, as of {day(self.day)}, is shown."


@dataclass(frozen=True)
class SortLink:
    """A heading's link to sort by its column; the direction now is "ascending", "descending" or "none"."""

    href: str
    direction: str
    icon: str


def sort_link(column: Column, sort: str | None, query: Mapping[str, Sequence[str]]) -> SortLink:
    """The link that sorts by `column`; it keeps the page's other parameters and starts at the first page."""
    parameters = QueryDict(mutable=True)
    for name, values in query.items():
        if name not in {"sort", "after", "before"}:
            parameters.setlist(name, list(values))
    standing = {column.key: "ascending", f"-{column.key}": "descending"}.get(sort or "", "none")
    parameters["sort"] = f"-{column.key}" if standing == "ascending" else column.key
    icons = {"ascending": "sort-ascending", "descending": "sort-descending", "none": "selector"}
    return SortLink(f"?{parameters.urlencode()}", standing, icons[standing])


VERDICT_WORDS: Mapping[str, tuple[str, str]] = {
    "moved": ("Moved", "The interval lies above zero: the contacts brought it about."),
    "not_moved": ("Not moved", "An effect large enough to matter is ruled out."),
    "cannot_tell": ("Cannot tell", "The interval holds both no effect and one that matters."),
    "targeted": (
        "Targeted, not randomized",
        "Nobody was held out by chance, so no effect can be read from it.",
    ),
    "aa": (
        "A/A: nobody was reached in time",
        "Both arms were left alone: a difference here is chance or a fault.",
    ),
}


@dataclass(frozen=True)
class VerdictLook:
    """A verdict ready to draw: its words, its explanation, its figure."""

    kind: str
    words: str
    why: str
    figure: str | None


def verdict_look(verdict: Verdict) -> VerdictLook:
    """The words of a verdict; a targeted comparison never shows a figure, whatever it was given."""
    words, why = VERDICT_WORDS[verdict.kind]
    figure = None if verdict.kind == "targeted" else verdict.figure
    return VerdictLook(verdict.kind, words, verdict.why or why, figure)
