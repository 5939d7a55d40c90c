"""Who brings others: a seeded hub is found and an isolated spender is not, beside what the engine itself would say."""

from collections.abc import Iterator
from decimal import Decimal
from html import unescape
from typing import Any
from unittest.mock import patch

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from sterna.desk.dashboards import paging
from sterna.desk.web.components import Empty, Number, Table
from sterna.engine.value import influence, network
from tests.desk.dashboards.reading import shown, table

pytestmark = pytest.mark.django_db
LIST, TYPES = "Low own spend, high influence", "The four types"
# Of sixty customers number i buys for 2 + i / 2 a time: 000 least, 059 among the most.
TIES = (
    ("059", "000", "referral", "1", False, "named <b>her</b> at the till"),
    ("058", "000", "influence", "0.5", False, "followed her example"),
    ("058", "001", "referral", "0.25", None, "nobody can say"),
    ("057", "002", "referral", "1", True, "would have come anyway"),
    ("003", "056", "knowledge", "1", False, "asked him"),
)


@pytest.fixture(scope="module")
def town(django_db_setup: None, django_db_blocker: Any, present: pytest.MonkeyPatch) -> Iterator[Any]:
    """The shop with credits and a run that knows of them; emptied at the end of the module."""
    from sterna.desk.runs import actions
    from sterna.desk.values.actions import Said, record_credit
    from tests.desk.runs import shop

    with django_db_blocker.unblock():
        people = shop.open_shop()
        for newcomer, customer, kind, share, anyway, why in TIES:
            told = Said(why, kind, Decimal(share), anyway, said_on=shop.FIRST)
            record_credit(people[newcomer], people[customer], told, None)
        run = actions.run(shop.FIRST).run
    yield people, run
    with django_db_blocker.unblock():
        call_command("flush", interactive=False, verbosity=0)


def spend(town: Any, number: str) -> Decimal:
    from sterna.desk.values.models import Worth

    people, run = town
    found: Decimal = Worth.objects.get(run_id=run.pk, customer=people[number]).spend
    return found


def half(amount: Decimal, part: str = "0.5") -> Decimal:
    """A share of an amount; a part of a cent is dropped."""
    return (amount * Decimal(part) * 100 // 1) / 100


def items(client: Any, kind: type, **query: str) -> list[Any]:
    page = client.get(reverse("brought"), query).context["page"]
    return [item for section in page.sections for item in section.items if isinstance(item, kind)]


def test_R17_the_seeded_hub_is_found_and_the_isolated_spender_is_not(town, analyst):
    rows = table(analyst, LIST, "brought")
    hub = spend(town, "059") + half(spend(town, "058"))
    assert rows[0][:1] + rows[0][2:6] == ["household 000", 0.0, 2, hub, hub]
    assert rows[0][1] == spend(town, "000")
    # 001 is credited with nothing for sure, 002's newcomer had come anyway, 056 buys much, and 055 brought nobody.
    assert [row[0] for row in rows] == ["household 000"]


def test_R17_every_name_on_the_list_has_its_evidence(town, analyst):
    [[*_, evidence]] = table(analyst, LIST, "brought")
    assert evidence.startswith(
        "because of them came household 059, household 058; in the network of credits:"
    )
    assert "PageRank 0." in evidence and "core 1" in evidence
    assert reverse("customer", args=[town[0]["000"].pk]) in shown(analyst, "brought")


def test_R17_what_is_credited_and_what_is_not_is_what_newcomers_bought(town, analyst):
    numbers = {one.label: one.value for one in items(analyst, Number)}
    known = [spend(town, number) for number in ("059", "058", "057", "003")]
    credited = known[0] + half(known[1]) + half(known[1], "0.25") + known[3]
    assert numbers["Credited to others"] == credited
    assert numbers["Credited to others"] + numbers["Of newcomers, to nobody"] == sum(known)
    assert (numbers["Credits that counted"], numbers["Customers with a credit"]) == (5, 4)


def recorded(town: Any) -> tuple[dict[str, Decimal], influence.Book]:
    """What everybody buys, and the book of the same credits by the engine."""
    from sterna.desk.values.models import Worth

    people, run = town
    names = {customer.pk: number for number, customer in people.items()}
    own = {
        names[customer]: amount
        for customer, amount in Worth.objects.filter(run_id=run.pk).values_list("customer", "spend")
    }
    ties = [
        influence.Credit(newcomer, customer, kind, Decimal(share), anyway)
        for newcomer, customer, kind, share, anyway, _ in TIES
    ]
    return own, influence.influence(ties, own)


def test_R17_the_list_and_the_types_are_those_of_the_engine(town, analyst):
    own, book = recorded(town)
    found = network.movers(own, book.customers)
    rows = table(analyst, LIST, "brought")
    assert [row[0] for row in rows] == [f"household {one.customer}" for one in found]
    assert [row[2] for row in rows] == [pytest.approx(one.standing) for one in found]
    indirect = {name: book.customers[name].high if name in book.customers else Decimal(0) for name in own}
    types = network.types(own, indirect)
    counted = {row[0]: row[2] for row in table(analyst, TYPES, "brought")}
    assert counted == {
        f"{name}s": sum(one == name for one in types.values())
        for name in ("Champion", "Affluent", "Advocate", "Miser")
    }
    for name in ("Champion", "Affluent", "Advocate", "Miser"):
        listed = [row[0] for row in table(analyst, f"{name}s", "brought", type=f"{name}s".lower())]
        assert sorted(listed) == sorted(f"household {one}" for one, kind in types.items() if kind == name)


def test_R17_where_half_of_all_bring_somebody_the_median_is_above_zero(town, analyst):
    from sterna.desk.dashboards.queries import brought
    from sterna.desk.values.models import Worth

    run = town[1]
    worths = list(Worth.objects.filter(run_id=run.pk).order_by("pk"))
    for place, one in enumerate(worths):
        Worth.objects.filter(pk=one.pk).update(
            influence=place, influence_low=place, newcomers=min(place, 1), spend=Decimal(1000 - place)
        )
    middle = brought.half(run)
    assert middle == brought.Half(60, Decimal(970), Decimal(971))
    cut = brought.cuts(run, middle)
    # Sixty customers: influence 0 to 59, spend 941 to 1000.
    assert cut == brought.Cuts(Decimal("970.5"), Decimal("29.5"))
    own = {str(one.pk): Decimal(1000 - place) for place, one in enumerate(worths)}
    types = list(network.types(own, {name: Decimal(1000) - amount for name, amount in own.items()}).values())
    assert brought.counted(run, middle, cut) == {
        one.name: types.count(one.name[:-1]) for one in brought.TYPES
    }
    assert [one.spend for one in brought.movers(run, middle)] == []
    Worth.objects.filter(run_id=run.pk).update(influence_low=5000)
    direct = {str(one.pk): one.spend for one in Worth.objects.filter(run_id=run.pk)}
    told = influence.Influence("x", Decimal(5000), Decimal(5000), {}, Decimal(0), Decimal(0), ("y",), ())
    listed = network.movers(direct, dict.fromkeys(direct, told))
    # Whoever brought nobody buys most here, and is on neither list.
    assert brought.movers(run, middle).count() == len(listed)


def test_each_share_of_who_buys_for_less_is_exact_with_ties(town):
    from sterna.desk.dashboards.queries import brought
    from sterna.desk.values.models import Worth

    run = town[1]
    for place, one in enumerate(Worth.objects.filter(run_id=run.pk).order_by("pk")):
        Worth.objects.filter(pk=one.pk).update(
            spend=[Decimal("-1"), Decimal("10"), Decimal("20.01")][place % 3]
        )
    amounts = [Decimal("20.01"), Decimal("10"), Decimal("-1"), Decimal("10"), Decimal("99")]
    thirds = {Decimal("-1"): 0.0, Decimal("10"): 20 / 60, Decimal("20.01"): 40 / 60, Decimal("99"): 1.0}
    middle = brought.half(run)
    assert middle == brought.Half(60, Decimal(10), Decimal(10))
    assert brought.above(run, middle, amounts) == thirds
    assert brought.above(run, middle, []) == {}
    Worth.objects.filter(run_id=run.pk).update(spend=None)
    assert brought.half(run) is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"reason": "no credit of anybody is recorded"}, "No credit of anybody is recorded. Write down"),
        ({"reason": "the credits are a loop: a > b"}, "The credits are a loop: a > b. Write down"),
        (None, "This run knew of no credits. Write down"),
    ],
)
def test_where_nothing_is_recorded_the_page_says_what_to_do(town, analyst, body, said):
    from sterna.desk.values.models import Model

    run = town[1]
    rows = Model.objects.filter(run_id=run.pk, name="influence")
    rows.update(body=body) if body else rows.delete()
    [nothing] = items(analyst, Empty)
    assert said in nothing.why and "a position in a network is no money" in nothing.why
    assert not items(analyst, Table)


def test_a_type_that_is_none_shows_the_page_and_an_unknown_order_the_usual_one(town, analyst):
    for query in ({"type": "witches"}, {"sort": "-nothing"}, {"after": "x"}):
        assert [row[0] for row in table(analyst, LIST, "brought", **query)] == ["household 000"]


def test_the_list_asks_as_often_with_many_names_as_with_one(town, analyst):
    from sterna.desk.values.actions import Said, record_credit
    from sterna.desk.values.models import Worth

    people, run = town

    def asks() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert analyst.get(reverse("brought")).status_code == 200
        return len(queries)

    asks()
    few = asks()
    # Fewer than the half, so that the median of influence stays at zero and is not looked for.
    for place in range(4, 24):
        newcomer, customer = people[f"{59 - place:03}"], people[f"{place:03}"]
        one = Worth.objects.filter(run_id=run.pk, customer=customer)
        one.update(newcomers=2, influence=9000, influence_low=9000)
        record_credit(newcomer, customer, Said(why="x", said_on=run.until), None)
    many = asks()
    assert len(table(analyst, LIST, "brought")) > 10
    assert many <= few + 1, f"{few} queries, then {many}"


def test_a_long_list_goes_on_behind_a_page_and_its_file_holds_all(town, analyst):
    from sterna.desk.values.models import Worth

    run = town[1]
    Worth.objects.filter(run_id=run.pk).update(newcomers=1, influence=9000, influence_low=9000)
    with patch.object(paging, "SIZE", 7):
        first = items(analyst, Table)[0]
        following = analyst.get(reverse("brought") + first.next_url).context["page"].sections[1].items[0]
        assert len(first.rows) == 7 and not {row.href for row in first.rows} & {
            row.href for row in following.rows
        }
    answer = analyst.get(reverse("brought"), {"format": "csv", "table": "1"})
    assert answer.content.decode().count("household") >= 30


def test_the_network_is_left_out_where_the_runs_file_is_gone(town, analyst, tmp_path, monkeypatch):
    monkeypatch.setenv("STERNA_HOME", str(tmp_path))
    [[*_, evidence]] = table(analyst, LIST, "brought")
    assert evidence == "because of them came household 059, household 058"


def rows_of(client: Any, town: Any, number: str, caption: str) -> list[list[object]]:
    return table(client, caption, "customer", town[0][number].pk)


def test_R17_a_customers_page_shows_both_sides_with_values_and_reasons(town, log_in):
    client = log_in("staff")
    brought = rows_of(client, town, "000", "Brought")
    assert [[str(row[0]), *row[1:5]] for row in brought] == [
        ["household 059", spend(town, "059"), "Referral", 1.0, "no"],
        ["household 058", spend(town, "058"), "Influence", 0.5, "no"],
    ]
    assert brought[0][6] == "named <b>her</b> at the till"
    by = rows_of(client, town, "058", "Brought by")
    assert [str(row[0]) for row in by] == ["household 000", "household 001"]
    assert [row[4] for row in by] == ["no", "nobody can say"]
    content = client.get(reverse("customer", args=[town[0]["000"].pk])).content.decode()
    assert "<b>her</b>" not in content and "&lt;b&gt;her" in content
    least = spend(town, "059") + half(spend(town, "058"))
    assert (
        f"Credited with {least:,.2f} USD of what others buy: {spend(town, '059'):,.2f} by referral" in content
    )


def test_a_range_is_told_where_nobody_can_say(town, analyst):
    content = shown(analyst, "customer", town[0]["001"].pk)
    assert f"Credited with 0.00 to {half(spend(town, '058'), '0.25'):,.2f} USD of what others buy" in content


def test_a_customer_nobody_was_brought_by_says_so_and_who_may_not_sees_no_form(town, analyst, log_in):
    where = town[0]["030"].pk
    for client, forms in ((analyst, False), (log_in("staff"), True)):
        content = shown(client, "customer", where)
        assert "Nobody has written down that somebody brought this customer" in content
        assert ("Record who came because of whom" in content) is forms
    assert "Only staff who work with customers write that down" in shown(
        analyst, "customer_credit", where, **{"with": town[0]["031"].pk}
    )


def test_R17_staff_finds_the_other_records_a_credit_and_withdraws_it(town, log_in):
    from sterna.desk.values.models import Credit

    people, _ = town
    client, here, other = log_in("staff"), people["030"], people["031"]
    found = client.get(reverse("customer_credit", args=[here.pk]), {"role": "customer", "q": "031"})
    [row] = found.context["page"].sections[0].items[1].rows
    assert row.href == f"{reverse('customer_credit', args=[here.pk])}?role=customer&with={other.pk}"
    form = client.get(row.href).content.decode()
    assert "household 031 came because of household 030" in form and "100 % of the newcomer" in form
    given = {
        "with": str(other.pk), "role": "customer", "kind": "knowledge", "share": "33.34", "came_anyway": "no",
        "saved": "40.00", "cost": "", "said_on": "2017-06-30", "why": "answered her question", "key": "once",
    }  # fmt: skip
    for _ in range(2):
        answer = client.post(reverse("credit_record", args=[here.pk]), given, follow=True)
        assert [note.level_tag for note in answer.context["messages"]] == ["success"]
    made = Credit.objects.get(newcomer=other)
    assert (made.customer, made.kind, made.share) == (here, "knowledge", Decimal("0.3334"))
    assert (made.came_anyway, made.saved, made.cost) == (False, Decimal("40.00"), None)
    [shown_row] = rows_of(client, town, "030", "Brought")
    assert shown_row[6] == "answered her question (staff)"
    withdrawn = {"reason": "mistaken", "customer": str(other.pk)}
    answer = client.post(reverse("credit_withdraw", args=[made.pk]), withdrawn, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("customer", args=[other.pk])
    assert "Nobody has written down" in answer.content.decode()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"share": "half"}, "the share is a percentage such as 50, not 'half'"),
        ({"share": "101"}, "a share is above 0 and at most 1"),
        ({"saved": "much"}, "what was saved: 'much' is not an amount"),
        ({"cost": "-1"}, "what it cost is no amount of at least zero"),
        ({"came_anyway": "perhaps"}, "whether they would have come anyway"),
        ({"said_on": "soon"}, "choose the day on which it was said"),
        ({"said_on": "2017-07-02"}, "2017-07-02 is to come"),
        ({"why": ""}, "write why they came because of this customer"),
        ({"with": "000"}, "look for them again"),
        ({"with": "SELF"}, "because of themselves"),
        ({"with": "HUB", "role": "newcomer", "share": ""}, None),
    ],
)
def test_R17_what_cannot_be_is_refused_beside_the_form(town, log_in, changed, said):
    from sterna.desk.values.models import Credit

    people, _ = town
    names = {"SELF": str(people["030"].pk), "HUB": str(people["000"].pk)}
    before = Credit.objects.count()
    given = {"with": str(people["031"].pk), "kind": "referral", "share": "100", "why": "x", **changed}
    given["with"] = names.get(given["with"], given["with"])
    answer = log_in("staff").post(
        reverse("credit_record", args=[people["030"].pk]), given, headers={"HX-Request": "true"}
    )
    assert Credit.objects.count() == before + (said is None)
    # A share that nobody wrote is the whole.
    assert (said or "") in unescape(answer.content.decode())


def test_R20_after_a_merge_the_page_speaks_of_who_is_left(town, log_in):
    from sterna.desk.customers.actions import merge

    people, _ = town
    client = log_in("manager")
    merge(people["040"], people["059"], "one voice", None)
    assert str(rows_of(client, town, "000", "Brought")[0][0]) == "household 040"
    merge(people["000"], people["040"], "one voice", None)
    assert [str(row[0]) for row in rows_of(client, town, "000", "Brought")] == ["household 058"]
