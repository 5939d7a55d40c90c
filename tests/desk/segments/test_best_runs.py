"""What runs make of the definitions: lists that can be made again, value that adds up, one treatment for each."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command

from sterna.desk.config.personal import Subject
from sterna.desk.contacts.models import Contact
from sterna.desk.customers.actions import merge
from sterna.desk.customers.models import Customer
from sterna.desk.dashboards import customer_best
from sterna.desk.dashboards.queries import best as lists
from sterna.desk.plans.models import Plan
from sterna.desk.segments import personal as segments
from sterna.desk.segments.actions import arbitrate, define_best, retire_best
from sterna.desk.segments.best_lists import made_anew, preview
from sterna.desk.segments.best_texts import read
from sterna.desk.segments.models import BestMember, BestPeriod
from sterna.desk.segments.queries import arbitration_in_force, best_versions
from sterna.desk.values import personal as values
from sterna.desk.values.models import Worth
from sterna.engine.value import best as engine
from sterna.engine.value.best_groups import reach, side_by_side
from tests.desk.runs import shop
from tests.desk.segments import best

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def runs(django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
    """Two runs of the shop half a year apart: buyers were ten in the first and are fifteen in the second."""
    from sterna.desk.runs import actions

    with django_db_blocker.unblock():
        shop.open_shop()
        best.publish()
        first = actions.run(shop.FIRST).run
        define_best(best.buyers(2, "{count: 15}"), None, "more of them")
        second = actions.run(shop.SECOND).run
    yield first, second
    with django_db_blocker.unblock():
        call_command("flush", interactive=False, verbosity=0)


def published(run, name):
    rows = BestMember.objects.filter(run_id=run.pk, best=name).order_by("rank", "customer_id")
    return [(str(one.customer_id), one.rank, one.score, one.version) for one in rows]


def anew(run, name, version):
    definition = engine.of_body(next(one for one in best_versions(name) if one.version == version).body)
    return definition, made_anew(definition, run.pk, run.until)


@pytest.mark.parametrize("name", ["buyers", "loyal", "regulars"])
def test_R15_an_old_list_is_made_again_by_its_version_to_the_last_digit(runs, name):
    for run in runs:
        version = lists.listed(run)
        version = next(one.definition.version for one in version if one.definition.best == name)
        definition, found = anew(run, name, version)
        assert definition.version == (2 if name == "buyers" and run == runs[1] else 1)
        made = [(one.customer, one.rank, Decimal(str(one.score)), version) for one in found.members]
        assert made == published(run, name) and len(made) >= 5
        record = next(one.record for one in lists.listed(run) if one.definition.best == name)
        assert (record["members"], record["ranked"]) == (len(found.members), found.ranked)
        assert record["sha256"] == found.sha256


def test_R15_the_list_follows_the_definition_from_the_next_run_on(runs):
    first, second = runs
    spends = [
        Worth.objects.filter(run_id=run.pk, spend__isnull=False)
        .order_by("-spend")
        .values_list("customer_id", flat=True)
        for run in runs
    ]
    assert [UUID(one) for one, *_ in published(first, "buyers")] == list(spends[0][:10])
    assert [UUID(one) for one, *_ in published(second, "buyers")] == list(spends[1][:15])


def test_R15_the_preview_tells_what_the_next_run_of_the_same_figures_would_find(runs):
    first, _ = runs
    found = preview(read(best.buyers(3, "{count: 12}")), first.pk, first.until)
    by_spend = Worth.objects.filter(run_id=first.pk).order_by("-spend").values_list("customer_id", flat=True)
    assert (found.before, found.entered, found.left) == (10, tuple(by_spend[10:12]), ())


def test_R16_opening_gained_and_lost_add_up_to_closing_of_what_the_runs_measured(runs):
    first, second = runs
    periods = {(one.best, one.measure): one for one in BestPeriod.objects.filter(run_id=second.pk)}
    # The shop records no costs: nobody's margin is known, and nothing is said of it.
    assert set(periods) == {("buyers", "spend"), ("loyal", "spend"), ("regulars", "spend")}
    for (name, _), period in periods.items():
        were, are = ({UUID(one) for one, *_ in published(run, name)} for run in runs)
        before, after = (
            dict(Worth.objects.filter(run_id=run.pk).values_list("customer_id", "spend")) for run in runs
        )
        assert period.opening == sum(before[one] for one in were)
        assert period.closing == sum(after[one] for one in are)
        assert period.opening + period.gained - period.lost == period.closing
        assert period.kept == sum(min(before[one], after[one]) for one in were & are)
        assert period.gained_by_entering == sum(after[one] for one in are - were)
        assert period.lost_by_leaving == sum(before[one] for one in were - are)
        assert (period.entered, period.stayed, period.left) == (
            len(are - were),
            len(were & are),
            len(were - are),
        )
    assert (periods["buyers", "spend"].before_version, periods["buyers", "spend"].version) == (1, 2)
    assert not BestPeriod.objects.filter(run_id=first.pk).exists()


def groups(run, names):
    found = []
    for name in names:
        version = next(one.definition.version for one in lists.listed(run) if one.definition.best == name)
        found.append(anew(run, name, version)[1])
    return found


@pytest.mark.parametrize("by", ["order", "score"])
def test_R18_a_member_of_two_groups_gets_one_treatment_as_the_engine_says(runs, by):
    run = runs[1]
    retire_best("regulars", None, "another scale")
    arbitrate(by, ["loyal", "buyers"], None, "for the test")
    arbitration = arbitration_in_force()
    expected = side_by_side(groups(run, ["loyal", "buyers"]), arbitration)
    both = [one for one in expected if len(one.groups) == 2]
    assert both and len(both) < len(expected)
    customers = [UUID(one.customer) for one in expected]
    found = lists.standings(run, arbitration, customers)
    assert {one.customer: one.group for one in expected} == {str(pk): at.group for pk, at in found.items()}
    for one in both:
        at = found[UUID(one.customer)]
        assert set(at.groups) == set(one.groups) and at.why == one.reason
    counts = lists.treated(run, arbitration)
    for name in ("loyal", "buyers"):
        chosen = [one for one in expected if one.group == name]
        told = counts.get(name, lists.Treated(0, 0))
        assert told == lists.Treated(len(chosen), sum(len(one.groups) == 2 for one in chosen))
    assert sum(one.customers for one in counts.values()) == len(expected)


def test_R18_the_overlap_counts_everybody_on_both_lists(runs):
    run = runs[1]
    both = lists.overlap(run)
    on = {name: {one for one, *_ in published(run, name)} for name in ("buyers", "loyal", "regulars")}
    for one, members in on.items():
        for other, others in on.items():
            assert both.get((one, other), 0) == len(members & others)


def test_R15_what_a_plan_reaches_of_the_best_is_what_the_engine_says(runs):
    run, plan = runs[0], Plan.objects.get()
    gains = dict(Worth.objects.filter(run_id=run.pk).values_list("customer_id", "headroom"))
    reached = Contact.objects.filter(run_id=run.pk, plan=plan).exclude(state="withdrawn")
    contacts = {str(one): gains[one] for one in reached.values_list("customer_id", flat=True)}
    assert contacts
    for group in groups(run, ["buyers", "loyal", "regulars"]):
        told, found = reach(group, contacts), lists.reach(run, plan)[group.name]
        assert (found.best, found.reached, found.room, found.unknown) == (
            told.best,
            len(told.reached),
            told.expected,
            told.unknown,
        )


def test_a_list_stays_with_whom_it_was_found_of_when_two_become_one(runs):
    run = runs[1]
    first, second = (Customer.objects.get(pk=published(run, "buyers")[at][0]) for at in (0, 1))
    before = published(run, "buyers")
    merge(first, second, "the same person", None)
    kept = Customer.objects.get(pk__in=[first.pk, second.pk], redirects_to=None)
    assert published(run, "buyers") == before
    table = customer_best.bests(kept, run)[0]
    row = next(row for row in table.rows if row.cells[0] == "Who buys for most")
    # Of two ranks the better one is shown: who is both is at least as good as either.
    assert row.cells[1] == f"{before[0][1]} of 15"


def test_an_erased_person_is_on_no_list_and_the_sums_of_the_period_stay(runs):
    run = runs[1]
    gone = published(run, "buyers")[3][0]
    sums = list(BestPeriod.objects.values())
    person = Subject(id=gone, customers=(UUID(gone),))
    for keeper in (*segments.KEEPERS[:1], *values.KEEPERS[:1]):
        assert keeper.erase(person)
    assert gone not in [one for one, *_ in published(run, "buyers")]
    assert list(BestPeriod.objects.values()) == sums
    # The list that is made again is of who is still there: one more is taken in at its end.
    found = anew(run, "buyers", 2)[1]
    assert gone not in found.customers and len(found.members) == 15
