"""The document of a plan speaks of shares in percent, of money in its currency, and calls fields by plain words."""

import typing
from collections.abc import Iterator
from decimal import Decimal

import msgspec
import pytest

from sterna.engine.plans.document import Plan
from sterna.engine.plans.parts import Asset, Behavior, Effect, Exchange, Goal, Part, Use
from sterna.engine.plans.strategy import Edge, Team
from sterna.engine.plans.told.fields import facts
from sterna.engine.plans.told.wording import WORDS, with_unit, word

# Numbers that are no share, no money and no time: a metric in units of its own.
BARE = {(Behavior, "baseline"), (Behavior, "target")}


def kinds(of: type[Part] = Plan) -> Iterator[type[Part]]:
    """Every kind of part that a plan is made of."""
    yield of
    for hint in typing.get_type_hints(of).values():
        inside = [hint]
        while inside:
            one = inside.pop()
            inside += typing.get_args(one)
            if isinstance(one, type) and issubclass(one, Part):
                yield from kinds(one)


def test_every_word_is_of_a_field_that_there_is():
    for kind, words in WORDS.items():
        assert set(words) <= {field.encode_name for field in msgspec.structs.fields(kind)}, kind
    assert set(WORDS) <= set(kinds())


def test_R75_no_fraction_and_no_money_is_told_without_its_unit():
    seen = 0
    for kind in set(kinds()):
        for field in msgspec.structs.fields(kind):
            held = set(typing.get_args(typing.get_type_hints(kind)[field.name]))
            unit = word(kind, field.encode_name).unit
            if float in held and (kind, field.encode_name) not in BARE:
                assert unit in {"share", "points", "minutes", "hours"}, (kind, field.encode_name)
                seen += 1
            if Decimal in held:
                assert unit == "money", (kind, field.encode_name)
                seen += 1
    assert seen > 20


def test_two_fields_of_a_part_are_not_called_alike():
    for kind in set(kinds()):
        called = [word(kind, field.encode_name).label for field in msgspec.structs.fields(kind)]
        assert len(set(called)) == len(called), kind


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.07, "share", "7 %"),
        (0.065, "share", "6.5 %"),
        (1.0, "share", "100 %"),
        (0.0, "share", "0 %"),
        (10.0, "share", "1,000 %"),
        (-0.01, "points", "-1 point"),
        (0.01, "points", "1 point"),
        (0.12, "points", "12 points"),
        (Decimal("1234.50"), "money", "1,234.50 USD"),
        (1, "days", "1 day"),
        (0, "days", "0 days"),
        (2.5, "minutes", "2.5 minutes"),
        (1.0, "hours", "1 hour"),
        (3.8, "", "3.8"),
        (float("nan"), "share", "NaN %"),
        (float("inf"), "share", "Infinity %"),
        (20_000, "", "20,000"),
        (5.0, "", "5"),
    ],
)
def test_a_number_is_told_with_its_unit(value, unit, said):
    assert with_unit(value, unit, "USD") == said


def test_money_of_a_plan_without_a_currency_is_told_bare():
    assert with_unit(Decimal("3.00"), "money", "") == "3.00"


@pytest.mark.parametrize(
    ("part", "told"),
    [
        (Goal(expected_rate=0.24), ("expected to respond", "24 %")),
        (Goal(value_of_response=Decimal("95.00")), ("worth of a response", "95.00 USD")),
        (Asset(effect=Effect(lift=0.06)), ("effect stated: adds to the chance", "6 points")),
        (Asset(behavior=Behavior(window_days=120)), ("behavior: within", "120 days")),
        (Exchange(promise_days=7), ("promised within", "7 days")),
        (Use(fallback="what is in season"), ("said without it", "what is in season")),
        (Edge(pass_through=0.125), ("go on", "12.5 %")),
        (Team(hours_per_week=20.0), ("has in a week", "20 hours")),
    ],
)
def test_a_field_is_called_by_plain_words(part, told):
    assert facts(part, (), "USD") == (told,)


@pytest.mark.parametrize(
    ("name", "label"), [("data_in", "data in"), ("owner", "owner"), ("id", "short name")]
)
def test_a_field_that_nobody_gave_words_is_called_by_its_name(name, label):
    assert word(Plan, name).label == label
