"""Each check of a plan fires on its own fault alone, and is silent at the border where the plan is still right."""

import pytest

from sterna.engine import plans
from tests.engine.plans.house import WHOLE as TEXT

PLACES = ("bronze", "silver", "gold")


def codes(*changes: tuple[str, str]) -> set[str]:
    """The codes found after each `old` became `new`."""
    text = TEXT
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return {
        finding.code
        for finding in plans.check(plans.load(text, lambda name: name), plans.Known(places=PLACES))
        if not finding.code.startswith(
            "R75"
        )  # what a fault does to the strategy as a whole: test_strategy.py
    }


# One change each, and the codes that it alone brings up; nothing where the plan stays right.
FIRES = [
    ("version: 1", "version: 0", {"plan-version"}),
    ("title: Up by one\n", "", {"plan-title"}),
    ("owner: Ada\ncurrency", "currency", {"plan-owner"}),
    ("scheme: tiers\n", "", {"plan-scheme"}),
    ("currency: USD", "currency: usd", {"money-currency"}),
    ("budget: 20.00", "budget: -20.00", {"money-budget"}),
    ("budget: 20.00", "budget: 0.01", set()),
    ("closes: 2017-12-31", "closes: 2017-07-01", {"dates-order", "dates-by"}),
    ("closes: 2017-12-31\n", "", {"dates-closes"}),
    ("by: 2017-12-31", "by: 2017-07-01", set()),
    ("by: 2017-12-31", "by: 2017-06-30", {"dates-by"}),
    ("by: 2017-12-31, ", "", {"dates-by"}),
    ("share: 0.20", "share: 0.5", set()),
    ("share: 0.20", "share: 0.51", {"R89-share"}),
    ("share: 0.20, ", "", {"R89-share"}),
    ("least_per_arm: 30", "least_per_arm: 29", {"R89-least"}),
    (", least_per_arm: 30", "", {"R89-least"}),
    ("measure: spend", "measure: visits", {"R89-measure"}),
    ("measure: spend, ", "", {"R89-primary"}),
    ("adjust_by: spend_before", "adjust_by: age", {"R89-adjust"}),
    ("adjust_by: spend_before, ", "", set()),
    ("smallest_effect: 0.05", "smallest_effect: 1", {"R89-smallest"}),
    ("smallest_effect: 0.05", "smallest_effect: 0.99", set()),
    ("smallest_effect: 0.05, ", "", {"R89-smallest"}),
    ("wished: up", "wished: down", set()),
    (", wished: up", "", {"R89-wished"}),
    ("from: bronze", "from: none", set()),
    ("from: bronze", "from: new", {"R4-from"}),
    ("from: bronze, ", "", {"R4-from"}),
    ("to: silver", "to: none", {"R4-to"}),
    ("to: silver", "to: bronze", set()),
    ("to: silver, ", "", {"R4-to"}),
    ("customers: 3", "customers: 0", {"R4-customers"}),
    ("customers: 3", "customers: 4", set()),
    ("customers: 3", "customers: 5", {"R61-short"}),  # 40 x .1 brings 4
    ("priority: 1}", "priority: 0}", {"R4-priority"}),
    (", priority: 1}", "}", set()),
    ("expected_rate: 0.1", "expected_rate: 0", {"R61-rate", "R61-value", "R61-short"}),
    ("expected_rate: 0.1", "expected_rate: 1.01", {"R61-rate", "R61-value"}),
    ("expected_rate: 0.1", "expected_rate: 1", set()),
    ("expected_rate: 0.1, ", "", {"R61-value"}),
    ("size: 40,", "size: -40,", {"R61-size", "R61-value", "R61-short"}),
    ("value_of_response: 20.00", "value_of_response: -20.00", {"R61-value_of_response"}),
    ("value_of_response: 20.00", "value_of_response: 0.00", {"R61-value_of_response"}),
    ("goals: [up]", "goals: []", {"R59-unused", "R59-no-asset"}),
    ("goals: [up]", "goals: [up, up]", {"R59-goal-twice"}),
    ("goals: [up]", "goals: [up, down]", {"R59-goal"}),
    ("    owner: Ben\n", "", {"R59-unowned"}),
    ("    unit_cost: 2.00\n", "", {"R59-cost"}),
    ("unit_cost: 2.00", "unit_cost: 0.00", set()),
    ("unit_cost: 2.00", "unit_cost: -0.01", {"limits-negative"}),
    ("rest_days: 30", "rest_days: -1", {"limits-negative"}),
    ("rest_days: 30", "rest_days: 0", set()),
    ("rest_days: 30", "rest_days: 30\n    least_headroom: -1.00", {"limits-negative"}),
    ("contact_cost: 0.02", "contact_cost: -0.02", {"R59-contact-cost"}),
    (", contact_cost: 0.02", "", {"R59-contact-cost"}),
    ("contact_cost: 0.02", "contact_cost: 0.02, capacity: -1", {"limits-negative"}),
    ("contact_cost: 0.02", "contact_cost: 0.02, capacity: 0", set()),
    ("cost: 2.00}]", "cost: -2.00}]", {"limits-negative"}),
    ("owner: Ben}]", "owner: Ben, cost: -0.01}]", {"limits-negative"}),
    ("owner: Ben}]", "owner: Ben, capacity_per_week: -1}]", {"limits-negative"}),
    ("cap: {contacts: 3, days: 30}", "cap: {contacts: 0, days: 30}", {"limits-cap"}),
    ("cap: {contacts: 3, days: 30}", "cap: {contacts: 3}", {"limits-cap"}),
    ("    cap: {contacts: 3, days: 30}\n", "", set()),
    ("rest_days: 30", "rest_days: 30\n    wants: {value: MEAT}", {"R12-wants"}),
    ("rest_days: 30", "rest_days: 30\n    wants: {class: shopping.category}", set()),
    ("window_days: 60", "window_days: 0", {"R62-window_days"}),
    (", evidence: last spring", "", {"R62-evidence"}),
    (
        "    behavior: {metric: departments",
        "    behaviour: {metric: departments",
        {"format-unknown", "R62-behavior"},
    ),
    ("target: 2", "target: 1", {"R62-target"}),
    ("target: 2, ", "", {"R62-target"}),
    ("give: a visit, ", "", {"exchange-give"}),
    ("get: two dollars, ", "", {"exchange-get"}),
    ("medium: email, direction", "direction", {"R59-medium"}),
    ("direction: outbound", "direction: inbound", {"R59-direction"}),
    ("direction: outbound", "direction: sideways", {"R81-direction"}),
    ("direction: outbound, purpose: marketing", "direction: outbound, purpose: fun", {"R81-purpose"}),
    ("name: room, ", "", {"R23-name", "R23-undeclared"}),
    ("class: shopping.room, ", "", {"R23-class"}),
    ("max_age_days: 90", "max_age_days: -1", {"R23-age"}),
    ("max_age_days: 90", "max_age_days: 0", set()),
    ("fallback: our fresh food", "fallback: ''", set()),
    ("facts.room", "facts.rooms", {"R23-undeclared"}),
    ("message: hello", "message: bye", {"R22-message", "R59-unused"}),
    ("preference: 1", "preference: 0", {"R22-preference"}),
]


@pytest.mark.parametrize(
    ("old", "new", "expected"), FIRES, ids=[f"{o.strip()[:24]}>{n[:30]}" for o, n, _ in FIRES]
)
def test_R59_R61_R62_R81_R89_each_check_fires_on_its_fault_alone(old, new, expected):
    assert codes((old, new)) == expected


def test_two_routes_by_one_medium_are_refused():
    route = "{medium: email, touchpoint: mail, preference: 1, contact_cost: 0.02}"
    assert codes((route, f"{route}, {route}")) == {"R22-route-twice"}


def test_R22_a_route_through_a_touchpoint_of_another_medium_or_of_none_is_refused():
    assert codes(("medium: email, direction", "medium: letter, direction")) == {"R59-medium"}
    assert codes(("touchpoint: mail", "touchpoint: post")) == {"R59-touchpoint", "R59-unused"}


def test_an_asset_without_a_route_is_not_used_and_needs_no_message():
    routes = (
        "routes: [{medium: email, touchpoint: mail, preference: 1, contact_cost: 0.02}]\n    message: hello"
    )
    assert codes((routes, "routes: []")) == {"R59-unused"}


def test_errors_stand_before_warnings_and_notes_each_in_order_of_lines():
    text = TEXT.replace(", evidence: last spring", "").replace("    rest_days: 30\n", "")
    text = text.replace("owner: Ada\n", "").replace("give: a visit, ", "")
    found = plans.check(plans.load(text, lambda name: name), plans.Known(places=PLACES))
    assert [finding.severity for finding in found] == ["error", "error", "warning", "note"]
    assert [finding.code for finding in plans.errors(found)] == ["plan-owner", "exchange-give"]


def test_a_goal_that_leads_down_is_refused_from_the_lowest_and_to_the_highest():
    assert codes(("from: bronze", "from: gold")) == {"R4-upward"}
    assert codes(("from: bronze, to: silver", "from: silver, to: bronze")) == {"R4-upward"}
    assert codes(("to: silver", "to: gold")) == set()
