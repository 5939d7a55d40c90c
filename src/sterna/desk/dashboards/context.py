"""What every page is given beside its own content: the run it shows and the moment it takes for the present."""

from datetime import date
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from sterna.desk.config import clock, options
from sterna.desk.dashboards.queries.current import run_name, shown_run
from sterna.desk.web.components import AsOf


def asked_day(request: HttpRequest) -> date | None:
    """The day of the query `as_of`, None when there is none or it is no day."""
    try:
        return date.fromisoformat(request.GET.get("as_of", ""))
    except ValueError:
        return None


def everywhere(request: HttpRequest) -> dict[str, Any]:
    """Context of every page."""
    shared: dict[str, Any] = {"now": clock.now(), "pretended_now": options.pretended_now()}
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return shared
    asked = asked_day(request)
    run = shown_run(asked)
    if run is not None:
        shared["as_of"] = AsOf(run.until, run_name(run.pk), reverse("run", args=[run.pk]), asked)
    return shared
