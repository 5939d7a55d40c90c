"""What a new version would change, on its page: whom it is for, what waits to leave, and each part that differs."""

from typing import Any

import pytest
from django.urls import reverse

from sterna.desk.contacts.models import Contact
from sterna.desk.dashboards.queries.changes import Changes, changes, version_before
from sterna.desk.plans.actions import close, load
from sterna.desk.plans.models import Plan
from sterna.desk.runs import actions
from sterna.desk.segments.ruled_queries import headcounts
from tests.desk.dashboards.reading import shown, table
from tests.desk.plans.signed import in_force
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db(transaction=True)
ANOTHER = """  - id: silver-stays
    from: silver
    to: silver
    customers: 9
    by: 2017-12-31
    owner: Ann
    audience: who buys much
    response: goes on
    value_of_response: 5.00
    expected_rate: 0.9
    size: 30
    priority: 2
assets:
"""


def text(version: int, **changed: str) -> str:
    written = shop.PLAN.format(budget="1000.00", version=version)
    for before, after in changed.items():
        assert before in written
        written = written.replace(before, after)
    return written


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Plan:
    """The shop after a run by its live plan, so that contacts wait to leave."""
    monkeypatch.setenv("STERNA_HOME", str(tmp_path))
    monkeypatch.setenv("STERNA_NOW", "2017-07-01T12:00:00+00:00")
    shop.customers()
    shop.fill_lake()
    shop.tiers()
    plan = in_force(load(text(1), None))
    actions.run(shop.FIRST)
    return plan


def beside(plan: Plan) -> Changes:
    other = version_before(plan)
    assert other is not None
    return changes(plan, other)


def test_the_same_plan_under_another_number_changes_nothing(log_in: Any, live: Plan) -> None:
    second = load(text(2), None)
    found = beside(second)
    assert (found.other, found.parts, found.draws_anew) == (live, [], False)
    assert [(one.name, one.becomes) for one in found.places] == [("bronze", "as before")]
    page = shown(log_in("analyst"), "plan_changes", second.pk)
    assert "Version 2 beside version 1, which is in force." in page
    assert "everybody keeps their arm" in page and "Nothing but the number of the version." in page


def test_whom_it_is_for_is_counted_as_they_stand(log_in: Any, live: Plan) -> None:
    second = load(text(2, **{"assets:\n": ANOTHER, "customers: 5": "customers: 7"}), None)
    standing = headcounts("value")
    rows = table(log_in("analyst"), "Places", "plan_changes", second.pk)
    assert rows == [
        [
            "bronze",
            standing["bronze"],
            "to silver: 5, by 2017-12-31",
            "to silver: 7, by 2017-12-31",
            "Otherwise",
        ],
        ["silver", standing["silver"], "nothing", "keep: 9, by 2017-12-31", "Newly aimed at"],
    ]
    assert standing["bronze"] + standing["silver"] == shop.CUSTOMERS
    third = in_force(load(text(3, **{"from: bronze\n    to: silver": "from: silver\n    to: silver"}), None))
    assert [(one.name, one.becomes) for one in changes(third, live).places] == [
        ("bronze", "no longer aimed at"),
        ("silver", "newly aimed at"),
    ]


def test_what_waits_is_counted_and_withdrawn_where_its_asset_is_gone(log_in: Any, live: Plan) -> None:
    waiting = Contact.objects.filter(plan=live, state=Contact.State.PLANNED).count()
    assert waiting > 1
    sent = Contact.objects.filter(plan=live).order_by("pk")[:1]
    Contact.objects.filter(pk__in=sent.values("pk")).update(state=Contact.State.HANDED_OVER)
    renamed = {"id: basket\n    title": "id: hamper\n    title", "asset: basket": "asset: hamper"}
    second, third = load(text(2), None), load(text(3, **renamed), None)
    [stays], [goes] = beside(second).waiting, beside(third).waiting
    assert (stays.asset, stays.waiting, stays.left, stays.stays) == ("basket", waiting - 1, 1, True)
    assert (goes.waiting, goes.left, goes.stays) == (waiting - 1, 1, False)
    [[_, _, _, becomes]] = table(log_in("analyst"), "Contacts", "plan_changes", third.pk)
    assert becomes == "withdrawn by the next run: the asset is gone"
    # As the page says: the next run by that version withdraws what waits, and leaves what was handed over.
    in_force(third)
    actions.run(shop.FIRST)
    left = Contact.objects.filter(plan=live).values_list("state", flat=True)
    assert sorted(set(left)) == ["handed over", "withdrawn"]


def test_each_part_that_differs_is_a_row(log_in: Any, live: Plan) -> None:
    second = load(text(2, **{"rest_days: 30": "rest_days: 45", "1000.00": "900.00"}), None)
    rows = table(log_in("analyst"), "Differences", "plan_changes", second.pk)
    assert rows == [
        ["plan", "", "Otherwise", "budget", "1000.00", "900.00"],
        ["assets", "basket", "Otherwise", "rest days", "30", "45"],
    ]


def test_another_hold_out_draws_everybody_anew(log_in: Any, live: Plan) -> None:
    second = load(text(2, **{"salt: autumn-2017": "salt: autumn"}), None)
    third = load(text(3, **{"share: 0.20": "share: 0.30"}), None)
    assert beside(second).draws_anew and beside(third).draws_anew
    assert "drawn anew into treated and held out" in shown(log_in("analyst"), "plan_changes", second.pk)


def test_without_a_version_in_force_the_last_one_stands_beside(log_in: Any, live: Plan) -> None:
    close(live, None, "the season is over")
    second = load(text(2), None)
    assert version_before(second) == live
    assert "beside version 1, which was the last in force" in shown(
        log_in("analyst"), "plan_changes", second.pk
    )


def test_a_first_version_is_all_new(log_in: Any, live: Plan) -> None:
    other = load(text(1, **{"plan: autumn": "plan: winter"}), None)
    page = shown(log_in("analyst"), "plan_changes", other.pk)
    assert "No other version of winter was ever in force: all of it would be new." in page
    assert version_before(live) is None


def test_a_draft_that_was_never_in_force_is_not_what_it_is_held_beside(live: Plan) -> None:
    load(text(2), None)
    third = load(text(3), None)
    assert version_before(third) == live


def test_the_plan_leads_to_what_it_would_change(log_in: Any, live: Plan) -> None:
    link = reverse("plan_changes", args=[live.pk])
    assert f'href="{link}"' in log_in("analyst").get(reverse("plan", args=[live.pk])).content.decode()
