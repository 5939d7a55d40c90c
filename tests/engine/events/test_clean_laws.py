"""Laws of cleaning: clean rows stay as they are, ids are exact texts, and a later day never touches an earlier one."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.engine import events
from sterna.engine.errors import BadInput
from sterna.engine.lake import Lake, arrow, open_lake
from sterna.engine.tables import TABLES
from tests.engine.lake.small_tables import fill, line, listed, rows

CUT = date(2024, 7, 1)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with open_lake("duckdb", tmp_path_factory.mktemp("clean")) as opened:
        yield opened


def _counts(lake: Lake, kind: str) -> dict[str, int]:
    counted = listed(lake, "event_counts", "what", "row_count")
    return {what.removeprefix(f"{kind} "): count for what, count in counted if what.startswith(kind)}


def test_a_currency_that_first_comes_on_the_cut_does_not_stop_an_earlier_day(lake: Lake) -> None:
    lines = [
        line("e1", "2024-06-30", "1.00", currency="USD"),
        line("e2", "2024-07-01", "2.00", currency="EUR"),
        line("e3", "2024-06-01", "4.00", currency="CHF") | {"occurred_on": None},
    ]
    fill(lake, lines=rows("lines", *lines))
    events.clean(lake, CUT)
    assert listed(lake, "clean_lines", "event_id") == [("e1",)]
    assert _counts(lake, "lines")["before the cut in USD"] == 1
    with pytest.raises(BadInput) as refused:
        events.clean(lake, date(2024, 7, 2))
    assert str(refused.value) == "lines are in EUR, USD: bring them to one currency by dated rates first"


def test_ids_that_only_look_alike_are_different_events(lake: Lake) -> None:
    ids = ["e1", "E1", "e1 ", " e1", "e01", "é", "e\u0301", "e1\n", "e1\x00", ""]
    fill(lake, lines=rows("lines", *(line(name, "2024-03-01", "1.00") for name in ids)))
    events.clean(lake, CUT)
    assert {name for (name,) in listed(lake, "clean_lines", "event_id")} == set(ids)


def test_the_first_recorded_copy_brings_all_of_its_columns_and_none_of_the_others(lake: Lake) -> None:
    first = line(
        "e1",
        "2024-03-02",
        "7.00",
        source_record="s2",
        product_id=None,
        touchpoint=None,
        discount=Decimal("0.10"),
    ) | {"recorded_at": datetime(2024, 3, 3)}
    later = line("e1", "2024-03-01", "9.00", quantity=Decimal("0.125")) | {
        "recorded_at": datetime(2024, 3, 4)
    }
    fill(lake, lines=rows("lines", later, first))
    events.clean(lake, CUT)
    [kept] = lake.fetch(TABLES["clean_lines"]).to_pylist()
    assert kept == {name: first[name] for name in TABLES["clean_lines"].columns}


def test_a_copy_does_not_make_the_other_lines_of_its_event_doubtful(lake: Lake) -> None:
    lines = [line("e1", "2024-03-01", f"{number}.00", line_id=str(number)) for number in range(1, 5)]
    fill(lake, lines=rows("lines", *lines, lines[2]))
    events.clean(lake, CUT)
    assert listed(lake, "clean_lines", "line_id", "amount") == [(str(n), Decimal(n)) for n in range(1, 5)]
    assert _counts(lake, "lines")["copied"] == 1


@pytest.mark.parametrize("cut", [date(1, 1, 1), date(9999, 12, 31)])
def test_a_cut_outside_of_everything_keeps_nothing_or_all(lake: Lake, cut: date) -> None:
    fill(lake, lines=rows("lines", line("e1", "2024-03-01", "1.00"), line("e2", "1970-01-01", "2.00")))
    events.clean(lake, cut)
    assert len(listed(lake, "clean_lines", "event_id")) == (2 if cut.year > 2024 else 0)
    assert _counts(lake, "lines")["after the cut"] == (0 if cut.year > 2024 else 2)


any_line = st.builds(
    line,
    st.sampled_from(["e1", "e2", "e3"]),
    st.dates(date(2024, 6, 28), date(2024, 7, 3)).map(date.isoformat),
    st.decimals(-50, 50, places=2).map(str),
    line_id=st.sampled_from(["1", "2"]),
    recorded_at=st.none() | st.sampled_from([datetime(2024, 7, 5), datetime(2024, 7, 6)]),
    source_record=st.sampled_from(["s1", "s2"]),
)


@settings(max_examples=15, deadline=None)
@given(lines=st.lists(any_line, max_size=12))
def test_cleaning_what_is_clean_changes_nothing(lake: Lake, lines: list[dict[str, Any]]) -> None:
    fill(lake, lines=rows("lines", *lines))
    events.clean(lake, CUT)
    once = lake.fetch(TABLES["clean_lines"])
    lake.put(TABLES["lines"], arrow.typed(TABLES["lines"], once))
    events.clean(lake, CUT)
    assert lake.fetch(TABLES["clean_lines"]).equals(once)
    assert _counts(lake, "lines")["copied"] == _counts(lake, "lines")["after the cut"] == 0


any_event = st.fixed_dictionaries(
    {
        "event_id": st.sampled_from(["r1", "r2", "r3"]),
        "source_record": st.sampled_from(["s1", "s2", None]),
        "kind": st.sampled_from(["redemption", "page view"]),
        "occurred_on": st.none() | st.dates(date(2024, 6, 29), date(2024, 7, 2)),
        "recorded_at": st.none() | st.sampled_from([datetime(2024, 7, 5), datetime(2024, 7, 6)]),
        "subject": st.none() | st.sampled_from(["18", "19"]),
    }
)


@settings(max_examples=15, deadline=None)
@given(given_events=st.lists(any_event, max_size=10), chance=st.randoms(use_true_random=False))
def test_other_events_are_kept_once_in_any_order_and_every_one_is_accounted_for(
    lake: Lake, given_events: list[dict[str, Any]], chance: Any
) -> None:
    made = []
    for each in (given_events, chance.sample(given_events + given_events, 2 * len(given_events))):
        fill(lake, events=rows("events", *each))
        events.clean(lake, CUT)
        made.append(lake.fetch(TABLES["clean_events"]))
        counts = _counts(lake, "events")
        assert (
            counts["read"]
            == len(each)
            == sum(counts[part] for part in ("kept", "copied", "undated", "after the cut"))
        )
        assert min(counts.values()) >= 0
    assert made[0].equals(made[1])
    ids = made[0].column("event_id").to_pylist()
    assert len(ids) == len(set(ids))
    assert all(day < CUT for day in made[0].column("occurred_on").to_pylist())
