"""What a live plan offers follows the seasons of its assets, what they wait for, and days on which nothing leaves."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import call_command

from sterna.desk.contacts.actions import claims
from sterna.desk.contacts.actions.planning import EXPIRES_AFTER
from sterna.desk.contacts.models import Contact, LeftOut
from sterna.desk.plans import actions as plans
from sterna.desk.runs import actions
from sterna.desk.runs.models import Run
from tests.desk.plans.signed import in_force, signer
from tests.desk.runs import shop

DAY = timedelta(days=1)
CODES = "dependencies:\n  - {id: codes, title: Gift codes, kind: technology, owner: Cy, by: 2017-12-20}\n"


def text(more: str = CODES) -> str:
    """The plan of the shop: the basket in 2017, a gift from 2018 on that waits for its codes."""
    head, assets = shop.PLAN.format(budget="1000.00", version=1).split("assets:\n")
    basket, rest = assets.split("exchanges:\n")
    gift = basket.replace("id: basket", "id: gift").replace("The Friday basket", "The gift")
    terms = "    opens: 2018-01-01\n    needs: [codes]\n    unit_cost:"
    gift = gift.replace(
        "    unit_cost:", terms if "codes" in more else "    opens: 2018-01-01\n    unit_cost:"
    )
    basket = basket.replace("    unit_cost:", "    closes: 2017-12-31\n    unit_cost:")
    return f"{head}assets:\n{basket}{gift}exchanges:\n{rest}{more}"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    def pretend(day: date) -> None:
        monkeypatch.setenv("STERNA_NOW", f"{day}T12:00:00+00:00")

    pretend(shop.FIRST + DAY)
    return pretend


@pytest.fixture
def world(transactional_db: None, clock: Any) -> Iterator[None]:
    """The shop with its purchases, before any plan."""
    shop.customers()
    shop.fill_lake()
    shop.tiers()
    yield
    call_command("flush", interactive=False, verbosity=0)


def planned(run: Run) -> set[str]:
    return set(Contact.objects.filter(run_id=run.pk).values_list("asset", flat=True))


def reasons(run: Run, code: str) -> set[str]:
    return set(LeftOut.objects.filter(run_id=run.pk, reason_code=code).values_list("reason", flat=True))


def test_R60_R66_an_asset_is_offered_in_its_season_and_only_once_what_it_waits_for_is_there(world, clock):
    plan = in_force(plans.load(text(), None))
    first = actions.run(shop.FIRST).run
    assert planned(first) == {"basket"}

    clock(shop.SECOND + DAY)
    second = actions.run(shop.SECOND).run
    assert planned(second) == set(), "the basket is over, and the codes of the gift are not there"
    told = reasons(second, "season") | reasons(second, "prerequisite")
    assert told == {"gift waits for what is not there yet: Gift codes."}, (
        "and the basket is over: what is nearer"
    )
    assert second.brief["plan"]["waiting"] == {"gift": ["Gift codes"]}

    plans.deliver(plan, "codes", signer("marketing"), "the codes came by file")
    third = actions.run(shop.SECOND).run
    assert third.pk != second.pk and planned(third) == {"gift"}
    assert "waiting" not in third.brief["plan"], "the brief is that of a plan that waits for nothing"
    assert actions.run(shop.SECOND).run.pk == third.pk


def test_R88_on_a_day_without_contacts_a_run_plans_none_by_that_medium(world, clock):
    shut = (
        'blackouts:\n  - {opens: 2017-07-01, closes: 2017-07-03, why: "Stocktaking", media: [email, phone]}\n'
    )
    in_force(plans.load(text(shut), None))
    run = actions.run(shop.FIRST).run
    media = set(Contact.objects.filter(run_id=run.pk).values_list("medium", flat=True))
    assert "email" not in media and "phone" not in media
    assert reasons(run, "blackout") >= {"Nothing leaves by email until 2017-07-03 (Stocktaking)."}
    clock(shop.FIRST + 4 * DAY)
    after = actions.run(shop.FIRST + 3 * DAY).run
    assert "email" in set(Contact.objects.filter(run_id=after.pk).values_list("medium", flat=True))
    assert reasons(after, "blackout") == set()


def test_R60_what_could_not_leave_in_its_season_does_not_leave_after_it(world, clock):
    ends = shop.FIRST + 9 * DAY
    plan = text().replace("closes: 2017-12-31\n    unit_cost", f"closes: {ends}\n    unit_cost")
    in_force(plans.load(plan, None))
    run = actions.run(shop.FIRST).run
    of_run = Contact.objects.filter(run_id=run.pk)
    assert set(of_run.values_list("asset", "expires_on")) == {("basket", ends)}
    clock(ends)
    media = list(of_run.values_list("medium", flat=True).distinct())
    held = claims.claim(media, 1)
    assert len(held.contacts) == 1 and held.withdrawn == 0, "its last day counts"
    clock(ends + DAY)
    late = claims.claim(media, 100)
    assert late.contacts == [] and late.withdrawn == of_run.count() - 1 > 0
    told = set(of_run.filter(state="withdrawn").values_list("error", flat=True))
    assert told == {f"it could not leave by {ends}, when it expired"}


def test_R60_what_has_no_season_expires_as_ever(world, clock):
    in_force(plans.load(shop.PLAN.format(budget="1000.00", version=1), None))
    run = actions.run(shop.FIRST).run
    planned_for = set(Contact.objects.filter(run_id=run.pk).values_list("expires_on", flat=True))
    assert planned_for == {shop.FIRST + DAY + EXPIRES_AFTER}
