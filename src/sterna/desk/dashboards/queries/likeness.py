"""The lists whose like can be looked for, and who is like one of them, out of the files of a run."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

import pyarrow.parquet as pq

from sterna.desk.config.refused import Refused
from sterna.desk.customers.queries import classes
from sterna.desk.dashboards.queries import places
from sterna.desk.runs.actions import briefing
from sterna.desk.runs.models import Run
from sterna.desk.segments.group_queries import groups_on
from sterna.desk.segments.models import BestMember, Move
from sterna.desk.segments.queries import bests_in_force
from sterna.engine.segments import features, lookalikes
from sterna.engine.segments.groups import TITLES, Group
from sterna.engine.segments.lookalikes import Lookalikes

BEST, GROUP, TIER = "best", "group", "tier"
IDEAL: Group = "A"  # the customers that one would like to clone


@dataclass(frozen=True)
class Listing:
    """A list of customers as a run found it: `key` names it in addresses."""

    key: str
    title: str


def listings(run: Run) -> list[Listing]:
    """The lists of the run, those of best customers first, then group A where anybody is in it, then the tiers."""
    found = [Listing(f"{BEST}:{one.name}", one.body["title"]) for one in bests_in_force()]
    if IDEAL in groups_on(run.until).values():
        found.append(Listing(f"{GROUP}:{IDEAL}", f"Group {IDEAL}, {TITLES[IDEAL]}"))
    return found + [Listing(f"{TIER}:{place.name}", f"Tier {place.name}") for place in places.ladder(run)]


def members(run: Run, listing: Listing) -> list[str]:
    """Who is on a list of the run."""
    kind, _, name = listing.key.partition(":")
    found: Iterable[UUID]
    if kind == BEST:
        found = BestMember.objects.filter(run_id=run.pk, best=name).values_list("customer_id", flat=True)
    elif kind == GROUP:
        found = [pk for pk, letter in groups_on(run.until).items() if letter == name]
    else:
        placed = Move.objects.filter(run_id=run.pk, scheme=run.brief["scheme"]["name"], to_place=name)
        found = placed.values_list("customer_id", flat=True)
    return sorted(str(pk) for pk in found)


def protected_titles() -> list[str]:
    """What nobody is compared by, of the classes that hold something."""
    tree = classes()
    barred = features.protected_classes(tree)
    return [tree.at(one).title for one in tree.ids() if one in barred and tree.at(one).holds]


def alike(run: Run, listing: Listing, drop: Collection[str], most: int) -> Lookalikes:
    """Who is most like a list of the run, up to `most`; what is dropped and not compared by anyway is passed over.

    Raises Refused where the run keeps its files no more.
    """
    folder = briefing.folder(run.pk)
    compared = features.allowed_classes(classes())
    wanted = ["customer_id", "tenure_days", *lookalikes.MEASURES]
    try:
        values = pq.read_table(folder / "values.parquet", columns=list(dict.fromkeys(wanted)))
        facts = pq.read_table(
            folder / "current_facts.parquet", columns=["customer_id", "fact_class", "value"]
        )
    except FileNotFoundError:
        raise Refused("This run keeps its rows no more: look at a newer one") from None
    panel = features.panel_of(values, facts, lookalikes.MEASURES, compared)
    present = set(panel.customers)
    return lookalikes.find(
        panel,
        [one for one in members(run, listing) if one in present],
        [name for name in drop if name in panel.columns],
        most,
    )
