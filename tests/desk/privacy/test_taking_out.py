"""The lake without a person: only their rows go, as a new version, and no file that is listed is ever missing."""

from datetime import date, datetime
from uuid import uuid4

import pyarrow.parquet as pq
import pytest
from django.db import transaction

from sterna.desk.config import options
from sterna.desk.config.ids import new_id
from sterna.desk.lakehouse import actions, queries
from sterna.desk.lakehouse.models import Segment
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db
AT = datetime(2017, 1, 1)


def event(who: str, body: str | None = None, number: int = 1) -> dict[str, object]:
    return {
        "event_id": f"{who}-{number}", "source_record": f"web/user_id:{who}", "occurred_at": AT,
        "occurred_on": AT.date(), "recorded_at": AT, "kind": "Looked", "direction": "inbound", "body": body,
    }  # fmt: skip


def add(*rows: dict[str, object], table: str = "events") -> Segment:
    [segment] = actions.add_parts([shop._part(table, list(rows), f"test:{uuid4()}")])
    return segment


def held(version: int | None = None, table: str = "events") -> list[tuple[str, str | None]]:
    return sorted(
        (row["source_record"].rpartition(":")[2], row["body"])
        for path, _ in queries.manifest(version)[table]
        for row in pq.read_table(path).to_pylist()
    )


def take_out(*keys: str, words: tuple[str, ...] = ()) -> list[tuple[str, int]]:
    return actions.take_out(new_id(), [f"web/user_id:{key}" for key in keys], words)


def test_only_the_rows_of_the_person_go_and_only_segments_that_hold_them_are_rewritten():
    both, other = add(event("ann"), event("bob")), add(event("bob", number=2))
    assert take_out("ann") == [(both.path, 1)]
    assert held() == [("bob", None), ("bob", None)]
    other.refresh_from_db()
    assert other.removed is None
    new = Segment.objects.get(origin__startswith="erasure:")
    assert (new.rows, new.added_id, new.origin.endswith(str(both.pk))) == (1, 3, True)
    assert list(queries.damaged()) == []


def test_a_segment_of_nobody_else_goes_whole():
    alone = add(event("ann"), event("ann", number=2))
    assert take_out("ann") == [(alone.path, 2)]
    assert held() == [] and queries.manifest()["events"] == []
    assert Segment.objects.count() == 1


def test_a_body_of_somebody_else_that_names_the_person_is_emptied_and_its_row_stays():
    add(event("bob", '{"to": "ann@x.org"}'), event("cy", '{"to": "joann@x.org"}'))
    [(_, changed)] = take_out("ann", words=("ann@x.org",))
    assert changed == 1
    assert held() == [("bob", None), ("cy", '{"to": "joann@x.org"}')]


def test_tables_without_people_are_left_alone():
    product = {
        "product_id": "ann@x.org",
        "department": "FOOD",
        "category": "C",
        "brand": "own",
        "recorded_at": AT,
    }
    add(product, table="products")
    assert take_out("ann", words=("ann@x.org",)) == []


def test_nobody_there_makes_no_version():
    add(event("bob"))
    before = queries.current_version()
    assert take_out("ann") == [] and queries.current_version() == before
    # Nothing is taken for a key by its beginning.
    assert take_out("bo") == []


def test_the_second_time_there_is_nothing_to_take_out():
    add(event("ann"), event("bob"))
    assert len(take_out("ann")) == 1
    assert take_out("ann") == []


def test_a_listed_file_is_there_until_the_manifest_without_it_is_committed():
    segment = add(event("ann"), event("bob"))
    path = options.home() / segment.path
    with pytest.raises(KeyError), transaction.atomic():
        take_out("ann")
        assert path.exists()
        raise KeyError("the power goes")
    assert held() == [("ann", None), ("bob", None)] and list(queries.damaged()) == []
    take_out("ann")
    assert path.exists()
    assert actions.remove_taken_out() == [segment.path]
    assert not path.exists() and list(queries.damaged()) == []
    assert actions.remove_taken_out() == []


def test_what_a_killed_erasure_wrote_and_did_not_list_is_swept():
    segment = add(event("ann"), event("bob"))
    with pytest.raises(KeyError), transaction.atomic():
        take_out("ann")
        raise KeyError("the power goes")
    orphans = actions.sweep()
    assert len(orphans) == 1 and (options.home() / segment.path).exists()


def test_an_older_version_says_which_of_its_files_an_erasure_took():
    segment = add(event("ann"), event("bob"))
    take_out("ann")
    actions.remove_taken_out()
    [damage] = queries.damaged(1)
    assert damage.path == options.home() / segment.path and damage.reason == "the file is missing"
    segment.refresh_from_db()
    assert segment.erasure is not None and segment.removed_id == 2


@pytest.mark.parametrize("number", [0, 1, 300])
def test_days_rows_and_order_of_the_others_stay(number):
    others = [
        event("bob", number=each) | {"occurred_on": date(2017, 1, 1 + each % 28)} for each in range(number)
    ]
    add(*others, event("ann"))
    take_out("ann")
    ids = [
        row["event_id"] for path, _ in queries.manifest()["events"] for row in pq.read_table(path).to_pylist()
    ]
    assert ids == [each["event_id"] for each in others]
