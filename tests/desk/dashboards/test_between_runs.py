"""The page of segments tells how places are kept up since the run: who moved and why, who waits, what is held."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse

from sterna.desk.config.ids import new_id
from sterna.desk.runs.models import Run
from sterna.desk.segments.live_models import Due, Followed
from sterna.desk.segments.models import Definition, Membership
from tests.desk.dashboards.reading import shown, table
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db
DAY = shop.SECOND + timedelta(days=2)
CAUSE = "Moved from others: by the rules of version 1 on 2018-01-02, after page view at web"


@pytest.fixture(autouse=True)
def days_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STERNA_NOW", datetime(2018, 1, 2, 12, tzinfo=UTC).isoformat())


def moved(name: str, placed, kind: str = "segments", scheme: str = "needs") -> None:
    """Let a customer move to `often` on the day, by no run."""
    definition = Definition.objects.get(kind=kind, name=scheme)
    customer = placed.customers[name]
    stay = Membership.objects.get(customer=customer, scheme=scheme, during__upper_inf=True)
    Membership.objects.filter(pk=stay.pk).update(during=(stay.during.lower, DAY))
    Membership.objects.create(
        id=new_id(), customer=customer, scheme=scheme, place="often", rank=2, during=(DAY, None),
        definition=definition, cause=CAUSE,
    )  # fmt: skip


def test_R84_who_moved_since_the_run_is_listed_with_the_cause_and_opens(placed, analyst):
    assert table(analyst, "Moves since the run", "segments") == []
    moved("050", placed)
    was = Membership.objects.get(customer=placed.customers["050"], scheme="needs", during__endswith=DAY).place
    [row] = table(analyst, "Moves since the run", "segments")
    assert row[0] == DAY and row[2:] == ["needs", was, "often", CAUSE]
    page = shown(analyst, "segments")
    assert "are kept up from the run of 2017-12-31 until 2018-01-07" in page
    assert reverse("customer", args=[placed.customers["050"].pk]) in page and CAUSE in page


def test_moves_of_people_in_groups_and_moves_of_runs_are_not_among_them(placed, analyst):
    groups = Definition.objects.create(
        kind="groups", name="clients", version=1, body={}, sha256="x", created_at=datetime.now(UTC)
    )
    Membership.objects.create(
        id=new_id(), customer=placed.customers["050"], scheme="clients", place="A", rank=1,
        during=(DAY, None), definition=groups, cause="approved",
    )  # fmt: skip
    assert table(analyst, "Moves since the run", "segments") == []


def test_what_waits_and_what_is_held_is_said(placed, analyst):
    Followed.objects.create(
        run_id=placed.second.pk, cut=date(2018, 1, 1), sealed=0, sequence=0, terms={},
        held={"needs": "2018-01-02"}, laid_out_at=datetime.now(UTC),
    )  # fmt: skip
    Due.objects.create(customer=placed.customers["050"], because="another fact")
    page = shown(analyst, "segments")
    assert "1 customer waits to be looked at." in page
    assert "More customers than the limit of needs allows would have moved on 2018-01-02" in page


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"sealed": None}, "the newest run does not tell which events it has seen"),
        ({"until": date(2018, 1, 5)}, "the newest run is of 2018-01-05, a day to come"),
        ({"until": date(2017, 12, 20)}, "the newest run is of 2017-12-20, more than 7 days ago"),
        ({"brief": {}}, "the newest run placed nobody by rules"),
    ],
)
def test_why_places_are_not_kept_up_is_said(placed, analyst, change, why):
    from sterna.desk.runs.queries import newest_run, not_followed

    run = newest_run()
    assert run is not None and not_followed(run, DAY) == ""
    if "brief" in change:
        change = {"brief": {**run.brief, "ruled": []}}
    Run.objects.filter(pk=run.pk).update(**change)
    Run.objects.exclude(pk=run.pk).delete()
    assert why in shown(analyst, "segments")


def test_without_a_run_nothing_is_followed(db):
    from sterna.desk.runs.queries import not_followed

    assert not_followed(None, DAY) == "there is no run to go on from"
