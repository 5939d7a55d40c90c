"""Searches for groupings: asked for, done in the background, told with their stability, adopted by a person."""

import random
from dataclasses import replace
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from sterna.desk.audit.models import Entry
from sterna.desk.config.ids import new_id
from sterna.desk.config.refused import Refused
from sterna.desk.runs import actions
from sterna.desk.runs.actions import discovering
from sterna.desk.segments.actions import publish_ruled, take_up_discovery
from sterna.desk.segments.drafts import scheme_of_draft
from sterna.desk.segments.models import Definition
from sterna.desk.segments.profile_models import Discovery, SegmentPreference
from sterna.desk.segments.ruled_queries import headcounts
from sterna.desk.segments.searches import Inputs, adopted, offered_classes, proposed_names, read_groupings
from sterna.desk.users.models import Role, User
from sterna.desk.web.components import Empty, Failed, Progress
from sterna.engine.errors import BadInput
from tests.desk.dashboards.conftest import committed
from tests.desk.dashboards.reading import shown, table
from tests.desk.dashboards.test_segment_builder import Builder
from tests.desk.runs import planted, shop

pytestmark = pytest.mark.django_db
INPUTS = Inputs(shares=True, facts=("shopping.category",))
# What the form holds, and what the audit calls it.
WRITES = {
    "discovery_start": ({"shares": "on", "measure": "order_frequency", "seed": "1"}, "search for groupings")
}
START = "discovery_start"


@pytest.fixture(scope="module")
def found(django_db_setup, django_db_blocker, present):
    """A search that has ended, in the shop of the two planted kinds."""

    def build() -> Discovery:
        planted.build()
        asked = actions.request_discovery(INPUTS, 1, None)
        assert actions.discover_waiting()
        made = Discovery.objects.get(pk=asked.pk)
        scheme = scheme_of_draft(replace(adopted(made, {0: "fishers", 1: "wine"}), name="kinds"))
        manager = User.objects.create(username="manager", role="manager", first_name="Manager")
        publish_ruled(scheme, dict.fromkeys(scheme.places, manager), None, "adopted")
        with pytest.MonkeyPatch.context() as later:
            # Of two runs of one day the one published later is shown.
            later.setenv("STERNA_NOW", "2017-07-01T13:00:00+00:00")
            actions.run(shop.FIRST)
        return made

    with committed(django_db_blocker, build) as made:
        yield made


def items(client, *args, name="discovery"):
    """Everything that stands on a page."""
    page = client.get(reverse(name, args=args)).context["page"]
    return [item for section in page.sections for item in section.items]


def test_R77_the_planted_groupings_are_found_stable_with_a_rule_that_the_rule_language_counts_alike(found):
    groupings = read_groupings(found.groupings)
    assert (found.state, found.customers, found.cannot_tell) == ("done", planted.FISH + planted.WINE, "")
    assert [one.size for one in groupings] == [planted.FISH, planted.WINE]
    assert all(one.is_stable and one.jaccard > 0.9 for one in groupings)
    assert [one.proposed.found for one in groupings] == [planted.FISH, planted.WINE]
    assert all(one.proposed.precision == one.proposed.recall == 1.0 for one in groupings)
    features = {each.feature for each in groupings[0].apart}
    assert {"share:FISH", "share:WINE"} <= features
    assert (found.is_open, found.attempts, found.done, found.of) == (False, 1, 6, 6)


def adopting(client: Client, found: Discovery, **names: str) -> Builder:
    """The builder as it opens for somebody who adopts the named groupings."""
    builder = object.__new__(Builder)
    builder.client, builder.where = client, reverse("segments_new")
    query = {"search": str(found.pk), "take": [name.removeprefix("name_") for name in names], **names}
    builder._read(client.get(builder.where, query))
    return builder


def test_R77_adopted_groupings_are_a_draft_whose_counts_are_those_claimed_and_a_person_publishes_it(
    found, log_in
):
    manager, before = log_in("manager"), (Definition.objects.count(), Entry.objects.count())
    builder = adopting(manager, found, name_0="fishers", name_1="wine lovers")
    rows = builder.places()
    assert [rows[name][1:3] for name in ("fishers", "wine lovers")] == [
        [planted.FISH, planted.FISH],
        [planted.WINE, planted.WINE],
    ]
    assert rows["others"][1:3] == [0, 0]
    # Looking at it has put nothing in force.
    assert before == (Definition.objects.count(), Entry.objects.count())
    assert (
        builder.form.fields["reason_why"]
        == "Adopted from the search for groupings in the run as of 2017-06-30"
    )
    managed = {f"manager_{number}": "manager" for number in range(3)}
    answer = builder.publish(name="needs", place_1="wine", **managed)
    assert answer.headers["HX-Redirect"], answer.content
    entry = Entry.objects.get(action="publish segments", subject__contains="needs")
    assert entry.actor.username == "manager" and entry.reason.startswith("Adopted from the search")


def test_R77_the_profile_on_the_page_of_an_adopted_segment_equals_a_recount_of_the_lines(found, analyst):
    assert headcounts("kinds") == {"fishers": planted.FISH, "wine": planted.WINE}
    rows = {row[1]: row for row in table(analyst, "Where do they buy", "segment", "kinds", "fishers")}
    assert rows["store"][2:6] == [planted.FISH, planted.FISH, "100.0 %", "0.0 %"]
    goods = {row[1]: row for row in table(analyst, "What do they buy", "segment", "kinds", "wine")}
    wine = SegmentPreference.objects.get(segment="wine", kind="category", item="WINE")
    parts = _shares("WINE")
    assert goods["WINE"][2:4] == [planted.WINE, planted.WINE]
    assert wine.share == pytest.approx(sum(parts[planted.FISH :]) / planted.WINE, abs=1e-9)
    assert wine.share_others == pytest.approx(sum(parts[: planted.FISH]) / planted.FISH, abs=1e-9)
    assert goods["WINE"][4:6] == [f"{100 * each:.1f} %" for each in (wine.share, wine.share_others)]
    settings = {row[0]: row[1] for row in table(analyst, "Settings", "segment", "kinds", "wine")}
    assert settings["Touchpoint to lead with"] == "web" and settings["Categories to show first"] == "WINE"
    # What nobody recorded is not known, and never a share of zero.
    assert settings["Order of media"] == "not known"


def test_R77_an_older_run_than_those_kept_has_no_profile(found, analyst):
    from sterna.desk.segments.actions import forget

    [run] = SegmentPreference.objects.values_list("run_id", flat=True).distinct()
    forget(run)
    assert not SegmentPreference.objects.exists()
    assert "it is kept no more" in shown(analyst, "segment", "kinds", "wine")


def _shares(category: str) -> list[float]:
    """Of each customer in turn the part of the own spend that a category is."""
    chance, found = random.Random(3), []
    for number, name in enumerate(planted.NAMES):
        lines = planted._lines(name, number < planted.FISH, chance)
        mine = sum(line["amount"] for line in lines if line["product_id"] == category)
        found.append(float(mine) / float(sum(line["amount"] for line in lines)))
    return found


def test_R77_where_a_run_counted_no_preferences_the_segment_says_so(found, log_in, monkeypatch):
    adopting(log_in("manager"), found, name_0="fishers").publish(
        name="needs", manager_0="manager", manager_1="manager"
    )
    page = items(log_in("analyst"), "needs", "fishers", name="segment")
    assert any("No run has counted it" in one.why for one in page if isinstance(one, Empty))


def test_the_page_of_a_search_tells_sizes_stability_what_sets_apart_the_rule_and_what_it_is_worth(
    found, analyst
):
    rows = table(analyst, "Groupings", "discovery", found.pk)
    names = list(proposed_names(read_groupings(found.groupings)).values())
    assert [row[0] for row in rows] == names and len(set(names)) == 2
    assert [row[1] for row in rows] == [planted.FISH, planted.WINE]
    assert all(row[2].endswith(", highly stable") for row in rows)
    assert all(row[4].startswith(("have ", "bought ", "not (")) for row in rows)
    assert [row[5:] for row in rows] == [[one, "100 %", "100 %"] for one in (planted.FISH, planted.WINE)]
    tried = table(analyst, "Counts", "discovery", found.pk)
    assert [row[0] for row in tried] == list(range(2, 8))
    assert [row[4] for row in tried].count("taken") == 1
    text = shown(analyst, "discovery", found.pk)
    assert "Hennig 2007" in text and "as of 2017-06-30, by shares of spend in categories, " in text
    # Who may not write segments is offered nothing to adopt.
    assert "Adopt into a draft" not in text
    [row] = table(analyst, "Searches", "discoveries")
    assert row[1:] == ["Sterna", date(2017, 6, 30), "Done", "2 of 2 groupings stable"]


def test_whoever_may_manage_names_and_takes_what_is_proposed(found, log_in):
    text = shown(log_in("manager"), "discovery", found.pk)
    assert text.count('name="take"') == 2 and "Adopt into a draft" in text


def test_the_search_knows_no_customer(found):
    kept = str([found.groupings, found.tried, found.inputs])
    from sterna.desk.customers.models import Customer

    assert not [one for one in Customer.objects.values_list("pk", flat=True) if str(one) in kept]


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ({"search": "garbage"}, 404, None),
        ({"search": str(new_id())}, 404, None),
        ({}, 200, "choose groupings that have a rule"),
        ({"take": ["9", "x", "-1", "9" * 30]}, 200, "choose groupings that have a rule"),
        ({"take": "0", "name_0": "<script>alert(1)</script>\x00"}, 200, None),
    ],
)
def test_what_is_typed_into_the_address_of_an_adoption_breaks_nothing(found, log_in, query, status, says):
    answer = log_in("manager").get(reverse("segments_new"), {"search": str(found.pk), **query})
    assert answer.status_code == status
    text = answer.content.decode()
    assert "<script>alert(1)" not in text and (says is None or says in text)


def test_one_search_at_a_time_and_its_page_tells_how_far_it_is(found, log_in):
    client = log_in("manager")
    asked = actions.request_discovery(INPUTS, 2, None)
    with pytest.raises(Refused, match="one runs at a time"):
        actions.request_discovery(INPUTS, 3, None)
    assert "Waiting for its turn" in shown(client, "discovery", asked.pk)
    text = shown(client, "discoveries")
    assert "A search is on" in text and 'name="shares"' not in text
    taken = take_up_discovery()
    assert taken.pk == asked.pk and taken.state == "running"
    Discovery.objects.filter(pk=asked.pk).update(done=3, of=7)
    [bar] = [one for one in items(client, asked.pk) if isinstance(one, Progress)]
    assert (bar.done, bar.total) == (3, 7)
    where = reverse("discovery", args=[asked.pk])
    assert "HX-Refresh" not in client.get(where, {"seen": "running-3"}).headers
    assert client.get(where, {"seen": "running-2"}).headers["HX-Refresh"] == "true"


class Killed(BaseException):
    """What ends a worker in the middle, without a word in the records."""


def test_a_search_whose_worker_is_killed_is_taken_up_again_and_given_up_after_three_times(
    found, log_in, monkeypatch
):
    def killed(*_: object) -> None:
        raise Killed

    asked = actions.request_discovery(INPUTS, 1, None)
    with monkeypatch.context() as patch:
        patch.setattr(discovering, "search", killed)
        with pytest.raises(Killed):
            actions.discover_waiting()
    left = Discovery.objects.get(pk=asked.pk)
    assert (left.state, left.is_open, left.attempts) == ("running", True, 1)
    assert actions.discover_waiting()
    done = Discovery.objects.get(pk=asked.pk)
    assert (done.state, done.attempts, done.groupings) == ("done", 2, found.groupings)
    assert not actions.discover_waiting() and Entry.objects.filter(subject=str(asked.pk)).count() == 2
    again = actions.request_discovery(INPUTS, 1, None)
    Discovery.objects.filter(pk=again.pk).update(state="running", attempts=3)
    assert not actions.discover_waiting()
    [failed] = [one for one in items(log_in("analyst"), again.pk) if isinstance(one, Failed)]
    assert failed.what == "it was stopped 3 times before its end" and "as they were" in failed.kept
    # The next one can be asked for.
    assert actions.request_discovery(INPUTS, 1, None)


def test_a_search_in_a_run_that_keeps_its_rows_no_more_fails_and_says_so(found, analyst, monkeypatch):
    def gone(run: object) -> None:
        raise FileNotFoundError("customers.parquet is gone")

    asked = actions.request_discovery(INPUTS, 1, None)
    monkeypatch.setattr(discovering, "panel_of", gone)
    assert not actions.discover_waiting()
    failed = Discovery.objects.get(pk=asked.pk)
    assert (failed.state, failed.is_open, failed.error) == ("failed", False, "customers.parquet is gone")
    assert "customers.parquet is gone" in shown(analyst, "discovery", asked.pk)
    entry = Entry.objects.get(action="end search for groupings", subject=str(asked.pk))
    assert entry.reason == "customers.parquet is gone" and entry.detail == {"state": "failed"}


def test_noise_says_that_nothing_is_stable_and_offers_nothing(found, log_in):
    """A fact that everybody of a kind has said is left out, and what is left goes together by chance."""
    asked = actions.request_discovery(Inputs(measures=("expected_order_value",)), 1, None)
    actions.discover_waiting()
    told = Discovery.objects.get(pk=asked.pk)
    groupings = read_groupings(told.groupings)
    assert told.cannot_tell and not any(one.is_stable or one.proposed for one in groupings)
    text = shown(log_in("manager"), "discovery", asked.pk)
    assert f"Cannot tell: {told.cannot_tell}" in text and "Adopt into a draft" not in text
    assert told.cannot_tell in shown(log_in("manager"), "discoveries")


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({}, "choose by what customers are compared"),
        ({"measure": "top_category"}, "top_category is no measure"),
        ({"measure": "<script>"}, "is no measure"),
        ({"fact": "nothing.at.all"}, "nothing.at.all"),
        ({"fact": "demography.age"}, "is protected"),
        ({"shares": "on", "seed": "one"}, "a whole number"),
        ({"shares": "on", "seed": "9999999999"}, "from 0 to"),
        ({"shares": "on", "seed": "²"}, "a whole number"),
    ],
)
def test_what_a_search_cannot_look_at_is_refused_beside_the_form(found, log_in, form, says):
    answer = log_in("manager").post(reverse(START), form, headers={"HX-Request": "true"})
    assert says in answer.content.decode() and Discovery.objects.count() == 1


def test_protected_classes_are_named_and_not_offered(found, log_in):
    text = shown(log_in("manager"), "discoveries")
    assert "Nobody is compared by what is protected" in text and 'value="demography.age"' not in text
    assert "demography.age" not in offered_classes() and 'value="shopping.category"' in text


@pytest.mark.parametrize("role", list(Role.values))
def test_managers_ask_with_one_line_and_staff_are_refused(found, log_in, role):
    form, action = WRITES[START]
    answer = log_in(role).post(reverse(START), form, follow=True)
    if role not in {"manager", "administrator"}:
        assert answer.status_code == 403 and Discovery.objects.count() == 1
        return
    assert [message.level_tag for message in answer.context["messages"]] == ["success"]
    entry = Entry.objects.get(action=action, actor__isnull=False)
    assert entry.actor.username == role and entry.detail["measures"] == ["order_frequency"]
    # The button pressed twice asks once.
    log_in(role).post(reverse(START), form)
    assert Discovery.objects.count() == 2


def test_strangers_links_and_forms_without_their_token_ask_for_nothing(found, log_in):
    where, form = reverse(START), WRITES[START][0]
    assert Client().post(where, form).url.startswith(reverse("login"))
    assert log_in("manager").get(where).status_code == 405
    assert log_in("manager", csrf=True).post(where, form).status_code == 403
    assert Discovery.objects.count() == 1


def test_a_search_of_a_run_that_is_gone_fails_and_its_page_stands(found, analyst):
    asked = actions.request_discovery(INPUTS, 1, None)
    Discovery.objects.filter(pk=asked.pk).update(run_id=new_id())
    assert not actions.discover_waiting()
    assert "the run is not there any more" in shown(analyst, "discovery", asked.pk)


def test_an_action_for_somebody_who_may_not_is_refused(found):
    staff = User.objects.create(username="helper", role="staff")
    with pytest.raises(Refused, match="may not"):
        actions.request_discovery(INPUTS, 1, staff)
    with pytest.raises(BadInput, match="choose by what"):
        actions.request_discovery(Inputs(), 1, None)
