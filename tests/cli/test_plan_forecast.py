"""`sterna plan forecast`: the examples, both kinds of past, another version, what happened, one clear line."""

import json
from pathlib import Path

import duckdb
import pytest

from tests.complete_journey import transactions

EXAMPLES = Path(__file__).parents[2] / "examples"
RETAIL = EXAMPLES / "retail"


def answer(said):
    assert said.code == 0, said
    return json.loads(said.out)


@pytest.mark.parametrize("name", ["retail", "bank", "subscription"])
def test_R71_each_example_is_forecast(sterna, name):
    folder = EXAMPLES / name
    told = answer(
        sterna("plan", "forecast", folder / "plan.yaml", "--basis", folder / "basis.json", "--json")
    )
    for goal in told["goals"]:
        assert goal["moved"]["low"] <= goal["moved"]["mean"] <= goal["moved"]["high"]
        assert goal["moved"]["mean"] == pytest.approx(goal["expected"], rel=0.15)
    assert len(told["starts"]) == (6 if name == "retail" else 12)
    assert told["net"]["mean"] == pytest.approx(told["worth"]["mean"] - told["cost"]["mean"])
    swings = [abs(one["net_high"] - one["net_low"]) for one in told["sensitivity"]]
    assert swings == sorted(swings, reverse=True)
    assert len(told["powers"]) == len(told["goals"])


def test_the_text_answers_in_the_order_of_the_questions(sterna):
    said = sterna(
        "plan", "forecast", RETAIL / "plan.yaml", "--basis", RETAIL / "basis.json",
        "--happened", RETAIL / "happened.json", "--against", RETAIL / "plan.yaml",
    )  # fmt: skip
    assert said.code == 0
    heads = [
        "second-half-2017 1, as of 2017-06-30 to 2017-12-31: 200 draws",
        "By the purchases of January to March and of April to June 2017",
        "bronze-to-silver: ",
        "Place: now, then, without the plan",
        "1,465 contacts, taken up",
        "Worth ",
        "What it hangs on most",
        "Can the hold-out show it?",
        "The other version: this one, that one, the difference",
        "What happened lies between the two figures for 4 of 4 goals",
        "Left out: asset freshness-answer serves no goal",
    ]
    places = [said.out.index(head) for head in heads]
    assert places == sorted(places)
    assert "6 months, 12 assets at work, 200 draws" in said.err


def test_the_same_seed_says_the_same_and_another_something_else(sterna):
    def told(seed):
        return sterna(
            "plan", "forecast", RETAIL / "plan.yaml", "--basis", RETAIL / "basis.json", "--seed", seed
        ).out

    assert told(7) == told(7)
    assert told(7) != told(8)


@pytest.mark.slow
def test_R89_a_back_test_on_the_real_households_of_the_retail_example(sterna, tmp_path):
    """What the first half-year says of the second, beside what the second was: counted here from the purchases."""
    tiers = {"bronze": 0.01, "silver": 424.64, "gold": 1117.17, "platinum": 2263.18}
    query = """
        select household_id, sum(sales_value)
        from (select *, cast(transaction_timestamp - interval 5 hour as date) as day from read_parquet($file))
        where day between $start and $end group by all
    """
    first, second = (
        dict(duckdb.execute(query, {"file": str(transactions()), "start": start, "end": end}).fetchall())
        for start, end in (("2017-01-01", "2017-06-30"), ("2017-07-01", "2017-12-31"))
    )

    def tier(spent):
        return next((name for name in reversed(tiers) if (spent or 0) >= tiers[name]), "none")

    moved: dict[str, dict[str, int]] = {}
    for household, spent in first.items():
        if spent > 0:
            row = moved.setdefault(tier(spent), {})
            there = tier(second.get(household))
            row[there] = row.get(there, 0) + 1
    seen = tmp_path / "seen.json"
    seen.write_text(json.dumps({"moved": moved}))
    told = answer(
        sterna(
            "plan", "forecast", RETAIL / "plan.yaml", "--basis", RETAIL / "basis.json",
            "--happened", seen, "--draws", 1000, "--json",
        )
    )  # fmt: skip
    assert {one["goal"]: one["inside"] for one in told["back_test"]} == {
        "bronze-to-silver": True,
        "silver-to-gold": True,
        "gold-to-platinum": True,
        "keep-platinum": True,
    }
    happened = json.loads((RETAIL / "happened.json").read_text())["moved"]
    for place, row in happened.items():
        # The edges are rounded to cents here, so a household on one may stand beside it.
        assert sum(row.values()) == pytest.approx(sum(moved[place].values()), abs=2)


@pytest.fixture
def standings(tmp_path):
    """Three half-years of a hundred customers: of 60 in silver 12 rise each time, and of 40 in gold 8 fall."""
    lines = ["customer,period,place,amount"]
    for period in range(3):
        for n in range(100):
            place = "silver" if (n + 12 * period) % 100 < 60 else "gold"
            lines.append(f"c{n},{period},{place},{600 if place == 'gold' else 60}")
    path = tmp_path / "standings.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def plan(tmp_path):
    """The retail plan with its one goal from silver to gold, in a file."""

    def write(name="plan.yaml", **changes):
        text = (RETAIL / "plan.yaml").read_text()
        for before, after in changes.items():
            assert before in text
            text = text.replace(before, after)
        path = tmp_path / name
        path.write_text(text)
        (tmp_path / "messages").mkdir(exist_ok=True)
        for one in (RETAIL / "messages").iterdir():
            (tmp_path / "messages" / one.name).write_text(one.read_text())
        return path

    return write


SMALL = """
plan: rise
version: 1
title: Rise
owner: Ada
currency: USD
scheme: tiers
opens: 2017-07-01
closes: 2017-12-31
budget: 500.00
hold_out: {share: 0.20, salt: rise, least_per_arm: 30}
primary: {measure: spend, adjust_by: spend_before, smallest_effect: 0.05, wished: up}
goals:
  - {id: up, from: silver, to: gold, customers: 20, by: 2017-12-31, owner: Ada, audience: silver, size: 60,
     response: buys twice, value_of_response: 20.00, expected_rate: 0.4, priority: 1}
assets:
  - id: voucher
    title: Two dollars off
    kind: incentive
    owner: Ben
    goals: [up]
    purpose: marketing
    behavior: {metric: visits a month, baseline: 1, target: 2, window_days: 60, evidence: last spring}
    unit_cost: 2.00
    rest_days: 30
    cap: {contacts: 3, days: 30}
    routes: [{medium: email, touchpoint: mail, preference: 1, contact_cost: 0.02, planned: 40}]
    message: hello
    effect: {take_up: 0.5, lift: 0.2, low: 0.1, high: 0.3}
exchanges: [{id: deal, kind: paid, give: a visit, get: two dollars, asset: voucher, cost: 2.00}]
touchpoints:
  [{id: counter, title: Counter, medium: person, direction: inbound, purpose: sales, owner: Eve, data_out: [baskets]},
   {id: mail, title: E-mail, medium: email, direction: outbound, purpose: marketing, owner: Ben}]
messages:
  - id: hello
    variants:
      email: {subject: "Hello", mjml: "<mjml/>", text: "Hello"}
"""


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path


def test_the_past_is_counted_from_standings(sterna, small, standings):
    told = answer(
        sterna(
            "plan", "forecast", small, "--standings", standings, "--months", 6, "--as-of", "2017-06-30", "--json"
        )
    )  # fmt: skip
    assert told["source"] == "standings.csv, 3 periods of 6 months from 0 to 2"
    assert [place["place"] for place in told["places"]] == ["gone", "silver", "gold"]
    assert {place["place"]: place["now"] for place in told["places"]}["silver"] == 60
    # Of 120 in silver 24 were in gold half a year later: with half a customer for each place 24.5 of 121.5.
    (goal,) = told["goals"]
    base = 60 * 24.5 / 121.5
    assert goal["expected"] - base == pytest.approx(goal["by_plan"]["mean"], abs=1.0)
    assert told["worth"]["mean"] > 0


def test_whoever_was_seen_no_more_is_gone_and_stays_so(sterna, small, standings):
    kept = [line for line in standings.read_text().splitlines() if not line.startswith("c99,2,")]
    standings.write_text("\n".join(kept) + "\n")
    told = answer(
        sterna(
            "plan", "forecast", small, "--standings", standings, "--months", 6, "--as-of", "2017-06-30",
            "--order", "silver,gold", "--json",
        )
    )  # fmt: skip
    gone = told["places"][0]
    assert (gone["place"], gone["now"]) == ("gone", 0)
    assert gone["without"] > 0


def test_without_amounts_the_worth_is_unknown(sterna, small, standings):
    bare = [line.rsplit(",", 1)[0] for line in standings.read_text().splitlines()]
    standings.write_text("\n".join(bare) + "\n")
    said = sterna(
        "plan", "forecast", small, "--standings", standings, "--months", 6, "--as-of", "2017-06-30",
        "--order", "silver,gold",
    )  # fmt: skip
    assert said.code == 0
    assert "Left out: what a place brings is not known" in said.out
    assert "Worth " not in said.out
    assert "cannot tell with 40 contacted and 10 held out: what a place brings is not known" in said.out


def test_another_version_is_laid_beside_in_the_same_worlds(sterna, tmp_path, small, standings):
    strong = tmp_path / "strong.yaml"
    strong.write_text(SMALL.replace("lift: 0.2, low: 0.1, high: 0.3", "lift: 0.4, low: 0.3, high: 0.5"))
    told = answer(
        sterna(
            "plan", "forecast", small, "--standings", standings, "--months", 6, "--as-of", "2017-06-30",
            "--against", strong, "--draws", 1000, "--json",
        )
    )  # fmt: skip
    found = {each["figure"]: each["more"]["mean"] for each in told["beside"]}
    assert set(found) == {"moved, up", "by the plan, up", "cost", "worth", "net"}
    # 20 take it up; a fifth more of them is 4, less what falls back.
    assert 2.5 < found["by the plan, up"] < 4
    assert found["cost"] == pytest.approx(0, abs=1)


WRONG = [
    ({"moved": [[1, 2]]}, "moved holds 4 rows"),
    ({"places": ["bronze"]}, "places are 2 to 50"),
    ({"month": 3}, "'month' means nothing here; known are: as_of, places, months"),
    ({"months": "six"}, "Expected `int`"),
    ({"as_of": None}, "does not say as of which day"),
    ({"as_of": "2018-01-01"}, "the plan closes on 2017-12-31"),
    ({"headcounts": {"bronze": 5}}, "goal bronze-to-silver wants 225 customers, and bronze holds 5"),
    ({"worth": {"tin": 4.0}}, "'tin' is none of the places"),
]


@pytest.mark.parametrize(("changes", "said"), WRONG, ids=lambda part: str(part)[:24])
def test_what_is_wrong_in_the_basis_is_one_clear_line(sterna, tmp_path, changes, said):
    given = json.loads((RETAIL / "basis.json").read_text())
    if "moved" in changes:
        given |= {"places": ["bronze", "silver", "gold", "platinum"]}
    given |= changes
    path = tmp_path / "basis.json"
    path.write_text(json.dumps({name: value for name, value in given.items() if value is not None}))
    assert said in sterna("plan", "forecast", RETAIL / "plan.yaml", "--basis", path).refusal()


ASKED = [
    ([], "say --basis FILE, or --standings FILE with --months"),
    (["--basis", RETAIL / "basis.json", "--standings", "x.csv"], "say --basis FILE, or --standings"),
    (["--standings", "x.csv"], "--standings needs --months"),
    (["--standings", "x.csv", "--months", 6], "--standings needs --months"),
    (["--basis", RETAIL / "basis.json", "--as-of", "2017-05-31"], "as of 2017-06-30, not of 2017-05-31"),
    (["--basis", RETAIL / "basis.json", "--draws", 5], "5 draws: ask for 20 to 10,000"),
    (["--basis", RETAIL / "missing.json"], "missing.json"),
    (["--basis", RETAIL / "basis.json", "--happened", RETAIL / "basis.json"], "means nothing here; known are: moved"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "said"), ASKED, ids=lambda part: str(part)[-24:])
def test_what_is_asked_wrongly_is_one_clear_line(sterna, options, said):
    assert said in sterna("plan", "forecast", RETAIL / "plan.yaml", *options).refusal()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "holds no names and values"),
        ("{", "is not readable as JSON"),
        ('{"moved": {"tin": {"bronze": 1}}}', "'tin' is none of the places"),
        ('{"moved": {"bronze": 7}}', "moved: Expected `object`"),
        ("{}", "moved: Expected `object`"),
    ],
)
def test_what_happened_must_be_counts_of_the_places(sterna, tmp_path, text, said):
    path = tmp_path / "seen.json"
    path.write_text(text)
    refusal = sterna(
        "plan", "forecast", RETAIL / "plan.yaml", "--basis", RETAIL / "basis.json", "--happened", path
    ).refusal()
    assert str(path) in refusal
    assert said in refusal


def test_a_plan_with_an_error_is_not_forecast(sterna, plan):
    path = plan(**{"    unit_cost: 0.90\n": ""})
    refusal = sterna("plan", "forecast", path, "--basis", RETAIL / "basis.json").refusal()
    assert f"{path}:" in refusal
    assert "produce-voucher" in refusal
