"""The left rail as one declaration; an entry whose page this installation does not have is left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.urls import NoReverseMatch, reverse

SEARCH = "search"
SIGN_IN = "login"
SIGN_OUT = "logout"


@dataclass(frozen=True)
class Entry:
    """One line of the rail: `group` is the step of the loop it stands under, empty for a line of its own."""

    label: str
    url_name: str
    icon: str
    group: str = ""


@dataclass(frozen=True)
class Link:
    """An entry with its address; `current` marks the page that is open."""

    label: str
    href: str
    icon: str
    current: bool


@dataclass(frozen=True)
class Group:
    """The links of one step of the loop, in order; a heading only when it has a label."""

    label: str
    links: tuple[Link, ...]


ENTRIES: tuple[Entry, ...] = (
    Entry("Home", "home", "home"),
    Entry("Customers", "customers", "users", "Know"),
    Entry("Review", "review", "scale", "Know"),
    Entry("Identity rules", "identity_rules", "lock", "Know"),
    Entry("Sources", "sources", "database", "Know"),
    Entry("Webhooks", "webhooks", "mail", "Know"),
    Entry("Taxonomy", "taxonomy", "filter", "Know"),
    Entry("Data quality", "data_quality", "shield-check", "Know"),
    Entry("Value", "values", "coins", "Value"),
    Entry("Measures", "value_measures", "scale", "Value"),
    Entry("Concentration", "value_concentration", "sort-descending", "Value"),
    Entry("Grid", "value_grid", "stairs", "Value"),
    Entry("Back-test", "value_back_test", "target", "Value"),
    Entry("Best customers", "best_customers", "user-circle", "Value"),
    Entry("Who brings others", "brought", "users", "Value"),
    Entry("Tiers", "tiers", "stairs", "Place"),
    Entry("Groups", "groups", "users", "Place"),
    Entry("Segments", "segments", "users", "Place"),
    Entry("Moves", "moves", "arrows-exchange", "Place"),
    Entry("Look-alikes", "lookalikes", "users", "Place"),
    Entry("Plan", "plan_list", "route"),
    Entry("Outbox", "contacts", "inbox", "Contact"),
    Entry("Calls", "tasks", "phone", "Contact"),
    Entry("Left out", "left_out", "x", "Contact"),
    Entry("Ratings", "ratings", "users", "Measure"),
    Entry("Results", "results", "target", "Measure"),
    Entry("Runs", "runs", "player-play", "Installation"),
    Entry("Settings", "settings", "settings", "Installation"),
)


def address(url_name: str) -> str | None:
    """The address of a page by its url name, or None when this installation does not have the page."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return None


def rail(path: str, entries: Sequence[Entry] = ENTRIES) -> list[Group]:
    """The groups of the rail that have a page, in order; `path` is the open page's path."""
    found = [(entry, href) for entry in entries if (href := address(entry.url_name)) is not None]
    current = _current(path, [href for _, href in found])
    return [
        Group(label, tuple(Link(entry.label, href, entry.icon, href == current) for entry, href in lines))
        for label, lines in groupby(found, key=lambda line: line[0].group)
    ]


def _current(path: str, hrefs: Iterable[str]) -> str | None:
    # "/" starts every path: Home is current only when it is the very page.
    inside = [
        href for href in hrefs if path == href or (href != "/" and path.startswith(f"{href.rstrip('/')}/"))
    ]
    return max(inside, key=len, default=None)
