"""Treatments in the records: published by version, refused by line and name, retired, written as a form."""

from uuid import uuid4

import msgspec
import pytest
from django.db import IntegrityError, transaction

from sterna.desk.audit.models import Entry
from sterna.desk.config.refused import Refused
from sterna.desk.customers.models import Customer
from sterna.desk.segments.actions import publish_treatments, retire_ruled, retire_treatments
from sterna.desk.segments.level_forms import NAMES, fields, filled
from sterna.desk.segments.models import Definition
from sterna.desk.segments.treatment_models import Treatment
from sterna.desk.segments.treatment_queries import (
    current,
    in_force,
    levels_in_force,
    newest_treatments,
    of_body,
    treated,
    treatments_of,
)
from sterna.engine.errors import BadInput
from sterna.engine.segments import Treatments
from tests.desk.dashboards import ruled
from tests.desk.segments import treated as grids
from tests.desk.segments.grouped import user
from tests.desk.segments.staging import people

pytestmark = pytest.mark.django_db
TEXT = grids.TEXT


@pytest.fixture(autouse=True)
def needs() -> Definition:
    """The segments big, often and others, in force."""
    return ruled.publish()[0]


def standing() -> Treatments:
    return of_body(treatments_of("needs").body)


def test_R80_a_definition_is_published_with_its_reason_and_the_same_terms_are_the_same_row():
    first = grids.publish()
    assert (first.kind, first.name, first.version, in_force()) == ("treatments", "needs", 1, [first])
    line = Entry.objects.get(action="publish treatments")
    assert (line.subject, line.reason, line.detail) == (
        "needs 1",
        "the first levels",
        {"sha256": first.sha256},
    )
    assert grids.publish(reason="once more") == first
    assert Entry.objects.filter(action="publish treatments").count() == 1, "nothing was changed"
    second = grids.publish(TEXT.replace("contacts: 2, days: 7", "contacts: 3, days: 7"))
    assert second.version == 2 and in_force() == [second]


def test_R80_the_terms_of_before_can_be_put_in_force_again():
    for contacts in (2, 3, 2, 3):
        found = grids.publish(TEXT.replace("contacts: 2, days: 7", f"contacts: {contacts}, days: 7"))
        assert standing().of_segment("big")["much", "small"].frequency.contacts == contacts
    assert found.version == 4


def test_R80_what_is_published_can_be_changed_by_nobody():
    found = grids.publish()
    with pytest.raises(IntegrityError), transaction.atomic():
        Definition.objects.filter(pk=found.pk).update(body={})


def test_who_may_not_manage_and_who_gives_no_reason_is_refused():
    found = standing_of(TEXT)
    with pytest.raises(Refused, match="may not"):
        publish_treatments(found, user("ira", "analyst"), "why not")
    with pytest.raises(Refused, match="write why the treatments change"):
        publish_treatments(found, user("dana", "manager"), "  ")
    grids.publish()
    with pytest.raises(Refused, match="may not"):
        retire_treatments("needs", user("ira", "analyst"), "why not")
    with pytest.raises(Refused, match="write why the treatments are retired"):
        retire_treatments("needs", user("dana", "manager"), "")


def standing_of(text: str) -> Treatments:
    from sterna.desk.segments.treatment_texts import read_file

    [found] = read_file(text, {"needs": ("big", "often", "others")})
    return found


def test_of_two_who_began_with_one_version_the_second_is_told_and_changes_nothing():
    grids.publish()
    one, other = (standing_of(TEXT.replace("days: 7", f"days: {days}")) for days in (8, 9))
    assert publish_treatments(one, None, "shorter", version=1).version == 2
    with pytest.raises(Refused, match="somebody published treatments since this form was opened"):
        publish_treatments(other, None, "longer", version=1)
    assert newest_treatments("needs").version == 2


def test_treatments_are_retired_and_put_in_force_again():
    first = grids.publish()
    retire_treatments("needs", None, "we treat all alike")
    assert in_force() == [] and levels_in_force() == [] and treatments_of("needs") is None
    with pytest.raises(Refused, match="there are no treatments of needs in force"):
        retire_treatments("needs", None, "again")
    assert grids.publish(reason="not alike after all") == first and in_force() == [first]
    lines = Entry.objects.filter(action__endswith="treatments").order_by("pk")
    said = ["the first levels", "we treat all alike", "not alike after all"]
    assert [line.reason for line in lines] == said


def test_segments_with_treatments_cannot_be_retired_nor_lose_one_that_has_levels_of_its_own():
    grids.publish()
    with pytest.raises(Refused, match="needs is asked for by the treatments of needs"):
        retire_ruled("needs", None, "of no use")
    smaller = ruled.SCHEMES.replace("place: big,", "place: huge,").replace("{big: manager", "{huge: manager")
    with pytest.raises(
        Refused, match="big has treatments of its own: publish those of needs without it first"
    ):
        publish_schemes(smaller)
    without = TEXT.partition("    segments:")[0]
    grids.publish(without)
    publish_schemes(smaller)
    # A segment that is new has the levels of every segment.
    assert {segment for _, segment, *_ in levels_in_force()} == {"huge", "often", "others"}
    retire_treatments("needs", None, "of no use")
    retire_ruled("needs", None, "of no use")
    assert in_force() == []


def publish_schemes(text: str) -> None:
    from sterna.desk.segments.actions import publish_ruled
    from sterna.desk.segments.ruled_texts import read_schemes

    for one in read_schemes(text):
        publish_ruled(one.scheme, one.managers, None, "other segments")


LAST, OWN = "potential: unknown, personalization: segment", "{contacts: 2, days: 7}"
NO_BAND = LAST.replace("unknown", "huge")
LOCKED = "retention: keep}\n    - {value: little, potential: unknown"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("measure: spend", "measure: charm", "line 5: 'charm' is no measure of value"),
        (
            "low: 300.00",
            "low: 301.00",
            "line 8: gap between little and much of value: from 300.00 up to but without",
        ),
        ("low: 300.00", "low: 299.00", "line 8: overlap between little and much of value"),
        ("name: much, low", "name: little, low", "line 6: two bands of value are called little"),
        ("{name: little, high", "{name: little, low: 1, high", "line 7: the lowest band of value"),
        (LAST, NO_BAND, "line 17: potential has no band huge"),
        (LAST, NO_BAND, "line 14: the cell of value little and potential unknown has no level"),
        ("      big:", "      tiny:", "line 22: needs has no segment tiny"),
        (OWN, OWN.replace("7", "0"), "line 23: the cell of value much and potential small has 0 days"),
        (OWN, OWN.replace("2", "two"), "line 23: treatments[0].segments.big[0].frequency.contacts"),
        (
            "personalization: none,",
            "personalization: no,",
            "line 15: treatments[0].levels[0].personalization",
        ),
        (LOCKED, LOCKED.replace("keep", "lock"), "line 16: "),
        ("    segments:\n", "    segments: big\n    more:\n", "line 3: treatments[0]: "),
        ("      big:\n", "      big: 3\n      often:\n", "line 22: treatments[0].segments.big"),
        ("scheme: needs", "scheme: life", "line 3: there are no segments life"),
        ("scheme: needs", "scheme: gone", "line 3: there are no segments gone"),
        ("    levels:", "    level:", "line 3: treatments[0]: "),
        ("treatments:", "treatments: [", "not readable as YAML"),
        (TEXT, "", "holds no file of treatments"),
        (TEXT, "schemes: []", "the file of treatments is a list under `treatments:`, not schemes"),
        (TEXT, "treatments: []", "the file of treatments is a list under `treatments:`"),
        (TEXT, "treatments: needs", "treatments is not a list"),
        (TEXT, TEXT + TEXT.replace("\ntreatments:\n", ""), "needs stands in the file of treatments twice"),
    ],
)
def test_R80_what_is_wrong_in_a_file_is_named_with_its_line(old, new, said):
    with pytest.raises(BadInput) as refused:
        grids.publish(TEXT.replace(old, new, 1))
    assert said in str(refused.value)
    assert not Definition.objects.filter(kind="treatments").exists()


def typed(segment: str = "", **changed: str) -> dict[str, str]:
    """The form as it stands, with some fields typed anew."""
    standing_now = fields(standing(), segment)
    return {f"{name}-{one.key}": one.typed[name] for one in standing_now for name in NAMES} | changed


def test_a_form_that_nobody_changed_is_the_definition_as_it_stands():
    grids.publish()
    for segment in ("", "big", "often"):
        assert filled(standing(), segment, typed(segment)) == standing()
    cells = fields(standing(), "big")
    assert [(one.value, one.potential) for one in cells][:3] == [
        ("much", "small"),
        ("much", "large"),
        ("much", "unknown"),
    ]
    assert [one.own for one in cells] == [True, *[False] * 5]
    assert not any(one.own for one in fields(standing(), ""))


def test_R80_a_cell_of_a_segment_is_its_own_as_long_as_it_differs():
    grids.publish()
    # much x small of "often" is contacts 9 in 30 days everywhere.
    own = filled(standing(), "often", typed("often", **{"contacts-1-0": "4"}))
    assert own.segments.keys() == {"big", "often"} and len(own.segments["often"]) == 1
    assert own.of_segment("often")["much", "small"].frequency.contacts == 4
    assert own.of_segment("others")["much", "small"].frequency.contacts == 9
    # Every segment then gets what it has, and it needs none of its own any more.
    every = filled(own, "", {**typed(), "contacts-1-0": "4"})
    assert every.segments.keys() == {"big"} and every.of_segment("often") == own.of_segment("often")
    # Typed as in every segment, the cell of big has none either.
    alike = {f"{name}-1-0": value for name, value in fields(standing(), "")[0].typed.items()}
    assert filled(standing(), "big", typed("big", **alike)).segments == {}


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("contacts-1-0", "-1", "value much, potential small: write contacts as a whole number from 0 to 1,000"),
        ("contacts-1-0", "1001", "write contacts"),
        ("contacts-1-0", "1.5", "write contacts"),
        ("contacts-1-0", "", "write contacts"),
        ("contacts-1-0", "٣", "write contacts"),
        ("contacts-1-0", "9" * 5000, "write contacts"),
        ("days-0-2", "0", "value little, potential unknown: write days as a whole number from 1 to 366"),
        ("personalization-0-0", "loud", "value little, potential small: choose how personal the text is: none"),
        ("retention-0-0", "", "choose how hard staff work to keep them: none, watch, keep"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_of_a_form_is_named_by_its_cell(field, text, said):
    grids.publish()
    with pytest.raises(BadInput) as refused:
        filled(standing(), "big", typed("big", **{field: text}))
    assert said in str(refused.value)
    two = {"contacts-0-0": "x", "contacts-0-1": "x"}
    with pytest.raises(BadInput, match=r"potential small: .*; value little, potential large: "):
        filled(standing(), "", typed("", **two))


def test_how_somebody_is_written_to_is_of_the_newest_run_and_of_several_grids_the_least_personal():
    grids.publish()
    ann, bob, eve = people(3)
    early = grids.put(ann, personalization="none")
    assert dict(current()) == {"needs": early} and treated([ann])[ann].personalization == "none"
    late = grids.put(ann, personalization="individual", cut=grids.date(2018, 1, 1), segment="big")
    assert dict(current()) == {"needs": late}
    assert (treated([ann])[ann].personalization, treated([ann])[ann].segment) == ("individual", "big")
    assert treated([bob, uuid4()]) == {}
    grids.put(bob, personalization="segment", run=late)
    Customer.objects.filter(pk=bob).update(redirects_to=ann)
    found = treated([ann, bob, eve])
    assert {who: one.personalization for who, one in found.items()} == {ann: "segment", bob: "segment"}


def test_nothing_is_asked_where_there_are_no_treatments(django_assert_num_queries):
    [ann] = people(1)
    with django_assert_num_queries(1):
        assert treated([ann]) == {}
    with django_assert_num_queries(1):
        assert levels_in_force() == []
    assert not Treatment.objects.exists()


def test_the_levels_in_force_are_those_of_every_cell_of_every_segment():
    grids.publish()
    found = {
        tuple(cell): limit for *cell, contacts, days in levels_in_force() for limit in [(contacts, days)]
    }
    assert len(found) == 3 * 6
    assert found["needs", "big", "much", "small"] == (2, 7)
    assert found["needs", "others", "much", "small"] == (9, 30)
    assert msgspec.json.decode(msgspec.json.encode(levels_in_force())) == [
        list(one) for one in levels_in_force()
    ]
