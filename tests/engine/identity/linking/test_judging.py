"""The judgement of a scored pair by hand: bounds of probability, vetoes, rivals, and laws that hold for any people."""

import json

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sterna.engine.identity import linking
from sterna.engine.identity.linking import outcomes, profiles
from tests.engine.identity.linking.people import ANNA, PAUL, table

BARE = {"given_name": "Anna", "surname": "Keller"}
FATHER = ANNA | {"birth_date": "1948-09-17"}


def judged(people, scored, said=()):
    """Pair to outcome and veto, for people and the probabilities that their pairs were scored with."""
    with duckdb.connect() as connection:
        profiles.prepare(connection, table(**people), None)
        connection.execute(
            "create table scored (one text, two text, probability double, weight double, evidence text)"
        )
        for pair, (probability, weight) in scored.items():
            connection.execute("insert into scored values (?, ?, ?, ?, '{}')", [*pair, probability, weight])
        connection.execute("create table said (one text, two text, same boolean)")
        for one, two, same in said:
            connection.execute("insert into said values (?, ?, ?)", [one, two, same])
        outcomes.judge(connection, 0.05)
        rows = connection.execute("select one || two, outcome, veto from judged").fetchall()
    return {pair: (outcome, veto) for pair, outcome, veto in rows}


@pytest.mark.parametrize(
    ("probability", "outcome"),
    [(1.0, "merge"), (0.95, "merge"), (0.949999, "review"), (0.05, "review"), (0.049999, None)],
)
def test_the_bounds_belong_to_the_better_side(probability, outcome):
    assert judged({"a": BARE, "b": BARE}, {"ab": (probability, 5)}) == {"ab": (outcome, None)}


def test_an_unlikely_pair_of_one_home_is_a_household():
    assert judged({"a": ANNA, "b": FATHER}, {"ab": (0.01, -7)}) == {"ab": ("household", None)}
    assert judged({"a": ANNA, "b": FATHER}, {"ab": (0.5, 0)}) == {"ab": ("household", None)}
    assert judged({"a": ANNA, "b": FATHER}, {"ab": (0.99, 7)}) == {"ab": ("merge", None)}


def test_a_rival_must_be_better_and_sound():
    people = {"a": ANNA, "b": ANNA, "c": FATHER}
    rival = ("review", "another record fits better")
    better = judged(people, {"ab": (0.99, 9), "ac": (0.97, 6)})
    assert better == {"ab": ("merge", None), "ac": rival}
    # As good is not better, and one that would not be merged itself drives nobody out.
    assert judged(people, {"ab": (0.99, 6), "ac": (0.99, 6)})["ac"] == ("merge", None)
    assert judged(people, {"ab": (0.94, 9), "ac": (0.97, 6)})["ac"] == ("merge", None)
    # Who was said to be two persons is no rival.
    assert judged(people, {"ab": (0.99, 9), "ac": (0.97, 6)}, [("a", "b", False)])["ac"] == ("merge", None)


def test_a_twin_beside_the_person_is_driven_out():
    twin = ANNA | {"given_name": "Paul"}
    found = judged({"a": ANNA, "b": ANNA, "c": twin}, {"ab": (1.0, 30), "ac": (1.0, 20)})
    assert found["ac"] == ("household", "another record fits better")


def test_an_id_in_common_outweighs_another_name_but_not_another_birth_date_too():
    one = {"given_name": "Anna", "national_id": "AB123456C"}
    other = {"given_name": "Paul", "national_id": "AB123456C"}
    assert judged({"a": one, "b": other}, {"ab": (0.99, 7)}) == {"ab": ("merge", None)}
    born = {"birth_date": "1980-03-05"}, {"birth_date": "1948-09-17"}
    found = judged({"a": one | born[0], "b": other | born[1]}, {"ab": (0.99, 7)})
    assert found == {"ab": ("review", "other first name and birth date")}


def test_an_address_of_mail_is_personal_and_a_home_is_not():
    mail = {"email": "anna@keller.uk"}
    assert judged({"a": mail, "b": mail}, {"ab": (0.99, 7)}) == {"ab": ("merge", None)}
    home = {"surname": "Keller", "address": "High Street", "street_number": "5", "postcode": "LS1 4AP"}
    assert judged({"a": home, "b": home}, {"ab": (0.99, 7)}) == {
        "ab": ("review", "nothing personal in common")
    }


def test_said_pairs_are_judged_though_nothing_scored_them():
    people = {"a": ANNA, "b": PAUL, "c": BARE}
    found = judged(people, {}, [("a", "b", False), ("a", "c", True)])
    assert found == {"ab": ("household", "said to be two persons"), "ac": ("merge", None)}


told = st.fixed_dictionaries(
    {
        "given_name": st.sampled_from(["Anna", "Paul", None]),
        "surname": st.sampled_from(["Keller", "Ott", None]),
        "birth_date": st.sampled_from(["1980-03-05", "1948-09-17", None]),
        "email": st.sampled_from(["anna@keller.uk", None]),
        "user_id": st.sampled_from(["7", "8", None]),
    }
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(told, min_size=3, max_size=7), st.randoms(use_true_random=False), st.booleans())
def test_R20_laws_of_any_people(people, chance, barring):
    named = {"y": BARE, "z": BARE} | {f"p{number}": each for number, each in enumerate(people)}
    cannot = [("p0", "p1"), ("y", "p2")] if barring else []
    rows = table(**named)
    linked = linking.link(rows, cannot=cannot)
    order = chance.sample(range(rows.num_rows), rows.num_rows)
    again = linking.link(rows.take(pa.array(order)), cannot=[pair[::-1] for pair in cannot])
    assert linked.pairs.equals(again.pairs) and linked.clusters.equals(again.clusters)
    cluster = {row["record"]: row["cluster"] for row in linked.clusters.to_pylist()}
    assert cluster.keys() == named.keys()
    assert all(cluster[one] != cluster[two] for one, two in cannot)
    for pair in linked.pairs.to_pylist():
        one, two = pair["left_record"], pair["right_record"]
        assert one < two
        assert (pair["outcome"] == "merge") <= (cluster[one] == cluster[two])
        assert pair["outcome"] != "merge" or pair["veto"] is None
        unknown = [
            each["weight"] for each in json.loads(pair["evidence"]).values() if each.get("level") == "unknown"
        ]
        assert unknown == [0.0] * len(unknown)
    for name in set(cluster.values()):
        users = {named[record].get("user_id") for record in cluster if cluster[record] == name} - {None}
        assert len(users) <= 1
