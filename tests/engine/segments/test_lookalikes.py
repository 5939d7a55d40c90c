"""Who is like a list: planted likeness is found, protected attributes stay out, the unknown is no zero."""

import random

import numpy as np
import pyarrow as pa
import pytest

from sterna.engine.errors import BadInput
from sterna.engine.segments import lookalikes
from sterna.engine.segments.features import allowed_classes, panel_of, protected_classes
from sterna.engine.taxonomy import Tree, load

MEASURES = ("order_frequency", "recency_days", "top_category")
TAXONOMY = """
taxonomy: small
version: 1
title: Small
owner: Ann
higher: [person, likes, health, service]
classes:
  - {id: person, title: Person, purposes: [marketing]}
  - {id: person.age, title: Age, parent: person, holds: choice, choices: [young, old]}
  - {id: decade, title: Decade, parent: person.age, holds: text}
  - {id: person.birth_date, title: Born, parent: person, holds: date}
  - {id: person.language, title: Language, parent: person, holds: text}
  - {id: person.stage, title: Stage of life, parent: person, holds: text}
  - {id: likes, title: Likes, purposes: [marketing]}
  - {id: likes.wine, title: Wine, parent: likes, holds: flag}
  - {id: health, title: Health, purposes: [marketing], sensitivity: health}
  - {id: health.diet, title: Diet, parent: health, holds: text, purposes: [marketing]}
  - {id: service, title: Service, purposes: [service]}
  - {id: service.ramp, title: Needs a ramp, parent: service, holds: flag}
"""


@pytest.fixture(scope="module")
def tree() -> Tree:
    return Tree(load(TAXONOMY))


def test_R46_protected_classes_all_finer_ones_and_sensitive_ones_stay_out(tree):
    barred = protected_classes(tree)
    assert barred == {"person.age", "decade", "person.birth_date", "health", "health.diet"}
    # Needs a ramp is for service alone, and what only groups others holds nothing to compare by.
    assert allowed_classes(tree) == ("person.language", "person.stage", "likes.wine")


@pytest.mark.parametrize("named", ["person.age", "decade", "person.birth_date", "health.diet"])
def test_R46_naming_a_protected_class_is_refused(tree, named):
    with pytest.raises(BadInput, match=f"{named} is protected"):
        allowed_classes(tree, ["likes.wine", named])


def test_R46_a_program_may_protect_more(tree):
    assert "person.language" not in allowed_classes(tree, named=("language",))
    with pytest.raises(BadInput, match=r"person\.language is protected"):
        allowed_classes(tree, ["person.language"], named=("person",))


@pytest.mark.parametrize("named", ["service.ramp", "likes", "nothing.such"])
def test_R46_a_class_that_may_not_be_used_or_is_none_is_refused(tree, named):
    with pytest.raises(BadInput, match=named):
        allowed_classes(tree, [named])


@pytest.mark.parametrize("word", ["sex", "gender", "race", "ethnicity", "religion", "disability", "age"])
def test_R46_what_is_protected_by_default_is_so_at_any_place_of_the_tree(word):
    text = TAXONOMY.replace("person.age", "person.band").replace("person.stage", f"person.{word}")
    assert f"person.{word}" in protected_classes(Tree(load(text)))


def shop(people: int = 600, seed: int = 1):
    """Customers of whom half come often and half of those like wine; the rest says nothing. A tenth never bought."""
    chance = random.Random(seed)
    rows, facts = [], []
    for number in range(people):
        who, often, wine = f"c{number:04}", chance.random() < 0.5, chance.random() < 0.5
        bought = number % 10 != 0
        rows.append(
            {
                "customer_id": who,
                "tenure_days": 100 if bought else None,
                "order_frequency": (chance.uniform(4, 6) if often else chance.uniform(0, 3))
                if bought
                else None,
                "recency_days": chance.randrange(1, 90) if bought else None,
                "top_category": chance.choice(["MEAT", "DELI"]) if bought else None,
                "often": often,
                "wine": wine,
            }
        )
        if chance.random() < 0.8:
            facts.append({"customer_id": who, "fact_class": "likes.wine", "value": "yes" if wine else "no"})
    return rows, facts


SCHEMA = pa.schema(
    {
        "customer_id": pa.string(),
        "tenure_days": pa.int64(),
        "order_frequency": pa.float64(),
        "recency_days": pa.int64(),
        "top_category": pa.string(),
    }
)
FACTS = pa.schema(dict.fromkeys(("customer_id", "fact_class", "value"), pa.string()))


def panel(rows, facts, classes=("likes.wine",)):
    return panel_of(
        pa.Table.from_pylist(rows, schema=SCHEMA),
        pa.Table.from_pylist(facts, schema=FACTS),
        MEASURES,
        classes,
    )


@pytest.fixture(scope="module")
def found():
    """The list is a third of those who come often and like wine; the rest of them is who should be found."""
    rows, facts = shop()
    alike = [row["customer_id"] for row in rows if row["often"] and row["wine"] and row["tenure_days"]]
    members = alike[::3]
    return rows, facts, members, set(alike) - set(members)


def test_R46_those_who_are_alike_come_first_with_reasons_for_and_against(found):
    rows, facts, members, alike = found
    got = lookalikes.find(panel(rows, facts), members)
    first = got.customers.people[: len(alike) // 2]
    assert sum(one.customer in alike for one in first) / len(first) > 0.75  # of all others a fifth is
    assert all(one.speaks_for for one in first) and got.customers.apart > 0.75
    assert set(got.customers.features) == {"order_frequency", "likes.wine"}
    assert got.customers.unused == dict.fromkeys(
        ("recency_days", "top_category"), "hardly differs between the list and the others"
    )
    assert {reason.feature for reason in first[0].speaks_for} == {"order_frequency", "likes.wine"}
    assert not {one.customer for one in got.customers.people} & set(members)
    scores = [(-one.likeness, one.customer) for one in got.customers.people]
    assert scores == sorted(scores)


def test_R46_dropping_a_feature_changes_the_list_as_predicted(found):
    rows, facts, members, _ = found
    world = panel(rows, facts)
    wine = {row["customer_id"] for row in rows if row["wine"]}
    often = {row["customer_id"] for row in rows if row["often"]}

    def share(of: set[str], *drop: str) -> float:
        people = lookalikes.find(world, members, drop, most=60).customers.people
        return sum(one.customer in of for one in people) / 60

    # Without wine those who come often still come first, and wine is as rare among them as among all.
    assert share(wine) > 0.8 and share(often) > 0.95
    assert share(wine, "likes.wine") < 0.65 and share(often, "likes.wine") > 0.95
    assert share(often, "order_frequency") < 0.75 and share(wine, "order_frequency") > 0.95


def test_R46_the_profile_shows_how_many_are_known_the_middle_and_the_spread(found):
    rows, facts, members, _ = found
    profile = {trait.feature: trait for trait in lookalikes.find(panel(rows, facts), members).profile}
    mine = sorted(row["order_frequency"] for row in rows if row["customer_id"] in members)
    trait = profile["order_frequency"]
    assert (trait.members.known, trait.members.unknown) == (len(members), 0)
    assert trait.members.mean == pytest.approx(sum(mine) / len(mine))
    assert trait.members.median == pytest.approx(float(np.median(mine)))
    assert trait.members.low < trait.members.median < trait.members.high and trait.tells
    # Prospects are no part of everybody else: nothing that they bought could be compared.
    assert trait.others.known == 540 - len(members) and trait.others.mean < 3.5
    wine = profile["likes.wine"]
    said = [fact for fact in facts if fact["customer_id"] in members]
    assert (wine.members.known, wine.members.unknown) == (len(said), len(members) - len(said))
    assert dict(wine.members.shares) == {"yes": 1.0, "no": 0.0} and wine.kind == "choice"


def test_R46_prospects_are_ranked_by_what_is_known_without_purchases(found):
    rows, facts, members, _ = found
    got = lookalikes.find(panel(rows, facts), members).prospects
    wine = {row["customer_id"] for row in rows if row["wine"]}
    said = {fact["customer_id"] for fact in facts}
    assert got.among == len(got.people) == 60 and set(got.features) == {"likes.wine"}
    kinds = [(one.customer in wine) + 1 if one.customer in said else 0 for one in got.people]
    best = kinds.count(2)
    assert kinds[:best] == [2] * best and best > 15
    # Who said no comes last, behind those of whom nothing is known.
    assert kinds[best:] == [0] * kinds.count(0) + [1] * kinds.count(1)


def test_R46_unknown_is_a_value_of_its_own_and_no_zero():
    """On the list are those of whom the pace is unknown; zero must not be like them."""
    rows = [
        {
            "customer_id": f"c{number:03}",
            "tenure_days": 9,
            "order_frequency": None if number % 4 == 0 else 0.0 if number % 4 == 1 else 5.0,
            "recency_days": number % 50,
            "top_category": "MEAT",
        }
        for number in range(400)
    ]
    rows[4]["order_frequency"] = 0.0
    silent = [row["customer_id"] for row in rows if row["order_frequency"] is None]
    known = [row["customer_id"] for row in rows if row["order_frequency"] == 5.0][:30]
    got = lookalikes.find(panel(rows, []), [*silent[::2], *known], most=400).customers
    first = got.people[: len(silent) // 2]
    assert {one.customer for one in first[:40]} <= set(silent)
    assert first[0].speaks_for[0].value == "unknown"
    zero = next(one for one in got.people if rows[int(one.customer[1:])]["order_frequency"] == 0.0)
    assert zero.likeness < 0.5 < first[0].likeness


@pytest.mark.parametrize(("count", "told"), [(19, False), (20, True)])
def test_R46_of_a_small_list_nothing_can_be_told(found, count, told):
    rows, facts, members, _ = found
    got = lookalikes.find(panel(rows, facts), members[:count])
    assert (got.customers.cannot_tell is None) == told
    if not told:
        assert got.customers.cannot_tell == (
            "The list has 19 customers; of fewer than 20 nothing can be told."
        )
        assert not got.customers.people and len(got.profile) == 4
        assert not any(trait.tells for trait in got.profile)


def test_R46_a_list_drawn_by_chance_is_not_told_apart(found):
    rows, facts, _, _ = found
    drawn = random.Random(5).sample([row["customer_id"] for row in rows if row["tenure_days"]], 80)
    got = lookalikes.find(panel(rows, facts), drawn).customers
    assert not got.people and ("differ" in got.cannot_tell or "hardly told apart" in got.cannot_tell)


def test_R46_the_order_of_rows_changes_nothing(found):
    rows, facts, members, _ = found
    one = lookalikes.find(panel(rows, facts), members)
    mixed = [random.Random(3).sample(of, len(of)) for of in (rows, facts, members)]
    assert lookalikes.find(panel(*mixed[:2]), mixed[2]) == one


def test_R46_who_is_nobody_and_a_feature_that_is_none_are_refused(found):
    rows, facts, members, _ = found
    with pytest.raises(BadInput, match="1 of the list are no customers"):
        lookalikes.find(panel(rows, facts), [*members, "nobody"])
    with pytest.raises(BadInput, match="no feature charm"):
        lookalikes.find(panel(rows, facts), members, ["charm"])


def test_R46_a_class_of_rare_values_is_left_out_and_numbers_are_compared_as_numbers():
    rows, _ = shop(100)
    facts = [
        {"customer_id": row["customer_id"], "fact_class": "name", "value": f"n{n}"}
        for n, row in enumerate(rows)
    ]
    facts += [
        {"customer_id": row["customer_id"], "fact_class": "budget", "value": str(n * 10)}
        for n, row in enumerate(rows)
    ]
    made = panel(rows, facts, ("name", "budget"))
    assert "rare" in made.left_out["name"] and "name" not in made.columns
    assert made.columns["budget"].numbers[7] == 70
