"""Published definitions stay as they are whoever writes: by raw SQL, by the ORM, in use or not."""

import json
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from sterna.desk.config.refused import Refused
from sterna.desk.segments.actions import publish_definition, publish_scheme
from sterna.desk.segments.models import Definition
from sterna.engine.segments import Band, Scheme
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db
OTHERWISE = {
    "id": str(uuid4()),
    "kind": "plan",
    "name": "another",
    "version": 9,
    "body": json.dumps({"a": 2}),
    "sha256": "f" * 64,
    "created_at": "2001-01-01T00:00:00Z",
}


@pytest.fixture
def definition():
    """A rule that nothing uses yet."""
    return publish_definition("rule", "early", {"a": 1})


def run(sql: str, *parameters: object) -> int:
    """The rows that a statement of an operator at the database changes."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.rowcount


@pytest.mark.parametrize("column", OTHERWISE)
def test_no_column_of_a_definition_is_rewritten(definition, column):
    columns = {field.column for field in Definition._meta.concrete_fields}
    assert columns == set(OTHERWISE), "a new column needs its line here"
    before = Definition.objects.values().get()
    with pytest.raises(IntegrityError, match="definition rule early version 1 stays as it was published"):
        run(f"update segments_definition set {column} = %s", OTHERWISE[column])
    assert Definition.objects.values().get() == before


def test_one_changed_row_among_many_stops_the_whole_statement(definition):
    publish_definition("rule", "late", {"a": 2})
    with pytest.raises(IntegrityError, match="stays as it was published"):
        run("""update segments_definition set body = '{"a": 2}'""")
    assert sorted(Definition.objects.values_list("body__a", flat=True)) == [1, 2]


def test_a_definition_saved_as_it_is_changes_nothing(definition):
    definition.save()
    assert run("update segments_definition set name = name") == 1
    definition.body["a"] = 5
    with pytest.raises(IntegrityError), transaction.atomic():
        definition.save()


def test_a_definition_that_a_membership_or_a_plan_pins_is_not_deleted():
    shop.tiers()
    shop.plan()
    for kind in ("scheme", "plan"):
        with pytest.raises(IntegrityError, match=f"definition {kind} "):
            run("delete from segments_definition where kind = %s", kind)


def test_one_that_nothing_in_this_database_uses_stays_too_or_its_version_would_be_given_out_twice(definition):
    with pytest.raises(IntegrityError, match="stays as it was published"):
        run("delete from segments_definition")
    with pytest.raises(IntegrityError), transaction.atomic():
        definition.delete()
    assert publish_definition("rule", "early", {"a": 2}).version == 2


def test_the_refusal_is_no_obstacle_to_the_next_version(definition):
    for number in range(2, 6):
        assert publish_definition("rule", "early", {"a": number}).version == number
    assert publish_definition("rule", "early", {"a": 1}) == definition


@pytest.mark.parametrize(
    "body", [{"n": "Zoë\u202e"}, {"n": 1}, {"n": 1.0}, {"n": None}, {"deep": [{"x": [1, 2]}]}]
)
def test_a_body_comes_back_as_it_was_hashed(body):
    stored = Definition.objects.get(pk=publish_definition("rule", "kept", body).pk)
    assert stored.body == body
    assert publish_definition("rule", "kept", stored.body).pk == stored.pk


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("a/b", "would mean something else"),
        ("all", "would mean something else"),
        ("..", "would mean something else"),
        ("gold\x00", "would mean something else"),
        ("go\u202eld", "would mean something else"),
        (" gold", "without spaces around"),
        ("g" * 81, "1 to 80 letters"),
    ],
)
def test_R5_a_tier_is_not_called_what_no_page_could_show(place, said):
    bands = (Band(place, 1, Decimal(1), None),)
    with pytest.raises(Refused, match=said):
        publish_scheme(Scheme(name="value", currency="USD", window_months=6, bands=bands), None, "a test")
    with pytest.raises(Refused, match=said):
        scheme = Scheme(name=place, currency="USD", window_months=6, bands=(Band("x", 1, Decimal(1), None),))
        publish_scheme(scheme, None, "a test")
    assert not Definition.objects.exists()


@pytest.mark.parametrize("place", ["Gold & more", "50 % off?", "Größte #1", "金", "it's", '"best"', "<b>"])
def test_a_tier_may_have_any_name_that_can_be_read(place):
    bands = (Band(place, 1, Decimal(1), None),)
    published = publish_scheme(Scheme(name="v", currency="USD", window_months=6, bands=bands), None, "a test")
    assert published.body["bands"][0]["place"] == place


def test_tiers_that_would_be_another_version_than_written_are_refused_whole():
    shop.tiers()
    bands = (Band("bronze", 1, Decimal("0.01"), None),)
    with pytest.raises(Refused, match="would be version 2 of value, not 7: number them so"):
        publish_scheme(Scheme(name="value", currency="USD", window_months=6, bands=bands), None, "a test", 7)
    assert Definition.objects.filter(name="value").count() == 1


def test_tiers_of_a_measure_that_no_run_computes_are_refused():
    bands = (Band("bronze", 1, Decimal(1), None),)
    scheme = Scheme(name="v", measure="charm", currency="USD", window_months=6, bands=bands)
    with pytest.raises(Refused, match="'charm' is no measure of value"):
        publish_scheme(scheme, None, "a test")
