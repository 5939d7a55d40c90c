"""One definition of best customers: who is on its list and why, its versions, and a list of old made anew."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from sterna.desk.dashboards.best_words import (
    figure_cells,
    figure_columns,
    how_listed,
    named,
    names,
    rule,
    score,
    unknown,
)
from sterna.desk.dashboards.context import asked_day, asked_text
from sterna.desk.dashboards.page import Action, Page, Section, answer
from sterna.desk.dashboards.paging import SIZE, Slice
from sterna.desk.dashboards.queries import best, people
from sterna.desk.dashboards.queries.best import Listed
from sterna.desk.dashboards.queries.current import run_name, shown_run
from sterna.desk.dashboards.views.best import QUESTION, periods_table
from sterna.desk.runs.models import Run
from sterna.desk.segments.best_lists import made_anew
from sterna.desk.segments.best_texts import written
from sterna.desk.segments.models import BestMember, Definition
from sterna.desk.segments.queries import best_versions, made
from sterna.desk.users.access import Right, allows, needs
from sterna.desk.web.components import Column, Component, Empty, Number, Row, Table
from sterna.desk.web.formats import day
from sterna.engine.value import best as engine

Item = Component | SafeString
ALL = 100_000


@needs(Right.READ)
def best_list(request: HttpRequest, name: str) -> HttpResponse:
    """The list of the run that is shown; with a version in the address, that version computed anew of the run."""
    versions = best_versions(name)
    if not versions:
        raise Http404(f"There is no definition {name}.")
    run = shown_run(asked_day(request))
    listed = next((one for one in best.listed(run) if one.definition.best == name), None)
    shown = _asked(request, versions) or (listed.definition if listed else engine.of_body(versions[0].body))
    sections = [*_list_sections(request, run, listed, shown)]
    if run and listed and listed.record:
        kept = periods_table(run, [listed])
        sections.append(Section([kept], "What became of their value since the period before?"))
    sections += _definition_sections(request, versions, listed, shown)
    manages = allows(request.user, Right.MANAGE)
    action = Action("Edit definition", reverse("best_edit", args=[name])) if manages else None
    lead = f"{rule(shown)} Version {shown.version}, {listed.state if listed else 'retired'}."
    trail = [(QUESTION, reverse("best_customers"))]
    return answer(request, Page(f"{shown.title}?", sections, lead, action, trail))


def _asked(request: HttpRequest, versions: Sequence[Definition]) -> engine.Definition | None:
    """The version that the address asks for, None without one or for one that there is not."""
    wanted = asked_text(request, "version")
    found = next((one for one in versions if str(one.version) == wanted), None)
    return engine.of_body(found.body) if found else None


def _list_sections(
    request: HttpRequest, run: Run | None, listed: Listed | None, shown: engine.Definition
) -> Iterator[Section]:
    if run is None:
        yield Section(
            [Empty("The names, by rank.", "No run has been published yet.", "See the runs", reverse("runs"))]
        )
        return
    if asked_text(request, "version"):
        yield _anew(request, run, shown)
        return
    if listed is None or listed.record is None:
        why = "This run made no list of it: it was published later, or it is retired."
        yield Section([Empty("The names, by rank.", why)])
        return
    yield Section(list(_figures(run, listed)), layout="figures")
    yield Section([_names(request, run, shown)], "Who is on it, and why?")


def _figures(run: Run, listed: Listed) -> Iterator[Component]:
    record, definition = listed.record or {}, listed.definition
    sums = best.member_sums(run, definition.best)
    meaning = "The first of those who could be ranked, as the definition says."
    yield Number("Members", record["members"], provenance=how_listed(run, definition, meaning))
    meaning = "Who has every measure that is named and meets the conditions."
    yield Number("Ranked", record["ranked"], provenance=how_listed(run, definition, meaning))
    missing = sum(record["unknown"].values())
    yield Number("Not to be ranked", missing, note=unknown(record["unknown"]))
    currency = run.brief["currency"]
    for measure, label in (("spend", "Spend in the window"), ("expected_spend", "To come")):
        amount, known = sums[measure]
        note = None if known == record["members"] else f"known of {known:,}"
        provenance = how_listed(run, definition, "Summed over the members.")
        yield Number(label, amount, "money", currency, provenance, "a run that knows it of a member", note)


def _names(request: HttpRequest, run: Run, definition: engine.Definition) -> Table:
    page: Slice[BestMember] = Slice(request, best.members(run, definition.best), ("rank",), "rank")
    called = names(page.rows)
    customers = [row.customer_id for row in page.rows]
    figures = best.figures(run, customers, named(definition))
    treatments = _treatments(run, definition.best, customers)
    currency = run.brief["currency"]
    rows = [
        Row(
            [
                called[row.customer_id][0],
                row.rank,
                score(definition, row.score, currency),
                *figure_cells(definition, figures.get(row.customer_id)),
                treatments.get(row.customer_id, ""),
            ],
            called[row.customer_id][1],
        )
        for row in page.rows
    ]
    columns = [*_head(definition, currency), Column("treatment", "Treatment")]
    return Table(
        "Members by rank", columns, rows, page.sort, stacks=True, next_url=page.next_url, previous_url=page.first_url,
        empty=Empty("The names, by rank.", "Nobody could be ranked by it in this run."),
    )  # fmt: skip


def _head(definition: engine.Definition, currency: str) -> list[Column]:
    head = [Column("customer", "Customer"), Column("rank", "Rank", "number"), Column("score", "Score")]
    return [*head, *figure_columns(definition, currency)]


def _treatments(run: Run, name: str, customers: Sequence[UUID]) -> dict[UUID, str]:
    """The treatment of each of some members of a list, and of which group it is where that is another."""
    arbitration = best.arbitration(run)
    found = best.standings(run, arbitration, customers) if arbitration else {}
    treatments = {one.definition.best: one.definition.treatment or "none" for one in best.listed(run)}
    told = {}
    for one, at in found.items():
        others = ", ".join(group for group in at.groups if group != at.group)
        words = f"{treatments[at.group]}, of {at.group}" if at.group != name else treatments[at.group]
        told[one] = f"{words}; also in {others}" if others and at.group == name else words
    return told


@dataclass(frozen=True)
class _Part:
    """Some rows of a list that is not stored, and where the next ones begin."""

    members: Sequence[engine.Member]
    first: int
    following: int | None


def _anew(request: HttpRequest, run: Run, definition: engine.Definition) -> Section:
    """The list of a version computed anew of a run, and whether it is the one that was published."""
    if run.pk not in {one.pk for one in best.kept_runs()}:
        why = f"The pages keep the rows of each customer of {run_name(run.pk)} no more; its files have them."
        return Section([Empty("The names, by rank.", why)])
    made_list = made_anew(definition, run.pk, run.until)
    part = _part(request, made_list.members)
    ids = [UUID(one.customer) for one in part.members]
    titles, figures = people.titles(ids), best.figures(run, ids, named(definition))
    currency = run.brief["currency"]
    rows = [
        Row(
            [
                titles[pk],
                one.rank,
                score(definition, one.score, currency),
                *figure_cells(definition, figures.get(pk)),
            ],
            reverse("customer", args=[pk]),
        )
        for pk, one in zip(ids, part.members, strict=True)
    ]
    further = {"version": str(definition.version), "as_of": str(run.until)}
    following = f"?{urlencode(further | {'first': part.following})}" if part.following else None
    nothing = Empty("The names, by rank.", "Nobody could be ranked by it in this run.")
    table = Table(
        "Members by rank, computed anew", _head(definition, currency), rows, next_url=following,
        previous_url=f"?{urlencode(further)}" if part.first else None, empty=nothing, stacks=True,
    )  # fmt: skip
    lead = f"{_proof(run, definition, made_list)} {len(made_list.members):,} of {made_list.ranked:,} ranked."
    return Section([table], f"Who was on version {definition.version} as of {day(run.until)}?", lead)


def _part(request: HttpRequest, members: Sequence[engine.Member]) -> _Part:
    text = asked_text(request, "first")
    first = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
    size = ALL if request.GET.get("format") == "csv" else SIZE
    end = first + size
    return _Part(members[first:end], first, end if end < len(members) else None)


def _proof(run: Run, definition: engine.Definition, found: engine.Best) -> str:
    published = best.published(run, definition.best, definition.version)
    if published is None:
        return f"Computed anew from what {run_name(run.pk)} measured; the run itself made no list by this version."
    computed = {UUID(one.customer): one.rank for one in found.members}
    if computed == published:
        return (
            f"Computed anew from what {run_name(run.pk)} measured: the same names and ranks as it published."
        )
    same = len(computed.keys() & published.keys())
    return (
        f"Computed anew from what {run_name(run.pk)} measured: {same:,} of the {len(published):,} that it published. "
        "Rows that were erased since count no more."
    )


def _definition_sections(
    request: HttpRequest, versions: Sequence[Definition], listed: Listed | None, shown: engine.Definition
) -> Iterator[Section]:
    name = shown.best
    items: list[Item] = [_versions(name, versions), _choice(request, versions, shown)]
    yield Section(
        items,
        "Which versions are there?",
        "A version never changes: the same version of the same run is the same list.",
    )
    code = {"text": written(shown), "label": f"Version {shown.version} of {name}"}
    yield Section(
        [SafeString(render_to_string("dashboards/code.html", code))], f"Version {shown.version} as a text"
    )
    if listed and listed.in_force and allows(request.user, Right.MANAGE):
        form = render_to_string("dashboards/best_retire.html", {"name": name}, request=request)
        yield Section([SafeString(form)], "Is it of no use any more?")


def _versions(name: str, versions: Sequence[Definition]) -> Table:
    who = made(versions)
    rows = [
        Row(
            [
                one.version,
                one.body["title"],
                one.created_at,
                who[one.version].by if one.version in who else "Sterna",
                who[one.version].reason if one.version in who else "",
                one.sha256[:12],
            ],
            f"{reverse('best_list', args=[name])}?{urlencode({'version': one.version})}",
        )
        for one in versions
    ]
    columns = [
        Column("version", "Version", "number"),
        Column("title", "Title"),
        Column("at", "Published", "instant"),
        Column("by", "By"),
        Column("why", "Why"),
        Column("proof", "Proof"),
    ]
    return Table("Versions", columns, rows, stacks=True)


def _choice(request: HttpRequest, versions: Sequence[Definition], shown: engine.Definition) -> SafeString:
    """The form that asks for a version of a run."""
    context = {
        "versions": [one.version for one in versions],
        "shown": shown.version,
        "days": list(dict.fromkeys(str(run.until) for run in best.kept_runs())),
        "day": request.GET.get("as_of", ""),
    }
    return SafeString(render_to_string("dashboards/best_choice.html", context))
