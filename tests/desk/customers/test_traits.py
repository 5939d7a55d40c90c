"""Traits of identify calls become facts by what their source has declared, and by nothing else."""

import pytest

from sterna.desk.customers import shipped
from sterna.desk.customers.actions import act_on_inbox
from sterna.desk.customers.models import Fact, FactRefusal
from sterna.desk.customers.queries import class_reports, fact_refusals
from sterna.desk.sources.actions import add_source, declare_trait, receive, set_strict
from sterna.desk.sources.models import InboxEvent, Source
from sterna.desk.sources.received import Envelope
from tests.desk.customers.knowing import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def the_present(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STERNA_NOW", NOON.isoformat())


@pytest.fixture
def web() -> Source:
    return add_source("web", "Web shop", "card")[0]


def identify(source: Source, traits: object, message: str = "m") -> None:
    event = {"type": "identify", "userId": "1", "messageId": message, "traits": traits}
    receive(source, [event], Envelope(NOON, None, {}, {}))
    act_on_inbox()


def kept() -> set[tuple[str, str]]:
    return set(Fact.objects.filter(rule="").values_list("fact_class", "value"))


@pytest.mark.parametrize(
    ("fact_class", "said", "value"),
    [
        ("food.organic", True, "yes"),
        ("food.organic", False, "no"),
        ("food.organic", "TRUE", "yes"),
        ("food.organic", 1, "yes"),
        ("shopping.transport", "  Bus ", "bus"),
        ("name.full", "Ann\tLee", "Ann Lee"),
        ("demography.household_size", "5+", "5+"),
    ],
)
def test_a_trait_is_kept_in_the_spelling_of_its_class(web, fact_class, said, value):
    declare_trait(web, "t", fact_class, next(iter(shipped.tree().purposes(fact_class))))
    identify(web, {"t": said})
    assert kept() == {(fact_class, value)}, [one.reason for one in fact_refusals()]


@pytest.mark.parametrize("said", [["golf"], {"a": 1}, [], "x" * 301, "x" * 30_000, "perhaps", 7])
def test_a_trait_that_its_class_cannot_hold_is_counted_and_never_told(web, said):
    declare_trait(web, "organic", "food.organic", "marketing")
    identify(web, {"organic": said})
    refusal = FactRefusal.objects.get()
    assert (refusal.code, refusal.fact_class, refusal.source, refusal.times) == (
        "value",
        "food.organic",
        "web",
        1,
    )
    assert refusal.reason == "food.organic holds a flag, and it was something else"
    assert kept() == set()


@pytest.mark.parametrize("said", [None, "", "  "])
def test_a_trait_without_a_value_says_nothing_and_is_no_refusal(web, said):
    declare_trait(web, "organic", "food.organic", "marketing")
    identify(web, {"organic": said})
    assert (kept(), FactRefusal.objects.count()) == (set(), 0)


def test_a_trait_that_nobody_declared_stays_in_the_event_and_becomes_nothing(web):
    identify(web, {"shoe": 44, "organic": True})
    assert kept() == set() and FactRefusal.objects.count() == 0
    assert InboxEvent.objects.get().body["traits"] == {"shoe": 44, "organic": True}


def test_a_strict_source_keeps_the_name_of_what_it_strips_and_the_fact_of_what_it_declared(web):
    declare_trait(web, "organic", "food.organic", "marketing")
    set_strict(web, True)
    identify(web, {"shoe": 44, "organic": True})
    assert kept() == {("food.organic", "yes")}
    body = InboxEvent.objects.get().body
    assert body["traits"] == {"organic": True}
    assert "shoe" in str(body["strippedTraits"]) and "44" not in str(body)


@pytest.mark.parametrize(
    ("fact_class", "purpose", "code"),
    [
        ("shoe.size", "marketing", "orphan"),
        ("food.organic", "sales", "purpose"),
        ("guarded.religion", "service", "never kept"),
    ],
)
def test_R8_a_declaration_that_fits_no_class_or_purpose_keeps_nothing_and_says_why(
    web, fact_class, purpose, code
):
    declare_trait(web, "t", fact_class, purpose)
    identify(web, {"t": "yes"}, "one")
    identify(web, {"t": "yes"}, "two")
    assert [(one.code, one.times) for one in fact_refusals()] == [(code, 2)]
    assert kept() == set()


def test_the_same_call_sent_again_is_one_fact_and_another_day_is_another(web):
    declare_trait(web, "organic", "food.organic", "marketing")
    for message in ("m", "m", "n"):
        identify(web, {"organic": True}, message)
    assert Fact.objects.filter(fact_class="food.organic").count() == 1, "one source said it of one day"


def test_two_traits_of_one_call_are_two_facts_and_infer_together(web):
    """The rule reads a fact that was said beside one that another rule makes of a fact of the same call."""
    declare_trait(web, "size", "demography.household_size", "marketing")
    declare_trait(web, "by", "shopping.transport", next(iter(shipped.tree().purposes("shopping.transport"))))
    identify(web, {"size": "5+", "by": "bus"})
    made = Fact.objects.exclude(rule="")
    assert set(made.values_list("fact_class", "value")) == {
        ("shopping.bulk", "yes"),
        ("shopping.way", "delivery"),
    }


def test_a_declared_class_counts_as_collected_and_names_its_source(web):
    declare_trait(web, "organic", "food.organic", "marketing")
    report = {one.fact_class: one for one in class_reports()}["food.organic"]
    assert report.collected
    assert "Web shop (organic)" in [use.title for use in report.uses if use.kind == "source"]
