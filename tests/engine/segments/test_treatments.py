"""Treatments: everybody of a segment in exactly one cell of value by potential, with the level that is theirs."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.engine.errors import BadInput
from sterna.engine.rules import MEASURES
from sterna.engine.segments import (
    Treatments,
    check_treatments,
    place_in_cells,
    read_treatments,
    treatments_body,
)
from sterna.engine.segments.ruled import Seat
from sterna.engine.segments.treatments import (
    KNOWN_OF_ALL,
    PROMOTING,
    UNKNOWN,
    Axis,
    CellLevel,
    Cut,
    Frequency,
    problems,
)
from sterna.engine.steps import load
from sterna.engine.tables import TABLES
from tests.engine.lake.small_tables import rows
from tests.engine.segments.by_rules import customers, placed, segments, stages, worth

SMALL, BIG = Seat(place="small", enter=worth(1)), Seat(place="big", enter=worth(100))
NEEDS = segments(BIG, SMALL)


def money(text: str) -> Decimal:
    return Decimal(text)


def axis(measure: str, *edges: str) -> Axis:
    """Bands called low, then by their lower edge."""
    ends = [None, *map(money, edges), None]
    named = ["low", *(f"from {edge}" for edge in edges)]
    return Axis(
        measure=measure,
        bands=tuple(
            Cut(name=name, low=low, high=high) for name, low, high in zip(named, ends, ends[1:], strict=False)
        ),
    )


def level(value: str, potential: str, **terms: Any) -> CellLevel:
    given = {"personalization": "individual", "contacts": 2, "days": 30, "retention": "none"} | terms
    frequency = Frequency(contacts=given.pop("contacts"), days=given.pop("days"))
    return CellLevel(value=value, potential=potential, frequency=frequency, **given)


def grid(value: Axis | None = None, potential: Axis | None = None, **more: Any) -> Treatments:
    """Spend cut at 100 by headroom cut at 50, the same level in every cell."""
    value, potential = value or axis("spend", "100"), potential or axis("headroom", "50")
    levels = tuple(level(one, other) for one in value.names for other in potential.names)
    return Treatments(**{"scheme": "needs", "value": value, "potential": potential, "levels": levels} | more)


def measured(lake, **figures: tuple[str | None, str | None]) -> None:
    """Customers by what they spent and by their headroom, None where nobody knows."""
    customers(lake, **dict.fromkeys(figures))
    known = [
        {"customer_id": name, "spend": spend and money(spend), "headroom": room and money(room)}
        for name, (spend, room) in figures.items()
    ]
    lake.put(TABLES["values"], rows("values", *known))


def treated(lake, *found: Treatments, schemes=(NEEDS,)) -> dict[str, dict]:
    placed(lake, *schemes)
    place_in_cells(lake, found, schemes)
    return {row["customer_id"]: row for row in lake.fetch(TABLES["treatments"]).to_pylist()}


def cells(lake, *found: Treatments, schemes=(NEEDS,)) -> dict[str, tuple[str, str, str]]:
    return {
        who: (row["segment"], row["value_band"], row["potential_band"])
        for who, row in treated(lake, *found, schemes=schemes).items()
    }


def test_R80_everybody_stands_in_the_cell_of_their_figures_an_edge_belongs_to_the_upper_band(lake):
    measured(
        lake,
        below=("99.99", "49.99"),
        on_edge=("100.00", "50.00"),
        above=("100.01", "50.01"),
        returned=("-5.00", "0.00"),
    )
    assert cells(lake, grid()) == {
        "below": ("small", "low", "low"),
        "on_edge": ("big", "from 100", "from 50"),
        "above": ("big", "from 100", "from 50"),
        "returned": ("others", "low", "low"),
    }


def test_R80_unknown_potential_is_a_column_of_its_own_and_never_zero(lake):
    measured(lake, ann=("120.00", None), bob=("120.00", "0.00"), eve=(None, None))
    assert cells(lake, grid()) == {
        "ann": ("big", "from 100", UNKNOWN),
        "bob": ("big", "from 100", "low"),
        # Who has no row of spend bought nothing: that is zero, and known.
        "eve": ("others", "low", UNKNOWN),
    }
    figures = {
        who: (row["value_figure"], row["potential_figure"]) for who, row in treated(lake, grid()).items()
    }
    assert figures == {"ann": (120, None), "bob": (120, 0), "eve": (0, None)}


def test_R80_an_unknown_value_has_a_row_of_its_own_too(lake):
    measured(lake, ann=("120.00", None), bob=("10.00", "70.00"))
    turned = grid(axis("headroom", "50"), axis("spend", "100"))
    assert turned.value.names == ("low", "from 50", UNKNOWN) and turned.potential.names == ("low", "from 100")
    assert cells(lake, turned) == {"ann": ("big", UNKNOWN, "from 100"), "bob": ("small", "from 50", "low")}


def test_R80_a_level_is_that_of_the_cell_and_a_segment_may_have_its_own(lake):
    own = level("low", UNKNOWN, personalization="none", contacts=0, days=90, retention="keep")
    found = grid(segments={"small": (own,)})
    measured(lake, ann=("5.00", None), bob=("5.00", "9.00"), eve=("200.00", None), non=("0.00", None))
    levels = {
        who: (row["personalization"], row["contacts"], row["days"], row["retention"])
        for who, row in treated(lake, found).items()
    }
    usual = ("individual", 2, 30, "none")
    assert levels == {"ann": ("none", 0, 90, "keep"), "bob": usual, "eve": usual, "non": usual}


def test_R80_moving_to_another_cell_changes_the_level_at_the_next_turn(lake):
    levels = tuple(
        level(one, other, contacts=5 if one != "low" else 1)
        for one in ("low", "from 100")
        for other in ("low", "from 50", UNKNOWN)
    )
    found, seen = grid(levels=levels), []
    for spend in ("99.99", "100.00", "20.00"):
        measured(lake, ann=(spend, "10.00"))
        seen.append(treated(lake, found)["ann"]["contacts"])
    assert seen == [1, 5, 1]


def test_a_segment_of_a_newer_version_of_the_scheme_has_the_levels_of_every_segment(lake):
    own = level("low", "low", contacts=9)
    measured(lake, ann=("5.00", "5.00"))
    newer = segments(Seat(place="tiny", enter=worth(1)))
    row = treated(lake, grid(segments={"small": (own,)}), schemes=(newer,))["ann"]
    assert (row["segment"], row["contacts"]) == ("tiny", 2)


def test_stages_schemes_without_a_grid_and_schemes_that_are_not_placed_have_no_rows(lake):
    measured(lake, ann=("5.00", "5.00"))
    other = segments(SMALL, name="other")
    assert cells(lake, schemes=(NEEDS, other)) == {}
    found = treated(
        lake, grid(), grid(scheme="gone"), grid(scheme="life"), schemes=(NEEDS, stages(SMALL), other)
    )
    assert {row["scheme"] for row in found.values()} == {"needs"} and len(found) == 1


def test_a_customer_is_in_the_grid_of_each_scheme(lake):
    measured(lake, ann=("5.00", "5.00"), bob=("500.00", None))
    other = segments(BIG, name="other")
    placed(lake, NEEDS, other)
    place_in_cells(lake, [grid(), grid(scheme="other", potential=axis("potential", "3"))], (NEEDS, other))
    found = [
        (row["customer_id"], row["scheme"], row["segment"], row["value_band"], row["potential_band"])
        for row in lake.fetch(TABLES["treatments"]).to_pylist()
    ]
    assert found == [
        ("ann", "needs", "small", "low", "low"),
        ("ann", "other", "others", "low", UNKNOWN),
        ("bob", "needs", "big", "from 100", UNKNOWN),
        ("bob", "other", "big", "from 100", UNKNOWN),
    ]


def test_the_step_reads_every_measure_there_is(lake):
    """Each is cut by its own column: that of another one would put the customer elsewhere."""
    assert all(
        f"when '{name}' then cast(measured.{name} as" in load("segments/treatments").sql for name in MEASURES
    )
    customers(lake, ann=None)
    placed(lake, NEEDS)
    for number, name in enumerate(MEASURES):
        if name == "spend":
            continue
        lake.put(TABLES["values"], rows("values", {"customer_id": "ann", name: number + 1}))
        place_in_cells(lake, [grid(potential=axis(name, str(number + 1), str(number + 2)))], [NEEDS])
        [row] = lake.fetch(TABLES["treatments"]).to_pylist()
        assert row["potential_band"] == f"from {number + 1}", name
    assert set(KNOWN_OF_ALL) < set(MEASURES)


edges = st.lists(st.integers(-300, 300), min_size=0, max_size=4, unique=True).map(sorted)
amounts = st.none() | st.integers(-30_500, 30_500).map(lambda cents: Decimal(cents) / 100)


@settings(max_examples=20, deadline=None)
@given(edges, edges, st.lists(st.tuples(amounts, amounts), min_size=1, max_size=12))
def test_R80_every_customer_of_a_scheme_of_segments_is_in_exactly_one_cell(lake, spends, rooms, figures):
    value, potential = axis("spend", *map(str, spends)), axis("headroom", *map(str, rooms))
    names = [f"c{number:02}" for number in range(len(figures))]
    told = {
        name: (None if spend is None else str(spend), None if room is None else str(room))
        for name, (spend, room) in zip(names, figures, strict=True)
    }
    measured(lake, **told)
    found = cells(lake, grid(value, potential))
    assert list(found) == names

    def by_hand(of: Axis, figure: Decimal | None) -> str:
        if figure is None:
            return UNKNOWN
        [band] = [
            one.name
            for one in of.bands
            if (one.low is None or one.low <= figure) and (one.high is None or figure < one.high)
        ]
        return band

    for name, (spend, room) in zip(names, figures, strict=True):
        assert found[name][1:] == (by_hand(value, spend or Decimal(0)), by_hand(potential, room))


LOW, HIGH = Cut(name="low", high=money("5")), Cut(name="high", low=money("5"))
FAULTS = [
    ({"value": Axis(measure="charm", bands=(LOW, HIGH))}, "'charm' is no measure of value"),
    ({"potential": axis("spend", "5")}, "value and potential are both cut by spend"),
    ({"value": Axis(measure="spend", bands=())}, "value has no bands"),
    (
        {"value": Axis(measure="spend", bands=(LOW, Cut(name="high", low=money("6"))))},
        "gap between low and high of value: from 5 up to but without 6",
    ),
    (
        {"value": Axis(measure="spend", bands=(LOW, Cut(name="high", low=money("4"))))},
        "overlap between low and high of value: from 4 up to but without 5",
    ),
    (
        {"value": Axis(measure="spend", bands=(Cut(name="low"), HIGH))},
        "overlap between low and high of value: only the ends may be open",
    ),
    (
        {"value": Axis(measure="spend", bands=(Cut(name="all of it", low=money("0")),))},
        "the lowest band of value, all of it, starts at 0; leave it open",
    ),
    (
        {"value": Axis(measure="spend", bands=(LOW, Cut(name="high", low=money("5"), high=money("9"))))},
        "the highest band of value, high, ends at 9; leave it open",
    ),
    (
        {
            "value": Axis(
                measure="spend",
                bands=(
                    LOW,
                    Cut(name="mid", low=money("5"), high=money("5")),
                    Cut(name="high", low=money("5")),
                ),
            )
        },
        "mid of value is empty: from 5 up to but without 5",
    ),
    (
        {"value": Axis(measure="spend", bands=(LOW, Cut(name="low", low=money("5"))))},
        "two bands of value are called low",
    ),
    (
        {"value": Axis(measure="spend", bands=(Cut(name="unknown"),))},
        "a band of value cannot be called 'unknown'",
    ),
    ({"value": Axis(measure="spend", bands=(Cut(name="a/b"),))}, "a band of value cannot be called 'a/b'"),
    ({"value": Axis(measure="spend", bands=(Cut(name="x" * 81),))}, "has a name of 81 letters"),
    ({"value": Axis(measure="spend", bands=(Cut(name=""),))}, "has a name of 0 letters"),
    ({"value": axis("spend", "1.001")}, "low of value has the edge 1.001, finer than 0.01"),
    ({"value": axis("alive", "0.0000001")}, "finer than 0.000001"),
    ({"value": axis("spend", "NaN")}, "low of value has the edge NaN, which no measure can have"),
    ({"value": axis("spend", "1e17")}, "which no measure can have"),
    ({"levels": ()}, "the cell of value from 100 and potential unknown has no level"),
    (
        {"levels": (*grid().levels, level("low", "low"))},
        "the cell of value low and potential low has two levels",
    ),
    ({"levels": (*grid().levels, level("low", "huge"))}, "potential has no band huge"),
    ({"levels": (*grid().levels, level("none", "low"))}, "value has no band none"),
    ({"segments": {"small": (level("low", "low", contacts=-1),)}}, "has -1 contacts: it is from 0 to 1,000"),
    ({"segments": {"small": (level("low", "low", days=0),)}}, "has 0 days: it is from 1 to 366"),
    ({"segments": {"small": (level("low", "low", days=367),)}}, "has 367 days"),
    ({"segments": {"tiny": ()}}, "needs has no segment tiny"),
    ({"segments": {"small": (level("low", "low"), level("low", "low"))}}, "has two levels"),
]


@pytest.mark.parametrize(("change", "said"), FAULTS, ids=range(len(FAULTS)))
def test_R80_what_would_leave_a_customer_without_one_level_is_refused_by_name(change, said):
    wrong = msgspec.structs.replace(grid(), **change)
    with pytest.raises(BadInput, match="treatments of needs: ") as refused:
        check_treatments(wrong, NEEDS.places)
    assert said in str(refused.value)


def test_what_is_in_order_is_taken_and_reads_back_as_it_was():
    for found in (
        grid(),
        grid(value=Axis(measure="alive", bands=(Cut(name="anything"),))),
        grid(value=axis("alive", "0.5", "0.75")),
        grid(segments={"small": (level("low", "low", contacts=0, days=366),)}),
    ):
        check_treatments(found, NEEDS.places)
        assert read_treatments(msgspec.json.decode(msgspec.json.encode(treatments_body(found)))) == found


def test_every_missing_cell_is_named_and_a_problem_says_where_it_is():
    found = list(problems(msgspec.structs.replace(grid(), levels=grid().levels[1:5])))
    assert [one.said for one in found] == [
        "the cell of value low and potential low has no level",
        "the cell of value from 100 and potential unknown has no level",
    ]
    [fault] = problems(grid(segments={"small": (level("low", "low"), level("low", "huge"))}))
    assert fault == ("segments.small[1]", "potential has no band huge")


@pytest.mark.parametrize(
    "stored",
    [
        None, [], {}, {"scheme": "needs"}, treatments_body(grid()) | {"color": "red"},
        treatments_body(grid()) | {"levels": [treatments_body(grid())["levels"][0] | {"retention": "lock up"}]},
        treatments_body(grid()) | {"levels": [treatments_body(grid())["levels"][0] | {"personalization": "some"}]},
    ],
)  # fmt: skip
def test_what_is_no_definition_is_refused(stored):
    with pytest.raises(BadInput, match="these are no treatments"):
        read_treatments(stored)


def test_what_promotes_is_what_is_kept_from_those_in_peace():
    sql = load("decisions/options").sql
    listed = ", ".join(f"'{one}'" for one in ("marketing", "advertising", "sales"))
    assert sql.count(f"purpose in ({listed})") == 3 and set(PROMOTING) == {
        "marketing",
        "advertising",
        "sales",
    }
