"""Which fact stands, in the step and in memory: by confidence that fades, by recency, and until it expires."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.engine import steps
from sterna.engine.lake import Lake, open_lake
from sterna.engine.profiles.inference import Statement, current
from tests.engine.lake.small_tables import fill, listed, rows

CUT = date(2024, 7, 1)
LAST = CUT - timedelta(days=1)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with open_lake("duckdb", tmp_path_factory.mktemp("standing")) as opened:
        yield opened


def fact(value: str, back: int, sure: float = 0.8, fresh: int | None = None, hour: int = 0) -> dict[str, Any]:
    """A fact observed `back` days before the last day, that is fresh for so many days."""
    observed_on = LAST - timedelta(days=back)
    return {
        "source_record": "s1",
        "fact_class": "status",
        "value": value,
        "source": "crm",
        "observed_on": observed_on,
        "recorded_at": datetime(2024, 7, 1, hour),
        "confidence": sure,
        "expires_on": None if fresh is None else observed_on + timedelta(days=fresh),
    }


def stands(lake: Lake, *facts: dict[str, Any]) -> list[str]:
    known = [{"source_record": "s1", "customer_id": "ann", "unit": "u"}]
    fill(lake, identity_map=rows("identity_map", *known), facts=rows("facts", *facts))
    steps.run(lake, "profiles/current_facts", cut=CUT)
    return [value for (value,) in listed(lake, "current_facts", "value")]


def test_the_surer_stands_before_the_newer(lake):
    assert stands(lake, fact("sure", 9, 0.9), fact("new", 0, 0.6)) == ["sure"]


def test_with_age_the_surer_gives_way(lake):
    # Fresh for 100 days: after 80 of them 0.9 x (1 - 80/200) = 0.54 is left, after 60 of them 0.63, against 0.6.
    assert stands(lake, fact("sure", 80, 0.9, 100), fact("new", 0, 0.6, 100)) == ["new"]
    assert stands(lake, fact("sure", 60, 0.9, 100), fact("new", 0, 0.6, 100)) == ["sure"]


def test_a_fact_stands_on_its_last_day_and_not_on_the_day_it_expires(lake):
    assert stands(lake, fact("old", 9, fresh=10)) == ["old"]
    assert stands(lake, fact("old", 10, fresh=10)) == []
    assert stands(lake, fact("old", 10, 1.0, fresh=10), fact("unsure", 300, 0.1)) == ["unsure"]


def test_a_fact_of_before_the_column_never_expires(lake):
    old = fact("old", 3_000)
    del old["expires_on"]
    assert stands(lake, old) == ["old"]


facts = st.lists(
    st.builds(
        fact,
        st.sampled_from("abc"),
        st.integers(-1, 40),
        st.sampled_from([0.2, 0.5, 0.9]),
        st.none() | st.integers(1, 60),
        st.integers(0, 3),
    ),
    max_size=8,
)


@settings(max_examples=60)
@given(told=facts)
def test_the_step_and_memory_let_the_same_fact_stand(lake, told):
    statements = [
        Statement(place, one["fact_class"], one["value"], one["observed_on"], one["recorded_at"], one["confidence"],
                  one["source"], one["expires_on"])
        for place, one in enumerate(told)
    ]  # fmt: skip
    assert stands(lake, *told) == [one.value for one in current(statements, LAST).values()]
