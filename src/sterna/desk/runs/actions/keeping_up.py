"""Keeps segments and stages true between runs: follows the newest run, and places whoever something happened to."""

from dataclasses import dataclass
from datetime import date, timedelta

from sterna.desk.config import clock, options
from sterna.desk.customers.queries import classes
from sterna.desk.lakehouse.queries import manifest
from sterna.desk.runs.models import Run
from sterna.desk.runs.panels import panel_of
from sterna.desk.runs.queries import last_day, newest_run, not_followed
from sterna.desk.segments import actions as segments
from sterna.desk.segments.live_models import Followed
from sterna.desk.segments.rolled import Panel, opened, terms_of
from sterna.engine.rules import Rule
from sterna.engine.segments.ruled import read_ruled, rules_of


@dataclass(frozen=True)
class KeptUp:
    """What a call did: events that were read, customers that were looked at; `why` nothing was done."""

    events: int = 0
    customers: int = 0
    why: str = ""


def keep_up() -> KeptUp:
    """Place whoever is due, after the newest run was laid out where it is another one than before."""
    run, day = newest_run(), clock.today()
    why = not_followed(run, day)
    if why or run is None:
        if Followed.objects.exists():
            segments.stop_following()
        return KeptUp(why=why)
    if not Followed.objects.filter(run_id=run.pk).exists():
        _follow(run)
    schemes = segments.live_schemes(run.brief.get("ruled", ()))
    events = segments.follow_inbox([live.scheme.name for live in schemes])
    segments.ring_timers(day)
    return KeptUp(events, segments.place_due(segments.rules_on(schemes, day, last_day(run)), run.pk))


def _follow(run: Run) -> None:
    """Lay out what a run knew of everybody, as far as its rules read it."""
    cut, days = run.until + timedelta(days=1), options.number("STERNA_FOLLOW_DAYS")
    rules = [rule for terms in run.brief["ruled"] for rule in rules_of(read_ruled(terms["body"]))]
    with opened(panel_of(run), options.text("STERNA_LAKE_MEMORY")) as panel:
        terms = panel.named(terms_of(rules, cut))
        products = [path for path, _ in manifest().get("products", ())] if terms.shelved else []
        laid = segments.Laid(run.pk, cut, run.sealed or 0, terms)
        segments.lay_out(laid, panel, panel.shelf_of(products), _turning(panel, rules, cut, days), days)


def _turning(panel: Panel, rules: list[Rule], cut: date, days: int) -> dict[str, date]:
    pairs = classes().closure()
    closure = {
        "ancestors": [pair.ancestor for pair in pairs],
        "descendants": [pair.descendant for pair in pairs],
    }
    return panel.turning(rules, closure, cut, days)
