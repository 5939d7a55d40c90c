"""The trained model: what it says of itself, its text and hash, and models that are refused."""

import json
import math

import pyarrow as pa
import pytest

from sterna.engine.errors import BadInput
from sterna.engine.identity import linking
from sterna.engine.identity.linking.comparisons import COMPARISONS
from tests.engine.identity.linking import febrl
from tests.engine.identity.linking.people import ANNA, link

SAMPLE = 1500


def sample(with_id=True):
    """The profiles of the first people of FEBRL4, from both sources."""
    rows = febrl.profiles(with_id).to_pylist()
    return pa.Table.from_pylist([row for row in rows if int(row["record"].split("-")[1]) < SAMPLE])


@pytest.fixture(scope="module")
def trained():
    return linking.link(sample(), across=True)


def test_a_model_says_what_it_learned_and_from_how_many(trained):
    model = trained.model
    assert (model.records, model.seed, model.frequency) == (2 * SAMPLE, 1, True)
    # About one pair in 1,500 is a match: 1,500 of 1,500 x 1,500.
    assert model.prior == pytest.approx(1 / SAMPLE, rel=0.3)
    assert {each.column for each in model.comparisons} == set(febrl.AS)
    assert all(each.trained for each in model.comparisons)
    for each in model.comparisons:
        bits = [math.log2(level.m / level.u) for level in each.levels]
        assert bits[0] > 3 and bits[-1] < 0 and bits[0] == max(bits)


def test_a_column_that_nobody_fills_is_left_out_and_said(trained):
    absent = "known of fewer than two sources"
    assert trained.model.left_out == {"email": absent, "phone": absent}
    assert f"email: not compared, {absent}" in trained.notes


def test_the_same_profiles_make_the_same_text(trained):
    again = linking.link(sample(), across=True)
    assert again.model.text() == trained.model.text()
    assert again.model.sha256 == trained.model.sha256
    assert linking.link(sample(with_id=False), across=True).model.sha256 != trained.model.sha256


def test_a_model_comes_back_from_its_text(trained):
    assert linking.read_model(trained.model.text()) == trained.model


def test_too_few_records_are_scored_with_the_weights_to_start_from():
    linked = link(a=ANNA, b=ANNA)
    assert [each.trained for each in linked.model.comparisons] == [False] * len(linked.model.comparisons)
    assert "not trained: 2 records with 1 sure pair(s)" in linked.notes[-1]
    # In two profiles every name is common; rarity says nothing there.
    assert linked.model.frequency is False


@pytest.mark.parametrize("column", COMPARISONS)
def test_the_shares_to_start_from_are_whole_and_fall_with_agreement(column):
    levels = COMPARISONS[column].levels
    assert sum(level.m for level in levels) == pytest.approx(1)
    assert sum(level.u for level in levels) == pytest.approx(1)
    assert all(level.m > 0 and level.u > 0 for level in levels)
    assert levels[0].m > levels[0].u and levels[-1].m < levels[-1].u


def test_a_text_that_is_no_model_is_refused(trained):
    good = json.loads(trained.model.text())
    first = good["comparisons"][0]
    bad = [
        ("{}", "this is no model of links"),
        ("nonsense", "this is no model of links"),
        (json.dumps(good | {"version": 2}), "version 2; this Sterna reads version 1"),
        (json.dumps(good | {"prior": 0}), "prior is 0"),
        (json.dumps(good | {"more": 1}), "this is no model of links"),
        (json.dumps(good | {"comparisons": [first | {"column": "shoe"}]}), "compares shoe in levels"),
        (
            json.dumps(good | {"comparisons": [first | {"levels": first["levels"][:2]}]}),
            "compares given_name",
        ),
        (
            json.dumps(
                good | {"comparisons": [first | {"levels": [{**one, "m": 0.0} for one in first["levels"]]}]}
            ),
            "shares for given_name are not between 0 and 1",
        ),
    ]
    for text, message in bad:
        with pytest.raises(BadInput, match=message):
            linking.read_model(text)
