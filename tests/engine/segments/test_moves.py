"""Counts of moves over periods: every row sums to its opening headcount, and nobody is counted twice or lost."""

from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.engine.errors import BadInput
from sterna.engine.lake import Lake, open_lake
from sterna.engine.segments import moves
from sterna.engine.tables import TABLES
from tests.engine.lake.small_tables import rows

PLACES = ("low", "middle", "high")


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with open_lake("duckdb", tmp_path_factory.mktemp("moves")) as opened:
        yield opened


def counted(lake: Lake, *stood: tuple[str, int, str], places=PLACES, segment=None) -> moves.Moves:
    named = (
        {"customer_id": who, "period": when, "place": where, "segment": segment} for who, when, where in stood
    )
    lake.put(TABLES["standings"], rows("standings", *named))
    return moves.count(lake, places)


def test_R4_three_of_ten_moved_and_every_row_sums_to_its_opening_headcount(lake):
    stood = [(f"c{n}", 0, "low") for n in range(10)] + [
        (f"c{n}", 1, "high" if n < 3 else "low") for n in range(9)
    ]
    found = counted(lake, *stood, ("late", 1, "middle"))
    assert found.stayed[0].sum(axis=0).tolist() == [[6, 0, 3], [0, 0, 0], [0, 0, 0]]
    assert found.went[0, 0].tolist() == [1, 0, 0] and found.came[0, 0].tolist() == [0, 1, 0]
    names, chain = found.chain()
    assert names == (*PLACES, "gone") and chain[0].tolist()[0] == [6, 0, 3, 1]


def test_who_misses_a_period_goes_and_comes_again(lake):
    found = counted(lake, ("a", 0, "low"), ("a", 2, "high"), ("b", 1, "low"), ("b", 2, "low"))
    assert found.went[:, 0].tolist() == [[1, 0, 0], [0, 0, 0]]
    assert found.came[:, 0].tolist() == [[1, 0, 0], [0, 0, 1]]
    assert found.triples.sum() == 0


def test_three_periods_in_a_row_are_counted_as_one_way(lake):
    found = counted(lake, ("a", 0, "low"), ("a", 1, "middle"), ("a", 2, "low"), ("a", 3, "high"))
    ways = {
        tuple(PLACES[each] for each in way): int(found.triples[way])
        for way in zip(*found.triples.nonzero(), strict=True)
    }
    assert ways == {("low", "middle", "low"): 1, ("middle", "low", "high"): 1}


def test_a_move_belongs_to_the_segment_in_which_it_began(lake):
    stood = [
        {"customer_id": "a", "period": 0, "place": "low", "segment": "north", "amount": 5},
        {"customer_id": "a", "period": 1, "place": "high", "segment": "south", "amount": 9},
        {"customer_id": "b", "period": 1, "place": "low", "segment": "south", "amount": 1},
    ]
    lake.put(TABLES["standings"], rows("standings", *stood))
    found = moves.count(lake, PLACES)
    assert found.segments == ("north", "south")
    assert found.stayed[0, 0, 0, 2] == 1 and found.stayed[0, 1].sum() == 0
    listed = lake.fetch(TABLES["period_moves"]).to_pylist()
    assert [(row["from_place"], row["to_place"], row["from_amount"], row["to_amount"]) for row in listed] == [
        ("low", "high", 5, 9),
        ("new", "low", None, 1),
    ]


standings = st.dictionaries(
    st.tuples(st.sampled_from("abcdef"), st.integers(0, 4)), st.sampled_from(PLACES), min_size=1, max_size=25
)


@settings(max_examples=60, deadline=None)
@given(standings)
def test_R4_opening_and_who_came_are_closing_and_who_went_in_every_step(lake, stood):
    # Periods are numbered without a gap: one without anybody is none.
    stood |= {("z", period): "low" for period in range(5)}
    found = counted(lake, *((who, when, where) for (who, when), where in stood.items()))
    assert found.steps == 4
    for step in range(4):
        opening, closing = (
            [
                Counter(where for (_, when), where in stood.items() if when == period)[place]
                for place in PLACES
            ]
            for period in (step, step + 1)
        )
        stayed = found.stayed[step, 0]
        assert (stayed.sum(axis=1) + found.went[step, 0]).tolist() == opening
        assert (stayed.sum(axis=0) + found.came[step, 0]).tolist() == closing
    for (who, when), where in stood.items():
        after = stood.get((who, when + 1))
        assert after is None or found.stayed[when, 0, PLACES.index(where), PLACES.index(after)] > 0


@pytest.mark.parametrize(
    ("places", "said"),
    [
        (("low", "low", "high"), "the place low is named twice"),
        (("low",), "customers stand at high, which the order of places does not name"),
        (("low", "high", "gone"), "a place cannot be called gone"),
    ],
)
def test_places_that_do_not_fit_are_refused(lake, places, said):
    with pytest.raises(BadInput, match=said):
        counted(lake, ("a", 0, "low"), ("a", 1, "high"), places=places)


def test_one_period_has_no_moves(lake):
    with pytest.raises(BadInput, match="two periods at least"):
        counted(lake, ("a", 0, "low"))
