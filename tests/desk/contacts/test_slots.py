"""Slots filled for each customer: two customers, two bills; what is not known or may not be said, the default."""

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.desk.config.refused import Refused
from sterna.desk.contacts import slots
from sterna.desk.contacts.rendering import Person
from sterna.desk.contacts.slots import COLUMNS, export, fill_slots, filled_for
from sterna.desk.customers.actions import merge
from sterna.desk.customers.actions.erasing import erase
from sterna.desk.customers.actions.preferences import withdraw_fact
from sterna.desk.customers.models import Customer, Fact
from sterna.desk.plans import actions as plans
from sterna.desk.plans.models import Plan
from sterna.desk.segments.treatment_queries import Treated
from tests.desk.runs import shop

NOW = date(2017, 7, 1)
BEHAVIOR = "behavior: {metric: visits, baseline: 1, target: 2, window_days: 60, evidence: seen}"
SLOTS = f"""
slots:
  - id: on-the-bill
    touchpoint: post
    uses: [{{name: size, class: shopping.category, max_age_days: 200, fallback: every}}]
    text: "Two for {{{{ facts.size }}}}, number {{{{ customer.number }}}}"
    default: "Something for {{{{ facts.size }}}} household"
    {BEHAVIOR}
  - id: on-the-receipt
    touchpoint: call
    text: Thank you
    default: ''
    {BEHAVIOR}
"""


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch, db: None) -> dict[str, Customer]:
    """The shop on the first of July 2017; of the first twenty customers the size of the household is known."""
    monkeypatch.setenv("STERNA_NOW", "2017-07-01T16:00:00+00:00")
    found = shop.customers()
    shop.tiers()
    return found


@pytest.fixture
def plan(people: dict[str, Customer]) -> Plan:
    return plans.load(shop.PLAN.format(budget="1000.00", version=1) + SLOTS, None)


def bill(plan: Plan, customer: Customer) -> slots.Filled:
    [found] = [one for one in filled_for(plan, customer) if one.touchpoint == "post"]
    return found


def test_R63_two_customers_two_bills(plan, people):
    known, unknown = bill(plan, people["003"]), bill(plan, people["030"])
    assert (known.text, known.is_default, known.missing) == ("Two for two, number 003", False, ())
    assert (unknown.text, unknown.is_default) == ("Something for every household", True)
    assert unknown.missing == ("shopping.category",)
    assert "observed on 2017-01-01" in known.why and "nothing is known" in unknown.why


def said_on(day: date) -> None:
    """Let everything have been said on a day; a fact that stands never changes."""
    facts = list(Fact.objects.all())
    Fact.objects.all().delete()
    for fact in facts:
        fact.pk, fact.observed_on = None, day
    Fact.objects.bulk_create(facts)


@pytest.mark.parametrize(
    ("day", "is_default"), [(date(2016, 12, 13), False), (date(2016, 12, 12), True), (date(2017, 7, 2), True)]
)
def test_R63_what_is_too_old_or_not_yet_so_leaves_the_default(plan, people, day, is_default):
    said_on(day)
    assert bill(plan, people["003"]).is_default is is_default


def test_R63_what_the_customer_withdrew_leaves_the_default_in_their_bill_alone(plan, people):
    fact = Fact.objects.get(source_record__customer=people["003"], fact_class="shopping.category")
    withdraw_fact(people["003"], fact.pk)
    theirs = bill(plan, people["003"])
    assert (theirs.text, theirs.missing) == ("Something for every household", ("shopping.category",))
    assert not bill(plan, people["004"]).is_default


def test_R63_a_slot_that_uses_nothing_is_the_same_for_all(plan, people):
    found = [filled_for(plan, people[name])[1] for name in ("003", "030")]
    assert [(one.text, one.is_default, one.why) for one in found] == [("Thank you", False, "")] * 2


def document(text: str = "{{ facts.a }}", default: str = "nothing", **use: Any) -> dict[str, Any]:
    asked = {"name": "a", "class": "taste.wine.red", "max_age_days": 30, "fallback": "?"} | use
    return {"slots": [{"id": "s", "touchpoint": "post", "uses": [asked], "text": text, "default": default}]}


def test_R63_the_finest_class_that_is_known_fills_a_slot_with_what_it_offers():
    tree = {
        name: tuple(".".join(name.split(".")[:n]) for n in range(len(name.split(".")), 0, -1))
        for name in ("taste.wine.red", "taste.wine", "taste")
    }
    offers = {"taste.wine.red": "a claret", "taste.wine": "a wine", "taste": "a tasting"}
    for known, said in (("taste.wine.red", "a claret"), ("taste.wine", "a wine"), ("taste", "a tasting")):
        one = Person(shop.AT, "7", {known: ("yes", NOW)}, tree)  # type: ignore[arg-type]
        [found] = fill_slots(document(offers=offers), one, NOW)
        assert (found.text, found.is_default) == (said, False)
    [found] = fill_slots(document(offers=offers), Person(shop.AT, "7", {}, tree), NOW)  # type: ignore[arg-type]
    assert (found.text, found.is_default, found.missing) == ("nothing", True, ("taste.wine.red",))


def test_R63_whom_a_level_of_treatment_writes_to_as_one_of_many_reads_the_default():
    facts = {"taste.wine.red": ("yes", NOW)}
    lines = {"taste.wine.red": ("taste.wine.red",)}
    for level, is_default in (("individual", False), ("segment", True), ("none", True)):
        treated = Treated(segment="big", personalization=level)
        [found] = fill_slots(document(), Person(shop.AT, "7", facts, lines, treated), NOW)  # type: ignore[arg-type]
        assert found.is_default is is_default
        assert ("level of treatment" in found.why) is is_default


def test_R63_a_text_that_cannot_be_filled_leaves_the_default_and_a_default_that_cannot_leaves_nothing():
    one = Person(shop.AT, "7", {"taste.wine.red": ("soon", NOW)}, {})  # type: ignore[arg-type]
    broken = "{{ facts.a | date: '%Y' }}"
    [found] = fill_slots(document(broken), one, NOW)
    assert (found.text, found.is_default) == ("nothing", True) and "slot s" in found.why
    [found] = fill_slots(document(broken, broken), one, NOW)
    assert (found.text, found.is_default) == ("", True) and found.why.count("slot s") == 2


@settings(max_examples=60)
@given(
    st.dictionaries(
        st.sampled_from("abc"), st.tuples(st.sampled_from(["x", "=1"]), st.dates(date(2017, 5, 1), NOW))
    ),
    st.lists(st.sampled_from("abc"), max_size=3, unique=True),
)
def test_R63_the_text_is_shown_just_where_all_that_it_uses_is_known_and_fresh(facts, asked):
    uses = [{"name": name, "class": name, "max_age_days": 30, "fallback": "-"} for name in asked]
    slot = {"id": "s", "touchpoint": "post", "uses": uses, "text": "T", "default": "D"}
    [found] = fill_slots({"slots": [slot]}, Person(shop.AT, "7", facts, {}), NOW)  # type: ignore[arg-type]
    lacking = [name for name in asked if name not in facts or (NOW - facts[name][1]).days > 30]
    assert (found.is_default, found.missing) == (bool(lacking), tuple(lacking))
    assert found.text == ("D" if lacking else "T")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_R63_the_file_for_the_printer_holds_what_each_customer_reads(plan, people, tmp_path, monkeypatch):
    monkeypatch.setattr(slots, "BATCH", 7)
    counts = export(plan, tmp_path / "slots.csv")
    assert [(one.slot, one.texts, one.defaults) for one in counts] == [
        ("on-the-bill", 20, 40),
        ("on-the-receipt", 60, 0),
    ]
    assert counts[0].missing == {"shopping.category": 40}
    written = rows(tmp_path / "slots.csv")
    assert tuple(written[0]) == COLUMNS and len(written) == 2 * shop.CUSTOMERS
    for name, customer in people.items():
        told = {row["slot"]: row for row in written if row["customer"] == name}
        for one in filled_for(plan, customer):
            row = told[one.slot]
            assert (row["text"], row["why"], row["touchpoint"]) == (one.text, one.why, one.touchpoint)
            assert row["shown"] == ("default" if one.is_default else "text")
            assert row["id"] == str(customer.pk)


def test_R63_one_touchpoint_alone_and_one_that_has_no_slot(plan, tmp_path):
    [count] = export(plan, tmp_path / "slots.csv", "call")
    assert count.slot == "on-the-receipt"
    assert {row["slot"] for row in rows(tmp_path / "slots.csv")} == {"on-the-receipt"}
    with pytest.raises(Refused, match="autumn 1 has no slot at the touchpoint 'till'"):
        export(plan, tmp_path / "none.csv", "till")
    bare = plans.load(shop.PLAN.format(budget="1000.00", version=2), None)
    with pytest.raises(Refused, match=r"autumn 2 has no slot$"):
        export(bare, tmp_path / "none.csv")
    assert not (tmp_path / "none.csv").exists()


def test_R63_who_was_merged_away_or_erased_is_in_no_file(plan, people, tmp_path):
    erase(people["001"], "asked for it", None)
    decision = merge(people["002"], people["003"], "one household", None)
    export(plan, tmp_path / "slots.csv")
    written = rows(tmp_path / "slots.csv")
    gone = {people["001"].pk} | {
        one.pk for one in (people["002"], people["003"]) if Customer.objects.get(pk=one.pk).redirects_to_id
    }
    assert len(gone) == 2 and decision is not None
    assert not {str(pk) for pk in gone} & {row["id"] for row in written}
    assert len(written) == 2 * (shop.CUSTOMERS - 2)


def test_R63_who_goes_while_the_file_is_written_is_not_in_what_is_still_to_come(plan, people, monkeypatch):
    monkeypatch.setattr(slots, "BATCH", 1)
    first, merged, kept, erased = (people[name] for name in ("001", "002", "003", "004"))
    found = slots.filled(plan, [each.pk for each in (first, merged, erased, kept)], "post")
    assert next(found)[0].id == first.pk
    merge(merged, kept, "one household", None)
    erase(erased, "asked for it", None)
    stands = [each.pk for each in (merged, kept) if Customer.objects.get(pk=each.pk).redirects_to_id is None]
    assert len(stands) == 1 and [person.id for person, _ in found] == stands


def test_R63_what_a_spreadsheet_would_run_is_written_as_text(people, tmp_path):
    record = people["000"].source_records.get()
    Fact.objects.create(
        source_record=record, value='=HYPERLINK("x")', observed_on=date(2017, 6, 1), fact_class="shopping.category",
        source="shop", purpose="marketing", recorded_at=shop.AT,
    )  # fmt: skip
    starts = SLOTS.replace("Two for {{ facts.size }}", "{{ facts.size }}")
    plan = plans.load(shop.PLAN.format(budget="1000.00", version=1) + starts, None)
    export(plan, tmp_path / "slots.csv", "post")
    [row] = [row for row in rows(tmp_path / "slots.csv") if row["customer"] == "000"]
    assert row["text"] == '\'=HYPERLINK("x"), number 000'


def test_R63_a_file_is_there_whole_or_not_at_all(plan, tmp_path, monkeypatch):
    path = tmp_path / "slots.csv"
    path.write_text("of last month")

    def stops(*_: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(slots, "as_text", stops)
    with pytest.raises(OSError, match="the disk is full"):
        export(plan, path)
    assert path.read_text() == "of last month" and list(tmp_path.iterdir()) == [path]


def test_R63_a_path_that_is_a_folder_or_lies_in_none_is_refused_before_the_work(plan, tmp_path, monkeypatch):
    monkeypatch.setattr(slots, "filled", lambda *_: pytest.fail("nothing is to be filled"))
    for path in (tmp_path, tmp_path / "none" / "slots.csv"):
        with pytest.raises(Refused, match="name a file in a folder that is there"):
            export(plan, path)
    assert list(tmp_path.iterdir()) == []
