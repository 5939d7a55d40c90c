"""The night follows the rules for everybody: in slices, for who has nothing and who has much, in few statements."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sterna.desk.customers.actions import infer, infer_all, inferring, merge, publish_rules
from sterna.desk.customers.models import Customer, Fact, FactParent
from tests.desk.customers.knowing import GOLF, JET, TODAY, WEALTH, bank, client, example, live, record, say

pytestmark = pytest.mark.django_db
SAILING, YACHT = "interests.sport.sailing", "wealth.yacht"
BOTH = """
  - id: jet-and-wealth-means-golf
    title: Whoever has a jet and all that it means plays golf
    when:
      op: all
      of: [{op: fact, class: wealth.aircraft.jet}, {op: fact, class: wealth.total, among: [25m and more]}]
    then: {class: interests.sport.golf}
    sure: 0.5
    purpose: recognition
"""


@pytest.fixture(autouse=True)
def the_present(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STERNA_NOW", "2017-07-01T16:00:00+00:00")
    bank()


def written(fact_class: str, value: str = "yes", name: str = "1", **more: object) -> Fact:
    """A fact that came in without anybody inferring."""
    given = {
        "source": "crm",
        "purpose": "sales",
        "observed_on": TODAY,
        "recorded_at": f"{TODAY}T10:00Z",
    } | more
    return Fact.objects.create(source_record=record(name), fact_class=fact_class, value=value, **given)


def also_both() -> None:
    text = example("private-banking.rules.yaml").replace("version: 1", "version: 2", 1)
    publish_rules(text.rstrip() + BOTH, "golf", None)


def test_a_rule_may_rest_on_what_was_said_and_on_what_is_inferred_at_the_same_moment():
    """Before, the said fact's number and the new inference could not be put in order, and everything failed."""
    also_both()
    client()
    jet = say(JET)
    golf = Fact.objects.get(fact_class=GOLF)
    wealth = Fact.objects.get(rule="jet-means-wealth")
    assert {each.parent for each in golf.parents.all()} == {jet, wealth}
    assert golf.confidence == pytest.approx(0.5 * wealth.confidence), "as sure as the least sure of the two"
    assert (infer_all().added, infer_all().retracted) == (0, 0)


def test_what_rests_on_an_inference_that_is_made_anew_is_made_anew_with_it():
    also_both()
    client()
    say(JET, day=TODAY - timedelta(days=5))
    before = set(Fact.objects.exclude(rule="").values_list("pk", flat=True))
    say(JET)
    after = Fact.objects.exclude(rule="").filter(retracted_at=None)
    assert {fact.rule for fact in after} == {
        "jet-means-wealth",
        "wealth-is-elsewhere",
        "jet-and-wealth-means-golf",
    }
    assert before.isdisjoint(after.values_list("pk", flat=True))
    assert not FactParent.objects.filter(fact__in=after, parent__retracted_at__isnull=False).exists()


def test_the_night_comes_to_everybody_whatever_the_slices(monkeypatch):
    monkeypatch.setattr(inferring, "SLICE", 2)
    for name in "12345":
        client(name)
        if name != "3":
            written(YACHT, name=name)
    done = infer_all()
    assert (done.added, done.retracted) == (8, 0)
    assert live("3") == set()
    assert {name for name in "12345" if (SAILING, "yes") in live(name)} == {"1", "2", "4", "5"}
    assert infer_all().added == 0


@pytest.mark.parametrize("many", [0, 2, 4])
def test_a_number_of_customers_that_fills_the_slices_ends_the_night_all_the_same(monkeypatch, many):
    monkeypatch.setattr(inferring, "SLICE", 2)
    for number in range(many):
        client(str(number))
        written(YACHT, name=str(number))
    assert infer_all().added == 2 * many


def test_who_was_merged_away_is_followed_as_a_part_of_who_stayed():
    anna, annie = client("1"), client("2")
    merge(anna, annie, "the same passport", None)
    written("wealth.business", name="1")
    written("family.children", "2", name="2", purpose="service")
    assert infer_all().added == 1
    kept = Customer.objects.get(redirects_to=None)
    assert Fact.objects.get(rule="business-means-succession").source_record.customer == kept


def test_days_pass_and_what_was_inferred_ends_with_what_it_rests_on():
    client()
    written(YACHT, expires_on=TODAY + timedelta(days=10))
    assert infer_all(TODAY).added == 2
    assert infer_all(TODAY + timedelta(days=9)).retracted == 0
    ended = Fact.objects.exclude(rule="").filter(retracted_at=None)
    assert {fact.expires_on for fact in ended} == {TODAY + timedelta(days=10)}
    assert infer_all(TODAY + timedelta(days=10)).added == 0


def test_facts_that_no_rule_reads_cost_the_night_nothing():
    client()
    written(YACHT)
    infer_all()
    for back in range(30):
        written(
            "family.marital_status", "married", observed_on=TODAY - timedelta(days=back), purpose="service"
        )
    with CaptureQueriesContext(connection) as seen:
        assert infer_all() == inferring.Changed(0, 0)
    (read,) = [each["sql"] for each in seen if "f.rule <> ''" in each["sql"]]
    assert "family.marital_status" not in read


def test_ten_customers_take_as_many_statements_as_two():
    infer([client().pk])  # the first of all writes down which rules are in force
    counted = []
    for many in (2, 10):
        names = [f"{many}-{number}" for number in range(many)]
        ids = [client(name).pk for name in names]
        for name in names:
            written(JET, name=name)
        with CaptureQueriesContext(connection) as seen:
            assert infer(ids).added == 2 * many
        counted.append(len(seen))
    assert counted[0] == counted[1]


def test_a_stated_band_that_no_rule_reads_still_keeps_a_lower_guess_away():
    client()
    written(WEALTH, "25m and more")
    written(YACHT)
    infer_all()
    assert "yacht-means-wealth" not in set(Fact.objects.values_list("rule", flat=True))


def test_the_night_of_a_home_without_anybody_does_nothing():
    assert infer_all() == inferring.Changed(0, 0)
