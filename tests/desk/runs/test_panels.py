"""The panel of a run: made when somebody asks, whole or not at all, one at a time, gone with who is erased."""

import threading
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sterna.desk.config import clock, options
from sterna.desk.config.ids import new_id
from sterna.desk.config.personal import Erased
from sterna.desk.runs import panels
from sterna.desk.runs.models import Run
from sterna.desk.runs.panels import panel_of, remove_panels
from sterna.desk.segments import panel
from sterna.desk.segments.counting import count
from sterna.engine.errors import LakeMissing
from sterna.engine.lake import arrow
from sterna.engine.rules import MEASURES, Household, InPlace, Worth
from tests.desk.privacy.test_at_once import beside
from tests.engine.lake.small_tables import rows

ON = date(2017, 7, 1)
RICH = Worth(measure="spend", least=Decimal(50))
GOLD = InPlace(scheme="value", among=("gold",))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own."""
    monkeypatch.setenv("STERNA_HOME", str(tmp_path))
    return tmp_path


def left(brief: Mapping[str, Any] | None = None, /, **tables: Sequence[Mapping[str, Any]] | pa.Table) -> Run:
    """A published run that left these tables."""
    run = Run.objects.create(
        id=new_id(), until=date(2017, 6, 30), brief=brief or {}, brief_sha256=str(uuid4()), engine="duckdb",
        started_at=clock.now(), published_at=clock.now(),
    )  # fmt: skip
    for name, held in tables.items():
        path = options.home() / "runs" / str(run.pk) / f"{name}.parquet"
        arrow.write(held if isinstance(held, pa.Table) else rows(name, *held), path)
    return run


def three(**more: Any) -> Run:
    """Three customers who spent 0, 50 and 100."""
    ids = sorted(str(uuid4()) for _ in range(3))
    customers = [{"customer_id": pk, "unit": pk} for pk in ids]
    values = [{"customer_id": pk, "spend": Decimal(50 * at)} for at, pk in enumerate(ids)]
    return left(**{"customers": customers, "values": values} | more)


def names() -> set[str]:
    """What lies where panels are."""
    return {path.name for path in (options.home() / "panels").glob("*")}


@pytest.mark.django_db
def test_a_panel_is_made_once_and_another_runs_goes(monkeypatch):
    one, other = three(), three()
    made = []
    write = panel._write
    monkeypatch.setattr(panel, "_write", lambda *given: made.append(write(*given)))
    assert panel_of(one) == panel_of(one) and len(made) == 1 and names() == {str(one.pk)}
    assert count([RICH], panel_of(one), ON).holds == (2,)
    (options.home() / "panels" / f"{one.pk}.unfinished").mkdir()
    panel_of(other)
    assert names() == {str(other.pk)} and len(made) == 2


@pytest.mark.django_db
def test_a_run_of_before_there_were_rules_is_counted_as_far_as_it_goes():
    """Its files lack tables, and of a table columns; what they do not say is unknown."""
    ids = [str(uuid4()) for _ in range(2)]
    lacking = pa.table({"customer_id": ids, "spend": pa.array([Decimal("60.00"), None])})
    run = left(customers=pa.table({"customer_id": ids}), values=lacking)
    found = count(
        [RICH, GOLD, Household(of=RICH), *(Worth(measure="orders", most=Decimal(9)),)], panel_of(run), ON
    )
    assert found.customers == 2 and found.holds == (1, 0, 0, 0), "nobody shares a household that is not known"


@pytest.mark.django_db
def test_every_measure_that_a_rule_can_ask_for_is_in_the_panel():
    asked = [Worth(measure=name, least=Decimal(1)) for name in MEASURES]
    run = three()
    assert set(pq.read_schema(panel_of(run)["values"][0]).names) == {"customer_id", *MEASURES}
    assert len(count(asked, panel_of(run), ON).holds) == len(MEASURES)


@pytest.mark.django_db
def test_a_panel_is_whole_or_not_there(home):
    run = three()
    lost = home / "runs" / str(run.pk) / "memberships.parquet"
    lost.write_bytes(b"PAR1")
    for _ in range(2):
        with pytest.raises(LakeMissing, match=r"memberships\.parquet"):
            panel_of(run)
        assert str(run.pk) not in names()
    lost.unlink()
    assert count([RICH], panel_of(run), ON).holds == (2,) and names() == {str(run.pk)}


@pytest.mark.django_db
def test_products_of_the_lake_that_are_gone_are_said_by_name(monkeypatch, home):
    monkeypatch.setattr(panels, "manifest", lambda: {"products": [(str(home / "gone.parquet"), "0" * 64)]})
    with pytest.raises(LakeMissing, match=r"gone\.parquet"):
        panel_of(three())


@pytest.mark.django_db
def test_values_of_the_run_before_are_read_where_the_brief_found_them(home):
    run = three()
    ids = [
        row["customer_id"]
        for row in pq.read_table(home / "runs" / str(run.pk) / "values.parquet").to_pylist()
    ]
    before = left(values=[{"customer_id": pk, "spend": Decimal(0), "orders": 3} for pk in ids])
    place = f"runs/{before.pk}/values.parquet"
    again = three(
        customers=[{"customer_id": pk, "unit": pk} for pk in ids],
        values=[{"customer_id": pk, "spend": Decimal(0), "orders": at + 2} for at, pk in enumerate(ids)],
    )
    Run.objects.filter(pk=again.pk).update(
        brief={"frozen": {"values_before": {"path": place, "sha256": "0" * 64}}}
    )
    again.refresh_from_db()
    grown = Worth(measure="orders", change="difference", least=Decimal(0))
    assert count([grown], panel_of(again), ON).holds == (2,), "2, 3 and 4 orders against 3"
    (home / place).unlink()
    remove_panels()
    assert count([grown], panel_of(again), ON).holds == (0,), "of what is not there any more nothing is known"


@pytest.mark.django_db
def test_removing_tells_how_many_files_went_and_has_nothing_to_do_twice(home):
    assert remove_panels() == []
    (home / "panels").mkdir()
    assert remove_panels() == [] and not (home / "panels").exists()
    made = panel_of(three())
    assert remove_panels() == [Erased("panels/**", "removed", len(made))]
    assert remove_panels() == [] and not (home / "panels").exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_at_once_make_one_panel_and_an_erasure_waits_for_it(monkeypatch):
    run, made, found, removed = three(), [], [], []
    begun, write = threading.Event(), panel._write

    def slowly(*given: Any) -> None:
        begun.set()
        threading.Event().wait(0.3)
        made.append(write(*given))

    monkeypatch.setattr(panel, "_write", slowly)
    asking = [beside(lambda: found.append(panel_of(run))) for _ in range(2)]
    assert begun.wait(10)
    for thread in asking:
        thread.join(20)
    assert len(made) == 1 and found[0] == found[1] and names() == {str(run.pk)}
    remove_panels()
    begun.clear()
    first = beside(lambda: panel_of(run))
    assert begun.wait(10)
    second = beside(lambda: removed.extend(remove_panels()))
    for thread in (first, second):
        thread.join(20)
    assert len(made) == 2 and len(removed) == 1 and names() == set()
