"""Cleaning by hand-made rows: each line and event once, none from the cut on, every amount accounted for."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.engine import events
from sterna.engine.errors import BadInput
from sterna.engine.lake import Lake, open_lake
from sterna.engine.tables import TABLES
from tests.engine.lake.small_tables import fill, line, listed, rows

CUT = date(2024, 7, 1)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with open_lake("duckdb", tmp_path_factory.mktemp("clean")) as opened:
        yield opened


def _clean(lake: Lake, *lines: dict[str, Any], cut: date = CUT) -> list[tuple[Any, ...]]:
    fill(lake, lines=rows("lines", *lines))
    events.clean(lake, cut)
    return listed(lake, "clean_lines", "event_id", "line_id", "amount")


def _counts(lake: Lake) -> dict[str, tuple[int, Decimal | None]]:
    return {
        what: (count, amount)
        for what, count, amount in listed(lake, "event_counts", "what", "row_count", "amount")
    }


def test_of_two_copies_of_a_line_the_one_recorded_first_is_kept(lake: Lake) -> None:
    late = line("e1", "2024-03-01", "9.00", recorded_at=datetime(2024, 3, 5))
    early = line("e1", "2024-03-01", "7.00", recorded_at=datetime(2024, 3, 2))
    assert _clean(lake, late, early) == [("e1", "1", Decimal("7.00"))]


def test_copies_recorded_at_one_instant_are_told_apart_the_same_way_in_any_order(lake: Lake) -> None:
    copies = [line("e1", "2024-03-01", amount) for amount in ("9.00", "7.00", "8.00")]
    assert _clean(lake, *copies) == _clean(lake, *reversed(copies)) == [("e1", "1", Decimal("7.00"))]


def test_a_copy_without_a_recorded_instant_loses_to_one_with_it(lake: Lake) -> None:
    unknown = line("e1", "2024-03-01", "1.00", recorded_at=None)
    assert _clean(lake, unknown, line("e1", "2024-03-01", "7.00")) == [("e1", "1", Decimal("7.00"))]


def test_lines_of_one_event_are_not_copies_of_each_other(lake: Lake) -> None:
    two = [line("e1", "2024-03-01", "1.00"), line("e1", "2024-03-01", "1.00", line_id="2")]
    assert len(_clean(lake, *two)) == 2


def test_the_day_before_the_cut_is_in_and_the_cut_is_out(lake: Lake) -> None:
    lines = [line("in", "2024-06-30", "1.00"), line("out", "2024-07-01", "2.00")]
    assert _clean(lake, *lines) == [("in", "1", Decimal("1.00"))]


def test_a_line_whose_first_copy_is_after_the_cut_stays_out_even_if_a_later_copy_is_not(lake: Lake) -> None:
    # The first copy decides the day; otherwise an earlier cut would show a line that a later one withdraws.
    first = line("e1", "2024-07-02", "5.00", recorded_at=datetime(2024, 7, 3))
    moved = line("e1", "2024-06-02", "5.00", recorded_at=datetime(2024, 7, 4))
    assert _clean(lake, first, moved) == []
    # Read 2: the first copy is after the cut, the other is a copy; nothing is kept.
    assert _counts(lake)["lines copied"] == (1, Decimal("5.00"))


def test_every_line_and_every_cent_is_accounted_for(lake: Lake) -> None:
    _clean(
        lake,
        line("e1", "2024-03-01", "10.00"),
        line("e1", "2024-03-01", "10.00"),  # a copy
        line("e2", "2024-03-02", "0.00"),  # given away
        line("e3", "2024-03-03", "-4.50"),  # a return
        line("e4", "2024-07-01", "99.99"),  # after the cut
        line("e5", "2024-03-05", "1.25") | {"occurred_on": None},  # no day
    )
    counts = _counts(lake)
    # 10 + 10 + 0 - 4.50 + 99.99 + 1.25 = 116.74 = 10 copied + 99.99 after + 1.25 undated + 5.50 kept
    assert counts["lines read"] == (6, Decimal("116.74"))
    assert counts["lines copied"] == (1, Decimal("10.00"))
    assert counts["lines after the cut"] == (1, Decimal("99.99"))
    assert counts["lines undated"] == (1, Decimal("1.25"))
    assert counts["lines kept"] == (3, Decimal("5.50"))
    assert counts["lines kept of zero amount"] == (1, Decimal("0.00"))


def test_other_events_are_kept_once_and_counted_without_an_amount(lake: Lake) -> None:
    one = {
        "event_id": "r1",
        "source_record": "s1",
        "kind": "redemption",
        "occurred_on": date(2024, 5, 1),
        "recorded_at": datetime(2024, 5, 2),
        "subject": "first",
    }
    again = one | {"recorded_at": datetime(2024, 5, 3), "subject": "second"}
    after = one | {"event_id": "r2", "occurred_on": CUT}
    fill(lake, events=rows("events", again, one, after))
    events.clean(lake, CUT)
    assert listed(lake, "clean_events", "event_id", "subject") == [("r1", "first")]
    counts = _counts(lake)
    assert (counts["events read"], counts["events kept"]) == ((3, None), (1, None))
    assert (counts["events copied"], counts["events after the cut"]) == ((1, None), (1, None))


def test_amounts_of_two_currencies_are_refused(lake: Lake) -> None:
    lines = [
        line("e1", "2024-03-01", "1.00", currency="USD"),
        line("e2", "2024-03-01", "1.00", currency="EUR"),
    ]
    with pytest.raises(BadInput, match="lines are in EUR, USD"):
        _clean(lake, *lines)


def test_lines_without_a_currency_are_in_the_one_that_there_is(lake: Lake) -> None:
    lines = [line("e1", "2024-03-01", "1.00", currency="USD"), line("e2", "2024-03-01", "1.00")]
    assert len(_clean(lake, *lines)) == 2
    assert _counts(lake)["lines before the cut in USD"] == (1, Decimal("1.00"))


def test_an_empty_lake_is_clean(lake: Lake) -> None:
    assert _clean(lake) == []
    assert _counts(lake)["lines read"] == (0, Decimal("0.00"))


def test_the_largest_amounts_that_fit_are_summed_exactly(lake: Lake) -> None:
    # One cent under 10^16 is the largest amount there is; a float would lose the cents.
    lines = [line("e1", "2024-03-01", "9999999999999999.98"), line("e2", "2024-03-01", "0.01")]
    _clean(lake, *lines)
    assert _counts(lake)["lines kept"] == (2, Decimal("9999999999999999.99"))


any_line = st.builds(
    line,
    st.sampled_from(["e1", "e2", "e3"]),
    st.dates(date(2024, 6, 27), date(2024, 7, 4)).map(date.isoformat),
    st.decimals(-50, 50, places=2).map(str),
    line_id=st.sampled_from(["1", "2"]),
    recorded_at=st.none() | st.sampled_from([datetime(2024, 7, 5), datetime(2024, 7, 6)]),
    source_record=st.sampled_from(["s1", "s2"]),
)


@settings(max_examples=25)
@given(lines=st.lists(any_line, max_size=12), chance=st.randoms(use_true_random=False))
def test_neither_the_order_of_rows_nor_rows_read_twice_change_anything(
    lake: Lake, lines: list[dict[str, Any]], chance: Any
) -> None:
    _clean(lake, *lines)
    once = lake.fetch(TABLES["clean_lines"])
    shuffled = lines + lines[: chance.randint(0, len(lines))]
    chance.shuffle(shuffled)
    _clean(lake, *shuffled)
    assert lake.fetch(TABLES["clean_lines"]).equals(once)


@settings(max_examples=25)
@given(lines=st.lists(any_line, max_size=12))
def test_an_earlier_cut_shows_exactly_the_earlier_rows_of_a_later_one(
    lake: Lake, lines: list[dict[str, Any]]
) -> None:
    _clean(lake, *lines, cut=date(2024, 7, 2))
    later = lake.fetch(TABLES["clean_lines"]).to_pylist()
    _clean(lake, *lines, cut=date(2024, 6, 29))
    earlier = lake.fetch(TABLES["clean_lines"]).to_pylist()
    assert earlier == [row for row in later if row["occurred_on"] < date(2024, 6, 29)]


@settings(max_examples=25)
@given(lines=st.lists(any_line, max_size=12))
def test_what_is_read_is_what_was_dropped_and_what_was_kept(lake: Lake, lines: list[dict[str, Any]]) -> None:
    kept = _clean(lake, *lines)
    counts = _counts(lake)
    firsts = {(row["event_id"], row["line_id"]) for row in lines}
    assert counts["lines read"] == (len(lines), sum((row["amount"] for row in lines), Decimal("0.00")))
    assert counts["lines kept"] == (len(kept), sum((amount for *_, amount in kept), Decimal("0.00")))
    parts = [counts[f"lines {part}"] for part in ("copied", "undated", "after the cut", "kept")]
    assert all(count >= 0 for count, _ in parts)
    assert tuple(map(sum, zip(*parts, strict=True))) == counts["lines read"]
    assert len(kept) <= len(firsts)


def test_a_step_leaves_nothing_beside_its_scratch(tmp_path: Path) -> None:
    with open_lake("duckdb", tmp_path / "scratch") as opened:
        _clean(opened, line("e1", "2024-03-01", "1.00"))
    assert [path.name for path in tmp_path.iterdir()] == ["scratch"]
