"""Overrides of a customer's place: one at a time, with a reason and an end, kept in the audit."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from sterna.desk.audit.models import Entry
from sterna.desk.config.refused import Refused
from sterna.desk.segments.actions import end_override, publish_scheme, retire_scheme, set_override
from sterna.desk.segments.models import Override
from sterna.desk.segments.tier_queries import overrides_in_force, schemes_in_force
from sterna.desk.users.models import User
from sterna.engine.segments import FACT, Scheme, scheme_of
from tests.desk.runs import shop
from tests.desk.segments.staging import people

pytestmark = pytest.mark.django_db
TODAY, END = date(2018, 1, 20), date(2018, 6, 1)


@pytest.fixture(autouse=True)
def ann(monkeypatch):
    """A customer, tiers of bronze and silver, and a day that is the present."""
    monkeypatch.setenv("STERNA_NOW", datetime(2018, 1, 20, 15, tzinfo=UTC).isoformat())
    shop.tiers()
    return people(1)[0]


def test_an_override_says_what_until_when_and_why(ann):
    made = set_override(ann, "value", "floor", "silver", END, None, " Her son is one of ours. ")
    assert (made.begins_on, made.ends_on, made.reason) == (TODAY, END, "Her son is one of ours.")
    line = Entry.objects.get(action="set tier override")
    assert line.detail == {"scheme": "value", "kind": "floor", "place": "silver", "ends_on": "2018-06-01"}
    assert list(overrides_in_force()) == [made]
    assert not overrides_in_force(END).exists(), "on the day it ends it counts no more"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"reason": " "}, "write why"),
        ({"reason": "w" * 301}, "say it in 300"),
        ({"ends_on": TODAY}, "which is not after today"),
        ({"scheme": "other"}, "no scheme other is in force"),
        ({"kind": "wish"}, "a floor, a ceiling or a lock"),
        ({"place": "gold"}, "gold is no tier of value: its tiers are bronze, silver"),
        ({"place": "none"}, "none is no tier"),
        ({"customer": uuid4()}, "there is no such customer"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(ann, change, said):
    given = {
        "customer": ann, "scheme": "value", "kind": "floor", "place": "silver", "ends_on": END, "reason": "why",
    } | change  # fmt: skip
    with pytest.raises(Refused, match=said):
        set_override(**given, actor=None)
    assert not Override.objects.exists()


def test_a_customer_has_one_at_a_time_in_a_scheme(ann):
    first = set_override(ann, "value", "lock", "none", END, None, "Asked to be left out.")
    with pytest.raises(Refused, match="there is a lock at none until 2018-06-01: end it first"):
        set_override(ann, "value", "floor", "silver", END, None, "why")
    end_override(first.pk, None, "Asked to be in again.")
    assert set_override(ann, "value", "floor", "silver", END, None, "why").kind == "floor"
    first.refresh_from_db()
    assert first.ends_on == TODAY and first.ended_at is not None
    with pytest.raises(Refused, match="not in force any more"):
        end_override(first.pk, None, "twice")


def test_one_that_ran_out_does_not_stand_in_the_way(ann, monkeypatch):
    set_override(ann, "value", "floor", "silver", END, None, "why")
    monkeypatch.setenv("STERNA_NOW", datetime(2018, 6, 1, 15, tzinfo=UTC).isoformat())
    assert set_override(ann, "value", "lock", "bronze", END + timedelta(days=9), None, "why").kind == "lock"


def test_an_analyst_sets_and_ends_none(ann):
    analyst = User.objects.create_user("ana", password="x", role="analyst")
    standing = set_override(ann, "value", "floor", "silver", END, None, "why")
    for act in (
        lambda: set_override(ann, "value", "floor", "silver", END, analyst, "why"),
        lambda: end_override(standing.pk, analyst, "why"),
        lambda: retire_scheme("value", analyst, "why"),
    ):
        with pytest.raises(Refused, match="may not change tiers"):
            act()


def test_a_retired_scheme_is_in_force_no_more_until_it_is_published_again():
    retire_scheme("value", None, "Replaced.")
    assert schemes_in_force() == []
    for name, said in (("value", "is retired already"), ("nothing", "there is no scheme nothing")):
        with pytest.raises(Refused, match=said):
            retire_scheme(name, None, "why")
    with pytest.raises(Refused, match="write why"):
        retire_scheme("value", None, "")
    found = shop.tiers()
    assert schemes_in_force() == [found] and found.version == 1


@pytest.mark.parametrize(
    ("measure", "said"),
    [
        ("fact:no.such.class", "the taxonomy has no class no.such.class"),
        ("fact:name.full", "tiers go by a fact that is a number"),
        ("luck", "'luck' is no measure of value"),
    ],
)
def test_R5_tiers_go_by_a_measure_that_somebody_measures(measure, said):
    body = scheme_of(shop.tiers().body)
    with pytest.raises(Refused, match=said):
        publish_scheme(
            Scheme(name="x", measure=measure, currency="USD", window_months=6, bands=body.bands), None, "w"
        )


def test_R5_tiers_of_balances_and_of_margin_are_published():
    bands = scheme_of(shop.tiers().body).bands
    for measure in ("margin", "orders", f"{FACT}shopping.budget"):
        made = Scheme(
            name=measure.replace(":", "-"), measure=measure, currency="USD", window_months=6, bands=bands
        )
        assert publish_scheme(made, None, "more schemes").version == 1
    assert [one.name for one in schemes_in_force()] == ["value", "margin", "orders", "fact-shopping.budget"]
