"""Runs that put customers in cells: the version pinned, the limit of the cell decided by, rows kept and dropped."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.core.management import call_command

from sterna.desk.contacts.actions import send_due
from sterna.desk.contacts.models import Contact, LeftOut
from sterna.desk.customers.actions.erasing import erase
from sterna.desk.customers.models import Customer
from sterna.desk.runs import actions
from sterna.desk.runs.actions import running
from sterna.desk.runs.models import Run
from sterna.desk.segments.actions import forget, retire_treatments
from sterna.desk.segments.treatment_models import Treatment, TreatmentCell
from sterna.desk.segments.treatment_queries import current
from sterna.engine.tables import TABLES
from tests.desk.contacts import ledger
from tests.desk.dashboards import ruled
from tests.desk.runs import shop
from tests.desk.segments import treated

pytestmark = pytest.mark.django_db
# Whoever got a contact in July gets none for a year, and half a year lies between the runs.
ONCE_A_YEAR = treated.TEXT.replace("contacts: 9, days: 30", "contacts: 1, days: 366").replace(
    "contacts: 1, days: 30", "contacts: 1, days: 366"
)


@dataclass
class Turned:
    """The shop after its runs: whom the contacts of the first reached, what was said of the second run again.

    Before the last one the treatments were retired; `leading` is which run had put people in cells last, after each.
    """

    customers: dict[str, Customer]
    reached: set[Any]
    again: str
    runs: list[Run]
    leading: list[dict[str, Any]]

    @property
    def first(self) -> Run:
        return self.runs[0]

    @property
    def second(self) -> Run:
        return self.runs[1]


@pytest.fixture(scope="module")
def turned(django_db_setup: None, django_db_blocker: Any) -> Iterator[Turned]:
    """A run, its contacts sent, a run half a year later, and one of the same day without treatments."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("STERNA_NOW", datetime(2017, 7, 1, 12, tzinfo=UTC).isoformat())
        customers, runs, leading = shop.open_shop(), list[Run](), list[dict[str, Any]]()

        def run(until: date) -> str:
            done = actions.run(until)
            runs.append(done.run)
            leading.append(dict(current()))
            return done.sentence

        ruled.publish()
        treated.publish(ONCE_A_YEAR)
        run(shop.FIRST)
        send_due(on=ledger.outlet(ledger.Memory()))
        reached = set(Contact.objects.filter(state="handed over").values_list("customer", flat=True))
        patch.setenv("STERNA_NOW", datetime(2018, 1, 1, 12, tzinfo=UTC).isoformat())
        run(shop.SECOND)
        again = actions.run(shop.SECOND).sentence
        retire_treatments("needs", None, "of no use")
        run(shop.SECOND)
        yield Turned(customers, reached, again, runs, leading)
    with django_db_blocker.unblock():
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """The day after the second run."""
    monkeypatch.setenv("STERNA_NOW", datetime(2018, 1, 1, 12, tzinfo=UTC).isoformat())


def test_R80_the_frequency_of_the_cell_holds_at_the_next_run_and_the_reason_names_it(turned):
    assert len(turned.reached) > 5
    now = {one.customer_id: one for one in Treatment.objects.filter(run_id=turned.second.pk)}
    left_out = {one.customer_id: one for one in LeftOut.objects.filter(run_id=turned.second.pk)}
    kept_back = 0
    for who in turned.reached:
        cell = now[who]
        if cell.days == 366 and left_out[who].reason_code != "place":
            kept_back += 1
            assert left_out[who].reason_code == "frequency"
            assert left_out[who].reason == (
                f"Had 1 contact that promotes in 366 days, and in {cell.segment} customers of value {cell.value_band} "
                f"and potential {cell.potential_band} get at most 1."
            )
    assert kept_back > 5
    # Nobody who was reached and is limited so has a contact planned.
    planned = set(Contact.objects.filter(run_id=turned.second.pk).values_list("customer", flat=True))
    assert not {who for who in planned & turned.reached if now[who].days == 366}


def test_R80_a_run_pins_the_version_and_keeps_its_rows_as_its_file_has_them(turned):
    for run in (turned.first, turned.second):
        [pinned] = run.brief["treatments"]
        assert (pinned["name"], pinned["version"]) == ("needs", 1)
        held = pq.read_table(running.folder(run.pk) / "treatments.parquet").to_pylist()
        kept = Treatment.objects.filter(run_id=run.pk)
        columns = [name for name in TABLES["treatments"].columns if name != "customer_id"]
        assert {str(one.customer_id): [getattr(one, name) for name in columns] for one in kept} == {
            row["customer_id"]: [row[name] for name in columns] for row in held
        }
        assert (
            len(held)
            == shop.CUSTOMERS
            == sum(TreatmentCell.objects.filter(run_id=run.pk).values_list("customers", flat=True))
        )


def test_the_same_day_again_is_the_same_brief_and_other_treatments_are_another(turned):
    assert turned.again.startswith("nothing changed: the same brief")
    first, second, third = turned.runs
    assert turned.leading[:2] == [{"needs": run.pk} for run in (first, second)]
    assert (second.until, second.pk) != (third.until, third.pk) and second.brief_sha256 != third.brief_sha256


def test_without_treatments_a_run_puts_nobody_in_a_cell_and_holds_nobody_back_for_one(turned):
    run = turned.runs[2]
    assert run.brief["treatments"] == [] and not Treatment.objects.filter(run_id=run.pk).exists()
    assert not LeftOut.objects.filter(run_id=run.pk, reason_code="frequency").exists()
    assert turned.leading[2] == {"needs": run.pk}, "so that no limit of an older run holds"


def test_a_run_that_is_dropped_keeps_the_counts_and_no_customer(turned):
    cells = TreatmentCell.objects.filter(run_id=turned.first.pk).count()
    forget(turned.first.pk)
    assert not Treatment.objects.filter(run_id=turned.first.pk).exists()
    assert TreatmentCell.objects.filter(run_id=turned.first.pk).count() == cells > 0
    assert Treatment.objects.filter(run_id=turned.second.pk).exists()


def test_whoever_is_erased_is_in_no_cell_of_any_run_nor_in_its_file(turned):
    one = turned.customers["044"]
    key = str(one.pk)
    erase(one, "asked for it", None)
    assert not Treatment.objects.filter(customer_id=key).exists()
    for run in (turned.first, turned.second):
        held = pq.read_table(running.folder(run.pk) / "treatments.parquet")
        assert key not in held.column("customer_id").to_pylist()
