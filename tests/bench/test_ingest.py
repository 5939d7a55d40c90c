"""The load of the ingest benchmark: its batches, its percentiles, and what it says of its targets."""

import json
import random

import pytest

from bench import ingest
from bench.ingest import Load
from sterna.desk.sources.received import Envelope, Event, check


def test_a_batch_of_the_load_is_taken_whole():
    from datetime import UTC, datetime
    from uuid import uuid4

    events = json.loads(ingest._body(random.Random(1)))["batch"]
    envelope = Envelope(datetime(2017, 7, 1, tzinfo=UTC), None, {}, {})
    taken = [check(event, envelope, uuid4) for event in events]
    assert len(taken) == ingest.BATCH
    assert all(isinstance(answer, Event) for answer in taken)
    assert len({event["messageId"] for event in events}) == ingest.BATCH
    assert {"identify", "track", "page"} == {event["type"] for event in events}


@pytest.mark.parametrize(("share", "seconds"), [(0.5, 0.02), (0.95, 0.04), (1.0, 0.04), (0.01, 0.01)])
def test_a_percentile_is_a_time_that_was_measured(share: float, seconds: float):
    assert Load(400, 2.0, [0.01, 0.02, 0.03, 0.04]).percentile(share) == seconds


def test_figures_and_targets_follow_from_what_was_measured():
    full, half = Load(60_000, 10.0, [0.01, 0.09]), Load(24_000, 8.0, [0.01, 0.06])
    bare = {"rows": 50_000, "seconds": 2.5}
    result = ingest._result(full, half, 5.0, {"events": 60_000, "customers": 9}, bare)
    (ratio,) = result.ratios
    # 6,000 a second against 20,000 a second.
    assert ratio.times == pytest.approx(10 / 3)
    assert [(target.measured, target.met) for target in result.targets] == [
        (pytest.approx(10_000 / 6_000), True), (pytest.approx(10_000 / 6_000), False), (60.0, False),
    ]  # fmt: skip
    resolved = next(figure for figure in result.figures if "resolved" in figure.what)
    assert resolved.rows_per_second == pytest.approx(4_000)
