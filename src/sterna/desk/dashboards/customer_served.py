"""What staff does for a customer, as parts of the customer's page: ask, note, take requests and keep promises."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from sterna.desk.config import clock
from sterna.desk.config.ids import new_id
from sterna.desk.customers import queries
from sterna.desk.customers.models import Customer, CustomerRequest
from sterna.desk.customers.queries import NextQuestion
from sterna.desk.dashboards.page import Section
from sterna.desk.dashboards.parts import RequestChange, token
from sterna.desk.users.access import Right, allows
from sterna.desk.web.components import Column, Component, Empty, Late, Row, Table
from sterna.desk.web.formats import counted

Item = Component | SafeString
# Where a person asks; the others are pages of the customer's own, which ask by themselves.
ASKED_AT = ("phone", "counter", "store", "branch", "meeting", "adviser", "visit")
_OPEN = (CustomerRequest.State.ASKED, CustomerRequest.State.PROMISED)
# Enough for who passes a question over a few times while the customer waits.
CANDIDATES = 12


def html(name: str, request: HttpRequest, **context: object) -> SafeString:
    """A part of the page with a form in it."""
    return SafeString(render_to_string(f"dashboards/{name}.html", context, request=request))


def talking(request: HttpRequest, customer: Customer) -> list[Section]:
    """What to say next and where to write what was said, then what a note seems to say."""
    works = allows(request.user, Right.WORK_CONTACTS)
    first: list[Item] = [_question(request, customer, works)]
    if works:
        first.append(html("note_form", request, customer=customer, key=new_id()))
    sections = [Section(first, "With the customer now", layout="halves")]
    waiting = list(queries.proposals(customer))
    if waiting:
        titles = queries.classes()
        read = [
            {
                "proposal": one,
                "title": titles.at(one.fact_class).title if one.fact_class in titles else one.fact_class,
            }
            for one in waiting
        ]
        lead = f"{counted(len(waiting), 'thing')} read out of notes; nothing is kept before somebody says so."
        sections.insert(0, Section([html("proposals", request, read=read, works=works)], "Is this so?", lead))
    return sections


def _question(request: HttpRequest, customer: Customer, works: bool) -> Item:
    later = request.GET.getlist("later")
    found = [
        one
        for one in queries.next_questions(customer, most=CANDIDATES + len(later))
        if one.fact_class not in later
    ]
    if not found:
        why = (
            "The others are for another time: open the page anew to see them."
            if later
            else "All that plans and rules need of this customer is known, was asked for lately, or has no words yet."
        )
        return Empty("The next fact worth learning, and the words to ask in.", why)
    return html("question", request, customer=customer, works=works, later=later, **_asked(found[0]))


def _asked(one: NextQuestion) -> dict[str, object]:
    places = [place for place in ASKED_AT if place in one.words] or list(one.words)
    tree = queries.classes()
    known = tree.at(one.fact_class)
    choices = (
        known.choices
        or tuple(band.name for band in known.bands)
        or (("yes", "no") if known.holds == "flag" else ())
    )
    lacks = {
        "missing": "Not known yet",
        "stale": "Known once, and old by now",
        "guessed": "Only inferred so far",
    }
    return {
        "one": one,
        "place": places[0],
        "words": one.words[places[0]],
        "others": [(place.replace("_", " "), one.words[place]) for place in places[1:]],
        "choices": choices,
        "holds": known.holds,
        "lack": lacks[one.lack],
        "needed_by": _needed_by(one),
    }


def _needed_by(one: NextQuestion) -> str:
    named = list(dict.fromkeys(use.sentence for use in one.uses))
    more = len(named) - 2
    return ", ".join(named[:2]) + (f" and {more} more" if more > 0 else "")


def requests(request: HttpRequest, customer: Customer) -> list[Section]:
    """What the customer asked for: the open first, with what is past its day in red."""
    works = allows(request.user, Right.WORK_CONTACTS)
    found = sorted(queries.requests(customer), key=lambda one: one.state not in _OPEN)
    rows = [
        Row(
            [
                one.kind.capitalize(),
                one.words,
                one.asked_at,
                _state(one),
                _became(one),
                *([_change(request, one)] if works else []),
            ]
        )
        for one in found[:50]
    ]
    heads = [
        Column("kind", "Asked for"),
        Column("words", "In their words"),
        Column("asked", "Asked", "instant"),
        Column("state", "How it stands", "component"),
        Column("became", "Promised, or what became of it"),
        *([Column("change", "Change", "component")] if works else []),
    ]
    nothing = Empty(
        "What this customer asked for, what was promised by when, and what became of it.",
        "None is written down.",
    )
    items: list[Item] = [Table("Requests", heads, rows, stacks=True, empty=nothing)]
    # The questions are those of its kind: the tenth open request of one is asked nothing that the first is not.
    kinds = {one.kind: one for one in reversed(found) if one.state in _OPEN}
    follow_ups = [each for one in kinds.values() for each in queries.follow_ups(one)]
    if follow_ups:
        items.append(html("follow_ups", request, follow_ups=follow_ups))
    if works:
        tree = queries.classes()
        known = sorted({kind for name in tree.ids() for kind in tree.at(name).follow_ups})
        items.append(html("request_form", request, customer=customer, kinds=known, key=new_id()))
    return [Section(items, "What did they ask for?")]


def _state(one: CustomerRequest) -> Component | str:
    today = clock.today()
    if one.state in _OPEN and one.due_on is not None and one.due_on < today:
        return Late(one.get_state_display(), one.due_on)
    if one.state in _OPEN and one.due_on is not None:
        return f"{one.get_state_display()}, due {one.due_on}"
    return "Asked, no day promised" if one.state in _OPEN else one.get_state_display()


def _became(one: CustomerRequest) -> str:
    who = one.settled_by or one.promised_by
    words = one.outcome or one.promise
    return f"{words} ({who.name})" if words and who else words or "nothing yet"


def _change(request: HttpRequest, one: CustomerRequest) -> Component | str:
    return RequestChange(one.pk, token(request), one.kind, one.promise) if one.state in _OPEN else ""
