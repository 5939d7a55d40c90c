"""What rules bring into a brief: classes, values of before and stays, and nothing where there are no rules."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import pyarrow.parquet as pq
import pytest

from sterna.desk.config import clock, options
from sterna.desk.config.ids import new_id
from sterna.desk.customers.models import Customer
from sterna.desk.runs.actions import asked
from sterna.desk.runs.actions.briefing import Frozen, brief
from sterna.desk.runs.models import Run
from sterna.desk.segments.actions import publish_scheme, retire_ruled
from sterna.desk.segments.models import Definition
from sterna.engine.lake import files as lake_files
from sterna.engine.rules import All, Household, InPlace, Not, Rule, Worth
from sterna.engine.segments import Band, Scheme
from tests.desk.runs import ruled_shop, shop
from tests.desk.runs.test_standings import stay
from tests.desk.segments import grouped
from tests.desk.segments.staging import people

OPENING = date(2017, 7, 1)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own: the files of other tests' runs are not taken for this one's."""
    monkeypatch.setenv("STERNA_HOME", str(tmp_path / "home"))
    return tmp_path


def published(*rules: Rule) -> list[Definition]:
    """Stages of these rules: they need no managers."""
    seats = tuple(ruled_shop.Seat(place=f"s{at}", enter=rule) for at, rule in enumerate(rules))
    return [ruled_shop.publish(ruled_shop.Ruled(name="asking", kind="stages", seats=seats))]


def left(until: date, *, values: bool = True, is_published: bool = True) -> UUID:
    """A run that left values, or lost them, or has not ended."""
    run = Run.objects.create(
        id=new_id(), until=until, brief={}, brief_sha256=str(uuid4()), engine="duckdb", started_at=clock.now(),
        published_at=clock.now() if is_published else None,
    )  # fmt: skip
    if values:
        path = options.home() / "runs" / str(run.pk) / "values.parquet"
        path.parent.mkdir(parents=True)
        path.write_text(str(run.pk))
    return run.pk


@pytest.mark.django_db
def test_without_rules_nothing_is_frozen_for_them(home):
    assert asked.files(home / "frozen", (), OPENING) == {} and not (home / "frozen").exists()
    assert asked.schemes(()) == set()


@pytest.mark.django_db
def test_every_class_is_a_part_of_itself_and_of_all_that_is_above_it(home):
    found = asked.files(home, published(ruled_shop.KEEN), OPENING)
    assert found.keys() == {"closure"}
    path, sha = found["closure"]
    assert sha == lake_files.sha256(path)
    pairs = {(row["ancestor"], row["descendant"]) for row in pq.read_table(path).to_pylist()}
    names = {descendant for _, descendant in pairs}
    assert {(name, name) for name in names} <= pairs and "demography.household_size" in names
    for name in names:
        above = {up for up, down in pairs if down == name and up != name}
        assert above == {up for up in names if name.startswith(f"{up}.")}


ORDERS = Worth(measure="orders", change="difference", least=Decimal(1))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rule", "reads"),
    [
        (ORDERS, True),
        (Not(of=Household(of=All(of=(ruled_shop.KNOWN, ORDERS)))), True),
        (Worth(measure="orders", least=Decimal(1)), False),
        # The half-year before is in the values of the same run.
        (ruled_shop.RISING, False),
    ],
)
def test_the_values_of_before_are_read_only_where_a_rule_asks_for_a_change_of_them(home, rule, reads):
    before = left(date(2017, 6, 30))
    found = asked.files(home, published(ruled_shop.KNOWN, rule), OPENING)
    expected = options.home() / "runs" / str(before) / "values.parquet"
    assert found.get("values_before") == ((expected, lake_files.sha256(expected)) if reads else None)


@pytest.mark.django_db
def test_the_values_of_before_are_those_of_the_newest_run_that_ended_before_the_window(home):
    ruled = published(ORDERS)

    def taken() -> str | None:
        found = asked.files(home, ruled, OPENING).get("values_before")
        return found[0].parent.name if found else None

    assert taken() is None, "there is no run yet"
    left(OPENING)
    left(date(2017, 6, 30), is_published=False)
    assert taken() is None, "one goes into the window, the other is not published"
    first, newest = left(date(2017, 1, 1)), left(date(2017, 6, 29))
    assert taken() == str(newest) != str(first)
    again = left(date(2017, 6, 29))
    assert taken() == str(again), "of two of one day the later one"
    (options.home() / "runs" / str(again) / "values.parquet").unlink()
    assert taken() is None, "unknown: the values of an older one would be another change"


@pytest.mark.django_db
def test_the_schemes_that_rules_ask_for_are_found_wherever_they_stand_in_a_rule():
    shop.tiers()
    leave = Household(of=Not(of=ruled_shop.SILVER))
    seat = ruled_shop.Seat(place="one", enter=ruled_shop.KNOWN, leave=leave)
    first = ruled_shop.publish(ruled_shop.Ruled(name="life", kind="stages", seats=(seat,)))
    assert asked.schemes([first]) == {"value"}
    assert asked.schemes([first, *published(InPlace(scheme="life", among=("one",)))]) == {"value", "life"}


def frozen(made: Frozen, scheme: str) -> list[tuple[str, date, date | None]]:
    """The stays of a scheme that a brief holds."""
    rows = pq.read_table(made.brief.frozen["stays"].path).to_pylist()
    return [(row["place"], row["entered_on"], row["left_on"]) for row in rows if row["scheme"] == scheme]


def made() -> Frozen:
    return brief(new_id(), shop.SECOND)


@pytest.mark.django_db(transaction=True)
def test_a_brief_without_schemes_by_rules_is_as_it_was_before_there_were_any():
    shop.tiers()
    before = made()
    assert before.brief.ruled == () and not {"closure", "values_before"} & before.brief.frozen.keys()
    published(ruled_shop.SILVER)
    [terms] = made().brief.ruled
    assert (terms.name, terms.kind, terms.version) == ("asking", "stages", 1)
    assert made().sha256 == made().sha256 != before.sha256
    retire_ruled("asking", None, "no more")
    assert made().sha256 == before.sha256


@pytest.mark.django_db(transaction=True)
def test_R84_where_customers_stand_in_groups_is_frozen_once_a_rule_asks_for_it(monkeypatch):
    monkeypatch.setenv("STERNA_NOW", "2017-09-01T12:00:00+00:00")
    shop.tiers()
    grouped.terms()
    [who] = Customer.objects.filter(pk__in=people(1))
    grouped.into(who, "B")
    published(ruled_shop.SILVER)
    assert frozen(made(), "clients") == []
    published(InPlace(scheme="clients", among=("A", "B")))
    assert frozen(made(), "clients") == [("B", date(2017, 9, 1), None)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("rules", [(), (InPlace(scheme="year", among=("bronze",)),)])
def test_tiers_that_a_rule_asks_for_keep_the_opening_of_their_own_window(rules: Sequence[Rule]):
    shop.tiers()
    bands = (Band("bronze", 1, Decimal("0.01"), Decimal(500)), Band("silver", 2, Decimal(500)))
    terms = Scheme(name="year", currency="USD", window_months=12, bands=bands)
    year = publish_scheme(terms, None, "a test")
    [ann] = people(1)
    # Over when the window of the first scheme opens in July, and counted in the one of a year.
    stay(ann, year, "silver", date(2016, 12, 1), date(2017, 3, 1))
    if rules:
        published(*rules)
    assert frozen(made(), "year") == [("silver", date(2016, 12, 1), date(2017, 3, 1))]
