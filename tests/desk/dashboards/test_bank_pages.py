"""The demonstration's bank on the pages: tiers of balances, groups by judgement, real moves, and nothing twice."""

import os
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.urls import reverse

from tests.desk.dashboards.conftest import committed

pytestmark = pytest.mark.django_db
CLIENTS = 200


@pytest.fixture(scope="module")
def bank(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """The demonstration's turns with fewer clients, run twice; its folder of simulated files."""
    from sterna.cli.desk import bank_demo
    from sterna.desk.config import options
    from sterna.desk.users.models import User

    def turned() -> Path:
        for role in ("manager", "staff", "analyst", "administrator"):
            User.objects.create(username=role, role=role)
        bank_demo.turns()
        return options.home() / "bank"

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STERNA_HOME", str(tmp_path_factory.mktemp("bank")))
        patch.setenv("STERNA_NOW", bank_demo.NOW.isoformat())
        patch.setenv("STERNA_SMTP_HOST", "127.0.0.1")
        patch.setenv("STERNA_SMTP_PORT", "1")
        for name, value in (("CLIENTS", CLIENTS), ("IDEAL", 8), ("NEARLY", 12), ("EXCEPTIONS", 4)):
            patch.setattr(bank_demo, name, value)
        with committed(django_db_blocker, turned) as folder:
            yield folder


def seen(client: Any, name: str, *arguments: object, **query: object) -> str:
    content: str = client.get(reverse(name, args=arguments), query).content.decode()
    return content


def counted() -> dict[str, int]:
    """How much there is of what the demonstration makes."""
    from sterna.desk.audit.models import Entry
    from sterna.desk.contacts.models import Contact
    from sterna.desk.customers.models import Customer, Fact
    from sterna.desk.runs.models import Run
    from sterna.desk.segments.group_models import GroupChange, GroupJudgement
    from sterna.desk.segments.models import Membership
    from sterna.desk.values.models import Credit

    models = (Contact, Customer, Fact, Run, GroupChange, GroupJudgement, Membership, Credit, Entry)
    return {model.__name__: model.objects.count() for model in models}


def test_a_second_demonstration_doubles_nothing_and_says_so(bank, capsys):
    from sterna.cli.desk import bank_demo

    before = counted()
    bank_demo.turns()
    assert counted() == before
    assert "clients were placed in groups before: nothing changed" in capsys.readouterr().out


def test_R5_every_client_is_in_the_tier_that_the_last_balance_says_and_in_one(bank):
    from sterna.cli.desk.bank_demo import CLOSING, REGISTER
    from sterna.desk.customers.models import SourceRecord
    from sterna.desk.segments.models import Move

    truth = {
        row["client_id"]: row["here"]
        for row in pq.read_table(bank / "truth.parquet").to_pylist()
        if row["on"] == CLOSING
    }
    owners = dict(SourceRecord.objects.filter(kind=REGISTER).values_list("customer", "value"))
    moves = {
        owners[move.customer_id]: move for move in Move.objects.filter(scheme="balances").order_by("run_id")
    }
    assert len(owners) == CLIENTS == len(moves)

    def tier(amount: Decimal) -> str:
        edges = ((10_000_000, "principal"), (5_000_000, "premier"), (1_000_000, "core"))
        return next((name for least, name in edges if amount >= least), "none")

    for client, move in moves.items():
        # Whoever left more than a year ago has no balance that is fresh enough, and is nobody's zero.
        if move.to_amount is not None:
            assert (move.to_amount, move.to_place) == (truth[client], tier(truth[client])), client
        else:
            assert (move.to_place, truth[client]) == ("none", 0)


def test_R4_a_year_of_the_bank_has_moves_and_every_row_sums_to_its_headcount(bank):
    from sterna.desk.runs.models import Run
    from sterna.desk.segments.models import MatrixCell

    run = Run.objects.latest("until")
    cells = MatrixCell.objects.filter(run_id=run.pk, scheme="balances")
    rows: dict[str, list[Any]] = {}
    for cell in cells:
        rows.setdefault(cell.from_place, []).append(cell)
    assert {"core", "premier", "principal"} <= set(rows)
    for found in rows.values():
        assert sum(cell.customers for cell in found) == found[0].opening
    assert sum(cell.customers for cell in cells if cell.from_place != cell.to_place) > 3


def test_R62_meetings_are_counted_of_whom_the_plan_is_for_and_the_page_shows_them(bank, analyst):
    from sterna.cli.desk.bank_demo import REGISTER
    from sterna.desk.customers.models import SourceRecord
    from sterna.desk.dashboards.queries.behaviors import counts
    from sterna.desk.plans.models import Plan
    from sterna.desk.runs.models import Run
    from sterna.desk.segments.models import Move

    plan = Plan.objects.get(name="whole-picture-2025")
    found = {part.part: part for part in counts(plan).parts}["golf-day"]
    first = Run.objects.earliest("until")
    core = Move.objects.filter(run_id=first.pk, scheme="balances", to_place="core").values("customer_id")
    clients = set(
        SourceRecord.objects.filter(kind=REGISTER, customer__in=core).values_list("value", flat=True)
    )
    met = [
        row["client_id"]
        for row in pq.read_table(bank / "events.parquet").to_pylist()
        if row["kind"] == "meeting" and 1 <= (plan.opens_on - row["on"]).days <= 180
    ]
    assert found.counted is not None
    assert found.counted.customers == len(clients) > CLIENTS / 2
    assert found.counted.mean == pytest.approx(sum(one in clients for one in met) / len(clients))
    assert f"{found.counted.mean:,.2f} (give or take" in seen(analyst, "plan_behavior", plan.pk)


def test_R45_R47_R48_groups_hold_whom_staff_judged_with_days_and_reasons(bank, analyst):
    from sterna.cli.desk.bank_demo import NOW
    from sterna.desk.segments import group_queries

    members = group_queries.members()
    counts = {letter: sum(one.group == letter for one in members) for letter in "ABC"}
    assert counts["C"] == 4 and counts["A"] >= 8 and counts["A"] + counts["B"] == 20
    assert group_queries.overdue(members, NOW.date())
    definition = group_queries.terms_definition()
    assert definition is not None
    judged = group_queries.judgements_of([one.customer for one in members if one.group == "A"])
    assert all({said.kind for said in of} == {"need", "want", "value"} for of in judged.values())
    assert {said.by for of in judged.values() for said in of} == {"staff"}
    for one in members:
        if one.group == "C":
            assert one.reason.split(":")[0] in group_queries.terms_of(definition).reasons
    page = seen(analyst, "groups")
    assert "Overdue in B" in page and "Sells the company this year" in page


def test_R49_what_the_run_proposed_is_of_clients_in_B_and_one_at_most_still_waits(bank):
    from sterna.desk.segments.group_models import GroupChange

    proposed = GroupChange.objects.filter(proposed_by=None)
    assert {(change.from_group, change.to_group) for change in proposed} == {("B", "A")}
    assert proposed.filter(state=GroupChange.State.OPEN).count() <= 1


def test_the_bank_names_its_balances_and_not_what_is_spent(bank, analyst):
    home = seen(analyst, "home")
    assert "By held with us" in home and "By spend" not in home and "Spend in the period" not in home
    assert "Left every tier" in home and "Lapsed" not in home
    tiers = seen(analyst, "tiers")
    assert "balances, version 1: held with us." in tiers and "wealth.here" not in tiers
    assert "10,000,000.00" in tiers and "USD" in tiers
    names = seen(analyst, "move_names", "core", "core")
    assert "Held with us before" in names


@pytest.mark.parametrize(
    "name",
    [
        *("home", "customers", "values", "value_measures", "value_concentration", "value_grid", "brought"),
        *("best_customers", "tiers", "tier_risk", "groups", "segments", "moves", "lookalikes", "results"),
        *("contacts", "runs", "sources", "data_quality", "plan_list", "taxonomy"),
    ],
)
def test_every_page_says_that_the_data_are_simulated(bank, analyst, name):
    page = seen(analyst, name)
    assert (
        "Simulated data: Core system of a private bank, Its online banking and Notes of its relationship managers."
        in page
    )
    assert "What comes from these sources is made up." in page


def test_R6_the_share_of_the_wallet_is_that_of_the_balance_and_the_truth_is_near(bank, analyst):
    """What clients say is a little less than what they have; fees have nothing to do with it."""
    from sterna.cli.desk.bank_demo import CLOSING, REGISTER
    from sterna.desk.customers.models import SourceRecord
    from sterna.desk.runs.models import Run
    from sterna.desk.values.models import Worth

    truth = {
        row["client_id"]: row
        for row in pq.read_table(bank / "truth.parquet").to_pylist()
        if row["on"] == CLOSING
    }
    owners = dict(SourceRecord.objects.filter(kind=REGISTER).values_list("customer", "value"))
    run = Run.objects.latest("until")
    known = Worth.objects.filter(run_id=run.pk, headroom__isnull=False)
    assert known.count() > CLIENTS / 10
    for worth in known:
        row = truth[owners[worth.customer_id]]
        assert worth.wallet - worth.headroom == row["here"]
        assert worth.potential == worth.wallet and worth.wallet >= row["here"]
    # Of whom nothing was said, nobody makes up a figure.
    silent = Worth.objects.filter(run_id=run.pk, wallet_source=None).exclude(wallet_reason=None)
    assert silent.count() > CLIENTS / 2 and not silent.filter(headroom__isnull=False).exists()


def test_a_client_has_the_balance_on_a_scale_of_its_own(bank, analyst):
    from sterna.desk.runs.models import Run
    from sterna.desk.values.models import Worth

    worth = Worth.objects.filter(run_id=Run.objects.latest("until").pk, headroom__gt=0).order_by("-headroom")[
        0
    ]
    page = seen(analyst, "customer", worth.customer_id)
    assert "What this customer pays" in page and "What this customer holds" in page
    assert (
        "Held with us" in page
        and "Headroom of the wallet" in page
        and "Room beside customers alike" not in page
    )
    assert "Bought for" not in page and "Paid " in page


def test_R3_candidates_are_told_by_what_they_hold_elsewhere(bank, analyst):
    page = seen(analyst, "moves")
    assert "of their wallet is not with us, as somebody said or saw" in page
    assert "customers like this one buy for" not in page


def test_R46_who_is_like_group_A_is_looked_for_in_B_and_C_and_the_page_says_which(bank, analyst):
    from sterna.desk.dashboards.queries import likeness
    from sterna.desk.runs.models import Run
    from sterna.desk.segments.group_queries import groups_on
    from sterna.engine.segments import lookalikes

    run = Run.objects.latest("until")
    [listing] = [one for one in likeness.listings(run) if one.key.startswith("group:")]
    assert (listing.key, listing.title) == ("group:A", "Group A, ideal")
    in_a = {pk for pk, letter in groups_on(run.until).items() if letter == "A"}
    assert {str(pk) for pk in in_a} == set(likeness.members(run, listing)) and in_a
    # Nobody was in a group before staff placed them; a past day has the groups of that day.
    assert groups_on(date(2025, 1, 1)) == {}
    # Eight are too few to tell anything of, and the page says so instead of guessing.
    page = seen(analyst, "lookalikes", list="group:A")
    assert "Group A, ideal: what sets them apart" in page and "Cannot tell" in page
    assert len(in_a) < lookalikes.LEAST
    assert "Group" in seen(analyst, "lookalikes", list="tier:core")


def test_second_records_became_the_clients_that_they_are_and_no_two_client_numbers_did(bank):
    from sterna.cli.desk.bank_demo import REGISTER
    from sterna.desk.customers.models import Address, SourceRecord

    numbers = SourceRecord.objects.filter(kind=REGISTER).values_list("customer", "value")
    assert len(dict(numbers)) == len({value for _, value in numbers}) == CLIENTS
    logins = {row["login"]: row["phone"] for row in pq.read_table(bank / "logins.parquet").to_pylist()}
    clients = {row["phone"]: row["client_id"] for row in pq.read_table(bank / "clients.parquet").to_pylist()}
    owners = dict(numbers)
    joined = SourceRecord.objects.filter(kind="login", customer__in=owners)
    assert joined.count() >= len(logins) - 1 and Address.objects.exists()
    assert all(owners[record.customer_id] == clients[logins[record.value]] for record in joined)


def test_R77_every_client_has_one_segment_and_each_segment_a_manager(bank, analyst):
    from sterna.desk.customers.models import Customer
    from sterna.desk.segments.models import Membership

    stays = Membership.objects.filter(scheme="needs", during__endswith=None)
    assert stays.count() == stays.values("customer").distinct().count()
    assert stays.count() == Customer.objects.filter(redirects_to=None).count()
    assert stays.values("place").distinct().count() >= 5
    page = seen(analyst, "segments")
    assert "entrepreneurs" in page and "private investors" in page


def test_the_demonstrations_of_two_kinds_are_refused_with_one_clear_line():
    from sterna.cli.desk import demo
    from sterna.engine.errors import BadInput

    before = dict(os.environ)
    with pytest.raises(BadInput, match="--simulated shows a shop and --bank a bank: ask for one of them"):
        demo.run(serve=False, simulated=True, bank=True)
    assert dict(os.environ) == before


def test_the_days_of_the_bank_fit_each_other():
    from sterna.cli.desk import bank_demo

    assert bank_demo.FIRST < bank_demo.OPENING < bank_demo.PLACING.date() < bank_demo.CLOSING
    assert bank_demo.NOW.date() > bank_demo.CLOSING
    assert min(by for _, by, _ in bank_demo.EXPECTED) < bank_demo.NOW.date()
    assert min(by for _, by, _ in bank_demo.EXPECTED) > date(2025, 2, 1)


def test_what_an_invitation_was_about_stands_in_words(bank, analyst):
    from sterna.cli.desk.bank_demo import REGISTER
    from sterna.desk.customers.models import SourceRecord
    from sterna.desk.customers.queries import classes

    # The newest event of all is among those that the page of its client shows.
    rows = [row for row in pq.read_table(bank / "events.parquet").to_pylist() if row["kind"] == "invitation"]
    last = max(rows, key=lambda row: (row["on"], row["event_id"]))
    record = SourceRecord.objects.filter(kind=REGISTER, value=last["client_id"])[0]
    page = seen(analyst, "customer", record.customer_id)
    happened = page.partition("What happened lately?")[2].partition("What is known?")[0]
    assert "Invitation" in happened and last["subject"] not in happened
    assert classes().at(last["subject"]).title in happened


def test_amounts_within_sentences_are_written_as_those_in_tables(bank, analyst):
    from sterna.desk.runs.models import Run
    from sterna.desk.segments.models import Candidate

    run = Run.objects.latest("until")
    pages = [seen(analyst, name) for name in ("home", "moves", "contacts", "left_out", "segments")]
    asked = Candidate.objects.filter(run_id=run.pk, goal="core-to-premier").order_by("position")[:3]
    people = [seen(analyst, "customer", one.customer_id) for one in asked]
    assert len(people) == 3 and all(
        re.search(r"In core with \d,\d{3},\d{3}\.\d\d USD", one) for one in people
    )
    for page in (*pages, *people):
        # Provenance drawers hold formulas and files, in which a figure stands as it is computed.
        said = re.sub(r"<[^>]+>", " ", re.sub(r"<(details|script)\b.*?</\1>", "", page, flags=re.DOTALL))
        assert re.findall(r"[^\n]{0,60}(?<![\w.,])\d{4,}\.\d\d(?!\w)[^\n]{0,20}", said) == []
