"""What every page is given beside its own content: the run it shows and the moment it takes for the present."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from sterna.desk.config import clock, options
from sterna.desk.dashboards.queries.current import run_name, shown_run
from sterna.desk.sources.queries import simulated
from sterna.desk.web.components import AsOf


def asked_day(request: HttpRequest) -> date | None:
    """The day of the query `as_of`, None when there is none or it is no day."""
    try:
        return date.fromisoformat(request.GET.get("as_of", ""))
    except ValueError:
        return None


def asked_text(request: HttpRequest, name: str) -> str:
    """The word of the query `name` without NUL, which PostgreSQL refuses in a text; empty when there is none."""
    return plain(request.GET.get(name, ""))


def plain(text: str) -> str:
    """`text` as PostgreSQL can compare it."""
    return text.replace("\x00", "").strip()


def everywhere(request: HttpRequest) -> dict[str, Any]:
    """Context of every page."""
    shared: dict[str, Any] = {"now": clock.now(), "pretended_now": options.pretended_now()}
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return shared
    # A page draws many templates: the run is looked up once for all of them.
    if not hasattr(request, "sterna_as_of"):
        request.sterna_as_of = _as_of(asked_day(request), _kept(request))  # type: ignore[attr-defined]
        request.sterna_simulated = simulated()  # type: ignore[attr-defined]
    return shared | {
        "as_of": request.sterna_as_of,  # type: ignore[attr-defined]
        "simulated": request.sterna_simulated,  # type: ignore[attr-defined]
    }


# Of another day's page: its first rows, and the page itself, not a file of it or what is new in it.
_OF_ONE_DAY = ("as_of", "after", "format", "table", "seen")


def _kept(request: HttpRequest) -> list[tuple[str, str]]:
    """What the address asks for beside the day, so that another day shows the same filter in the same order."""
    return [
        (name, value)
        for name in request.GET
        if name not in _OF_ONE_DAY
        for value in request.GET.getlist(name)
    ]


def _as_of(asked: date | None, kept: Sequence[tuple[str, str]]) -> AsOf | None:
    run = shown_run(asked)
    return AsOf(run.until, run_name(run.pk), reverse("run", args=[run.pk]), asked, kept) if run else None
