"""A turn in the records: the same brief once, resumed after a failure, repeated byte for byte, one at a time."""

import shutil
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from django.db import connection

from sterna.desk.config import options
from sterna.desk.config.refused import Refused
from sterna.desk.contacts.models import Contact
from sterna.desk.runs import actions
from sterna.desk.runs.actions import running
from sterna.desk.runs.models import Run
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_run_is_published_whole():
    shop.open_shop()
    heard = []
    done = actions.run(shop.FIRST, tell=heard.append)
    run = done.run
    assert run.state == Run.State.DONE and run.published_at is not None and len(run.outcome_sha256) == 64
    names = list(run.stages.values_list("name", flat=True))
    assert names == ["events", "identity", "profiles", "value", "segments", "decisions", "measurement"]
    assert all(
        step["sql"] is not None and step["rows"] >= 0 for stage in run.stages.all() for step in stage.steps
    )
    assert any(line.strip().startswith("value: ") for line in heard)
    assert sum(place["customers"] for place in run.summary["opening"]) == shop.CUSTOMERS


def test_the_same_brief_changes_nothing():
    shop.open_shop()
    first = actions.run(shop.FIRST)
    second = actions.run(shop.FIRST)
    assert second.run == first.run
    assert second.sentence.startswith("nothing changed: the same brief as run")
    assert Run.objects.count() == 1
    assert [path.name for path in (running.folder(first.run.pk).parent).iterdir()] == [str(first.run.pk)]


def test_again_is_the_same_byte_for_byte_and_publishes_nothing_new():
    shop.open_shop()
    first = actions.run(shop.FIRST).run
    contacts = list(Contact.objects.order_by("id").values_list("id", "natural_key"))
    done = actions.run(shop.FIRST, again=True)
    assert done.run == first and "the same byte for byte" in done.sentence
    assert list(Contact.objects.order_by("id").values_list("id", "natural_key")) == contacts
    assert not (running.folder(first.pk) / "again").exists()


@pytest.fixture
def rolled() -> Iterator[Path]:
    """What runs have added up, of this test alone."""
    folder = options.home() / "rolled"
    shutil.rmtree(folder, ignore_errors=True)
    yield folder
    shutil.rmtree(folder)


def test_R79_a_night_takes_what_one_before_has_added_up_and_again_checks_it_from_the_purchases(rolled):
    shop.open_shop()
    first = actions.run(shop.FIRST).run
    kept = {path.name: path.stat().st_ino for path in rolled.iterdir()}
    assert "value/record_shelves" in [step["step"] for step in first.stages.get(name="value").steps]
    shop.plan("900.00", version=2)
    second = actions.run(shop.FIRST).run
    assert second != first and {path.name: path.stat().st_ino for path in rolled.iterdir()} == kept
    steps = [step["step"] for step in second.stages.get(name="value").steps]
    assert "value/rolled_sums" in steps and not {"value/record_shelves", "value/customer_sums"} & {*steps}
    # A file that says something else than its name is believed by a night, and found by whoever asks again.
    [first_file, *_] = sorted(rolled.iterdir())
    held = pq.read_table(first_file)
    spent = pc.add(held.column("spend"), pa.scalar(Decimal("1.00")))
    pq.write_table(held.set_column(held.schema.get_field_index("spend"), "spend", spent), first_file)
    shop.plan("800.00", version=3)
    actions.run(shop.FIRST)
    with pytest.raises(Refused, match=r"differs in .*customer_sums"):
        actions.run(shop.FIRST, again=True)


def test_again_names_the_table_that_differs():
    shop.open_shop()
    first = actions.run(shop.FIRST).run
    stage = first.stages.get(name="segments")
    stage.files["places"] = "0" * 64
    stage.save()
    with pytest.raises(Refused, match="differs in places"):
        actions.run(shop.FIRST, again=True)


def test_a_new_word_is_a_new_brief():
    found = shop.open_shop()
    first = actions.run(shop.FIRST).run
    found["000"].consents.create(
        medium="email",
        purpose="marketing",
        granted=False,
        source="shop",
        said_on=date(2017, 6, 1),
        recorded_at=shop.AT,
    )
    second = actions.run(shop.FIRST).run
    assert second.pk != first.pk and second.brief_sha256 != first.brief_sha256


def test_the_day_after_knows_nothing_of_what_is_said_later():
    found = shop.open_shop()
    first = actions.run(shop.FIRST).run
    found["000"].consents.create(
        medium="email",
        purpose="marketing",
        granted=False,
        source="shop",
        said_on=date(2017, 7, 1),
        recorded_at=shop.AT,
    )
    assert actions.run(shop.FIRST).run == first


def test_a_failed_stage_is_written_down_with_its_sql_and_the_next_run_goes_on_behind_the_last_good_one(
    monkeypatch,
):
    shop.open_shop()
    real = running.flow.STAGES
    broken = tuple(stage if stage.name != "segments" else _broken(stage) for stage in real)
    monkeypatch.setattr(running.flow, "STAGES", broken)
    with pytest.raises(running.StepFailed):
        actions.run(shop.FIRST)
    failed = Run.objects.get()
    assert (
        failed.state == Run.State.FAILED and failed.published_at is None and "select broken" in failed.error
    )
    assert Contact.objects.count() == 0 and not failed.summary
    monkeypatch.setattr(running.flow, "STAGES", real)
    made = dict(failed.stages.values_list("name", "ended_at"))
    assert list(made) == ["events", "identity", "profiles", "value"]
    done = actions.run(shop.FIRST).run
    assert done.pk == failed.pk and done.state == Run.State.DONE and done.error == ""
    assert {name: at for name, at in done.stages.values_list("name", "ended_at") if name in made} == made
    assert "the same byte for byte" in actions.run(shop.FIRST, again=True).sentence


def _broken(stage: running.flow.Stage) -> running.flow.Stage:
    def fail(lake, brief):
        lake.make(running.flow.TABLES["places"], "select broken", {})

    return running.flow.Stage(stage.name, fail, stage.makes)


def test_a_file_that_changed_since_its_stage_is_not_trusted(monkeypatch):
    shop.open_shop()
    real = running.flow.STAGES
    monkeypatch.setattr(running.flow, "STAGES", tuple(_broken(s) if s.name == "value" else s for s in real))
    with pytest.raises(running.StepFailed):
        actions.run(shop.FIRST)
    monkeypatch.setattr(running.flow, "STAGES", real)
    path = running.folder(Run.objects.get().pk) / "profiles.parquet"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(running.SternaError, match="is not the file it was"):
        actions.run(shop.FIRST)
    assert Run.objects.get().state == Run.State.FAILED


def test_one_run_at_a_time():
    shop.open_shop()
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("select pg_advisory_lock(%s)", [running.TURNING])
        with pytest.raises(Refused, match="another run is being computed"):
            actions.run(shop.FIRST)
        # Given back by hand: what a closed connection held, the server gives back a moment later.
        with other.cursor() as cursor:
            cursor.execute("select pg_advisory_unlock(%s)", [running.TURNING])
    finally:
        other.close()
    assert actions.run(shop.FIRST).run.state == Run.State.DONE


def test_without_tiers_nobody_can_be_placed():
    shop.customers()
    shop.fill_lake()
    with pytest.raises(Refused, match="there are no tiers yet"):
        actions.run(shop.FIRST)
    assert Run.objects.count() == 0


def test_what_was_killed_while_freezing_is_swept():
    shop.open_shop()
    orphan = running.options.home() / "runs" / "orphan"
    (orphan / "frozen").mkdir(parents=True)
    actions.run(shop.FIRST)
    assert not orphan.exists()
