"""Who lives with a customer stands on the customer's page: members, figures added up, the unknown as unknown."""

from decimal import Decimal

import pytest
from django.urls import reverse

from sterna.desk.contacts.models import Contact
from sterna.desk.customers.actions import form_household, leave_household
from sterna.desk.values.models import Worth
from sterna.desk.web.components import Number
from tests.desk.dashboards.reading import shown, table

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(world):
    """A household of three whom the second run knows: 100.25 and 50.50 spent, of the third nothing is known."""
    run, three = world.second.pk, [world.customers[number] for number in ("000", "001", "002")]
    for one, spend, headroom in zip(three, ("100.25", "50.50", None), ("7.00", None, None), strict=True):
        Worth.objects.filter(run_id=run, customer=one).update(
            spend=spend, headroom=headroom, expected_spend=None
        )
    form_household(three, "one kitchen", None)
    Contact.objects.filter(customer__in=three).update(state="withdrawn")
    return three


def figures(client, customer):
    """The figures of the page by their labels."""
    page = client.get(reverse("customer", args=[customer.pk])).context["page"]
    return {
        item.label: item for section in page.sections for item in section.items if isinstance(item, Number)
    }


def test_the_figures_are_those_of_all_members_and_say_of_whom_nothing_is_known(home, analyst):
    found = figures(analyst, home[1])
    spend, room = found["Spend together"], found["Headroom together"]
    # 100.25 + 50.50; the third adds nothing, and no zero either.
    assert (spend.value, spend.note) == (Decimal("150.75"), "unknown of 1 member")
    assert (room.value, room.note) == (Decimal("7.00"), "unknown of 2 members")


def test_what_is_known_of_nobody_is_unknown_and_no_zero(home, analyst):
    coming = figures(analyst, home[0])["To come together"]
    assert coming.value is None and coming.missing == "a purchase of one of them would make it known"
    assert coming.note is None


def test_every_figure_tells_the_run_it_is_from(home, analyst, world):
    spend = figures(analyst, home[0])["Spend together"]
    assert spend.provenance.as_of == world.second.until and spend.provenance.sql


def test_each_member_stands_with_their_own_figures_and_leads_to_their_page(home, analyst):
    rows = {row[0]: row[1:] for row in table(analyst, "Household", "customer", home[0].pk)}
    mine = [name for name in rows if name.endswith(", this customer")]
    assert len(rows) == 3 and len(mine) == 1 and "000" in mine[0]
    assert rows[mine[0]] == [Decimal("100.25"), None, Decimal("7.00"), 0]
    assert sorted(map(str, (row[0] for row in rows.values()))) == ["100.25", "50.50", "None"]
    page = shown(analyst, "customer", home[0].pk)
    assert all(f'href="{reverse("customer", args=[one.pk])}"' in page for one in home[1:])


def test_contacts_that_arrived_are_counted_for_each_and_together(home, analyst):
    some = list(Contact.objects.order_by("pk")[:4])
    states = ("handed over", "confirmed", "failed", "planned")
    for contact, state, one in zip(some, states, (home[0], home[2], home[0], home[1]), strict=True):
        Contact.objects.filter(pk=contact.pk).update(customer=one, state=state)
    counts = [row[-1] for row in table(analyst, "Household", "customer", home[0].pk)]
    assert sorted(counts) == [0, 1, 1]
    assert figures(analyst, home[1])["Contacts with all of them"].value == 2


def test_who_lives_alone_has_no_household_on_the_page(world, analyst):
    assert "Who lives with them?" not in shown(analyst, "customer", world.customers["003"].pk)


def test_who_left_stands_there_no_more_and_adds_nothing(home, analyst):
    leave_household(home[1], "moved out", None)
    assert figures(analyst, home[0])["Spend together"].value == Decimal("100.25")
    assert len(table(analyst, "Household", "customer", home[0].pk)) == 2
    assert "Spend together" not in figures(analyst, home[1])


def test_the_last_one_of_a_household_lives_alone(home, analyst):
    for one in home[1:]:
        leave_household(one, "moved out", None)
    assert "Spend together" not in figures(analyst, home[0])


def test_a_household_stands_there_before_the_first_run_without_figures(home, analyst, world):
    type(world.second).objects.update(published_at=None)
    found = figures(analyst, home[0])
    assert "Contacts with all of them" in found and "Spend together" not in found
    assert [row[1:4] for row in table(analyst, "Household", "customer", home[0].pk)] == [[None] * 3] * 3


def test_a_tier_lists_just_those_whom_the_run_put_there(world, analyst):
    from sterna.desk.dashboards.queries import places
    from sterna.desk.segments.models import Move

    for run in (world.first, world.second):
        for place in (*(each.name for each in places.ladder(run)), "none"):
            inside = set(
                Move.objects.filter(run_id=run.pk, to_place=place).values_list("customer", flat=True)
            )
            rows = Worth.objects.filter(places.standing_in(run, place), run_id=run.pk)
            assert set(rows.values_list("customer", flat=True)) == inside, place
        assert not Worth.objects.filter(places.standing_in(run, "no such tier"), run_id=run.pk).exists()
        assert (
            sum(many for many, _ in places.standing(run).values())
            == Worth.objects.filter(run_id=run.pk).count()
        )


@pytest.mark.parametrize("sort", ["spend", "-spend", "headroom", "-orders", "recency_days"])
@pytest.mark.parametrize("tier", ["silver", "none"])
def test_a_tier_in_any_order_lists_everybody_once_in_that_order(world, analyst, tier, sort):
    page = analyst.get(reverse("customers"), {"tier": tier, "sort": sort}).context["page"]
    shown_table = page.sections[0].items[1]
    assert shown_table.filters.subject == f"{len(shown_table.rows):,} customers"
    column = [each.key for each in shown_table.columns].index(sort.removeprefix("-"))
    values = [row.cells[column] for row in shown_table.rows]
    known = [value for value in values if value is not None]
    assert known == sorted(known, reverse=sort.startswith("-")) and values[: len(known)] == known
