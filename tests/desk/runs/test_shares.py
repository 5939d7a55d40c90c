"""What a newest run could name and reach: measured once, kept beside its files, and what a plan's readiness goes by."""

from typing import Any

import pytest

from sterna.desk.config import options
from sterna.desk.config.refused import Refused
from sterna.desk.lakehouse.actions import Part, add_parts
from sterna.desk.plans import measured
from sterna.desk.plans.actions import load, submit
from sterna.desk.plans.measured import NOTHING, Shares
from sterna.desk.plans.queries import check_text, known_of
from sterna.desk.runs import actions, shares
from sterna.desk.runs.models import Run
from sterna.engine.plans import Plan as Document
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db(transaction=True)
READY = "\nreadiness:\n  - {element: recognize, measure: MEASURE, at_least: LEAST}\n"
TEXT = shop.PLAN.format(budget="1000.00", version=1).replace(
    "purpose: marketing\n    beh", "purpose: recognition\n    beh"
)


def told(measure: str, least: float) -> list[tuple[str, str, str]]:
    found = check_text(TEXT + READY.replace("MEASURE", measure).replace("LEAST", str(least))).findings
    return [(one.code, one.severity, one.message) for one in found if one.code.startswith("R19-not")]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """The shop in a home of its own."""
    monkeypatch.setenv("STERNA_HOME", str(tmp_path))
    monkeypatch.setenv("STERNA_NOW", "2018-01-01T12:00:00+00:00")
    shop.customers()
    shop.fill_lake()
    shop.tiers()


@pytest.fixture
def run(opened: None) -> Run:
    return actions.run(shop.FIRST).run


def test_R19_before_a_run_nothing_is_measured(opened: None) -> None:
    assert shares.shares() == NOTHING == measured.shares()
    [(code, severity, _)] = told("reachable.email", 0.5)
    assert (code, severity) == ("R19-not-measured", "note")


def test_R19_who_has_an_address_and_said_yes_can_be_reached(run: Run) -> None:
    # Of sixty, forty by mail, ten by letter and five by phone; five never said yes to anything.
    found = shares.shares()
    assert found.reachable == {"email": 40 / 60, "letter": 10 / 60, "phone": 5 / 60}
    known = known_of(Document(scheme="value"))
    assert (known.identified, known.reachable) == ({"store": 1.0}, found.reachable)


def test_R19_events_of_nobody_lower_the_share_of_their_touchpoint(opened: None) -> None:
    rows = [line | {"source_record": f"shop/anonymous_id:{n}", "event_id": f"x{n}", "line_id": "x"}
            for n, line in enumerate(shop._lines(0, "000", shop.FIRST.replace(month=1), shop.FIRST))]  # fmt: skip
    part = shop._part("lines", rows, "test:nobody")
    assert isinstance(part, Part)
    add_parts([part])
    actions.run(shop.FIRST)
    first = shop.FIRST.replace(year=2016, month=7, day=1)
    bought = [line for n, name in enumerate(shop.NAMES) for line in shop._lines(n, name, first, shop.SECOND)]
    named = len({line["event_id"] for line in bought if line["occurred_on"] <= shop.FIRST})
    assert shares.shares().identified == {"store": pytest.approx(named / (named + len(rows)))}


def test_R19_a_recognition_is_refused_while_its_measure_is_under_its_threshold(run: Run) -> None:
    [(code, severity, message)] = told("reachable.email", 0.7)
    assert (code, severity) == ("R19-not-ready", "error")
    assert message.endswith("begins the element recognize while reachable.email is 66.7%, under 70.0%")
    assert told("reachable.email", 0.6) == [] == told("identified.store", 1.0) == told("identified", 0.9)
    assert [code for code, *_ in told("identified.till", 0.5)] == ["R19-not-measured"]
    plan = load(TEXT + READY.replace("MEASURE", "reachable.email").replace("LEAST", "0.7"), None)
    with pytest.raises(Refused, match="reachable"):
        submit(plan, None, "we are ready")


def test_it_is_measured_once_a_run_and_kept(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    first = shares.shares()

    def again(*_: Any, **__: Any) -> None:
        raise AssertionError("it was measured already")

    monkeypatch.setattr(shares, "lake_query", again)
    monkeypatch.setattr(shares, "identified_shares", again)
    assert shares.shares() == first
    folder = options.home() / "runs" / str(run.pk)
    assert [path.name for path in folder.glob("shares*")] == ["shares.json"]


def test_a_newer_run_is_measured_anew(run: Run) -> None:
    shares.shares()
    newer = actions.run(shop.SECOND).run
    shares.shares()
    assert (options.home() / "runs" / str(newer.pk) / "shares.json").exists()


@pytest.mark.parametrize("name", ["addresses", "consents"])
def test_what_has_lost_its_files_is_not_measured(run: Run, name: str) -> None:
    (options.home() / "runs" / str(run.pk) / "frozen" / f"{name}.parquet").unlink()
    assert shares.shares() == Shares({"store": 1.0}, None)


def test_what_takes_too_long_is_not_measured(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: Any, **__: Any) -> None:
        raise Refused("this question took longer than 5 seconds: narrow it")

    monkeypatch.setattr(shares, "lake_query", late)
    monkeypatch.setattr(shares, "identified_shares", late)
    assert shares.shares() == NOTHING
