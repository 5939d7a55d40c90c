"""Treatments on pages: the grid with its levels, names behind each cell, the customer's own, and the form of levels."""

import re
from collections import Counter

import pytest
from django.urls import reverse

from sterna.desk.audit.models import Entry
from sterna.desk.contacts.models import LeftOut
from sterna.desk.dashboards import paging
from sterna.desk.runs.models import Run
from sterna.desk.segments.actions import publish_treatments, retire_treatments
from sterna.desk.segments.level_forms import NAMES, fields
from sterna.desk.segments.models import Definition, Retirement
from sterna.desk.segments.treatment_models import Treatment, TreatmentCell
from sterna.desk.segments.treatment_queries import of_body, treatments_of
from sterna.desk.values.models import Worth
from tests.desk.dashboards import ruled
from tests.desk.dashboards.conftest import committed
from tests.desk.dashboards.reading import shown, table
from tests.desk.segments import treated
from tests.desk.segments.test_treatments import standing

pytestmark = pytest.mark.django_db
MANAGES = {"manager", "administrator"}
# What the forms hold; levels_publish also holds the levels themselves.
WRITES = {
    "levels_publish": {"segment": "big", "version": "1", "reason": "we saw that they tire of it"},
    "treatments_retire": {"reason": "of no use"},
}


@pytest.fixture(scope="module")
def placed(django_db_setup, django_db_blocker, present):
    """The shop, whose runs put everybody of its segments in a cell."""
    with committed(django_db_blocker, lambda: ruled.build(with_treatments=True)) as made:
        yield made


def typed(segment="", **changed):
    """The form of levels as it stands, with some fields typed anew."""
    now = fields(standing(), segment)
    levels = {f"{name}-{one.key}": one.typed[name] for one in now for name in NAMES}
    return WRITES["levels_publish"] | {"segment": segment} | levels | changed


def by_hand(run):
    """The cell of each customer, from the figures of the run."""
    found = {}
    for one in Worth.objects.filter(run_id=run.pk):
        value = "much" if one.spend is not None and one.spend >= 300 else "little"
        potential = "unknown" if one.headroom is None else "large" if one.headroom >= 50 else "small"
        found[one.customer_id] = (value, potential)
    return found


def test_R80_a_run_puts_everybody_in_the_cell_of_their_figures_and_counts_each_cell(placed):
    for run in (placed.first, placed.second):
        rows = Treatment.objects.filter(run_id=run.pk, scheme="needs")
        cells = {one.customer_id: (one.value_band, one.potential_band) for one in rows}
        assert cells == by_hand(run) and len(cells) == 60
        counted = Counter(rows.values_list("segment", "value_band", "potential_band"))
        kept = TreatmentCell.objects.filter(run_id=run.pk)
        assert counted == {(one.segment, one.value_band, one.potential_band): one.customers for one in kept}
        assert run.brief["treatments"][0]["version"] == 1
    assert set(cells.values()) > {("much", "small")}, "several cells are filled"


def test_R80_moving_to_another_cell_changed_the_level_at_the_next_run(placed):
    levels = [
        {
            one.customer_id: (one.value_band, one.potential_band, one.segment, one.contacts, one.days)
            for one in Treatment.objects.filter(run_id=run.pk)
        }
        for run in (placed.first, placed.second)
    ]
    definition = standing()
    moved = [who for who in levels[0] if levels[0][who][:3] != levels[1][who][:3]]
    assert len(moved) >= 5
    for found in levels:
        for value, potential, segment, *limit in found.values():
            frequency = definition.of_segment(segment)[value, potential].frequency
            assert limit == [frequency.contacts, frequency.days]
    assert any(levels[0][who][3:] != levels[1][who][3:] for who in moved)


def cells_shown(client, segment):
    """The grid as the page shows it: by value and potential, the count and the words of the level."""
    page = client.get(reverse("segment", args=["needs", segment])).context["page"]
    [grid] = [
        item
        for section in page.sections
        for item in section.items
        if getattr(item, "caption", "") == "Value by potential"
    ]
    names = [column.key for column in grid.columns[1:-1]]
    return {
        (row.cells[0].partition(":")[0], name): cell
        for row in grid.rows
        for name, cell in zip(names, row.cells[1:-1], strict=True)
    }, grid


@pytest.mark.parametrize("segment", ["big", "often", "others"])
def test_R80_the_grid_shows_headcount_share_and_level_of_each_cell(placed, analyst, segment):
    found, grid = cells_shown(analyst, segment)
    now = Treatment.objects.filter(run_id=placed.second.pk, segment=segment)
    counted = Counter(now.values_list("value_band", "potential_band"))
    assert {cell: one.customers for cell, one in found.items() if one.customers} == counted
    assert [row.cells[-1] for row in grid.rows] == [
        sum(many for (value, _), many in counted.items() if value == band) for band in ("much", "little")
    ]
    assert sum(one.share for one in found.values()) == pytest.approx(1)
    own = ("Text by segment", "At most 2 contacts in 7 days", "Watched")
    usual = ("Text by person", "At most 9 contacts in 30 days", "Kept")
    assert tuple(found["much", "small"].parts) == (own if segment == "big" else usual)
    assert tuple(found["little", "small"].parts) == (
        "One text for all",
        "At most 1 contact in 30 days",
        "No effort to keep",
    )
    assert tuple(found["much", "unknown"].parts)[1] == "At most 1 contact in 1 day"


def test_R80_each_cell_leads_to_its_names_and_each_list_to_whom_staff_keep(placed, analyst):
    found, _ = cells_shown(analyst, "big")
    for cell, one in found.items():
        if one.customers:
            page = analyst.get(one.href).context["page"]
            rows = page.sections[0].items[0].rows
            assert len(rows) == one.customers and {(row.cells[1], row.cells[3]) for row in rows} == {cell}
    kept = Treatment.objects.filter(run_id=placed.second.pk, segment="big", retention="keep")
    text = shown(analyst, "segment", "needs", "big")
    watched = Treatment.objects.filter(run_id=placed.second.pk, segment="big", retention="watch").count()
    assert (f"The {watched} customers to watch" in text) == bool(watched)
    listed = table(analyst, "Who is treated how", "segment_treated", "needs", "big", retention="keep")
    assert len(listed) == kept.count() and all(row[5].endswith("; kept") for row in listed)


def test_names_stand_by_value_the_highest_first_and_go_on_behind_the_first_page(placed, analyst, monkeypatch):
    monkeypatch.setattr(paging, "SIZE", 15)
    where = reverse("segment_treated", args=["needs", "others"])
    for sort in ("value_figure", "-value_figure", "potential_figure", "-potential_figure"):
        seen, figures, address = [], [], f"{where}?sort={sort}"
        while address:
            listed = analyst.get(address).context["page"].sections[0].items[0]
            seen += [row.href for row in listed.rows]
            figures += [row.cells[2 if "value" in sort else 4] for row in listed.rows]
            address = f"{where}{listed.next_url}" if listed.next_url else ""
        known = [one for one in figures if one is not None]
        assert len(seen) == len(set(seen)) == 29 and known == sorted(known, reverse=sort[0] == "-")


def test_a_list_that_is_narrowed_says_by_what_and_can_be_widened_again(placed, analyst):
    answer = analyst.get(
        reverse("segment_treated", args=["needs", "big"]), {"value": "much", "retention": "watch"}
    )
    chips = answer.context["page"].sections[0].items[0].filters.chips
    assert [(one.words, one.value, one.remove_url) for one in chips] == [
        ("value", "much", "?retention=watch"), ("retention", "watched", "?value=much"),
    ]  # fmt: skip
    nobody = analyst.get(reverse("segment_treated", args=["needs", "big"]), {"value": "gone"})
    assert "Nobody of the segment is treated so in this run." in nobody.content.decode()


@pytest.mark.parametrize(
    ("scheme", "place"), [("needs", "gold"), ("life", "known"), ("gone", "big"), ("needs", "none")]
)
@pytest.mark.parametrize("name", ["segment_treated", "segment_levels"])
def test_a_segment_that_is_none_is_a_404(placed, analyst, name, scheme, place):
    assert analyst.get(reverse(name, args=[scheme, place])).status_code == 404


@pytest.mark.parametrize("scheme", ["life", "value", "gone", "<b>"])
def test_levels_of_what_has_no_grid_are_a_404(placed, log_in, scheme):
    client = log_in("manager")
    assert client.get(reverse("scheme_levels", args=[scheme])).status_code == 404
    assert client.post(reverse("levels_publish", args=[scheme]), typed()).status_code == 404


def test_R80_a_customer_shows_the_cell_the_level_and_why(placed, analyst):
    one = Treatment.objects.filter(run_id=placed.second.pk, potential_band="small", segment="big")[0]
    [row] = table(analyst, "Treatment", "customer", one.customer_id)
    assert row[:4] == ["big", "Text by segment", "At most 2 contacts in 7 days", "Watched"]
    assert row[4] == (
        f"Spend of {one.value_figure:,.2f} USD is much (300.00 USD and more); Headroom of "
        f"{one.potential_figure:,.2f} USD is small (under 50.00 USD); by version 1 of the treatments of needs."
    )
    Treatment.objects.filter(pk=one.pk).update(potential_band="unknown", potential_figure=None)
    Worth.objects.filter(run_id=placed.second.pk, customer=one.customer_id).update(
        headroom_reason="nobody alike"
    )
    [row] = table(analyst, "Treatment", "customer", one.customer_id)
    assert "Headroom is unknown (nobody alike)" in row[4]


def test_a_customer_of_no_grid_and_a_run_before_there_was_one_show_nothing_made_up(placed, analyst):
    text = shown(analyst, "customer", placed.customers["000"].pk)
    assert text.count("How are they treated?") == 1
    Treatment.objects.all().delete()
    assert "How are they treated?" not in shown(analyst, "customer", placed.customers["000"].pk)


def test_before_a_run_and_without_a_definition_the_page_says_what_would_fill_it(placed, analyst):
    brief = {name: one for name, one in placed.second.brief.items() if name != "treatments"}
    Run.objects.update(brief=brief)
    text = shown(analyst, "segment", "needs", "big")
    assert "The run shown knew of none; the next run puts everybody in a cell." in text
    retire_treatments("needs", None, "of no use")
    text = shown(analyst, "segment", "needs", "big")
    assert "load some with `sterna treatments load FILE --reason WHY`" in text
    assert "How are they treated?" not in shown(analyst, "segment", "life", "known")


def test_a_form_before_any_run_says_that_nobody_can_be_shown(placed, log_in):
    Run.objects.update(published_at=None)
    assert "No run has put anybody in a cell yet" in shown(log_in("manager"), "scheme_levels", "needs")
    assert "No run has been published yet." in shown(log_in("manager"), "segment_treated", "needs", "big")


def test_a_newer_version_and_a_retirement_are_said_beside_the_grid_of_the_run(placed, analyst):
    treated.publish(treated.TEXT.replace("{contacts: 2, days: 7}", "{contacts: 3, days: 7}"))
    assert "Version 2 is in force by now, and the next run goes by it." in shown(
        analyst, "segment", "needs", "big"
    )
    found, _ = cells_shown(analyst, "big")
    assert found["much", "small"].parts[1] == "At most 2 contacts in 7 days", "what the run gave them"
    retire_treatments("needs", None, "of no use")
    assert "They were retired since: the next run treats nobody by them." in shown(
        analyst, "segment", "needs", "big"
    )


def effect(client, segment, **changed):
    """What the form says of a change: problem, figures by label, cells that change."""
    name, args = ("segment_levels", ["needs", segment]) if segment else ("scheme_levels", ["needs"])
    answer = client.post(reverse(name, args=args), typed(segment, **changed), headers={"HX-Request": "true"})
    assert answer.status_code == 200 and b"<h1" not in answer.content
    context = answer.context
    tables = [[list(row.cells) for row in one.rows] for one in context["tables"]]
    return context["problem"], {one.label: one.value for one in context["figures"]}, tables


def test_R80_the_form_shows_who_would_be_treated_otherwise_before_anything_is_published(placed, log_in):
    client, before = log_in("manager"), Definition.objects.count()
    assert effect(client, "big") == ("", dict.fromkeys(effect(client, "big")[1], 0), [[]])
    count = Treatment.objects.filter(
        run_id=placed.second.pk, segment="big", value_band="much", potential_band="small"
    ).count()
    assert count > 0
    problem, figures, (changed, some) = effect(
        client, "big", **{"contacts-1-0": "1", "retention-1-0": "keep"}
    )
    assert problem == "" and list(figures.values()) == [count, 0, count, count]
    assert changed == [
        [
            "big", "much value, small potential", count, "Text by segment; at most 2 contacts in 7 days; watched",
            "Text by segment; at most 1 contact in 7 days; kept",
        ]
    ]  # fmt: skip
    assert len(some) == min(10, count) and {tuple(row[1:]) for row in some} == {("big", "much", "small")}
    # What every segment has does not change what big has of its own.
    _, figures, (changed, *_) = effect(client, "", **{"contacts-1-0": "10"})
    assert "big" not in {row[0] for row in changed} and figures["Could be contacted less"] == 0
    assert Definition.objects.count() == before


def test_what_cannot_be_read_is_said_and_what_was_typed_is_kept(placed, log_in):
    client = log_in("manager")
    problem, figures, _ = effect(client, "big", **{"contacts-1-0": "many"})
    assert (
        problem == "value much, potential small: write contacts as a whole number from 0 to 1,000"
        and not figures
    )
    answer = client.post(
        reverse("segment_levels", args=["needs", "big"]), typed("big", **{"contacts-1-0": "<b>"})
    )
    text = answer.content.decode()
    assert 'name="contacts-1-0" value="&lt;b&gt;"' in text and "<h1" in text
    assert 'value="we saw that they tire of it"' in text


def test_R80_levels_are_published_with_a_reason_and_hold_in_their_segment_alone(placed, log_in):
    client = log_in("manager")
    where = reverse("levels_publish", args=["needs"])
    answer = client.post(where, typed("often", **{"contacts-0-1": "4"}), follow=True)
    assert "Version 2 of the treatments of needs is in force from the next run on." in answer.content.decode()
    now = standing()
    assert now.of_segment("often")["little", "large"].frequency.contacts == 4
    assert now.of_segment("others")["little", "large"].frequency.contacts == 9
    line = Entry.objects.get(action="publish treatments", subject="needs 2")
    assert (line.reason, line.actor.username) == ("we saw that they tire of it", "manager")
    answer = client.post(where, typed("often", version="2"), follow=True)
    assert "nothing was changed" in answer.content.decode() and treatments_of("needs").version == 2


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"reason": " "}, "write why the treatments change"),
        ({"version": "7"}, "somebody published treatments since this form was opened"),
        ({"version": ""}, "the form does not say which version it changes"),
        ({"version": "٣"}, "the form does not say which version it changes"),
        ({"contacts-0-0": "x"}, "value little, potential small: write contacts"),
        ({"days-0-0": "0"}, "write days as a whole number from 1 to 366"),
        ({"personalization-0-0": "<b>"}, "choose how personal the text is"),
    ],
)
def test_what_is_refused_is_said_beside_the_form_and_changes_nothing(placed, log_in, changed, said):
    before = Definition.objects.count(), Entry.objects.count()
    form = typed("big", **{"contacts-1-0": "3"} | changed)
    answer = log_in("manager").post(
        reverse("levels_publish", args=["needs"]), form, headers={"HX-Request": "true"}
    )
    assert said in answer.content.decode() and "HX-Redirect" not in answer.headers
    assert (Definition.objects.count(), Entry.objects.count()) == before


def test_a_segment_that_is_none_cannot_have_levels(placed, log_in):
    where = reverse("levels_publish", args=["needs"])
    assert log_in("manager").post(where, typed("big") | {"segment": "gone"}).status_code == 404


@pytest.mark.parametrize("role", ["analyst", "staff", "manager", "administrator"])
@pytest.mark.parametrize("name", WRITES)
def test_only_who_manages_writes_and_nobody_without_a_token(placed, log_in, role, name):
    before = Definition.objects.count(), Retirement.objects.count()
    where = reverse(name, args=["needs"])
    form = typed("big", **{"contacts-1-0": "3"}) if name == "levels_publish" else WRITES[name]
    assert log_in(role, csrf=True).post(where, form).status_code == 403
    assert log_in(role).get(where).status_code in (403, 405)
    answer = log_in(role).post(where, form)
    assert answer.status_code == (302 if role in MANAGES else 403)
    after = Definition.objects.count(), Retirement.objects.count()
    assert (after != before) == (role in MANAGES)


def test_who_reads_sees_no_form_and_cannot_ask_it_for_an_effect(placed, analyst):
    for name, args in (("segment_levels", ["needs", "big"]), ("scheme_levels", ["needs"])):
        text = shown(analyst, name, *args)
        assert (
            "Those who may manage write levels." in text
            and '<form method="post"' not in text.partition("<main")[2]
        )
        assert analyst.post(reverse(name, args=args), typed()).status_code == 403
    text = shown(analyst, "segment", "needs", "big")
    assert "Change the levels" not in text and "Change those of every segment" not in text


def test_treatments_are_retired_on_the_page_of_every_segment(placed, log_in):
    client = log_in("manager")
    assert "Retire the treatments of needs" in shown(client, "scheme_levels", "needs")
    assert "Retire the treatments" not in shown(client, "segment_levels", "needs", "big")
    answer = client.post(reverse("treatments_retire", args=["needs"]), {"reason": "of no use"}, follow=True)
    assert (
        "The treatments of needs are retired; their limits hold until the next run."
        in answer.content.decode()
    )
    assert client.get(reverse("scheme_levels", args=["needs"])).status_code == 404


def test_the_file_of_the_grid_has_counts_and_words(placed, analyst):
    number = next(
        number
        for number in range(1, 9)
        if "Headroom"
        in (
            text := analyst.get(
                reverse("segment", args=["needs", "big"]), {"format": "csv", "table": number}
            ).content.decode()
        )
        or "Unknown" in text
    )
    text = analyst.get(
        reverse("segment", args=["needs", "big"]), {"format": "csv", "table": number}
    ).content.decode()
    assert re.search(r"\d+: Text by segment; At most 2 contacts in 7 days; Watched", text)


def test_R80_who_is_kept_back_by_the_cell_is_told_on_the_page_of_who_is_left_out(placed, analyst):
    one = LeftOut.objects.filter(run_id=placed.second.pk)[0]
    LeftOut.objects.filter(pk=one.pk).update(reason_code="frequency")
    assert "Contacted often enough for their cell" in shown(analyst, "left_out")


def test_a_version_of_a_form_that_was_open_while_somebody_published_is_refused(placed, log_in):
    client = log_in("manager")
    form = typed("big", **{"contacts-1-0": "3"})
    publish_treatments(of_body(treatments_of("needs").body), None, "the same")
    treated.publish(treated.TEXT.replace("{contacts: 2, days: 7}", "{contacts: 5, days: 7}"))
    answer = client.post(reverse("levels_publish", args=["needs"]), form, follow=True)
    assert "somebody published treatments since this form was opened" in answer.content.decode()
    assert standing().of_segment("big")["much", "small"].frequency.contacts == 5
