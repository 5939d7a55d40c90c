"""Webhooks: who is told what happens here, how each receiver stands, and every message with what came of it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from sterna.desk.config import clock, options
from sterna.desk.dashboards.context import asked_text
from sterna.desk.dashboards.page import Page, Section, answer
from sterna.desk.dashboards.paging import Slice
from sterna.desk.dashboards.queries import people
from sterna.desk.users.access import Right, allows, needs
from sterna.desk.web.components import (
    Chip,
    Column,
    Component,
    Empty,
    Failed,
    Filters,
    Number,
    RelativeTime,
    Row,
    Table,
)
from sterna.desk.web.formats import count, counted, instant, relative
from sterna.desk.webhooks import queries
from sterna.desk.webhooks.addresses import SETTING
from sterna.desk.webhooks.models import Endpoint, Message
from sterna.desk.webhooks.signing import body_of, is_under_this_key, message_id

QUESTION = "Who is told what happens here?"
LEAD = (
    "Another system's address gets a signed message when a customer moves or a run is published: at least once, under "
    "an id that stays the same, in no order."
)
A_WEEK = timedelta(days=7)
Item = Component | SafeString


@needs(Right.READ)
def webhooks(request: HttpRequest) -> HttpResponse:
    """Every endpoint with how it stands."""
    found = queries.standings()
    administers = allows(request.user, Right.ADMINISTER)
    step = "Add the first one below." if administers else "An administrator adds the first one here."
    table = Table(
        "Endpoints",
        [
            Column("name", "Endpoint"),
            Column("url", "Address"),
            Column("told", "Is told of"),
            Column("state", "State"),
            Column("last", "Last delivery", "component"),
            Column("waiting", "Waiting", "number"),
            Column("failed", "Failed", "number"),
        ],
        [_row(one) for one in found],
        empty=Empty("Systems that are told of moves.", f"None so far. {step}"),
        stacks=True,
    )
    notices: list[Item] = [notice for one in found for notice in _notices(one.endpoint, one.waiting, True)]
    form = [_form(request, None, is_open=not found)] if administers else []
    return answer(request, Page(QUESTION, [Section([*notices, table, *form])], LEAD, dated=False))


def _row(standing: queries.Standing) -> Row:
    one = standing.endpoint
    last = RelativeTime(one.delivered_at) if one.delivered_at else "never"
    cells = [one.name, one.url, told(one), one.get_state_display(), last, standing.waiting, standing.failed]
    return Row(cells, reverse("endpoint", args=[one.pk]))


def told(one: Endpoint) -> str:
    """What an endpoint is told of, in words."""
    words = []
    if queries.MOVED in one.types:
        narrowed = [
            f"{name} {', '.join(values)}"
            for name, values in (("of", one.kinds), ("in", one.schemes), ("from or to", one.places))
            if values
        ]
        words.append(" ".join(["moves", *narrowed]))
    return " and ".join([*words, *(["published runs"] if queries.PUBLISHED in one.types else [])])


def _notices(one: Endpoint, waiting: int, linked: bool) -> Iterator[Failed]:
    """Why nothing is sent although somebody wanted it to be."""
    kept = f"{counted(waiting, 'message')} waiting; nothing of them is lost."
    link = (f"Open {one.name}", reverse("endpoint", args=[one.pk])) if linked else (None, None)
    if one.state == Endpoint.State.GONE:
        what = f"{one.name} was disabled: the receiver answered 410, which asks to be told nothing more."
        yield Failed(what, kept, "Ask who runs the receiver, change the address, and enable it again.", *link)
    elif one.state == Endpoint.State.FAILING:
        since = f" since {one.failing_since:%Y-%m-%d}" if one.failing_since else ""
        what = f"{one.name} was disabled: no message has been taken{since}."
        yield Failed(what, kept, "Mend the receiver, send a test message, and enable it again.", *link)
    if not is_under_this_key(one):
        what = f"{one.name} is not sent to: STERNA_SECRET_KEY is not what it was when its secret was shown."
        yield Failed(
            what, kept, "Set that key again, or rotate the secret and give it to the receiver.", *link
        )


def _form(request: HttpRequest, one: Endpoint | None, is_open: bool) -> SafeString:
    known = one or Endpoint(types=[queries.MOVED])
    offered = queries.offered()
    there = reverse("endpoint_change", args=[one.pk]) if one else reverse("endpoint_add")
    # What was chosen and is in force no more stays to be seen and to be taken away.
    schemes = list(dict.fromkeys([*(each.name for each in offered), *known.schemes]))
    listed = {each.name: [f"{each.name}/{place}" for place in each.places] for each in offered}
    for chosen in known.places:
        scheme = chosen.partition("/")[0]
        listed[scheme] = list(dict.fromkeys([*listed.get(scheme, []), chosen]))
    context = {
        "endpoint": one,
        "there": there,
        "open": is_open,
        "private": options.flag(SETTING),
        "filtered": bool(known.schemes or known.kinds or known.places),
        "types": [(value, words, value in known.types) for value, words in queries.TYPES.items()],
        "kinds": [(value, value in known.kinds) for value in queries.KINDS.values()],
        "schemes": [(value, value in known.schemes) for value in schemes],
        "places": [
            (scheme, [(value, value.partition("/")[2], value in known.places) for value in values])
            for scheme, values in listed.items()
        ],
    }
    return SafeString(render_to_string("dashboards/endpoint_form.html", context, request=request))


@needs(Right.READ)
def endpoint(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One endpoint: how it stands, its messages, and what an administrator does to it."""
    found = get_object_or_404(Endpoint, pk=pk)
    states = queries.states(found)
    waiting = states.get(Message.State.WAITING, 0)
    notices = [*_notices(found, waiting, False)]
    sections = [
        *([Section(notices)] if notices else []),
        Section(_figures(found, states), layout="figures"),
        Section(_messages(request, found, states), "What was it told, and what came of it?"),
    ]
    if allows(request.user, Right.ADMINISTER):
        context = {"endpoint": found, "since": clock.today() - A_WEEK, "waiting": count(waiting)}
        changes = render_to_string("dashboards/endpoint_changes.html", context, request=request)
        sections.append(Section([_form(request, found, False), SafeString(changes)], "What shall change?"))
    lead = f"{found.get_state_display()}. {told(found).capitalize()} go to {found.url}{_both(found)}."
    trail = [("Webhooks", reverse("webhooks"))]
    return answer(request, Page(f"What is {found.name} told?", sections, lead, trail=trail, dated=False))


def _both(found: Endpoint) -> str:
    if found.former_until and found.former_until > clock.now():
        return f", signed also with the secret before until {found.former_until:%Y-%m-%d %H:%M} UTC"
    return ""


def _figures(found: Endpoint, states: dict[str, int]) -> Sequence[Component]:
    resting = found.rests_until is not None and found.rests_until > timezone.now()
    last, exact = _moment(found.delivered_at)
    return [
        Number(
            "Waiting", states.get(Message.State.WAITING, 0), note=_rests(found) if resting else "to be sent"
        ),
        Number("Delivered", states.get(Message.State.DELIVERED, 0), note=f"kept {_days()} days"),
        Number("Failed", states.get(Message.State.FAILED, 0), note="after ten attempts in three days"),
        Number("Last delivery", last, "text", note=exact),
    ]


def _moment(at: datetime | None) -> tuple[str, str | None]:
    """How long ago something was, and when exactly."""
    return (relative(at, clock.now()), instant(timezone.localtime(at))) if at else ("never", None)


def _rests(found: Endpoint) -> str:
    return f"it answers badly and rests until {found.rests_until:%H:%M} UTC" if found.rests_until else ""


def _days() -> int:
    return options.number("STERNA_WEBHOOK_DAYS")


def _messages(request: HttpRequest, found: Endpoint, states: dict[str, int]) -> list[Item]:
    chosen, customer = asked_text(request, "state"), asked_text(request, "customer")
    chosen = chosen if chosen in Message.State.values else ""
    rows = queries.messages(found, chosen, customer)
    page: Slice[Message] = Slice(request, rows, ("made_at",), "-made_at")
    names = people.titles(one.customer_id for one in page.rows if one.customer_id)
    choices = [(state.value, state.label, count(states.get(state, 0))) for state in Message.State]
    context = {"states": choices, "chosen": chosen}
    chips = [Chip("that are", Message.State(chosen).label.lower(), "?")] if chosen else []
    if customer:
        chips.append(Chip("about customer", customer[:40], f"?state={chosen}" if chosen else "?"))
    many = rows.count() if customer else states.get(chosen, 0) if chosen else sum(states.values())
    table = Table(
        "Messages",
        [
            Column("made_at", "Made", "instant", sortable=True),
            Column("what", "What it tells"),
            Column("customer", "Customer"),
            Column("state", "State"),
            Column("attempts", "Attempts", "number"),
            Column("answer", "Last answer"),
        ],
        [_message_row(one, names) for one in page.rows],
        sort=page.sort,
        filters=Filters(counted(many, "message"), chips, "?" if chips else None),
        next_url=page.next_url,
        previous_url=page.first_url,
        stacks=True,
        empty=_none(bool(chips)),
    )
    return [SafeString(render_to_string("dashboards/message_choices.html", context)), table]


def _none(is_filtered: bool) -> Empty:
    if is_filtered:
        return Empty("Messages of this endpoint.", "None fits the filter.", "All of them", "?")
    return Empty(
        "Messages of this endpoint.", "None was written yet: the next move or run that it asks for is."
    )


def _message_row(one: Message, names: Mapping[UUID, str]) -> Row:
    who = names[one.customer_id] if one.customer_id else "nobody"
    cells = [one.made_at, said(one), who, one.get_state_display(), one.attempts, _answered(one)]
    return Row(cells, reverse("webhook_message", args=[one.pk]))


def said(one: Message) -> str:
    """What a message tells, in words."""
    if one.type == queries.MOVED:
        before, after = (one.data[name] or "nowhere" for name in ("from", "to"))
        return f"{one.scheme}: {before} to {after} on {one.on}"
    return f"the run until {one.data['until']}" if one.type == queries.PUBLISHED else "a test"


def _answered(one: Message) -> str:
    if one.tried_at is None:
        return "none yet"
    return f"{one.status} {one.answer[:60]}".strip() if one.status else one.answer[:80]


@needs(Right.READ)
def webhook_message(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One message as it is sent, how it stands, and what the receiver said last."""
    found = get_object_or_404(Message.objects.select_related("endpoint"), pk=pk)
    tried, exact = _moment(found.tried_at)
    figures = [
        Number("State", found.get_state_display(), "text", note=_next(found)),
        Number("Attempts", found.attempts, note="of ten"),
        Number("Last attempt", tried, "text", note=exact),
        Number("Status", str(found.status) if found.status else "none", "text", note="of the last answer"),
    ]
    body = json.dumps(json.loads(body_of(found)), indent=2, ensure_ascii=False)
    sent: list[Item] = [_code(f"webhook-id: {message_id(found)}\n\n{body}", "The message as it is sent")]
    if found.answer:
        sent.append(_code(found.answer, "How the last answer began"))
    if allows(request.user, Right.ADMINISTER):
        again = render_to_string("dashboards/message_retry.html", {"message": found}, request=request)
        sent.append(SafeString(again))
    sections = [Section(figures, layout="figures"), Section(sent, "What is sent, and what was answered?")]
    here = reverse("endpoint", args=[found.endpoint_id])
    trail = [("Webhooks", reverse("webhooks")), (found.endpoint.name, here)]
    if found.customer_id:
        trail.append(("The customer", reverse("customer", args=[found.customer_id])))
    lead = f"To {found.endpoint.name}, made on {found.made_at:%Y-%m-%d %H:%M} UTC: {said(found)}."
    return answer(request, Page("What became of this message?", sections, lead, trail=trail, dated=False))


def _next(found: Message) -> str:
    if found.state != Message.State.WAITING:
        return ""
    if found.endpoint.state != Endpoint.State.ENABLED:
        return "until the endpoint is enabled"
    return (
        f"due {found.due_at:%Y-%m-%d %H:%M} UTC"
        if found.due_at > timezone.now()
        else "leaves within a minute"
    )


def _code(text: str, label: str) -> SafeString:
    return SafeString(render_to_string("dashboards/code.html", {"text": text, "label": label}))
