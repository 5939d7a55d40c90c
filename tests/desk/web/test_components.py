"""The components as a template draws them: words, fall-backs, escaping, links."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils.html import strip_tags

from sterna.desk.web import components as c
from sterna.desk.web.templatetags import sterna
from tests.desk.web.gallery import samples

NOW = samples.NOW
VISIT = RequestFactory().get


def draw(template: str, /, **context: Any) -> str:
    return Template("{% load sterna %}" + template).render(Context(context))


def words(template: str, /, **context: Any) -> str:
    return " ".join(strip_tags(draw(template, **context)).split())


def shown(component: c.Component, /, **context: Any) -> str:
    return draw("{% show item %}", item=component, **context)


def test_a_number_opens_to_how_it_was_made() -> None:
    html = shown(samples.NUMBERS[0])
    for part in ("4.6 M", "4,596,039.58 USD", "Money paid", "Spend, version 3", "run 12", "2026-02-28"):
        assert part in html
    assert "where at &lt; $until" in html
    assert 'href="/customers?format=csv"' in html
    assert html.index("<details") < html.index("<summary") < html.index('class="drawer"')


def test_a_number_takes_its_provenance_as_a_mapping() -> None:
    source = {"meaning": "What it means.", "version": 0}
    html = draw("{% number 'Orders' 31 provenance=source %}", source=source)
    assert "What it means." in html
    with pytest.raises(TypeError, match="formula"):
        draw("{% number 'Orders' 31 provenance=source %}", source={"meaning": "x", "formula": "y"})


def test_R6_an_unknown_number_says_what_would_make_it_known() -> None:
    text = words("{% number 'Wallet' None missing='the household answers' %}")
    assert text == "Wallet unknown known once the household answers"


@pytest.mark.parametrize(
    ("value", "kind", "written"),
    [
        (0, "count", "0"),
        (2469, "count", "2,469"),
        (Decimal("0.0873"), "percent", "8.7 %"),
        (Decimal("1234567"), "money", "1.2 M"),
        (Decimal("1234567"), "money_exact", "1,234,567.00"),
        (1.5, "decimal", "1.50"),
        ("2 of 3", "text", "2 of 3"),
        ("as given", "count", "as given"),
    ],
)
def test_a_number_is_written_by_its_kind(value: Any, kind: Any, written: str) -> None:
    assert sterna.figure(c.Number("x", value, kind)) == written


@pytest.mark.parametrize(
    ("written", "smaller"),
    [("9,998.80", ""), ("10,425.19", " is-long"), ("15,873,552.97", " is-long is-longer")],
)
def test_a_long_figure_is_written_smaller_so_that_it_stays_on_one_line(written: str, smaller: str) -> None:
    assert f'class="number-value{smaller}"' in shown(c.Number("Net", written, "text"))


def test_money_is_short_with_the_exact_sum_on_hover() -> None:
    html = draw("{% money sum 'USD' %}", sum=Decimal("4596039.58"))
    assert ">4.6 M USD<" in html
    assert 'title="4,596,039.58 USD"' in html
    assert words("{% money sum 'USD' exact=True %}", sum=Decimal("4596039.58")) == "4,596,039.58 USD"
    assert words("{% money sum 'USD' %}", sum=None) == "unknown"


def test_R5_a_tier_has_the_shade_of_its_rank() -> None:
    assert "tier-rank-2" in draw("{% tier_badge 2 'Silver' %}")
    assert "tier-rank-6" in draw("{% tier_badge 9 'Ninth' %}")
    assert "tier-none" in draw("{% tier_badge None 'None' %}")


def test_R90_each_verdict_has_words_and_a_shape() -> None:
    drawn = {kind: draw("{% verdict kind figure %}", kind=kind, figure="+9 %") for kind in c.VERDICT_WORDS}
    assert "Cannot tell" in drawn["cannot_tell"]
    assert "#arrow-up" in drawn["moved"]
    assert "?</span>" in drawn["cannot_tell"]
    assert len(set(drawn.values())) == 5


def test_R89_a_targeted_comparison_never_shows_its_figure() -> None:
    assert "180" not in draw("{% verdict 'targeted' '+180 %' %}")
    assert "+2.1 %" in draw("{% verdict 'cannot_tell' '+2.1 %' %}")


def test_time_is_relative_with_the_exact_one_on_hover() -> None:
    then = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
    html = draw("{% reltime then %}", then=then, now=NOW)
    assert ">3 hours ago<" in html
    assert 'datetime="2026-03-01T09:00:00+00:00"' in html
    assert "in 1 hour" in draw("{% reltime then now %}", then=NOW + timedelta(hours=1), now=NOW)
    assert "unknown" in draw("{% reltime None %}", now=NOW)


def test_the_other_states_of_a_page() -> None:
    assert words("{% empty 'Moves will be here.' 'No run has ended.' 'Start a run' '/runs' %}") == (
        "Moves will be here. No run has ended. Start a run"
    )
    html = draw("{% failed 'It stopped.' 'Nothing is lost.' 'Go on.' trace=trace %}", trace="<b>line 3</b>")
    assert "&lt;b&gt;line 3" in html
    assert (
        words("{% unknown 'a wallet estimate is given' %}") == "unknown known once a wallet estimate is given"
    )
    assert "Promised and late: Transport, due 2026-02-20" in words(
        "{% late 'Transport' due %}", due=date(2026, 2, 20)
    )


def test_progress_tells_stage_rows_and_time_and_asks_again() -> None:
    html = draw("{% progress 'Value' 1204000 1469307 42 '/runs/3' 'lines' %}")
    assert "1,204,000 of 1,469,307 lines, about 42 s left" in html
    assert 'value="1204000" max="1469307"' in html
    assert 'hx-get="/runs/3"' in html
    assert "hx-get" not in draw("{% progress 'Value' 3 %}")
    assert "value=" not in draw("{% progress 'Value' 3 %}")


def test_a_change_shows_its_effect_and_keeps_the_reason() -> None:
    effect = samples.context()["effect"]
    html = draw("{% confirm effect %}", effect=effect)
    for part in (
        "41",
        "12.4 k",
        "birthday card",
        "can be undone",
        'aria-invalid="true"',
        ">short</textarea>",
    ):
        assert part in html
    unknown_cost = c.Effect(1, 0, None, "This cannot be undone.")
    assert "known once every item has a unit cost" in draw("{% confirm effect %}", effect=unknown_cost)


def test_a_field_keeps_what_was_typed_and_tells_how_to_mend_it() -> None:
    form = samples.PlanForm({"budget": "-5", "medium": "email", "note": "<b>x</b>"})
    html = draw("{% for bound in form %}{% field bound %}{% endfor %}", form=form)
    assert 'value="-5"' in html
    assert "a plan cannot earn" in html
    assert 'aria-describedby="id_budget_error"' in html
    assert 'id="id_budget_error"' in html
    assert "&lt;b&gt;x" in html
    assert html.count("<legend") == 1


def test_a_table_writes_each_kind_and_keeps_unknown_apart_from_zero() -> None:
    columns = [
        c.Column("name", "Name"),
        c.Column("spend", "Spend", "money"),
        c.Column("orders", "Orders", "number"),
        c.Column("share", "Share", "percent"),
        c.Column("since", "Since", "day"),
        c.Column("seen", "Seen", "instant"),
    ]
    seen = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
    rows = [
        c.Row(["a", Decimal("1234.5"), 0, 0.12, date(2026, 3, 1), seen], "/customers/a"),
        c.Row(["b", None, None, None, None, None]),
    ]
    html = shown(c.Table("Customers", columns, rows))
    for part in ("1,234.50", ">0\n<", "12.0 %", "2026-03-01\n</td>", 'data-href="/customers/a"'):
        assert part in html
    assert html.count(">unknown<") == 5
    with pytest.raises(ValueError, match="zip"):
        shown(c.Table("Customers", columns, [c.Row(["too", "short"])]))


def test_sorting_turns_round_keeps_the_filter_and_starts_over() -> None:
    column = c.Column("spend", "Spend", sortable=True)
    query = {"tier": ["gold", "silver"], "sort": ["spend"], "after": ["x"]}
    link = c.sort_link(column, "spend", query)
    assert link.href == "?tier=gold&tier=silver&sort=-spend"
    assert link.direction == "ascending"
    assert c.sort_link(column, "-spend", {}).href == "?sort=spend"
    assert c.sort_link(column, "name", {}).direction == "none"
    table = c.Table("Customers", [column], [c.Row([1])], sort="-spend")
    assert 'href="?tier=gold&amp;sort=spend"' in shown(table, request=VISIT("/customers?tier=gold&after=9"))


def test_the_filter_reads_as_a_sentence() -> None:
    text = " ".join(strip_tags(shown(samples.customers_table())).split())
    assert text.startswith("Customers in tier Silver with headroom over 1,000 USD Show all")


def test_an_empty_table_says_why() -> None:
    assert "No run has ended." in shown(samples.context()["empty_table"])  # type: ignore[arg-type]


def test_a_timeline_tells_inbound_from_outbound_without_color() -> None:
    text = " ".join(strip_tags(shown(samples.timeline())).split())
    assert text.count("Inbound") == 2
    assert text.count("Outbound") == 2
    assert "Held back: two contacts in seven days is the limit" in text


def test_hostile_names_are_text_in_every_component() -> None:
    bad = samples.HOSTILE
    drawn = [
        shown(c.Tier(bad, 1)),
        shown(c.GroupLetter(bad, bad)),
        shown(c.Verdict("moved", bad, bad)),
        shown(c.Number(bad, bad, "text", bad, c.Provenance(bad, bad, bad, bad, sql=bad), note=bad)),
        shown(c.Filters(bad, [c.Chip(bad, bad, bad)], bad)),
        shown(samples.timeline()),
        shown(c.Picture(bad, bad, bad)),  # type: ignore[arg-type]
        draw("{% drawer bad bad bad %}", bad=bad),
    ]
    assert not [html for html in drawn if "<script" in html]


def test_a_plain_text_is_not_taken_for_a_picture() -> None:
    assert "&lt;svg" in shown(c.Picture("t", "<svg/>", "s"))  # type: ignore[arg-type]
