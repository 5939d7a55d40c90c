"""Segments and stages on pages: who is in which and why, who came and went, who manages it, and how many there are."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from sterna.desk.audit.models import Entry
from sterna.desk.config import clock
from sterna.desk.segments.models import Definition, Membership, Retirement, Steward
from sterna.desk.segments.ruled_queries import managers, owner_of, ruled_in_force
from sterna.desk.users.models import Role, User
from sterna.desk.web.components import Empty, Number
from tests.desk.dashboards import ruled
from tests.desk.dashboards.reading import shown, table
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db
MANAGES = {"manager", "administrator"}
# What the form holds, and what the audit calls it; publishing stands in test_segment_builder.py.
WRITES = {
    "segments_retire": ({"reason": "of no use"}, "retire segments"),
    "segment_appoint": ({"manager": "staff", "reason": "goes on leave"}, "appoint manager"),
}
PLACE = {"segments_retire": ["needs"], "segment_appoint": ["needs", "big"]}
SECOND_HALF = (date(2017, 7, 1), shop.SECOND)


def figure(client, label, name, *args):
    """The number of this label on a page."""
    page = client.get(reverse(name, args=args)).context["page"]
    return next(
        item.value
        for section in page.sections
        for item in section.items
        if isinstance(item, Number) and item.label == label
    )


def state():
    """What the writes would change."""
    stewards = list(Steward.objects.order_by("pk").values_list("place", "manager", "until"))
    return stewards, Definition.objects.count(), Retirement.objects.count(), Entry.objects.count()


def test_R77_the_list_shows_each_segment_with_its_rule_its_customers_their_spend_and_its_manager(
    placed, analyst
):
    spent = ruled.spend(*SECOND_HALF)
    # Of segments the first rule takes: who spent 500 or more is big, whatever else is true of them.
    big = [amount for amount in spent.values() if amount >= 500]
    rows = {row[0]: row for row in table(analyst, "needs", "segments")}
    assert list(rows) == ["big", "often", "others"]
    assert rows["big"][1:4] == ["have spend of at least 500", 20, sum(big)] and len(big) == 20
    assert [row[2] for row in rows.values()] == [20, 11, 29] and sum(row[2] for row in rows.values()) == 60
    assert sum((row[3] for row in rows.values()), Decimal(0)) == sum(spent.values())
    assert rows["others"][1] == "everybody else"
    assert [row[-1] for row in rows.values()] == ["Manager", "Staff", "Staff"]


def test_R77_who_came_and_went_is_of_the_newest_day_of_the_scheme(placed, analyst):
    # On 2018-01-01 seven of often and five of others were another's: 3 + 5 to big, 1 to often, 1 + 4 to others.
    came = {row[0]: (row[4], row[5]) for row in table(analyst, "needs", "segments")}
    assert came == {"big": (8, 2), "often": (1, 7), "others": (5, 5)}
    assert sum(one for one, _ in came.values()) == sum(other for _, other in came.values())
    assert "The last changes were on 2018-01-01." in shown(analyst, "segments")


def test_stages_show_who_stands_in_none_and_have_no_managers(placed, analyst):
    rows = table(analyst, "life", "segments")
    # Spend of at least 600 makes devoted, and nobody who was it fell to 300.
    assert [row[0] for row in rows] == ["known", "devoted", "none"] and {len(row) for row in rows} == {6}
    assert [row[2] for row in rows] == [44, 16, 0]
    assert rows[2][1] == "stand in no stage" and [row[5] for row in rows] == [7, 0, 0]


def test_a_new_version_that_moves_nobody_shows_nobody_as_come_or_gone(placed, analyst):
    definition = next(one for one in ruled_in_force() if one.name == "needs")
    stay = Membership.objects.filter(scheme="needs", place="often", during__upper_inf=True)[0]
    day = date(2018, 2, 1)
    stay.during = (stay.during.lower, day)
    stay.save()
    Membership.objects.create(
        customer_id=stay.customer_id, scheme="needs", place="often", rank=2, during=(day, None),
        definition=definition, cause="Version 2 of the scheme: by the rules of version 2", run_id=placed.second.pk,
    )  # fmt: skip
    rows = {row[0]: row for row in table(analyst, "needs", "segments")}
    assert rows["often"][2] == 11 and {(row[4], row[5]) for row in rows.values()} == {(0, 0)}
    # The history says it all the same, with why.
    changes = table(analyst, "Changes", "segment", "needs", "often")
    assert {(row[0], row[2]) for row in changes[:2]} == {(day, "went"), (day, "came")}
    assert any("to often: Version 2 of the scheme" in row[3] for row in changes[:2])


def test_R86_the_meter_counts_the_combinations_that_hold_somebody(placed, analyst):
    combined = {}
    for stay in Membership.objects.filter(during__upper_inf=True):
        combined.setdefault(stay.customer_id, set()).add((stay.scheme, stay.place))
    different = [frozenset(one) for one in combined.values()]
    assert figure(analyst, "Combinations with customers", "segments") == len(set(different))
    alone = sum(different.count(one) == 1 for one in set(different))
    assert figure(analyst, "Hold one customer each", "segments") == alone
    # Spend, twice asked for in stages and once in segments, is one thing; so are days and times of buying.
    assert figure(analyst, "Things that rules look at", "segments") == 3
    assert "of places in 3 schemes" in shown(analyst, "segments")


def test_R86_a_scheme_that_is_retired_makes_nothing_more_complicated(placed, analyst):
    Retirement.objects.create(scheme="value", retired_at=clock.now())
    Retirement.objects.create(scheme="life", retired_at=clock.now())
    assert figure(analyst, "Combinations with customers", "segments") == 3
    assert "of places in 1 scheme" in shown(analyst, "segments")
    assert "of places in 1 schemes" not in shown(analyst, "segments")
    # Without stages only what the segments ask for is left: spend, and on how many days somebody came.
    assert figure(analyst, "Things that rules look at", "segments") == 2


def test_R77_a_place_shows_its_members_the_highest_spend_first_with_since_when_and_why(placed, analyst):
    rows = table(analyst, "Members", "segment", "needs", "big")
    amounts = [row[2] for row in rows]
    assert len(rows) == 20 and amounts == sorted(amounts, reverse=True)
    spent = sorted(ruled.spend(*SECOND_HALF).values(), reverse=True)
    # Who was big before keeps the stay and the spend of its first day; the others have that of the second half.
    assert {row[2] for row in rows if row[1] == date(2018, 1, 1)} <= set(spent[:20])
    moved = [row for row in rows if row[1] == date(2018, 1, 1)]
    assert len(moved) == 8 and all(row[3].startswith("Moved from ") for row in moved)
    assert [row[3] for row in rows if row[1] == date(2017, 7, 1)] == [
        "First placed: by the rules of version 1 on 2017-07-01"
    ] * 12


def test_members_are_sorted_by_the_day_and_go_on_behind_the_first_page(placed, analyst, monkeypatch):
    from sterna.desk.dashboards import paging

    monkeypatch.setattr(paging, "SIZE", 15)
    where = reverse("segment", args=["needs", "big"])
    for sort in ("amount", "-amount", "during", "-during"):
        seen, address = [], f"{where}?sort={sort}"
        while address:
            page = analyst.get(address).context["page"]
            members = page.sections[1].items[0]
            seen += [row.href for row in members.rows]
            address = f"{where}{members.next_url}" if members.next_url else ""
        assert len(seen) == len(set(seen)) == 20, sort
    days = [row[1] for row in table(analyst, "Members", "segment", "needs", "big", sort="-during")]
    assert days == sorted(days, reverse=True)


def test_who_came_and_went_stands_by_day_with_where_to_and_why(placed, analyst):
    rows = table(analyst, "Changes", "segment", "needs", "big")
    # 14 were there from the first day, 8 came, 2 went.
    assert len(rows) == 24
    newest = [row for row in rows if row[0] == date(2018, 1, 1)]
    assert sorted(row[2] for row in newest) == ["came"] * 8 + ["went"] * 2
    causes = {row[3] for row in newest if row[2] == "went"}
    assert causes == {
        f"to {one}: Moved from big: by the rules of version 1 on 2018-01-01" for one in ("often", "others")
    }
    assert [row[0] for row in rows] == sorted((row[0] for row in rows), reverse=True)


def test_a_place_in_which_nobody_is_says_so_and_has_a_page(placed, analyst):
    answer = analyst.get(reverse("segment", args=["life", "none"]))
    tables = [item for section in answer.context["page"].sections[1:] for item in section.items]
    assert [one.empty.why for one in tables if isinstance(one.empty, Empty)] == [
        "Nobody is in it now.", "Nobody was ever in it.",
    ]  # fmt: skip
    text = shown(analyst, "segment", "life", "none")
    assert "Customers in none of the stages." in text and "Who manages it?" not in text


def test_each_page_of_a_place_says_in_a_sentence_who_is_in_it(placed, analyst):
    assert "Customers who have spend of at least 500." in shown(analyst, "segment", "needs", "big")
    assert "Everybody whom no other segment takes." in shown(analyst, "segment", "needs", "others")


@pytest.mark.parametrize(
    ("scheme", "place"),
    [
        ("needs", "none"), ("needs", "gold"), ("life", "big"), ("value", "bronze"), ("nothing", "big"),
        ("needs", "BIG"), ("needs", "<script>"), ("né\x00", "\x00"), ("needs", "b" * 3000),
    ],
)  # fmt: skip
def test_a_place_that_is_none_is_a_404(placed, analyst, scheme, place):
    assert analyst.get(reverse("segment", args=[scheme, place])).status_code == 404


def test_a_retired_scheme_leaves_the_pages_and_its_history_stays(placed, log_in):
    client, stays = log_in("manager"), Membership.objects.count()
    customer = placed.customers["056"].pk
    assert owner_of(customer).username == "manager"
    client.post(reverse("segments_retire", args=["needs"]), {"reason": "of no use"})
    assert owner_of(customer) is None and Membership.objects.count() == stays
    for name, args in (
        ("segment", ["needs", "big"]),
        ("segments_edit", ["needs"]),
    ):
        assert client.get(reverse(name, args=args)).status_code == 404
    appointing = client.post(reverse("segment_appoint", args=["needs", "big"]), WRITES["segment_appoint"][0])
    assert appointing.status_code == 404
    assert "needs, segments" not in shown(client, "segments") and "life, stages" in shown(client, "segments")
    # Publishing a version puts it in force again; the places are as they were.
    ruled.publish()
    assert [row[2] for row in table(client, "needs", "segments")] == [20, 11, 29]


def test_a_scheme_that_others_ask_for_names_them_and_is_not_retired(placed, log_in):
    asking = ruled.SCHEMES[: ruled.SCHEMES.index("  - name: needs")] + (
        "  - name: care\n    kind: stages\n    seats:\n"
        "      - {place: call, enter: {op: place, scheme: needs, among: [big, often]}}\n"
    )
    [scheme] = ruled.read_schemes(asking)
    ruled.publish_ruled(scheme.scheme, {}, None, "one more")
    client, before = log_in("manager"), state()
    assert "Asked for by call of care." in shown(client, "segments")
    answer = client.post(
        reverse("segments_retire", args=["needs"]), {"reason": "x"}, headers={"HX-Request": "true"}
    )
    assert "needs is asked for by call of care: change these first" in answer.content.decode()
    assert state() == before
    # Nobody was placed by it yet, and it says when that will be.
    assert "The next run places everybody by it." in shown(client, "segments")


@pytest.mark.parametrize("role", list(Role.values))
@pytest.mark.parametrize("name", WRITES)
def test_managers_change_it_with_one_line_and_staff_are_refused(placed, log_in, name, role):
    form, action = WRITES[name]
    where, before = reverse(name, args=PLACE[name]), state()
    answer = log_in(role).post(where, form, follow=True)
    if role not in MANAGES:
        assert answer.status_code == 403 and state() == before
        return
    assert [message.level_tag for message in answer.context["messages"]] == ["success"]
    entry = Entry.objects.get(action=action, actor__isnull=False)
    assert (entry.actor.username, entry.reason) == (role, form["reason"])
    after = state()
    # The button pressed twice does it once.
    assert log_in(role).post(where, form, follow=True).status_code in (200, 404) and state() == after


@pytest.mark.parametrize("name", WRITES)
def test_strangers_links_and_forms_without_their_token_change_nothing(placed, log_in, name):
    where, before = reverse(name, args=PLACE[name]), state()
    assert Client().post(where, WRITES[name][0]).url.startswith(reverse("login"))
    assert log_in("manager").get(where).status_code == 405
    assert log_in("manager", csrf=True).post(where, WRITES[name][0]).status_code == 403
    assert state() == before


@pytest.mark.parametrize(("page", "args"), [("segments", []), ("segment", ["needs", "big"])])
def test_the_forms_of_these_pages_carry_their_token(placed, log_in, page, args):
    client = log_in("manager", csrf=True)
    text = shown(client, page, *args)
    forms = [one for one in text.split("<form")[1:] if 'name="reason"' in one.split("</form>")[0]]
    assert forms and all('name="csrfmiddlewaretoken"' in one.split("</form>")[0] for one in forms)


@pytest.mark.parametrize(
    ("place", "change", "said"),
    [
        ("big", {"reason": " "}, "write why the manager changes"),
        ("big", {"manager": "eve"}, "there is nobody called eve"),
        ("big", {"manager": ""}, "there is nobody called"),
        ("big", {"manager": "gone"}, "does not work here any more"),
        ("gold", {}, "needs has no segment gold"),
        ("big", {"manager": "st\x00aff\x00\x00"}, None),
    ],
)
def test_what_is_refused_at_a_handing_over_is_said_beside_the_form(placed, log_in, place, change, said):
    User.objects.create(username="gone", first_name="Gone", is_active=False)
    where, before = reverse("segment_appoint", args=["needs", place]), state()
    form = WRITES["segment_appoint"][0] | change
    answer = log_in("manager").post(where, form, headers={"HX-Request": "true"})
    if said is None:
        assert "HX-Redirect" in answer.headers and managers("needs")["big"].username == "staff"
        return
    assert said in answer.content.decode() and "HX-Redirect" not in answer.headers and state() == before


def test_R77_a_segment_that_is_handed_over_shows_both_managers_and_offers_nobody_who_left(placed, log_in):
    User.objects.create(username="gone", first_name="Went away", is_active=False)
    client = log_in("manager")
    client.post(reverse("segment_appoint", args=["needs", "big"]), WRITES["segment_appoint"][0])
    rows = table(client, "Managers", "segment", "needs", "big")
    today = clock.today()
    assert {(row[0], row[2]) for row in rows} == {("Staff", "now"), ("Manager", today)}
    assert table(client, "needs", "segments")[0][-1] == "Staff"
    assert owner_of(placed.customers["056"].pk).username == "staff"
    assert "Went away" not in shown(client, "segment", "needs", "big")


def test_an_analyst_reads_and_is_offered_nothing_to_change(placed, analyst):
    for name, args in (("segments", []), ("segment", ["needs", "big"])):
        text = shown(analyst, name, *args)
        for button in ("Hand over", "Retire", "Write the next version", "New segments or stages"):
            assert button not in text


def test_moves_between_segments_are_reached_where_a_run_counted_them(placed, analyst):
    text = shown(analyst, "segments")
    assert text.count("Moves between them") == 2 and "?scheme=needs" in text
    assert analyst.get(reverse("moves"), {"scheme": "needs"}).status_code == 200


def test_the_list_says_whose_managers_answer_for_the_customers(placed, analyst):
    text = shown(analyst, "segments")
    assert text.count("Its managers answer for the customers.") == 1
    assert text.index("needs, segments") < text.index("Its managers answer") < text.index("life, stages")
