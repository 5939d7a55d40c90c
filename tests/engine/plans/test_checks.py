"""The check of a plan: the example passes, and each thing taken away is found by its code, line and mend."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from sterna.channels.email.channel import CHANNEL as EMAIL
from sterna.channels.letter.channel import CHANNEL as LETTER
from sterna.channels.phone.channel import CHANNEL as PHONE
from sterna.engine import plans

FOLDER = Path(__file__).parents[3] / "examples" / "retail"
TEXT = (FOLDER / "plan.yaml").read_text()
PLACES = ("bronze", "silver", "gold", "platinum")


def read(name: str) -> str:
    return (FOLDER / name).read_text()


def findings(text: str) -> list[plans.Finding]:
    return plans.check(plans.load(text, read), plans.Known(places=PLACES))


@dataclass(frozen=True)
class Fault:
    code: str
    old: str
    new: str
    severity: str = "error"


FAULTS = [
    Fault(
        "R61-audience",
        "    audience: Bronze households that buy in few departments and have room in others\n",
        "",
    ),
    Fault("R61-response", "    response: Buys in one more department in at least two months\n", ""),
    Fault("R61-value_of_response", "    value_of_response: 95.00\n", ""),
    Fault("R61-owner", "    owner: Jonas Feld, segment manager bronze\n", ""),
    Fault("R61-rate", "expected_rate: 0.24", "expected_rate: 24"),
    Fault("R61-value", "    size: 950\n", "", "warning"),
    Fault("R61-short", "customers: 225", "customers: 600", "warning"),
    Fault("R4-from", "from: bronze", "from: tin"),
    Fault("R4-upward", "    from: gold\n    to: platinum", "    from: gold\n    to: silver"),
    Fault("R4-customers", "    customers: 225\n", ""),
    Fault("dates-by", "by: 2017-12-31", "by: 2018-06-30"),
    Fault("dates-order", "closes: 2017-12-31", "closes: 2017-06-30"),
    Fault("dates-opens", "opens: 2017-07-01\n", ""),
    Fault("R59-unowned", "    owner: Ines Moreau, produce category\n", ""),
    Fault("R59-unowned", "    owner: Nadia Haddad, campaigns\n", ""),
    Fault("R59-unused", "    data_out: [answer to one question]\n", "", "warning"),
    Fault("R59-unused", "    goals: [gold-to-platinum]\n", "", "warning"),
    Fault("R59-no-asset", "    goals: [keep-platinum]\n", ""),
    Fault("R59-touchpoint", "touchpoint: store-phone", "touchpoint: call-center"),
    Fault("R59-medium", "medium: phone, touchpoint: store-phone", "medium: phone, touchpoint: program-email"),
    Fault("R59-direction", "medium: phone\n    direction: both", "medium: phone\n    direction: inbound"),
    Fault("R59-exchange", "asset: meal-planner\n", "asset: meal-kit\n"),
    Fault("R59-goal", "goals: [gold-to-platinum]", "goals: [gold-to-diamond]"),
    Fault("R59-cost", "    unit_cost: 0.90\n", ""),
    Fault("R62-target", "target: 3.2", "target: 2.2", "warning"),
    Fault("R62-metric", "      metric: departments bought in 30 days\n", ""),
    Fault("R62-window_days", "      window_days: 90\n", ""),
    Fault("R89-share", "share: 0.20", "share: 0.6"),
    Fault("R89-share", "share: 0.20", "share: 0"),
    Fault("R89-least", "least_per_arm: 30", "least_per_arm: 5"),
    Fault("R89-salt", "salt: second-half-2017, ", ""),
    Fault("R89-smallest", "smallest_effect: 0.05", "smallest_effect: 5"),
    Fault("R89-wished", "wished: up", "wished: more"),
    Fault("R22-variant", "medium: phone, touchpoint: store-phone", "medium: sms, touchpoint: store-phone"),
    Fault("R22-message", "message: manager-call", "message: manager-visit"),
    Fault("R22-parts", "        text_file: messages/thank-you.txt\n", ""),
    Fault("R23-fallback", ", fallback: our stores}", "}"),
    Fault("R23-age", "max_age_days: 180, fallback: our stores", "fallback: our stores", "warning"),
    Fault(
        "R23-undeclared",
        "name: room, class: shopping.room_category",
        "name: rooms, class: shopping.room_category",
    ),
    Fault("money-budget", "budget: 900.00", "budget: 0.00"),
    Fault("money-amount", "budget: 900.00", "budget: 900.005"),
    Fault("money-amount", "unit_cost: 0.90", "unit_cost: ninety"),
    Fault("money-currency", "currency: USD", "currency: dollars"),
    Fault("id-twice", "id: silver-to-gold", "id: bronze-to-silver"),
    Fault("id-missing", "  - id: store\n    title", "  - title"),
    Fault("asset-purpose", "purpose: recognition", "purpose: praise"),
    Fault("asset-kind", "kind: incentive", "kind: bribe"),
    Fault("exchange-kind", "kind: promissory", "kind: promised"),
    Fault("limits-rest", "    rest_days: 180\n", "", "warning"),
    Fault("format-unknown", "budget: 900.00", "budjet: 900.00"),
    Fault("format-type", "customers: 225", "customers: many"),
    Fault("format-type", "opens: 2017-07-01", "opens: summer"),
    Fault("format-file", "messages/meal-planner.txt", "messages/missing.txt"),
    Fault("format-twice", "budget: 900.00", "budget: 900.00\nbudget: 90.00"),
    Fault("plan-version", "version: 1\n", ""),
]


def test_R59_R61_R62_the_example_has_no_error():
    found = findings(TEXT)
    assert plans.errors(found) == []
    # What a plan could not say when this one was written is missed in it, and does not make it wrong.
    later = {"R73-missing", "exchange-asks", "exchange-promise", "exchange-fulfilled"}
    assert {finding.code for finding in found if finding.severity == "warning"} <= later


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.code}:{fault.old.strip()[:30]}")
def test_R59_R61_R62_R22_R23_R89_each_fault_is_found(fault):
    assert fault.old in TEXT
    planted = TEXT.replace(fault.old, fault.new, 1)
    found = [finding for finding in findings(planted) if finding.code == fault.code]
    assert found and found[0].severity == fault.severity
    assert found[0].message and found[0].mend
    assert found[0].line is None or 1 <= found[0].line <= planted.count("\n")


def test_a_finding_names_the_line_it_is_about():
    planted = TEXT.replace("unit_cost: 0.90", "unit_cost: 0.905")
    line = next(n for n, text in enumerate(planted.splitlines(), start=1) if "0.905" in text)
    found = next(finding for finding in findings(planted) if finding.code == "money-amount")
    assert (found.line, found.where) == (line, "assets[0].unit_cost")


def test_R61_the_expected_value_is_size_times_rate_times_value():
    goals = {goal.id: goal for goal in plans.load(TEXT, read).plan.goals}
    assert goals["bronze-to-silver"].expected_value() == Decimal("21660.00")  # 950 x .24 x 95
    assert goals["silver-to-gold"].expected_value() == Decimal("36036.00")  # 715 x .24 x 210


def test_R4_without_the_scheme_places_are_not_judged():
    document = plans.load(TEXT.replace("from: bronze", "from: tin"), read)
    assert not plans.errors(plans.check(document))


@pytest.mark.parametrize("text", ["", "[]", "a: [", "a: {b: ]", "\x00", "- x\n- y"])
def test_what_is_no_plan_is_a_finding_and_no_crash(text):
    found = plans.check(plans.load(text, read), plans.Known(places=PLACES))
    assert [finding.code for finding in found] == ["format-yaml"]


def test_an_almost_empty_plan_names_all_that_is_missing():
    codes = {finding.code for finding in findings("plan: x")}
    assert {"plan-owner", "plan-goals", "plan-assets", "dates-opens", "money-budget", "R89-hold-out"} <= codes


def test_the_hash_is_of_the_content_and_survives_the_record():
    plan = plans.load(TEXT, read).plan
    stored = msgspec.json.decode(msgspec.json.encode(plans.body(plan)))
    assert plans.sha(plans.of_body(stored).plan) == plans.sha(plan)
    assert plans.sha(plans.load("# a comment\n" + TEXT, read).plan) == plans.sha(plan)
    assert plans.sha(plans.load(TEXT.replace("900.00", "901.00"), read).plan) != plans.sha(plan)


def test_files_named_in_the_plan_are_put_in_their_place():
    message = next(m for m in plans.load(TEXT, read).plan.messages if m.id == "thank-you")
    assert message.variants["email"].text == read("messages/thank-you.txt")


def test_R22_R23_every_variant_of_the_example_passes_its_own_channel():
    channels = {"email": EMAIL, "letter": LETTER, "phone": PHONE}
    for message in plans.load(TEXT, read).plan.messages:
        for medium, variant in message.variants.items():
            parts = {name: text for name, text in msgspec.structs.asdict(variant).items() if text}
            assert channels[medium].lint(parts) == ()


def test_rows_lay_out_goals_assets_and_routes():
    rows = {name: table.to_pylist() for name, table in plans.rows(plans.load(TEXT, read).plan).items()}
    assert [goal["to_place"] for goal in rows["goals"]] == ["silver", "gold", "platinum", "platinum"]
    voucher = [asset for asset in rows["assets"] if asset["asset"] == "produce-voucher"]
    assert [(asset["goal"], asset["wants_value"], asset["unit_cost"]) for asset in voucher] == [
        ("bronze-to-silver", "PRODUCE", Decimal("0.90")),
        ("silver-to-gold", "PRODUCE", Decimal("0.90")),
    ]
    call = next(route for route in rows["routes"] if route["medium"] == "phone")
    assert (call["contact_cost"], call["capacity"]) == (Decimal("4.50"), 60)
    assert all(table.num_rows == 0 for table in plans.rows(None).values())
