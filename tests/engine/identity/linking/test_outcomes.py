"""What becomes of a pair: merged, asked about, a household, or nothing; and what no machine may merge."""

import pyarrow as pa
import pytest

from sterna.engine.errors import BadInput
from sterna.engine.identity import linking
from tests.engine.identity.linking.people import ANNA, NOBODY, PAUL, evidence, link, outcomes, table, together

OLE = NOBODY | {
    "given_name": "Ole",
    "surname": "Berg",
    "birth_date": "1999-01-02",
    "email": "ole@berg.dk",
    "phone": "0113 496 0000",
    "street_number": "12",
    "address": "Mill Lane",
    "suburb": "Hull",
    "postcode": "HU1 1AA",
    "national_id": "ZZ987654A",
}
TWO_USERS, STRANGERS = "two user ids", "other first name and birth date"
UNNAMED = "other first name, no birth date or id in common"


def test_the_same_person_spelled_otherwise_merges():
    linked = link(a=ANNA, b=ANNA | {"surname": " KELLÉR", "phone": "+44 20 7946 0018", "postcode": "ls14ap"})
    assert outcomes(linked) == {"ab": ("merge", None)}
    assert together(linked) == ["ab"]


def test_strangers_are_nothing():
    assert outcomes(link(a=ANNA, b=OLE | {"postcode": "LS1 4AP"})) == {}


def test_little_evidence_is_a_question():
    # Prior 2^-9.96, first name 6.64, surname 8.06: 4.7 bits, a probability of 0.96 without more; a postcode that
    # differs takes it below 0.95.
    one = {"given_name": "Anna", "surname": "Keller", "postcode": "LS1 4AP"}
    assert outcomes(link(a=one, b=one | {"postcode": "B33 8TH"})) == {"ab": ("review", None)}


@pytest.mark.parametrize(
    ("other", "outcome", "veto"),
    [
        (PAUL, "household", STRANGERS),
        (PAUL | {"birth_date": None}, "household", UNNAMED),
        (PAUL | {"phone": "0113 496 0000"}, "household", STRANGERS),
        # Married, another surname, one telephone.
        (PAUL | {"surname": "Braun", "address": None, "postcode": None}, "household", STRANGERS),
        (ANNA | {"given_name": None, "birth_date": None}, "review", "nothing personal in common"),
    ],
)
def test_R20_relatives_are_a_household_and_not_one_person(other, outcome, veto):
    linked = link(a=ANNA, b=other)
    assert outcomes(linked) == {"ab": (outcome, veto)}
    assert together(linked) == ["a", "b"]


def test_a_slip_in_a_birth_date_is_no_other_birth_date():
    for slip in ("1980-05-03", "1980-03-06", "1981-03-15"):
        assert outcomes(link(a=ANNA, b=ANNA | {"birth_date": slip})) == {"ab": ("merge", None)}


def test_a_first_name_cut_short_swapped_or_doubled_is_no_other_name():
    for name in ("A.", "Ann", "Maria Anna"):
        assert outcomes(link(a=ANNA, b=ANNA | {"given_name": name, "birth_date": None}))["ab"][0] == "merge"
    swapped = ANNA | {"given_name": "Keller", "surname": "Anna"}
    assert outcomes(link(a=ANNA, b=swapped)) == {"ab": ("merge", None)}


def test_a_namesake_beside_the_person_is_a_question():
    father = ANNA | {"birth_date": "1948-09-17"}
    linked = link(a=ANNA, b=ANNA, c=father)
    rival = ("review", "another record fits better")
    assert outcomes(linked) == {"ab": ("merge", None), "ac": rival, "bc": rival}
    assert together(linked) == ["ab", "c"]


def test_a_record_without_a_name_does_not_join_a_couple():
    nobody = ANNA | {"given_name": None, "birth_date": None}
    linked = link(a=ANNA, b=PAUL, c=nobody, d=PAUL)
    assert together(linked) == ["a", "bd", "c"]


def test_different_verified_users_never_merge():
    linked = link(a=ANNA | {"user_id": "7"}, b=ANNA | {"user_id": "8"})
    assert outcomes(linked) == {"ab": ("review", TWO_USERS)}
    # Not by way of a third record that fits both of them either.
    chained = link(a=ANNA | {"user_id": "7"}, b=ANNA | {"user_id": "8"}, c=ANNA)
    assert together(chained) == ["ac", "b"]
    assert outcomes(chained)["bc"] == ("review", "it would join two persons by way of others")


def test_one_verified_user_is_one_person_however_little_else_agrees():
    moved = {"user_id": "7", "surname": "Braun", "phone": "0113 496 0000"}
    assert outcomes(link(a=ANNA | {"user_id": "7"}, b=moved)) == {"ab": ("merge", None)}
    odd = link(
        a=ANNA | {"user_id": "7"}, b=PAUL | {"user_id": "7", "surname": "Ott", "phone": None, "address": None}
    )
    assert outcomes(odd) == {"ab": ("review", STRANGERS)}


def test_what_a_person_said_stands():
    different = link({"cannot": [("b", "a")]}, a=ANNA, b=ANNA)
    assert outcomes(different) == {"ab": ("household", "said to be two persons")}
    assert together(different) == ["a", "b"]
    same = link({"must": [("b", "a")]}, a=ANNA, b=PAUL)
    assert outcomes(same) == {"ab": ("merge", None)} and together(same) == ["ab"]
    unlike = link({"must": [("a", "b")]}, a=ANNA, b={"surname": "Ott"}, c={"surname": "Ott"})
    assert unlike.pairs.to_pylist()[0]["probability"] is None and together(unlike) == ["ab", "c"]


def test_a_pair_said_to_be_two_is_not_asked_about_again():
    one = {"given_name": "Anna", "surname": "Keller", "email": "anna@keller.uk"}
    assert outcomes(link({"cannot": [("a", "b")]}, a=one, b=one)) == {}


def test_what_is_said_must_make_sense():
    said = [
        ({"must": [("a", "a")]}, "a cannot be linked with itself"),
        ({"cannot": [("a", "z")]}, "names the record z, which no profile has"),
        ({"must": [("a", "b")], "cannot": [("b", "a")]}, "a and b must be one person and must not"),
        (
            {"must": [("a", "b"), ("b", "c")], "cannot": [("c", "a")]},
            "a and c must be one person and must not",
        ),
    ]
    for what, message in said:
        with pytest.raises(BadInput, match=message):
            link(what, a=ANNA, b=ANNA, c=ANNA)


def test_evidence_tells_values_levels_and_weights_that_add_up():
    linked = link(a=ANNA, b=ANNA | {"address": "High Stret", "birth_date": None}, z=OLE)
    told = evidence(linked)
    assert told["address"] == {
        "left": "high street",
        "right": "high stret",
        "level": "very similar",
        "weight": 5.9069,
    }
    assert told["birth_date"] == {"left": "19800305", "right": None, "level": "unknown", "weight": 0.0}
    (row,) = linked.pairs.to_pylist()
    assert sum(each["weight"] for each in told.values()) == pytest.approx(row["weight"], abs=0.001)
    # The probability follows from the weight in bits: 2^w / (1 + 2^w).
    assert row["probability"] == pytest.approx(2 ** row["weight"] / (1 + 2 ** row["weight"]))


@pytest.mark.parametrize("column", [column for column, told in ANNA.items() if told and column != "source"])
def test_an_unknown_value_never_counts_against(column):
    spare = {"email": "anna@keller.uk", "national_id": "AB123456C"}
    known = link(a=ANNA | spare, b=ANNA | spare | {column: None}, z=OLE)
    assert evidence(known)[column]["weight"] == 0
    assert outcomes(known) == {"ab": ("merge", None)}


def test_across_sources_only_and_each_of_them_once():
    shop, web = ANNA, ANNA | {"source": "web"}
    far = web | {"street_number": "7", "postcode": "LS2 9JT"}
    across = link({"across": True}, a=shop, b=shop, c=web)
    assert set(outcomes(across)) == {"ac", "bc"} and together(across) == ["abc"]
    best = link({"across": True, "one_to_one": True}, a=shop, b=web, c=far)
    assert outcomes(best) == {
        "ab": ("merge", None),
        "ac": ("review", "another record of the source fits better"),
    }
    with pytest.raises(BadInput, match="at least two are needed"):
        link({"across": True}, a=shop, b=shop)
    with pytest.raises(BadInput, match=r"1 profile.s. have no source"):
        link({"across": True}, a=shop, b=web, c=NOBODY)


def test_only_pairs_with_a_fresh_record_are_compared():
    linked = link({"fresh": ["c"]}, a=ANNA, b=ANNA, c=ANNA)
    assert set(outcomes(linked)) == {"ac", "bc"}


def test_profiles_that_cannot_be_linked_are_refused():
    with pytest.raises(BadInput, match="record a stands twice; 1 record"):
        linking.link(pa.table({"record": ["a", "a", "b"], "surname": ["x", "y", "z"]}))
    with pytest.raises(BadInput, match="profiles have no column shoe"):
        linking.link(pa.table({"record": ["a"], "shoe": ["x"]}))
    with pytest.raises(BadInput, match="need a column record"):
        linking.link(pa.table({"surname": ["x"]}))
    with pytest.raises(BadInput, match="a profile has no record"):
        linking.link(pa.table({"record": ["a", None], "surname": ["x", "y"]}))
    with pytest.raises(BadInput, match="nothing can be compared"):
        linking.link(table(a=NOBODY, b=ANNA))


def test_reach_counts_pairs_that_meet_by_any_key():
    people = table(a=ANNA, b=PAUL, c={"given_name": "Keller", "surname": "Anna"}, d={"surname": "Keller"})
    # a and b share a home and a telephone, c is a with the names swapped, d shares a surname alone.
    assert linking.reach(people, [("a", "b"), ("c", "a"), ("a", "d")]) == 2
    assert linking.reach(people, [("a", "b")], across=True) == 0


def test_three_sources_with_odd_names_are_compared_with_one_another():
    people = {
        name: ANNA | {"source": source} for name, source in zip("abc", ("shop", "o'web", 'b"ar'), strict=True)
    }
    linked = link({"across": True, "one_to_one": True}, **people)
    assert set(outcomes(linked)) == {"ab", "ac", "bc"} and together(linked) == ["abc"]


def test_a_spilling_folder_is_used_and_left_empty(tmp_path):
    linked = linking.link(table(a=ANNA, b=ANNA), machine=linking.Machine(1, "200MB", tmp_path))
    assert together(linked) == ["ab"] and list(tmp_path.iterdir()) == []


def test_stages_are_told_in_their_order():
    told = []
    link({"tell": told.append}, a=ANNA, b=ANNA)
    assert told == ["making the profiles alike", "training the model", "scoring pairs", "joining clusters"]


def test_a_household_needs_a_surname_or_a_telephone_in_common():
    flatmate = OLE | {column: ANNA[column] for column in ("street_number", "address", "suburb", "postcode")}
    assert outcomes(link(a=ANNA, b=flatmate)) == {}
    sister = ANNA | {"given_name": "Ida", "birth_date": "1985-06-30", "phone": None, "address": "High Stret"}
    assert outcomes(link(a=ANNA, b=sister))["ab"][0] == "household"
    assert (
        outcomes(link(a=ANNA, b=sister | {"street_number": "88", "postcode": "HU1 1AA"})).get("ab", ("",))[0]
        != "merge"
    )
