"""Look-alikes: what sets a list of customers apart, and who else is like them, with what speaks for and against."""

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from sterna.desk.config.refused import Refused
from sterna.desk.customers.queries import classes
from sterna.desk.dashboards.context import asked_day, asked_text, plain
from sterna.desk.dashboards.group_parts import letter
from sterna.desk.dashboards.page import Page, Section, answer
from sterna.desk.dashboards.queries import likeness, people
from sterna.desk.dashboards.queries.current import shown_run
from sterna.desk.dashboards.queries.likeness import Listing
from sterna.desk.dashboards.views.places import no_run
from sterna.desk.runs.models import Run
from sterna.desk.segments.group_queries import NONE, groups_on
from sterna.desk.users.access import Right, needs
from sterna.desk.web.components import Chip, Column, Component, Empty, Filters, Row, Table
from sterna.desk.web.formats import counted, decimal, percent
from sterna.engine.segments.lookalikes import LEAST, Lookalikes, Ranking, Reason
from sterna.engine.segments.traits import Spread, Trait
from sterna.engine.value.catalogue import BY_NAME

QUESTION = "Who else is like your best?"
SHOWN = 25
_CHOICES = 3
_TITLES = {"top_category": "Category bought most"}


def _titles(features: Iterable[str]) -> dict[str, str]:
    """What people call each feature: a measure, or a class of facts."""
    tree = classes()

    def title(feature: str) -> str:
        if feature in BY_NAME:
            return BY_NAME[feature].title
        return _TITLES.get(feature) or (tree.at(feature).title if feature in tree else feature)

    return {feature: title(feature) for feature in features}


@needs(Right.READ)
def look_alikes(request: HttpRequest) -> HttpResponse:
    """The lists; of the one asked for its profile and everybody else by likeness."""
    run = shown_run(asked_day(request))
    if run is None:
        return no_run(QUESTION, "Who is like the customers of a list.", request)
    lists = likeness.listings(run)
    asked = asked_text(request, "list")
    chosen = next((one for one in lists if one.key == asked), lists[0] if lists else None)
    drop = sorted({plain(name) for name in request.GET.getlist("drop")})
    sections = [Section([_choose(request, lists, chosen)]), *(_found(run, chosen, drop) if chosen else ())]
    barred = ", ".join(title.lower() for title in likeness.protected_titles())
    lead = (
        f"{chosen.title if chosen else 'No list'}: what sets them apart, and who is like them. "
        f"Nobody is compared by what is protected: {barred or 'nothing of it is kept'}."
    )
    return answer(request, Page(QUESTION, sections, lead))


def _address(key: str, drop: Sequence[str]) -> str:
    return f"{reverse('lookalikes')}?{urlencode([('list', key), *(('drop', name) for name in drop)])}"


def _choose(request: HttpRequest, lists: Sequence[Listing], chosen: Listing | None) -> SafeString:
    """The form that asks of which list."""
    context = {"lists": lists, "chosen": chosen, "asked": asked_day(request)}
    return SafeString(render_to_string("dashboards/likeness_choose.html", context, request=request))


def _found(run: Run, chosen: Listing, drop: Sequence[str]) -> list[Section]:
    try:
        found = likeness.alike(run, chosen, drop, SHOWN)
    except Refused as refused:
        return [Section([Empty("The profile, and who is like them.", f"{refused}.")])]
    apart, groups = found.customers.apart, groups_on(run.until)
    lead = (
        ""
        if apart is None or found.customers.cannot_tell
        else (
            f"Of a pair, one on the list and one not, {percent(apart)} are told rightly in customers it was not fitted "
            "on. A likeness of 50 % is as like the list as like everybody else."
        )
    )
    return [
        Section([_ranked(found, found.customers, "Customers like them", groups)], "Who is like them?", lead),
        Section(
            [_profile(chosen, drop, found)],
            "What sets them apart?",
            "Beside all others who have bought. Open a line to leave it out, and see what the list then is.",
        ),
        Section(
            [_ranked(found, found.prospects, "Prospects like them", groups)],
            "Who could become like them, among those who never bought?",
            "By facts alone, for of purchases there are none.",
        ),
    ]


def _ranked(found: Lookalikes, ranking: Ranking, caption: str, groups: Mapping[UUID, str]) -> Component:
    named = _titles(one.feature for one in found.profile)
    titles = people.titles([UUID(one.customer) for one in ranking.people])
    rows = [
        Row(
            [
                titles.get(UUID(one.customer), ""),
                one.likeness,
                _said(one.speaks_for, named),
                _said(one.speaks_against, named),
                *([letter(groups.get(UUID(one.customer), NONE))] if groups else []),
            ],
            reverse("customer", args=[one.customer]),
        )
        for one in ranking.people
    ]
    columns = [
        Column("customer", "Customer"),
        Column("likeness", "Likeness", "percent"),
        Column("for", "What speaks for it"),
        Column("against", "What speaks against it"),
        *([Column("group", "Group", "component")] if groups else []),
    ]
    nothing = Empty(f"{caption}, with what speaks for and against.", f"Cannot tell: {ranking.cannot_tell}")
    return Table(
        caption,
        columns,
        rows,
        empty=nothing,
        stacks=True,
        shown=f"The first {len(rows)} of {ranking.among:,}" if rows else None,
    )


def _said(reasons: Sequence[Reason], named: Mapping[str, str]) -> str:
    return "; ".join(f"{named[one.feature]}: {one.value}" for one in reasons) or "nothing"


def _profile(chosen: Listing, drop: Sequence[str], found: Lookalikes) -> Table:
    named = _titles([*(one.feature for one in found.profile), *drop])
    rows = [
        Row(
            [named[one.feature], _spread(one.members, one.tells), _spread(one.others, True), one.members.known,
             _use(one, found)],
            _address(chosen.key, [*drop, one.feature]),
        )
        for one in found.profile
    ]  # fmt: skip
    columns = [
        Column("feature", "What is known"),
        Column("list", "On the list"),
        Column("others", "All others"),
        Column("known", "Known of", "number"),
        Column("use", "In the likeness"),
    ]
    chips = [
        Chip("without", named[name], _address(chosen.key, [one for one in drop if one != name]))
        for name in drop
    ]
    words = f"{counted(found.members, 'customer')} on the list “{chosen.title}”"
    clear = _address(chosen.key, ()) if drop else None
    return Table("Profile", columns, rows, filters=Filters(words, chips, clear), stacks=True)


def _use(one: Trait, found: Lookalikes) -> str:
    """Whether a feature counts for the likeness, else why not."""
    ranking = found.customers
    if one.feature in (ranking.features or {}):
        return "counts"
    return (ranking.unused or {}).get(one.feature, "not told")


def _spread(spread: Spread, tells: bool) -> str:
    if not tells:
        return f"cannot tell: known of fewer than {LEAST}"
    if spread.known == 0:
        return "unknown"
    if spread.shares:
        most = sorted(spread.shares, key=lambda share: (-share[1], share[0]))[:_CHOICES]
        return ", ".join(f"{choice} {percent(share)}" for choice, share in most)
    figures = [_figure(number) for number in (spread.median, spread.low, spread.high, spread.mean)]
    return "median {}, middle half {} to {}, mean {}".format(*figures)


def _figure(number: float | None) -> str:
    return "unknown" if number is None else decimal(number, 0 if abs(number) >= 100 else 2)
