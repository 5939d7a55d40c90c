"""One source: its keys, what it sends, how strict it is, its webhook, and the events of it that were refused."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from sterna.desk.config import clock
from sterna.desk.dashboards.context import asked_text
from sterna.desk.dashboards.page import Action, Page, Section, answer
from sterna.desk.dashboards.paging import Slice
from sterna.desk.dashboards.parts import KeyChange, token
from sterna.desk.sources import queries
from sterna.desk.sources.models import DeadLetter, InboxEvent, KeyKind, Source, Webhook
from sterna.desk.users.access import Right, allows, needs
from sterna.desk.web.components import Chip, Column, Component, Empty, Filters, Number, Picture, Row, Table
from sterna.desk.web.formats import count, counted
from sterna.desk.web.pictures.columns import Stack, columns, summary

DAYS = 14
KEPT, REPEATED, ERASED = "kept", "repeated", "erased"
PARTS = ("taken", "came again", "refused")
NEWEST = 100
FIRST_MAPPING = {
    "type": "track",
    "event": "Call Ended",
    "user_id": "$.data.customer",
    "occurred_at": "$.timestamp",
    "properties": "$.data",
}
Item = Component | SafeString


@needs(Right.READ)
def source(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One source; with `part=tail` only the events that came after the one named."""
    found = get_object_or_404(Source, pk=pk)
    if request.GET.get("part") == "tail":
        return _newer(request, found)
    administers = allows(request.user, Right.ADMINISTER)
    sections = [
        *_counts(found),
        Section(
            _keys(request, found, administers), "Which keys does it send with?", _about_keys(administers)
        ),
        Section([_tail(request, found)], "What came in last?"),
        Section(_strictness(request, found, administers), "What is kept of what it sends?"),
        Section(_webhook(request, found, administers), "Does it send signed messages?"),
    ]
    letters = Action("Refused events", f"{reverse('dead_letters')}?source={found.name}", "alert-triangle")
    lead = f"{found.get_history_display()}, its people are known by {found.identifier_kind}."
    if not found.enabled:
        lead += " It is disabled: nothing is taken from it."
    page = Page(
        f"What comes from {found.title}?",
        sections,
        lead,
        letters,
        [("Sources", reverse("sources"))],
        dated=False,
    )
    return answer(request, page)


def _counts(found: Source) -> Iterator[Section]:
    today = clock.today()
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    tallied = queries.tallies(found, days[0], today)
    stacks = [_stack(day, tallied.get(day, {})) for day in days]
    whole = {part: sum(stack.parts[part] for stack in stacks) for part in PARTS}
    waiting = queries.dead_letters(found).count()
    refused_url = f"{reverse('dead_letters')}?source={found.name}"
    yield Section(
        [
            Number("Taken", whole["taken"], note=f"events in {DAYS} days"),
            Number("Came again", whole["came again"], note="known already, counted once"),
            Number("Refused", whole["refused"], note=f"events in {DAYS} days"),
            Number("Dead letters", waiting, note="wait to be put right"),
        ],
        layout="figures",
    )
    if not any(whole.values()):
        nothing = Empty(
            "What came in on each day.",
            f"Nothing in the last {DAYS} days. Make a key below and send the first event with it: "
            "docs/how-to/connect-a-site.md shows how.",
        )
        yield Section([nothing], "Does it send, and is it taken?")
        return
    title = f"Events of {found.title} by day"
    picture = columns(stacks, PARTS, title=title)
    table = _by_code(days, tallied)
    parts: list[Item] = [Picture(title, picture, summary(stacks, PARTS), table)]
    if waiting:
        words = f"{counted(waiting, 'refused event')} of {found.title} to be put right"
        chips = [Chip("for", code) for code, _ in queries.dead_letter_codes(found)[:4]]
        parts.append(Filters(words, chips, refused_url))
    yield Section(parts, "Does it send, and is it taken?")


def _stack(day: date, outcomes: dict[str, int]) -> Stack:
    codes = {code: many for code, many in outcomes.items() if code not in (KEPT, REPEATED)}
    # Nobody did anything wrong: who was erased stays so.
    erased = codes.get(ERASED, 0)
    told = ", ".join(f"{many:,} {code.replace('_', ' ')}" for code, many in sorted(codes.items()))
    figures = (outcomes.get(KEPT, 0), outcomes.get(REPEATED, 0), sum(codes.values()) - erased)
    return Stack(f"{day:%m-%d}", dict(zip(PARTS, figures, strict=True)), told)


def _by_code(days: list[date], tallied: dict[date, dict[str, int]]) -> Table:
    outcomes = sorted({code for each in tallied.values() for code in each}, key=_order)
    heads = [Column("day", "Day", "day"), *(Column(code, _titled(code), "number") for code in outcomes)]
    rows = [Row([day, *(tallied.get(day, {}).get(code, 0) for code in outcomes)]) for day in reversed(days)]
    return Table("Events by day and outcome", heads, rows)


def _order(code: str) -> tuple[bool, bool, str]:
    return code != KEPT, code != REPEATED, code


def _titled(code: str) -> str:
    known = {KEPT: "Taken", REPEATED: "Came again", ERASED: "Of erased people, dropped"}
    return known.get(code, code.replace("_", " ").capitalize())


def _about_keys(administers: bool) -> str:
    words = (
        "A secret key stays on your own servers and may say who somebody is; a public one stands in the pages of a "
        "site and may only write. Sterna keeps no key's text."
    )
    return words if administers else f"{words} Administrators make and disable them."


def _keys(request: HttpRequest, found: Source, administers: bool) -> list[Item]:
    keys = list(queries.write_keys(found))
    rows = [
        Row(
            [
                key.name,
                key.get_kind_display(),
                f"{key.prefix}..." if key.prefix else "not kept",
                " ".join(key.origins) or ("any site" if key.kind == KeyKind.PUBLIC else "servers only"),
                key.events_per_second,
                "in use" if key.enabled else "disabled",
                "never" if key.last_used_on is None else key.last_used_on,
                *(
                    [KeyChange(key.pk, token(request), key.name) if key.enabled else ""]
                    if administers
                    else []
                ),
            ]
        )
        for key in keys
    ]
    heads = [
        Column("name", "Key"),
        Column("kind", "Kind"),
        Column("begins", "Begins with"),
        Column("sites", "Used from"),
        Column("rate", "Events a second", "number"),
        Column("state", "State"),
        Column("used", "Last used", "day"),
        *([Column("change", "Change", "component")] if administers else []),
    ]
    step = "Make the first one below." if administers else "An administrator makes the first one here."
    table = Table(
        "Write keys",
        heads,
        rows,
        empty=Empty("Keys that events are sent with.", f"None so far. {step}"),
        stacks=True,
    )
    form = SafeString(
        render_to_string("dashboards/key_form.html", {"source": found, "first": not keys}, request=request)
    )
    return [table, form] if administers else [table]


@dataclass(frozen=True)
class Shown:
    """An event of the tail as one line with its body."""

    at: datetime
    kind: str
    name: str
    who: str
    key_kind: str
    body: str


def _shown(event: InboxEvent) -> Shown:
    body = event.body
    return Shown(
        event.received_at,
        str(body.get("type") or ""),
        str(body.get("event") or body.get("name") or ""),
        str(body.get("userId") or body.get("anonymousId") or ""),
        event.key_kind,
        pretty(body),
    )


def pretty(body: object) -> str:
    """A JSON value as people read it."""
    return json.dumps(body, indent=2, ensure_ascii=False, sort_keys=False)


def _tail(request: HttpRequest, found: Source) -> Item:
    events = list(queries.newest_events(found, NEWEST))
    context = _tailed(found, events) | {"paused": "paused" in request.GET}
    if not events:
        why = "None is kept now. They stay until they are in the lake and old; a first one appears within seconds."
        return Empty(f"The last {NEWEST} events, as they come.", why)
    return SafeString(render_to_string("dashboards/tail.html", context, request=request))


def _tailed(found: Source, events: list[InboxEvent]) -> dict[str, object]:
    newest = events[0].sequence if events else 0
    here = reverse("source", args=[found.pk])
    return {"events": [_shown(event) for event in events], "newest": newest, "here": here}


def _newer(request: HttpRequest, found: Source) -> HttpResponse:
    """The events that came since; 204 when none did, so that what somebody reads stays open."""
    after = request.GET.get("after", "")
    known = int(after) if after.isascii() and after.isdecimal() else 0
    events = [event for event in queries.newest_events(found, NEWEST) if event.sequence > known]
    if not events:
        return HttpResponse(status=204)
    context = _tailed(found, events) | {"paused": False}
    return HttpResponse(render_to_string("dashboards/tail_events.html", context, request=request))


def _strictness(request: HttpRequest, found: Source, administers: bool) -> list[Item]:
    rows = [
        Row([trait, declared["fact_class"], declared["purpose"]])
        for trait, declared in sorted(found.traits.items())
    ]
    heads = [Column("trait", "Trait"), Column("class", "Becomes the fact"), Column("purpose", "For")]
    rest = (
        "It is strict: a trait that is not declared is stripped before anything is written, and only its name is kept."
        if found.strict
        else "It is lenient: a trait that is not declared stays in the event's body for as long as events are kept."
    )
    nothing = Empty(
        "Traits that become facts, each with its class and purpose.",
        f"None is declared. {rest}",
        "Taxonomy",
        reverse("taxonomy"),
    )
    items: list[Item] = [Table("Declared traits", heads, rows, empty=nothing, stacks=True)]
    if rows:
        items.append(SafeString(render_to_string("dashboards/sentence.html", {"words": rest})))
    if administers:
        items.append(
            SafeString(render_to_string("dashboards/strict_form.html", {"source": found}, request=request))
        )
    return items


def _webhook(request: HttpRequest, found: Source, administers: bool) -> list[Item]:
    webhook = Webhook.objects.filter(source=found, enabled=True).first()
    items: list[Item] = []
    if webhook is None:
        who = "Write below how a message is read." if administers else "An administrator opens it here."
        items.append(
            Empty(
                "Messages of another system, signed per Standard Webhooks, that become events.",
                f"None is open. {who}",
            )
        )
    else:
        address = request.build_absolute_uri(f"/hooks/{found.name}")
        items.append(_words(f"Signed messages are taken at {address}, {_both(webhook)}."))
    if administers:
        mapping = pretty(webhook.mapping if webhook else FIRST_MAPPING)
        context = {"source": found, "webhook": webhook, "mapping": mapping}
        items.append(SafeString(render_to_string("dashboards/webhook_forms.html", context, request=request)))
    elif webhook:
        context = {"text": pretty(webhook.mapping), "label": "How a message becomes an event"}
        items.append(SafeString(render_to_string("dashboards/code.html", context)))
    return items


def _both(webhook: Webhook) -> str:
    if webhook.former_secret and webhook.former_until and webhook.former_until > clock.now():
        return f"the secret before counts until {webhook.former_until:%Y-%m-%d %H:%M} UTC"
    return f"open since {webhook.created_at:%Y-%m-%d}"


@needs(Right.READ)
def dead_letters(request: HttpRequest) -> HttpResponse:
    """The events that were refused, by source and code."""
    named, code = asked_text(request, "source"), asked_text(request, "code")
    of = Source.objects.filter(name=named).first() if named else None
    replayed = request.GET.get("replayed") == "yes"
    rows = queries.dead_letters(of, code, replayed)
    page: Slice[DeadLetter] = Slice(request, rows, ("id",), "-id")
    table = Table(
        "Refused events",
        [
            Column("received", "Received", "instant"),
            Column("source", "Source"),
            Column("code", "Code"),
            Column("reason", "Why"),
            Column("message", "Message id"),
        ],
        [_letter_row(letter) for letter in page.rows],
        filters=_filters(rows.count(), of, code, replayed),
        next_url=page.next_url,
        previous_url=page.first_url,
        stacks=True,
        empty=_no_letters(of, code, replayed),
    )
    choices = SafeString(
        render_to_string(
            "dashboards/letter_choices.html",
            {"codes": _codes(of), "chosen": code, "source": named, "replayed": replayed},
        )
    )
    trail = [("Sources", reverse("sources"))]
    if of:
        trail.append((of.title, reverse("source", args=[of.pk])))
    lead = "Each stands as it came, under the reason it was refused for; put right, it is taken in once."
    return answer(
        request,
        Page("What was refused, and why?", [Section([choices, table])], lead, trail=trail, dated=False),
    )


def _codes(of: Source | None) -> list[tuple[str, str, str]]:
    return [(code, code.replace("_", " "), count(many)) for code, many in queries.dead_letter_codes(of)]


def _filters(many: int, of: Source | None, code: str, replayed: bool) -> Filters:
    here = reverse("dead_letters")
    chips = [Chip("of", of.title, f"{here}?code={code}" if code else here)] if of else []
    if code:
        chips.append(Chip("refused as", code.replace("_", " "), f"{here}?source={of.name}" if of else here))
    if replayed:
        chips.append(Chip("that were", "replayed", here))
    return Filters(counted(many, "event"), chips)


def _no_letters(of: Source | None, code: str, replayed: bool) -> Empty:
    if of or code or replayed:
        return Empty(
            "Events that were refused.", "None fits the filter.", "All of them", reverse("dead_letters")
        )
    return Empty(
        "Events that were refused, each with the reason.",
        "None waits: every event was taken.",
        "Sources",
        reverse("sources"),
    )


def _letter_row(letter: DeadLetter) -> Row:
    cells = [
        letter.received_at,
        letter.source.title,
        letter.code.replace("_", " "),
        letter.reason,
        letter.message_id or "none",
    ]
    return Row(cells, reverse("dead_letter", args=[letter.pk]))


@needs(Right.READ)
def dead_letter(request: HttpRequest, pk: int) -> HttpResponse:
    """One refused event, as it came; an administrator puts it right and replays it."""
    letter = get_object_or_404(DeadLetter.objects.select_related("source"), pk=pk)
    figures = [
        Number("Code", letter.code.replace("_", " "), "text"),
        Number("Came by", f"a {letter.key_kind} key", "text"),
        Number("Message id", letter.message_id or "none", "text"),
    ]
    text = pretty(letter.body)
    if letter.replayed_at:
        told = f"It was replayed on {letter.replayed_at:%Y-%m-%d}. The audit says by whom and why."
        body: list[Item] = [_words(told), _code(text)]
    elif allows(request.user, Right.ADMINISTER):
        context = {"letter": letter, "body": text, "rows": min(text.count("\n") + 3, 30)}
        body = [SafeString(render_to_string("dashboards/replay_form.html", context, request=request))]
    else:
        body = [_words("An administrator can put it right and replay it."), _code(text)]
    sections = [Section(figures, layout="figures"), Section(body, "What came?")]
    trail = [("Sources", reverse("sources")), ("Refused events", reverse("dead_letters"))]
    lead = f"{letter.source.title} sent it on {letter.received_at:%Y-%m-%d}: {letter.reason}."
    return answer(request, Page("Why was this event refused?", sections, lead, trail=trail, dated=False))


def _code(text: str) -> SafeString:
    return SafeString(
        render_to_string("dashboards/code.html", {"text": text, "label": "The event as it came"})
    )


def _words(words: str) -> SafeString:
    return SafeString(render_to_string("dashboards/sentence.html", {"words": words}))
