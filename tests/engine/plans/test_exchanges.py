"""Exchanges by their kind: what each cannot be kept without, what it owes at most, and where it is offered."""

from decimal import Decimal

import pytest

from sterna.engine import plans
from sterna.engine.plans.exchanges import CODES, owed
from sterna.engine.plans.parts import Asset, Exchange, Route
from tests.engine.plans.house import codes, found, plan

DEALS = {
    "paid": {"cost": "2.00"},
    "promissory": {"asks": ["shopping.room"], "promise_days": 14, "fulfilled_by": "Ben"},
    "participative": {"fulfilled_by": "Ben"},
    "provided": {},
}
CAPTURE = [
    {
        "class": "shopping.room",
        "touchpoint": "mail",
        "question": "Which?",
        "purpose": "offers",
        "expected_fill": 0.3,
    }
]


def deal(kind: str, **more: object) -> list[dict[str, object]]:
    """One exchange of a kind, whole but for what is written anew."""
    return [{"id": "deal", "kind": kind, "give": "a", "get": "b", "asset": "voucher"} | DEALS[kind] | more]


def asset(**more: object) -> list[dict[str, object]]:
    stored = plans.body(plan())["assets"][0]
    return [{name: value for name, value in stored.items() if value is not None} | more]


@pytest.mark.parametrize("kind", DEALS)
def test_R68_R69_R70_each_kind_is_whole_with_what_it_needs(kind):
    assert codes(exchanges=deal(kind), capture=CAPTURE) == []


@pytest.mark.parametrize(
    ("kind", "change", "code"),
    [
        ("paid", {"cost": None}, "exchange-cost"),
        ("promissory", {"asks": []}, "exchange-asks"),
        ("promissory", {"promise_days": None}, "exchange-promise"),
        ("promissory", {"fulfilled_by": None}, "exchange-fulfilled"),
        ("participative", {"fulfilled_by": ""}, "exchange-fulfilled"),
    ],
)
def test_R68_R69_what_a_kind_lacks_is_a_warning(kind, change, code):
    (finding,) = found(exchanges=deal(kind, **change), capture=CAPTURE)
    assert (finding.code, finding.severity) == (code, "warning")
    assert kind in finding.message


def test_R68_a_promise_at_once_is_one_and_one_of_days_below_0_is_not():
    assert codes(exchanges=deal("promissory", promise_days=0), capture=CAPTURE) == []
    assert codes(exchanges=deal("promissory", promise_days=-1), capture=CAPTURE) == ["limits-negative"]


def test_R70_what_is_provided_is_given_in_the_same_reply():
    (finding,) = found(exchanges=deal("provided", promise_days=1))
    assert (finding.code, finding.severity) == ("exchange-immediate", "error")
    assert codes(exchanges=deal("provided", promise_days=0)) == []


@pytest.mark.parametrize(
    ("cost", "capacity", "routes", "owes"),
    [
        ("2.00", 100, (), "200.00"),
        ("2.00", None, (30, 20), "100.00"),
        ("2.00", 10, (30, 20), "20.00"),
        ("2.00", None, (30, None), None),
        ("2.00", None, (), None),
        (None, 100, (), None),
        ("2.00", 0, (), "0.00"),
        ("-2.00", 100, (), None),
    ],
)
def test_R68_what_is_owed_at_most_is_cost_times_capacity(cost, capacity, routes, owes):
    exchange = Exchange(cost=Decimal(cost) if cost else None)
    reaching = Asset(capacity=capacity, routes=tuple(Route(capacity=each) for each in routes))
    assert owed(exchange, reaching) == (Decimal(owes) if owes else None)


def test_R68_a_liability_below_what_is_owed_is_refused_and_one_that_is_not_stated_is_noted():
    limited = asset(capacity=100)
    (low,) = found(assets=limited, exchanges=deal("paid", liability="199.99"))
    assert (low.code, low.severity, low.where) == ("exchange-liability", "error", "exchanges[0].liability")
    assert "199.99" in low.message and "200.00" in low.message
    assert codes(assets=limited, exchanges=deal("paid", liability="200.00")) == []
    (unsaid,) = found(assets=limited, exchanges=deal("paid"))
    assert (unsaid.code, unsaid.severity, unsaid.mend) == (
        "exchange-owed",
        "note",
        "write `liability: 200.00`",
    )


def test_R66_an_asset_is_offered_in_stages_of_the_relationship_that_exist():
    known = plans.Known(stages=("prospect", "regular"))
    assert codes(known, life="lifecycle", assets=asset(stages=["prospect", "regular"])) == []
    (foreign,) = found(known, life="lifecycle", assets=asset(stages=["prospect", "regular", "guest"]))
    assert (foreign.code, foreign.severity, foreign.where) == ("R66-stage", "error", "assets[0].stages")
    assert "prospect, regular" in foreign.mend
    assert codes(life="lifecycle", assets=asset(stages=["guest"])) == []  # the stages are not known


def test_R66_a_stage_in_which_nothing_is_offered_is_noted_unless_something_is_offered_in_all():
    known = plans.Known(stages=("prospect", "regular"))
    only = asset(stages=["prospect"])
    (empty,) = found(known, life="lifecycle", assets=only)
    assert (empty.code, empty.severity) == ("R66-empty", "note") and "regular" in empty.message
    assert codes(known, life="lifecycle", assets=[*only, asset(id="second")[0]]) == []
    assert codes(known, life="lifecycle") == []


def test_R66_stages_without_their_scheme_are_a_warning():
    (finding,) = found(assets=asset(stages=["prospect"]))
    assert (finding.code, finding.severity) == ("R66-life", "warning")


def test_every_code_is_told_in_one_sentence():
    assert all(text.endswith(".") and text.count(". ") == 0 for text in CODES.values())
