"""Several tier schemes in one run: each with its own memberships, matrix and terms; a day again has the same brief."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow.parquet as pq
import pytest
from django.db.models import Sum

from sterna.desk.config.refused import Refused
from sterna.desk.customers.actions import keep_facts
from sterna.desk.runs import actions
from sterna.desk.runs.actions import running
from sterna.desk.runs.actions.definitions import pin
from sterna.desk.runs.models import Run
from sterna.desk.segments.actions import publish_scheme, retire_scheme, set_override, undo_batch
from sterna.desk.segments.models import Batch, Candidate, Definition, MatrixCell, Membership, Move
from sterna.desk.sources.signals import FactsSaid
from sterna.engine import flow
from sterna.engine.segments import Band, Holding, Scheme
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db(transaction=True)
THIRD = date(2018, 1, 7)


def scheme(name: str, measure: str, *lows: object, months: int = 6, **terms: object) -> Definition:
    """A scheme with bands from these amounts up, named by their number."""
    edges = [Decimal(str(low)) for low in lows]
    bands = tuple(
        Band(f"{name}-{number}", number, low, high)
        for number, (low, high) in enumerate(zip(edges, [*edges[1:], None], strict=True), start=1)
    )
    given = Scheme(name=name, measure=measure, currency="USD", window_months=months, bands=bands, **terms)  # type: ignore[arg-type]
    return publish_scheme(given, None, "a test")


@pytest.fixture
def several() -> None:
    """The shop with tiers of spend, of a year's spend, of orders with terms, of a declared budget."""
    shop.open_shop()
    said = [
        (name, str(n * 1_000_000), date(2017, 1, 1), "marketing") for n, name in enumerate(shop.NAMES[:8])
    ]
    keep_facts(FactsSaid("shop", "household", "shopping.budget", said, shop.AT))
    scheme("year", "spend", "0.01", "700", months=12)
    scheme("visits", "orders", 1, 20, holding=Holding(grace_days=10, low_water=Decimal("0.8")))
    scheme("budget", "fact:shopping.budget", 1_000_000, 5_000_000)


def counts(run: Run, name: str) -> dict[str, int]:
    moves = Move.objects.filter(run_id=run.pk, scheme=name)
    return {
        place: moves.filter(to_place=place).count() for place in set(moves.values_list("to_place", flat=True))
    }


def test_R5_a_run_places_everybody_in_each_scheme_and_keeps_each_history(several):
    first = actions.run(shop.FIRST).run
    assert [terms["name"] for terms in first.brief["tiers"]] == ["year", "visits", "budget"]
    for name in ("value", "year", "visits", "budget"):
        assert sum(counts(first, name).values()) == shop.CUSTOMERS
        cells = MatrixCell.objects.filter(run_id=first.pk, scheme=name)
        assert cells.aggregate(all=Sum("customers"))["all"] == shop.CUSTOMERS
        assert Membership.objects.filter(scheme=name, during__upper_inf=True).count() == shop.CUSTOMERS
    # Of eight declared budgets 0 is under the lowest edge; exactly five millions are in the upper tier.
    assert counts(first, "budget") == {"none": 53, "budget-1": 4, "budget-2": 3}
    assert Move.objects.filter(scheme="budget", to_amount=None).count() == 52, "unknown is not zero"
    assert sum(place["customers"] for place in first.summary["close"]) == shop.CUSTOMERS, (
        "of the plan's scheme alone"
    )
    assert set(Candidate.objects.values_list("place", flat=True)) == {"bronze"}
    causes = set(Membership.objects.filter(scheme="budget").values_list("cause", flat=True))
    words = "First placed: spends on groceries a month, in all shops"
    assert {f"{words} 5000000.00 on 2017-07-01", f"{words} unknown on 2017-07-01"} < causes
    year = Membership.objects.filter(scheme="year").first()
    assert year is not None and " in the 12 months before 2017-07-01" in year.cause


def test_a_day_again_has_the_same_brief_and_the_next_day_opens_where_the_last_one_closed(several):
    actions.run(shop.FIRST)
    second = actions.run(shop.SECOND).run
    assert actions.run(shop.SECOND).sentence.startswith("nothing changed: the same brief")
    assert actions.run(shop.FIRST).sentence.startswith("nothing changed: the same brief")
    assert Run.objects.count() == 2
    rows = pq.read_table(running.folder(second.pk) / "frozen" / "stays.parquet").to_pylist()
    assert {row["scheme"] for row in rows} == {"value", "year", "visits", "budget"}
    assert {(row["entered_on"], row["left_on"], row["warned_on"]) for row in rows} == {
        (date(2017, 7, 1), None, None)
    }
    for name in ("value", "visits"):
        placed = dict(
            Membership.objects.filter(scheme=name, during__startswith=date(2017, 7, 1)).values_list(
                "customer", "place"
            )
        )
        opened = dict(
            Move.objects.filter(run_id=second.pk, scheme=name).values_list("customer", "from_place")
        )
        assert placed == opened


def test_grace_goes_over_runs_and_what_was_said_of_a_customer_leads(several, monkeypatch):
    monkeypatch.setenv("STERNA_NOW", datetime(2017, 7, 1, 12, tzinfo=UTC).isoformat())
    actions.run(shop.FIRST)
    low = Membership.objects.filter(scheme="visits", place="visits-1").first()
    assert low is not None
    set_override(low.customer_id, "visits", "floor", "visits-2", date(2018, 6, 1), None, "A founder.")
    scheme("visits", "orders", 1, 25, holding=Holding(grace_days=10, low_water=Decimal("0.8")))
    second = actions.run(shop.SECOND).run
    moves = Move.objects.filter(run_id=second.pk, scheme="visits")
    graced = moves.filter(held_by="grace")
    assert graced and {(one.warned_on, one.hold_until) for one in graced} == {
        (date(2018, 1, 1), date(2018, 1, 11))
    }
    assert all(one.missing == 25 - one.to_amount and one.earned_place == "visits-1" for one in graced)
    founder = moves.get(customer=low.customer_id)
    assert (founder.to_place, founder.held_by, founder.hold_until) == ("visits-2", "floor", date(2018, 6, 1))
    shop.fill_lake("late", first=date(2018, 1, 1), last=date(2018, 1, 3))
    third = actions.run(THIRD).run
    still = Move.objects.get(run_id=third.pk, scheme="visits", customer=graced[0].customer_id)
    assert (still.held_by, still.warned_on) == ("grace", date(2018, 1, 1)), "the first warning counts"
    over = actions.run(date(2018, 1, 10)).run
    fallen = Move.objects.filter(run_id=over.pk, scheme="visits", customer__in=graced.values("customer"))
    unheld = {one.to_place for one in fallen if not one.held_by}
    assert unheld and unheld <= {"visits-1", "visits-2"}
    assert not fallen.filter(held_by="grace").exists()


def test_a_run_over_the_limit_of_one_scheme_holds_back_that_scheme_alone(several):
    scheme("year", "spend", "0.01", "700", months=12, change_limit=Decimal("0.01"))
    actions.run(shop.FIRST)
    scheme_stays = list(Membership.objects.filter(scheme="year").order_by("pk").values_list("pk", "during"))
    second = actions.run(shop.SECOND).run
    states = dict(Batch.objects.filter(run_id=second.pk).values_list("scheme", "state"))
    assert states == {"value": "carried", "year": "waiting", "visits": "carried", "budget": "carried"}
    assert (
        list(Membership.objects.filter(scheme="year").order_by("pk").values_list("pk", "during"))
        == scheme_stays
    )
    assert (
        second.summary["carried"]["held back"] == Batch.objects.get(run_id=second.pk, scheme="year").moved > 0
    )
    moved = Batch.objects.get(run_id=second.pk, scheme="value")
    undone = undo_batch(moved.pk, None, "The lines of December were sent twice.")
    assert undone.left == 0
    assert Membership.objects.filter(scheme="value", cause__startswith="Undone: ").count() == moved.moved


def test_without_a_plan_the_first_scheme_leads_and_a_retired_one_places_nobody():
    shop.customers()
    with pytest.raises(Refused, match="there are no tiers yet"):
        pin(shop.FIRST)
    first, second = shop.tiers(), scheme("visits", "orders", 1, 20)
    assert (pin(shop.FIRST).scheme, pin(shop.FIRST).tiers) == (first, (second,))
    retire_scheme("value", None, "Replaced.")
    assert (pin(shop.FIRST).scheme, pin(shop.FIRST).tiers) == (second, ())
    shop.plan()
    assert pin(date(2017, 7, 2)).scheme == first, "a plan goes by its own scheme"


def test_a_measure_of_the_runs_window_is_not_placed_over_another_window():
    first = shop.tiers()
    scheme("visits", "orders", 1, 20, months=12)
    year = scheme("year", "spend", 1, months=12)
    assert (pin(shop.FIRST).scheme, pin(shop.FIRST).tiers) == (first, (year,))


def test_a_brief_of_before_there_were_several_schemes_is_read():
    terms = {
        "name": "value", "version": 1, "sha256": "0" * 64, "window_months": 6, "measure": "spend",
        "bands": [{"place": "bronze", "rank": 1, "low": "0.01", "high": None}],
    }  # fmt: skip
    read = flow.msgspec.convert(terms, flow.SchemeTerms)
    assert read.holding == Holding()
