"""The part of the page of segments that tells what happened since the newest run."""

from django.urls import reverse

from sterna.desk.dashboards.page import Section
from sterna.desk.dashboards.queries import people
from sterna.desk.dashboards.queries.between_runs import Between, between
from sterna.desk.web.components import Column, Empty, Row, Table
from sterna.desk.web.formats import counted, sentence


def between_runs() -> Section:
    """How places are kept up between runs, and the newest moves."""
    found = between()
    titles = people.titles(one.customer for one in found.moves)
    rows = [
        Row(
            [one.on, titles[one.customer], one.scheme, one.was or "nowhere", one.place, sentence(one.cause)],
            reverse("customer", args=[one.customer]),
        )
        for one in found.moves
    ]
    columns = [
        Column("on", "Day", "day"),
        Column("customer", "Customer"),
        Column("scheme", "Scheme"),
        Column("was", "From"),
        Column("place", "To"),
        Column("cause", "Why"),
    ]
    nothing = Empty(
        "Who moved since the newest run, by what they did or by the time that passed.",
        f"Places change with runs only: {found.why}." if found.why else "Nobody moved since.",
    )
    return Section(
        [Table("Moves since the run", columns, rows, empty=nothing, stacks=True)],
        "Since the run",
        _lead(found),
    )


def _lead(found: Between) -> str:
    if found.why:
        return ""
    said = [
        f"Segments and stages are kept up from the run of {found.until} until {found.last}: what customers do, say and "
        "choose moves them within minutes, and time moves them on its day. Nobody moves twice a day in a scheme.",
    ]
    if found.waiting:
        verb = "waits" if found.waiting == 1 else "wait"
        said.append(f"{counted(found.waiting, 'customer')} {verb} to be looked at.")
    for scheme, day in sorted(found.held.items()):
        said.append(
            f"More customers than the limit of {scheme} allows would have moved on {day}: the next run shows them, and "
            "nobody moves in it before."
        )
    return " ".join(said)
