"""What the pages show is what the tables hold, and every figure of a run says how it was made."""

import csv
import io
from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from sterna.desk.contacts.models import Contact, LeftOut
from sterna.desk.dashboards.queries.current import run_name
from sterna.desk.runs.models import Stage
from sterna.desk.segments.models import MatrixCell, Move
from sterna.desk.values.models import Worth
from sterna.desk.web.components import Number, Picture, Table, Tier
from tests.desk.dashboards import house
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db


def items(answer, kind):
    """The page's components of one kind, in order."""
    return [
        item
        for section in answer.context["page"].sections
        for item in section.items
        if isinstance(item, kind)
    ]


def table(answer, caption):
    """The page's table of that name; a table of a picture counts."""
    pictures = [picture.table for picture in items(answer, Picture)]
    return next(found for found in items(answer, Table) + pictures if found.caption == caption)


def figures(answer):
    """The page's figures by their label."""
    return {figure.label: figure for figure in items(answer, Number)}


def test_home_counts_everybody_of_the_run(world, analyst):
    shown = figures(analyst.get(reverse("home")))
    moves = Move.objects.filter(run_id=world.second.pk)
    assert shown["Customers"].value == moves.count() == shop.CUSTOMERS
    assert shown["Moved up"].value == moves.filter(from_place="bronze", to_place="silver").count() > 0
    assert shown["Lapsed"].value == moves.exclude(from_place="none").filter(to_place="none").count()
    assert shown["Spend in the period"].value == sum(move.to_amount or 0 for move in moves)


def test_R4_the_matrix_shows_its_cells_and_every_row_sums_to_its_opening(world, analyst):
    shown = table(analyst.get(reverse("moves")), "Migration matrix")
    targets = [column.label.removeprefix("to ") for column in shown.columns[1:-1]]
    cells = {(c.from_place, c.to_place): c for c in MatrixCell.objects.filter(run_id=world.second.pk)}
    found = {}
    for row in shown.rows:
        source, *counts, opening = (cell.name if isinstance(cell, Tier) else cell for cell in row.cells)
        found |= {(source, target): count for target, count in zip(targets, counts, strict=True)}
        assert (
            sum(counts) == opening == Move.objects.filter(run_id=world.second.pk, from_place=source).count()
        )
        assert opening == cells[source, targets[0]].opening or source == "new"
    assert {pair: count for pair, count in found.items() if count} == {
        pair: cell.customers for pair, cell in cells.items() if cell.customers
    }
    assert sum(found.values()) == shop.CUSTOMERS


def test_a_cell_opens_as_many_names_as_it_counts(world, analyst):
    for cell in MatrixCell.objects.filter(run_id=world.second.pk):
        answer = analyst.get(reverse("move_names", args=[cell.from_place, cell.to_place]))
        assert len(items(answer, Table)[0].rows) == min(cell.customers, 50)


def test_tiers_show_who_stands_in_them(world, analyst):
    shown = table(analyst.get(reverse("tiers")), "Tiers")
    standing = Counter(Move.objects.filter(run_id=world.second.pk).values_list("to_place", flat=True))
    names = [column.key for column in shown.columns]
    assert {row.cells[0].name: row.cells[names.index("customers")] for row in shown.rows} == {
        "silver": standing["silver"],
        "bronze": standing["bronze"],
        "none": standing["none"],
    }


def test_left_out_is_counted_by_reason_and_listed(world, analyst):
    answer = analyst.get(reverse("left_out"))
    held = LeftOut.objects.filter(run_id=world.second.pk)
    counted = Counter(held.values_list("reason_code", flat=True))
    reasons = table(answer, "Reasons").rows
    assert sorted(row.cells[1] for row in reasons) == sorted(counted.values())
    for row in reasons:
        listed = table(analyst.get(reverse("left_out") + row.href), "Left out")
        assert len(listed.rows) == row.cells[1] and all(row.cells[0] in one.cells for one in listed.rows)


def test_the_outbox_counts_every_state(world, analyst):
    shown = figures(analyst.get(reverse("contacts")))
    counted = Counter(contact.get_state_display() for contact in Contact.objects.all())
    assert {label: figure.value for label, figure in shown.items() if label in counted} == counted
    for state in ("unknown", "planned"):
        rows = table(analyst.get(reverse("contacts"), {"state": state}), "Contacts").rows
        assert len(rows) == Contact.objects.filter(state=state).count() > 0


def test_R2_a_customer_shows_the_tier_by_spend_beside_what_could_be(world, analyst):
    customer = world.customers["030"]
    answer = analyst.get(reverse("customer", args=[customer.pk]))
    worth = Worth.objects.get(run_id=world.second.pk, customer=customer)
    move = Move.objects.get(run_id=world.second.pk, customer=customer)
    shown = {label: figure.value for label, figure in figures(answer).items()}
    assert move.to_place in [*shown.values(), *(tier.name for tier in items(answer, Tier))]
    assert shown["Spend in the window"] == worth.spend and shown["Headroom"] == worth.headroom > 0
    assert "Could be" in answer.content.decode()


def test_R23_the_preview_is_the_message_to_that_customer(world, analyst):
    texts = {}
    for number in ("sized", "unsized"):
        contacts = Contact.objects.filter(medium="email", state="planned")
        has_size = {"customer__source_records__facts__fact_class": "shopping.category"}
        found = contacts.filter(**has_size) if number == "sized" else contacts.exclude(**has_size)
        answer = analyst.get(reverse("contact_preview", args=[found.order_by("pk")[0].pk]))
        assert "sandbox" in answer["Content-Security-Policy"]
        texts[number] = " ".join(answer.content.decode().split())
    assert "for two" in texts["sized"] and "for your" in texts["unsized"]


def test_R59_the_plan_shows_that_an_asset_has_no_owner(world, analyst):
    found = table(analyst.get(reverse("plan", args=[world.faulty.pk])), "Findings")
    said = [" ".join(map(str, row.cells)) for row in found.rows]
    assert any("owner" in words and "basket" in words for words in said)
    in_order = analyst.get(reverse("plan", args=[world.draft.pk])).context["page"]
    assert not any("no owner" in str(item) for section in in_order.sections for item in section.items)


@pytest.mark.parametrize("name", ["home", "values", "value_concentration", "customer"])
def test_every_figure_of_a_run_says_how_it_was_made(world, analyst, name):
    arguments = [world.customers["030"].pk] if name == "customer" else []
    answer = analyst.get(reverse(name, args=arguments))
    shown = figures(answer)
    assert len(shown) >= 3
    sql = {step["sql"] for stage in Stage.objects.filter(run=world.second) for step in stage.steps}
    for label, figure in shown.items():
        source = figure.provenance
        assert source is not None, label
        assert source.run == run_name(world.second.pk) and source.as_of == world.second.until, label
        assert source.run_url == reverse("run", args=[world.second.pk]) and source.meaning, label
        assert source.sql is None or source.sql in sql, label
    assert any(figure.provenance.sql for figure in shown.values())


@pytest.mark.parametrize(
    ("asked", "shown"),
    [("2017-06-30", "first"), ("2017-12-30", "first"), ("2018-01-01", "second"), ("2000-01-01", "first")],
)
def test_the_top_bar_says_which_day_was_asked_for_where_another_is_shown(world, analyst, asked, shown):
    run = getattr(world, shown)
    answer = analyst.get(reverse("home"), {"as_of": asked})
    assert figures(answer)["Customers"].provenance.run == run_name(run.pk)
    said = f"asked for {asked}" in answer.content.decode()
    assert said == (str(run.until) != asked) and f"{run.until:%Y-%m-%d}" in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "arguments", "many"),
    [("customers", [], 60), ("left_out", [], 3), ("contacts", [], None), ("move_names", ["all", "all"], 60)],
)
def test_the_file_holds_every_row_of_the_table(world, analyst, name, arguments, many):
    where = reverse(name, args=arguments)
    answer = analyst.get(where, {"format": "csv"})
    assert answer["Content-Type"].startswith("text/csv") and "attachment" in answer["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(answer.content.decode())))
    expected = {"left_out": LeftOut.objects.filter(run_id=world.second.pk), "contacts": Contact.objects.all()}
    assert len(rows) - 1 == (expected[name].count() if name in expected else many)
    assert len({len(row) for row in rows}) == 1


def test_no_cell_of_a_file_is_a_formula(world, analyst):
    for name in ("customers", "move_names"):
        where = reverse(name, args=["all", "all"] if name == "move_names" else [])
        rows = csv.reader(io.StringIO(analyst.get(where, {"format": "csv"}).content.decode()))
        cells = [cell for row in rows for cell in row]
        assert any(cell.startswith(f"'{house.FORMULA}") for cell in cells)
        assert not any(cell[:1] in "=+@\t\r" for cell in cells if cell)


def test_a_refund_stays_a_number_in_the_file(world, analyst):
    Worth.objects.filter(run_id=world.second.pk, customer=world.customers["005"]).update(spend="-12.50")
    content = analyst.get(reverse("customers"), {"format": "csv"}).content.decode()
    assert "-12.50" in content and "'-12.50" not in content


def test_a_second_name_replaces_the_first(world, analyst):
    from sterna.desk.customers.models import Fact

    record = world.customers["002"].source_records.get()
    old = Fact.objects.get(source_record=record, fact_class="name.full")
    old.pk, old.value, old.observed_on = None, "Dora Quill", world.second.until
    old.save(force_insert=True)
    title = analyst.get(reverse("customer", args=[world.customers["002"].pk])).context["page"].question
    assert "Dora Quill (household 002)" in title and "Quint" not in title


@pytest.mark.parametrize(
    ("name", "arguments", "model"),
    [
        ("customers", [], Worth),
        ("contacts", [], Contact),
        ("left_out", [], LeftOut),
        ("move_names", ["all", "all"], Move),
        ("moves", [], None),
    ],
)
def test_more_rows_ask_no_more_of_the_database(world, analyst, name, arguments, model):
    where = reverse(name, args=arguments)
    analyst.get(where)
    with CaptureQueriesContext(
        connection,
    ) as many:
        shown = analyst.get(where)
    if model is None:
        MatrixCell.objects.filter(customers=0).delete()
    else:
        kept = [row.pk for row in model.objects.order_by("-pk")[:5]]
        if hasattr(model, "run_id") and model is not Contact:
            kept = [row.pk for row in model.objects.filter(run_id=world.second.pk)[:5]]
        _thin(model, kept)
    with CaptureQueriesContext(connection) as few:
        fewer = analyst.get(where)
    assert len(many) <= len(few)
    assert model is None or len(items(fewer, Table)[-1].rows) == 5 < len(items(shown, Table)[-1].rows)


def _thin(model, kept):
    if model is Contact:
        from sterna.desk.contacts.models import Receipt, Task

        Task.objects.exclude(contact__in=kept).delete()
        Receipt.objects.exclude(contact__in=kept).delete()
    model.objects.exclude(pk__in=kept).delete()
