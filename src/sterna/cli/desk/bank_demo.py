"""The demonstration's private bank: two simulated years, tiers of balances, groups by judgement, two turns."""

import os
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import pyarrow.parquet as pq

from sterna.cli.desk.demo_steps import MANAGER, console, import_once, put_in_force, send, step, turn
from sterna.cli.desk.invented import LABEL, as_if

if TYPE_CHECKING:
    from sterna.desk.customers.models import Customer
    from sterna.desk.segments.actions import Asked

EXAMPLES = Path(__file__).parents[4] / "examples" / "bank"
CLIENTS, SEED = 2_000, 2025
FIRST, OPENING, CLOSING = date(2024, 1, 1), date(2024, 12, 31), date(2025, 12, 31)
PLACING = datetime(2025, 1, 2, 16, tzinfo=UTC)  # when staff began to place clients in groups
NOW = datetime(2026, 1, 2, 16, tzinfo=UTC)
WHY = "The demonstration begins"
TAXONOMY = "private-banking"
REGISTER = "user_id"  # the bank's own client numbers: two of them are two persons, whatever else is alike
# How many clients stand in each group; of those in B so many lack nothing but the figures.
IDEAL, NEARLY, EXCEPTIONS, JUDGED = 60, 36, 16, 10

# What staff wrote down: that a client needs, wants and values what the bank does.
NEEDS = (
    "Has a company to hand over and nobody who plans it with them.",
    "Three houses, four accounts, and no picture of the whole before we drew one.",
    "Wants to give a part away in their lifetime and asked how.",
    "Retires next year and has to live off what is there.",
)
WANTS = (
    "Comes to every review and brings the questions in writing.",
    "Asked to see their manager twice a year instead of once.",
    "Wants us in the room when they speak with their notary.",
    "Reads what we send and calls about it.",
)
VALUES = (
    "Told a friend about us at the club; we heard it from the friend.",
    "Turned down a cheaper house and said why: they know whom to call.",
    "Thanked us for the plan by a letter of their own.",
    "Moved the children's accounts to us without being asked.",
)
JUDGEMENTS = (("need", NEEDS), ("want", WANTS), ("value", VALUES))
# Of those in B: why they are expected in A, by when, and the next step. The first day has passed by now.
EXPECTED = (
    (
        "Sells the company this year and wants us to look after it",
        date(2025, 9, 30),
        "Dinner with the buyer's bank",
    ),
    (
        "An account elsewhere ends in spring, and they mean to bring it",
        date(2026, 6, 30),
        "Send the transfer forms",
    ),
    ("Inherits with two sisters and asked us for a plan", date(2026, 12, 31), "Meet all three in February"),
)
KEPT = (
    "family: the daughter of a client in A, who asked us to",
    "introducer: three clients came by their word",
    "staff: was with the bank for thirty years",
    "charity: a foundation that we serve at cost",
)


Figures = Mapping[str, Decimal | None]


def turns() -> None:
    """Simulate, import, publish the terms, turn the loop as of two year's ends, and place clients in groups between."""
    os.environ.setdefault("STERNA_NOW", NOW.isoformat())
    folder = _simulated()
    _publish_taxonomy()
    import_once("the simulated bank: clients, balances, fees and events", folder, EXAMPLES / "mapping.yaml")
    import_once("what clients said to their managers", folder, EXAMPLES / "meetings.yaml")
    import_once("the bank's second system, with other identifiers", folder, EXAMPLES / "logins.yaml")
    _link()
    _say_who_is_where()
    with as_if(PLACING):
        turn(OPENING)
        send()
        _call()
    _place_in_groups()
    _credit(folder)
    turn(CLOSING)
    _approve_but_one()


def _simulated() -> Path:
    from sterna.desk.config import options
    from sterna.engine.simulation import clients, write_bank

    folder = options.home() / "bank"
    # The truth is written last: a simulation that was killed is made again, byte for byte the same.
    if not (folder / "truth.json").exists():
        with step(f"simulating a private bank: {CLIENTS:,} clients, two years"):
            write_bank(folder, clients(CLIENTS, SEED), FIRST)
    return folder


def _publish_taxonomy() -> None:
    """Put the classes of private banking in force, once: what somebody published on the desk since stays."""
    from sterna.desk.customers import shipped
    from sterna.desk.customers.actions import publish_taxonomy
    from sterna.desk.customers.models import TaxonomyVersion

    if not TaxonomyVersion.objects.exists():
        publish_taxonomy(shipped.text(f"{TAXONOMY}.yaml"), WHY, None)


def _link() -> None:
    """Find who stands in both systems, and what follows from what is known, once."""
    from sterna.desk.customers.actions import infer_all, match_profiles
    from sterna.desk.customers.models import LinkModel

    if LinkModel.objects.exists():
        console.print("profiles were linked before: nothing changed")
        return
    with step("linking the two systems, and inferring from what was said"):
        # Linking comes last: where it is stored, the inference was done.
        infer_all()
        done = match_profiles()
        console.print(
            f"  {done.merged} are one client with a login, {done.to_review} pairs wait for a steward"
        )


def _say_who_is_where() -> None:
    """Publish tiers, segments, stages, the terms of the groups and the plan, each once."""
    from sterna.cli.desk import segments
    from sterna.desk.plans import actions as plans
    from sterna.desk.plans.models import Plan
    from sterna.desk.runs.actions import cut_tiers
    from sterna.desk.segments import group_queries
    from sterna.desk.segments.actions import publish_terms
    from sterna.desk.segments.models import Definition
    from sterna.desk.segments.ruled_queries import ruled_in_force

    with as_if(PLACING):
        if not Definition.objects.filter(kind="scheme").exists():
            cut_tiers(EXAMPLES / "tiers.yaml", OPENING)
        if not ruled_in_force():
            segments.load(EXAMPLES / "segments.yaml", WHY)
        if group_queries.terms_definition() is None:
            publish_terms((EXAMPLES / "groups.yaml").read_text(encoding="utf-8"), None, WHY)
        if not Plan.objects.exclude(state=Plan.State.DRAFT).exists():
            put_in_force(plans.load(EXAMPLES / "plan.yaml", None), WHY)


def _call() -> None:
    """Write down how the calls of the plan went: some clients want the plan, the others want time."""
    from sterna.desk.contacts.actions import complete_task
    from sterna.desk.contacts.models import Task
    from sterna.desk.users.models import User

    staff = User.objects.get(username="staff")
    for place, task in enumerate(Task.objects.filter(state=Task.State.OPEN).order_by("pk")):
        said = "wants to see the plan on paper" if place % 3 else "asked for another call in autumn"
        complete_task(task, Task.State.DONE, LABEL + said, staff)


def _place_in_groups() -> None:
    """Place the clients whom staff know best: judged, proposed by one and approved by another, on days of a month."""
    from sterna.desk.segments.group_models import GroupChange

    ideal, nearly, kept = _chosen()
    proposed = set(GroupChange.objects.values_list("customer", flat=True))
    if all(one in proposed for one in (*ideal, *nearly, *kept)):
        console.print("clients were placed in groups before: nothing changed")
        return
    with step("placing clients in groups, by the judgement of staff"):
        for place, one in enumerate(ideal):
            _place(one, place, "A", 3)
        for place, one in enumerate(nearly):
            _place(one, place, "B", 3 if place < JUDGED else 2)
        for place, one in enumerate(kept):
            _place(one, place, "C", 0)
        console.print(f"  {len(ideal)} in A, {len(nearly)} in B, {len(kept)} in C")


def _chosen() -> tuple[list[UUID], list[UUID], list[UUID]]:
    """Who is placed in A, in B and in C: by the thresholds of the terms; in B those who come nearest to them first."""
    from sterna.desk.customers.models import SourceRecord
    from sterna.desk.runs.models import Run
    from sterna.desk.segments import group_queries
    from sterna.engine.segments.groups import reaches_a

    definition = group_queries.terms_definition()
    assert definition is not None
    terms = group_queries.terms_of(definition)
    numbered = SourceRecord.objects.filter(kind=REGISTER).order_by("value")
    known = list(dict.fromkeys(numbered.values_list("customer", flat=True)))
    # By the run that was the newest on that day, whenever this is asked: a second demonstration chooses the same.
    run = Run.objects.filter(until=OPENING, published_at__isnull=False).latest("published_at")
    with as_if(PLACING):
        figures = group_queries.figures_of(terms, known, run.pk)
    reach = [one for one in known if reaches_a(terms, figures[one])]
    under = sorted(set(known) - set(reach), key=lambda one: (-_near(figures[one]), known.index(one)))
    others = sorted(under[NEARLY:], key=known.index)
    return reach[:IDEAL], under[:NEARLY], others[:EXCEPTIONS]


def _near(figures: Figures) -> Decimal:
    """How near a client is to the thresholds: what the scarcer of the figures is, nothing where one is unknown."""
    known = [amount for amount in figures.values() if amount is not None]
    return min(known) if len(known) == len(figures) else Decimal(0)


def _place(one: UUID, place: int, group: str, judged: int) -> None:
    """Judge a client, propose the group and approve it on one day; who is in a group or proposed for one is left."""
    from django.db import transaction

    from sterna.desk.customers.models import Customer
    from sterna.desk.segments import group_queries
    from sterna.desk.segments.actions import approve, judge, propose
    from sterna.desk.users.models import User

    customer = Customer.objects.get(pk=one)
    if group_queries.changes_of(customer):
        return
    staff, manager = User.objects.get(username="staff"), User.objects.get(username=MANAGER)
    with as_if(PLACING + timedelta(days=place % 28)), transaction.atomic():
        for kind, words in JUDGEMENTS[:judged]:
            judge(customer, kind, True, LABEL + words[place % len(words)], staff)
        change = propose(customer, _asked(group, place), staff)
        approve(change, manager, "Read and agreed in the Monday meeting")


def _asked(group: str, place: int) -> "Asked":
    from sterna.desk.segments.actions import Asked

    if group == "A":
        return Asked("A", LABEL + "the balance, the fees and all three judgements are there")
    if group == "C":
        return Asked("C", KEPT[place % len(KEPT)])
    why, by, then = EXPECTED[place % len(EXPECTED)]
    return Asked("B", LABEL + why, by, then)


def _credit(folder: Path) -> None:
    """Write down who came because of whom, as the clients said it, each once."""
    from sterna.desk.values.actions import Said, record_credit
    from sterna.desk.values.models import Credit

    told = pq.read_table(folder / "referrals.parquet").to_pylist()
    if Credit.objects.count() >= len(told):
        return
    people = _by_number({row[side] for row in told for side in ("newcomer", "introduced_by")})
    with step("writing down who introduced whom"):
        for row in told:
            said = Said("Simulated: says so at the first meeting.", said_on=row["said_on"])
            came, brought = people[row["newcomer"]], people[row["introduced_by"]]
            record_credit(came, brought, said, None, key=f"simulated-{row['newcomer']}")


def _by_number(numbers: Iterable[str]) -> Mapping[str, "Customer"]:
    from sterna.desk.customers.models import SourceRecord

    found = SourceRecord.objects.filter(kind=REGISTER, value__in=numbers).select_related("customer")
    return {record.value: record.customer for record in found}


def _approve_but_one() -> None:
    """Of what the run proposed the manager approved all but the newest, once: later proposals are for whoever looks."""
    from django.db import transaction

    from sterna.desk.segments.actions import approve
    from sterna.desk.segments.group_models import GroupChange
    from sterna.desk.users.models import User

    proposed = GroupChange.objects.filter(proposed_by=None).order_by("proposed_at", "pk")
    if proposed.exclude(state=GroupChange.State.OPEN).exists():
        return
    grown = list(proposed)[:-1]
    manager = User.objects.get(username=MANAGER)
    with transaction.atomic():
        for change in grown:
            approve(change, manager, "Grew into it, as expected")
    if proposed:
        console.print(f"the run proposed B to A: {len(grown)} approved, 1 waits on the page Groups")
