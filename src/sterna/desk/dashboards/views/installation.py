"""The installation: its settings, and the audit of every write."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from sterna.desk.audit.models import Entry
from sterna.desk.config import options
from sterna.desk.dashboards.page import Action, Page, Section, answer
from sterna.desk.dashboards.paging import Slice
from sterna.desk.users.access import Right, needs
from sterna.desk.users.models import User
from sterna.desk.web.components import Column, Empty, Row, Table

_SECRET = ("STERNA_SECRET_KEY", "STERNA_SMTP_PASSWORD", "STERNA_DATABASE_URL")


@needs(Right.READ)
def settings(request: HttpRequest) -> HttpResponse:
    """Every setting with its value, and who may do what."""
    rows = [Row([option.name, _shown(option.name), option.help]) for option in options.OPTIONS]
    columns = [Column("name", "Setting"), Column("value", "Value"), Column("help", "What it does")]
    people = [
        Row([user.name, user.username, user.get_role_display(), user.last_login or "never"])
        for user in User.objects.order_by("username")
    ]
    people_columns = [
        Column("name", "Name"),
        Column("user", "User"),
        Column("role", "Role"),
        Column("seen", "Last here"),
    ]
    sections = [
        Section([Table("People", people_columns, people, stacks=True)], "Who works here?"),
        Section([Table("Settings", columns, rows, stacks=True)], "Settings"),
    ]
    return answer(
        request,
        Page(
            "How is Sterna set up?",
            sections,
            action=Action("See the audit", reverse("audit"), "shield-check"),
            dated=False,
        ),
    )


def _shown(name: str) -> str:
    value = options.text(name)
    return "set, not shown" if value and name in _SECRET else value or "empty"


@needs(Right.READ)
def audit(request: HttpRequest) -> HttpResponse:
    """Who did what, when and why."""
    page: Slice[Entry] = Slice(request, Entry.objects.select_related("actor"), ("at",), "-at")
    rows = [
        Row(
            [
                entry.at,
                entry.actor.name if entry.actor else "Sterna",
                entry.action,
                entry.subject_kind,
                entry.subject,
                entry.reason,
            ]
        )
        for entry in page.rows
    ]
    columns = [
        Column("at", "When", "instant", True),
        Column("actor", "Who"),
        Column("action", "Did"),
        Column("kind", "To"),
        Column("subject", "Which"),
        Column("reason", "Why"),
    ]
    table = Table(
        "Audit", columns, rows, page.sort, next_url=page.next_url, previous_url=page.first_url,
        empty=Empty("One line for every write.", "Nothing was written yet."), stacks=True,
    )  # fmt: skip
    return answer(request, Page("Who did what?", [Section([table])], dated=False))
