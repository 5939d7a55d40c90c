"""Training: the prior by hand, what is left out, what is kept when the data teach nothing, and who is compared."""

import duckdb
import pyarrow as pa
import pytest

from sterna.engine.errors import BadInput
from sterna.engine.identity.linking import profiles, splinking, training
from tests.engine.identity.linking import febrl
from tests.engine.identity.linking.people import NOBODY, table

SYLLABLES = ("ba", "ko", "ri", "ma", "lo", "ten", "sa", "vi", "du", "ne")


def trained(rows, across=False):
    with duckdb.connect(config={"threads": 2}) as connection:
        profiles.prepare(connection, rows, None)
        return training.train(connection, across, 1)


def word(number):
    """A name of three syllables, another one for each number below 1,000."""
    return "".join(SYLLABLES[int(digit)] for digit in f"{number:03}")


def person(number):
    return NOBODY | {
        "source": "shop",
        "given_name": word(number * 7 % 1000),
        "surname": word(number * 13 % 1000),
        "birth_date": f"{1940 + number % 60}-{1 + number % 12:02}-{1 + number % 28:02}",
    }


def crowd(people, doubles):
    singles = {f"{number:04}": person(number) for number in range(people)}
    return singles | {f"{number:04}d": person(number) for number in range(doubles)}


def test_the_prior_is_the_sure_pairs_among_all_pairs():
    # 300 people and 60 doubles: 60 sure pairs, taken to be 80 % of all, among 360 x 359 / 2 = 64,620 pairs: 75/64,620
    # is 0.00116, above the highest prior that is believed, 0.001.
    assert trained(table(**crowd(300, 60))).prior == 0.001
    # 600 and 40: 50 of 640 x 639 / 2 = 204,480.
    assert trained(table(**crowd(600, 40))).prior == pytest.approx(50 / 204_480, rel=1e-6)


def test_no_double_at_all_is_no_reason_to_fail():
    # One pair is taken for granted: 1 / 0.8 among 300 x 299 / 2 = 44,850 pairs.
    model = trained(table(**crowd(300, 0)))
    assert model.prior == pytest.approx(1.25 / 44_850, rel=1e-6)
    assert not any(each.trained for each in model.comparisons)
    assert model.notes == (
        "not trained: 300 records with 0 sure pair(s), at least 200 and 30 are needed; "
        "the weights to start from are used",
    )


@pytest.mark.parametrize(
    ("people", "doubles", "learns"), [(160, 39, False), (161, 39, True), (400, 29, False)]
)
def test_training_needs_records_and_pairs(people, doubles, learns):
    assert trained(table(**crowd(people, doubles))).frequency is learns


def test_a_comparison_that_training_cannot_reach_keeps_its_start():
    # Only names are known: pairs that agree on both names teach of nothing else, and of the names themselves nothing.
    rows = {name: told | {"birth_date": None, "user_id": name[:4]} for name, told in crowd(300, 60).items()}
    model = trained(table(**rows))
    assert not any(each.trained for each in model.comparisons)
    assert model.notes == tuple(
        f"{column}: not trained, the weights to start from are used" for column in ("given_name", "surname")
    )


def test_training_that_went_astray_is_not_believed():
    # Everybody lives in one of two towns, and doubles always in the other one: agreement would count against.
    rows = {
        name: told | {"suburb": ("leeds", "hull")[name.endswith("d")]}
        for name, told in crowd(400, 200).items()
    }
    model = trained(table(**rows))
    suburb = next(each for each in model.comparisons if each.column == "suburb")
    assert not suburb.trained
    assert "suburb: not trained, the weights to start from are used" in model.notes


def test_what_is_known_once_cannot_be_compared():
    rows = table(a=NOBODY | {"surname": "Keller", "phone": "0113 496 0000"}, b=NOBODY | {"surname": "Keller"})
    model = trained(rows)
    assert [each.column for each in model.comparisons] == ["surname"]
    assert model.left_out["phone"] == "known of fewer than two profiles"
    both = table(
        a={"source": "x", "surname": "K", "postcode": "1"},
        b={"source": "x", "postcode": "1"},
        c={"source": "y", "surname": "K"},
    )
    assert trained(both, across=True).left_out["postcode"] == "known of fewer than two sources"
    with pytest.raises(BadInput, match="no column is known of two profiles"):
        trained(table(a=NOBODY))


def test_pairs_are_counted_within_and_across_sources():
    rows = pa.table({"record": list("abcde"), "source": ["x", "x", "y", "y", "y"], "surname": ["k"] * 5})
    with duckdb.connect() as connection:
        profiles.prepare(connection, rows, None)
        # 5 x 4 / 2 = 10 pairs; across, 2 x 3.
        assert splinking.possible_pairs(connection, across=False) == 10
        assert splinking.possible_pairs(connection, across=True) == 6


def test_shares_are_those_of_the_data():
    """FEBRL4's doubles have the national id right in some nine of ten, and two people never share one."""
    model = trained(febrl.profiles(), across=True)
    shares = {each.column: {level.level: level for level in each.levels} for each in model.comparisons}
    first, second = (({row["record"].split("-")[1]: row for row in half}) for half in febrl.halves())
    for column in ("national_id", "postcode"):
        right = sum(first[number][column] == second[number][column] for number in first) / febrl.PEOPLE
        assert shares[column]["the same"].m == pytest.approx(right, abs=0.03)
    values = [row["postcode"] for row in first.values()]
    others = [row["postcode"] for row in second.values()]
    by_chance = sum(values.count(value) * others.count(value) for value in set(values)) / febrl.PEOPLE**2
    assert shares["postcode"]["the same"].u == pytest.approx(by_chance, rel=0.3)
