"""The pages of value: totals with what is unknown, measures, concentration, the grid, the back-test."""

import re
from collections import Counter
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from sterna.desk.dashboards import paging
from sterna.desk.dashboards.queries.current import run_name
from sterna.desk.runs.models import Stage
from sterna.desk.runs.queries import tier_edges
from sterna.desk.segments.models import Move
from sterna.desk.values.actions import sum_up
from sterna.desk.values.models import CategoryRoom, HouseholdWallet, Model, Worth
from sterna.desk.web.components import Number, Picture, Table
from sterna.engine.value.catalogue import BY_NAME, MEASURES
from tests.desk.dashboards.reading import shown
from tests.desk.dashboards.test_as_many_queries import people

pytestmark = pytest.mark.django_db
PAGES = ("values", "value_measures", "value_concentration", "value_grid", "value_back_test")


def items(client, name, *args, **query):
    """Everything that stands on a page."""
    page = client.get(reverse(name, args=args), query).context["page"]
    return [item for section in page.sections for item in section.items]


def figures(client, name, *args, **query):
    """The figures of a page by their labels."""
    return {item.label: item for item in items(client, name, *args, **query) if isinstance(item, Number)}


def tables(client, name, *args, **query):
    """The tables of a page by their captions, those beside pictures too."""
    found = [
        item.table if isinstance(item, Picture) else item for item in items(client, name, *args, **query)
    ]
    return {item.caption: item for item in found if isinstance(item, Table)}


def resum(run):
    """Sum a run up again after its rows were changed."""
    sum_up(run.pk, tier_edges(run))


@pytest.fixture
def worths(world):
    """The rows of the shown run."""
    return Worth.objects.filter(run_id=world.second.pk)


def test_R79_every_total_is_the_sum_of_what_is_known_and_says_of_how_many(world, analyst, worths):
    shown_figures = figures(analyst, "values")
    titles = {"spend": "Spend in the window", "expected_spend": "To come in 26 weeks"}
    for name in ("spend", "expected_spend", "lifetime_value", "headroom", "potential"):
        known = [amount for amount in worths.values_list(name, flat=True) if amount is not None]
        figure = shown_figures[titles.get(name, BY_NAME[name].title)]
        assert figure.value == sum(known), name
        told = f"known for all {len(worths)}" if len(known) == len(worths) else f"known for {len(known)} of"
        assert any(part.startswith(told) for part in figure.note.split("; ")), name


def test_R79_what_is_known_of_nobody_is_unknown_with_its_reason_and_no_zero(world, analyst):
    # The shop records no cost and no credit.
    for label, reason in (("Margin", "cost"), ("Brought by way of others", "no credit of anybody")):
        figure = figures(analyst, "values")[label]
        assert figure.value is None and figure.note.startswith("known for nobody: ") and reason in figure.note


def test_a_figure_leads_to_the_customers_with_most_of_it(world, analyst, worths):
    for figure in figures(analyst, "values").values():
        address = figure.provenance.rows_url
        by = address.partition("sort=-")[2]
        listed = analyst.get(address).context["page"].sections[0].items[1]
        column = [each.key for each in listed.columns].index(by)
        values = [row.cells[column] for row in listed.rows]
        known = sorted((getattr(one, by) for one in worths if getattr(one, by) is not None), reverse=True)
        assert values == (known + [None] * len(values))[: len(values)], by


def test_the_pages_of_value_lead_to_each_other_and_each_says_something(world, analyst):
    closer = tables(analyst, "values")["Pages of value"]
    assert {row.href for row in closer.rows} == {reverse(name) for name in PAGES[1:]}
    assert all(len(str(row.cells[1])) > 20 for row in closer.rows)


def test_tiers_add_up_to_the_totals(world, analyst, worths):
    rows = tables(analyst, "values")["Value by tier"].rows
    totals = figures(analyst, "values")
    assert sum(row.cells[1] for row in rows) == len(worths)
    assert sum(row.cells[2] or 0 for row in rows) == totals["Spend in the window"].value
    assert sum(row.cells[4] or 0 for row in rows) == totals["Headroom"].value
    # Of nobody is it known what they bring: that is no sum of zero.
    assert [row.cells[5] for row in rows] == [None] * len(rows)


def test_R79_every_measure_stands_with_formula_source_version_and_what_it_is_not_for(world, analyst):
    text = shown(analyst, "value_measures")
    cards = items(analyst, "value_measures")
    assert [card.name for card in cards] == [measure.name for measure in MEASURES]
    for measure, card in zip(MEASURES, cards, strict=True):
        assert card.as_of == world.second.until and card.version == measure.version
        for words in (measure.title, measure.formula, measure.source, measure.beware):
            assert words in text, measure.name


def test_R79_each_measure_opens_to_the_step_that_made_it(world, analyst):
    made = {step["sql"] for stage in Stage.objects.filter(run=world.second) for step in stage.steps}
    for card in items(analyst, "value_measures"):
        source = card.number.provenance
        assert source.sql in made and source.run == run_name(world.second.pk), card.name
        assert BY_NAME[card.name].formula[1:] in source.meaning
        assert (source.definition, source.version) == (f"measure {card.name}", BY_NAME[card.name].version)


def test_R79_known_and_unknown_are_all_customers_of_each_measure(world, analyst, worths):
    for card in items(analyst, "value_measures"):
        lacking = worths.filter(**{f"{card.name}__isnull": True}).count()
        assert sum(many for _, many in card.reasons) == lacking, card.name
        if lacking == len(worths):
            assert card.number.value is None and card.known == "known for nobody", card.name
        else:
            assert card.number.value is not None, card.name


def test_any_measure_orders_the_customers_and_stands_in_a_column(world, analyst, worths):
    worths.filter(customer=world.customers["007"]).update(category_entropy=9.5, tenure_days=4000)
    for name in ("category_entropy", "tenure_days", "lifetime_value", "alive", "wallet"):
        listed = analyst.get(reverse("customers"), {"sort": f"-{name}"}).context["page"].sections[0].items[1]
        assert listed.sort == f"-{name}" and name in [column.key for column in listed.columns]
        if name in ("category_entropy", "tenure_days"):
            assert "007" in str(listed.rows[0].cells[0])
    assert "9.50" in shown(analyst, "customers", sort="-category_entropy")


def test_a_page_further_down_begins_where_the_one_before_ended(world, analyst, worths, monkeypatch):
    monkeypatch.setattr(paging, "SIZE", 25)
    address, seen = f"{reverse('customers')}?sort=-lifetime_value", []
    while address:
        listed = analyst.get(address).context["page"].sections[0].items[1]
        seen += [row.href for row in listed.rows]
        address = listed.next_url and reverse("customers") + listed.next_url
    assert len(seen) == len(set(seen)) == len(worths)


def test_R16_the_concentration_is_that_of_the_spend_where_no_cost_is_known_and_says_so(
    world, analyst, worths
):
    page = shown(analyst, "value_concentration")
    assert "no cost to serve is recorded" in page
    spends = sorted((one.spend for one in worths if one.spend is not None), reverse=True)
    total, tenth = sum(spends), -(-len(spends) // 10)
    found = figures(analyst, "value_concentration")
    assert found["First tenth"].value == pytest.approx(float(sum(spends[:tenth]) / total))
    needed = next(many for many in range(len(spends) + 1) if sum(spends[:many]) * 5 >= total * 4)
    assert found["Bring 80 %"].value == needed
    assert found["Lost after it"].value == 0


def test_R16_the_margin_goes_before_the_spend_and_its_losses_are_told(world, analyst, worths):
    for number, margin in (("000", "300.00"), ("001", "100.00"), ("002", "-50.00")):
        worths.filter(customer=world.customers[number]).update(margin=margin)
    resum(world.second)
    found = figures(analyst, "value_concentration")
    # 300 of 350; the first two bring 400, and the third takes 50 of it.
    assert found["First tenth"].value == pytest.approx(300 / 350)
    assert (found["At the peak"].value, found["Lost after it"].value) == (Decimal("400.00"), Decimal("50.00"))
    page = shown(analyst, "value_concentration")
    assert "Told of the margin" in page and f"Of {len(worths) - 3} it is not known" in page
    assert "After customer 2 the curve falls" in page


def test_R16_two_periods_stand_side_by_side(world, analyst):
    beside = tables(analyst, "value_concentration")["Concentration of two periods"]
    assert [column.label for column in beside.columns[1:]] == [
        f"As of {world.second.until}",
        f"As of {world.first.until}",
    ]
    said = {row.cells[0]: row.cells[1:] for row in beside.rows}
    for place, run in enumerate((world.second, world.first)):
        spends = [one.spend for one in Worth.objects.filter(run_id=run.pk) if one.spend is not None]
        assert said["In all"][place] == f"{sum(spends):,.2f} USD"
    drawn = next(item for item in items(analyst, "value_concentration") if isinstance(item, Picture))
    assert drawn.svg.count("<polyline") == 2 and "stroke-dasharray" in drawn.svg


def test_the_first_run_has_no_period_before_it_and_says_so(world, analyst):
    asked = {"as_of": str(world.first.until)}
    beside = tables(analyst, "value_concentration", **asked)["Concentration of two periods"]
    assert len(beside.columns) == 2
    assert "there is nothing to set beside it" in shown(analyst, "value_concentration", **asked)


def test_losses_alone_have_no_curve_and_the_page_says_why(world, analyst, worths):
    worths.update(spend="-1.00", margin=None)
    resum(world.second)
    page = shown(analyst, "value_concentration")
    assert "The customers together bring no profit" in page
    assert figures(analyst, "value_concentration")["First tenth"].value is None


def cells(client):
    """Every drawn cell of the grid as (tier, column, cell)."""
    table = tables(client, "value_grid")["Value by potential"]
    return [
        (row.cells[0].name, column.key, cell)
        for row in table.rows[:-1]
        for column, cell in zip(table.columns, row.cells, strict=True)
        if column.kind == "component"
    ]


def test_R2_the_grid_holds_every_customer_once_and_its_sums_are_the_totals(world, analyst, worths):
    drawn = cells(analyst)
    assert sum(cell.customers for _, _, cell in drawn) == len(worths)
    assert sum(cell.spend or 0 for _, _, cell in drawn) == sum(one.spend or 0 for one in worths)
    assert sum(cell.headroom or 0 for _, _, cell in drawn) == sum(one.headroom or 0 for one in worths)
    standing = Counter(Move.objects.filter(run_id=world.second.pk).values_list("to_place", flat=True))
    by_tier = Counter()
    for tier, _, cell in drawn:
        by_tier[tier] += cell.customers
    assert by_tier == standing


def test_R2_a_raised_potential_leaves_the_tier_as_it_was_and_changes_the_column(world, analyst, worths):
    one = worths.filter(customer=world.customers["030"])
    one.update(headroom="0.01")
    resum(world.second)
    before = {(tier, room): cell.customers for tier, room, cell in cells(analyst)}
    stood = Move.objects.get(run_id=world.second.pk, customer=world.customers["030"]).to_place
    one.update(headroom="99999.00")
    resum(world.second)
    after = {(tier, room): cell.customers for tier, room, cell in cells(analyst)}
    rows = {tier for tier, _ in before}
    for tier in rows:
        together = [
            sum(many for (name, _), many in found.items() if name == tier) for found in (before, after)
        ]
        assert together[0] == together[1], tier
    highest = next(cell.href for tier, room, cell in cells(analyst) if (tier, room) == (stood, "2"))
    assert "household 030" in analyst.get(highest).content.decode()


def test_R2_each_cell_opens_as_many_names_as_it_counts(world, analyst):
    for tier, _, cell in cells(analyst):
        listed = analyst.get(cell.href).context["page"].sections[0].items[0]
        assert len(listed.rows) == min(cell.customers, paging.SIZE), (tier, cell.href)
        assert all(row.cells[1].name == tier for row in listed.rows)


def test_R79_an_unknown_headroom_is_a_column_of_its_own(world, analyst, worths):
    worths.filter(customer=world.customers["031"]).update(headroom=None, headroom_reason="nobody is alike")
    resum(world.second)
    unknown = [cell for _, room, cell in cells(analyst) if room == "unknown"]
    assert sum(cell.customers for cell in unknown) == worths.filter(headroom=None).count()
    assert all(cell.headroom is None for cell in unknown)
    page = analyst.get(next(cell.href for cell in unknown if cell.customers)).content.decode()
    assert "nobody is alike" in page


def test_a_cell_that_is_none_is_not_found(world, analyst):
    for value, room in ((99, "0"), (0, "7"), (0, "garbage")):
        assert analyst.get(reverse("value_grid_names", args=[value, room])).status_code == 404


def test_the_columns_show_their_edges_with_amounts(world, analyst):
    kept = Model.objects.get(run_id=world.second.pk, name="grid").body
    heads = [column.label for column in tables(analyst, "value_grid")["Value by potential"].columns]
    for edge in kept["headroom_edges"]:
        assert sum(f"{Decimal(edge):,.2f}" in head for head in heads) == 2


def test_the_back_test_shows_the_tenths_of_every_model_beside_the_naive_rate(world, analyst):
    records = {
        body["title"]: body
        for body in Model.objects.filter(run_id=world.second.pk, name__startswith="back-test ").values_list(
            "body", flat=True
        )
    }
    assert set(records) == {"BG/NBD", "MBG/NBD", "Pareto/NBD"}
    found = tables(analyst, "value_back_test")
    for title, record in records.items():
        if record["reason"]:
            continue
        rows = found[f"{title}: order days by tenth of the forecast"].rows
        assert [row.cells[0] for row in rows] == list(range(1, 11))
        assert [row.cells[3] for row in rows] == [f"{band['actual']:.3f}" for band in record["bands"]]
        assert [row.cells[4] for row in rows] == [f"{band['naive']:.3f}" for band in record["bands"]]
    accuracies = found["Accuracies"]
    assert accuracies.rows[-1].cells[0] == "Naive rate"
    assert accuracies.rows[0].cells[0].endswith(", in use")


def test_the_back_test_says_which_days_and_which_setting(world, analyst):
    page = shown(analyst, "value_back_test")
    record = Model.objects.get(run_id=world.second.pk, name="back-test bg-nbd").body
    assert f"before {record['past']} alone and forecast the {record['weeks']} weeks" in page
    assert "This run uses BG/NBD" in page and "STERNA_PURCHASE_MODEL" in page


def accuracy(error, top):
    return {
        "total": 100.0,
        "bias": 0.02,
        "mean_absolute_error": 1.0,
        "root_mean_square_error": error,
        "correlation": None,
        "top_share": top,
    }


def tested(world, **changed):
    """Set the record of the model in use."""
    row = Model.objects.get(run_id=world.second.pk, name="back-test bg-nbd")
    row.body |= {"reason": None, "actual": 98.0, "boundary": None, "bands": []} | changed
    row.save()
    Model.objects.filter(run_id=world.second.pk, name__startswith="back-test ").exclude(pk=row.pk).delete()


def test_no_gain_in_ranking_is_suggested_where_there_is_none(world, analyst):
    tested(world, model_accuracy=accuracy(2.0, 0.301), naive_accuracy=accuracy(2.0, 0.3))
    page = shown(analyst, "value_back_test")
    assert "ranks customers no better than the naive rate" in page
    assert "No model missed a customer's order days by less than the naive rate did." in page
    assert "more of the orders" not in page


def test_a_model_at_a_boundary_and_one_without_a_fit_say_why(world, analyst):
    told = accuracy(1.0, 0.5)
    tested(world, model_accuracy=told, naive_accuracy=told, boundary="nobody is seen to leave")
    assert "Nobody is seen to leave." in shown(analyst, "value_back_test")
    tested(world, reason="nobody had ordered before, so there is nothing to test on", model_accuracy=None)
    page = shown(analyst, "value_back_test")
    assert "Nobody had ordered before, so there is nothing to test on." in page
    assert "No model could be tested" in page


@pytest.mark.parametrize("name", PAGES)
def test_R79_a_run_older_than_the_measures_still_shows(world, analyst, worths, name):
    older = {field.name: None for field in Worth._meta.fields if field.null}
    kept = ("spend", "orders", "expected_spend", "headroom", "recency_days")
    worths.update(**{column: None for column in older if column not in kept})
    Model.objects.filter(run_id=world.second.pk).exclude(name__in=("purchases", "order value")).delete()
    CategoryRoom.objects.all().delete()
    HouseholdWallet.objects.all().delete()
    said = {
        "values": "known for nobody: the run is older than this measure",
        "value_measures": "unknown: the run is older than this measure",
        "value_concentration": "no cost to serve is recorded",
        "value_grid": "unknown is a column of its own",
        "value_back_test": "This run tested no model on days that have passed.",
    }
    assert said[name] in shown(analyst, name)
    customer = shown(analyst, "customer", world.customers["030"].pk)
    assert "the run is older than this measure" in customer


@pytest.mark.parametrize("name", PAGES)
def test_a_run_whose_rows_were_dropped_shows_what_was_kept(world, analyst, worths, name):
    worths.delete()
    assert analyst.get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", PAGES)
def test_more_customers_ask_no_more_of_the_database(world, analyst, name):
    analyst.get(reverse(name))
    with CaptureQueriesContext(connection) as few:
        analyst.get(reverse(name))
    for place, one in enumerate(people(60)[1]):
        Worth.objects.create(run_id=world.second.pk, customer=one, spend=place, headroom=place)
    with CaptureQueriesContext(connection) as many:
        analyst.get(reverse(name))
    assert len(many) <= len(few) < 40


def test_no_page_of_value_reads_the_rows_of_a_run_that_is_summed_up(world, analyst):
    for name in ("value_measures", "value_concentration", "value_grid", "value_back_test"):
        analyst.get(reverse(name))
        with CaptureQueriesContext(connection) as asked:
            analyst.get(reverse(name))
        assert not [each for each in asked if re.search(r"values_worth\b", each["sql"])], name
