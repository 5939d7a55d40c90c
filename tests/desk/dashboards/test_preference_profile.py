"""The profile of a segment in words: what stands out first, prices as money, and what is known of too few left out."""

from sterna.desk.dashboards.preference_profile import profile
from sterna.desk.segments.profile_models import SegmentPreference
from sterna.engine.segments.preferences import FEW


def preference(kind, item, customers, share, others, lift, known=60) -> SegmentPreference:
    """A row of a run, of sixty customers of whom it is known."""
    return SegmentPreference(
        kind=kind, item=item, customers=customers, known=known, share=share, share_others=others, lift=lift
    )


ROWS = [
    preference("category", "MEAT", 50, 0.4, 0.2, 2.0),
    preference("category", "DELI", 60, 0.6, 0.1, 6.0),
    preference("category", "RARE", FEW - 1, 0.9, 0.01, 90.0),
    preference("category", "OURS", 30, 0.1, 0.0, None),
    preference("weekday", "2 Tuesday", 40, 0.5, 0.25, 2.0),
    preference("weekday", "1 Monday", 3, 0.5, 0.75, 2 / 3),
    preference("brand", "Rare", FEW - 1, 0.9, 0.1, 9.0, FEW - 1),
    preference("consented", "email", 45, 0.75, 0.5, 1.5),
    preference("consented", "letter", 48, 0.8, 0.5, 1.6),
    preference("touchpoint", "till", 60, 0.7, 0.7, 1.0),
    preference("touchpoint", "web", 5, 0.9, 0.1, 9.0),
    preference("hour", "09", 40, 0.5, None, None),
    preference("price", "mean price of an item", 60, 4.5, 3.0, 1.5),
    preference("price", "lines bought on discount", 60, 0.1, 0.4, 0.25),
]


def shown(title: str, rows=ROWS) -> list[list[object]]:
    [section] = [one for one in profile(rows, "USD") if one.title == title]
    return [list(row.cells) for row in section.items[0].rows]


def test_R77_the_profile_asks_of_product_service_timing_price_channel_and_media():
    assert [one.title.split()[0] for one in profile(ROWS, "USD")] == [
        "What",
        "What",
        "Which",
        "When",
        "At",
        "Where",
        "By",
    ]


def test_R77_what_stands_out_most_is_first_and_what_few_prefer_is_left_out():
    rows = shown("What do they buy?")
    assert [row[1] for row in rows] == ["OURS", "DELI", "MEAT"]
    assert [row[6] for row in rows] == ["only here", "6.00 times", "2.00 times"]
    assert rows[1][2:6] == [60, 60, "60.0 %", "10.0 %"]


def test_R77_days_stand_in_their_order_and_without_anybody_else_there_is_no_lift():
    rows = shown("When do they buy?")
    assert [row[1] for row in rows] == ["Monday", "Tuesday", "09:00 to 09:59"]
    assert rows[2][5:] == ["nobody else", "cannot tell"]


def test_R77_a_price_is_an_amount_and_a_discount_a_share():
    rows = {row[1]: row[4:] for row in shown("At what price?")}
    assert rows["mean price of an item"] == ["4.50 USD", "3.00 USD", "1.50 times"]
    assert rows["lines bought on discount"] == ["10.0 %", "40.0 %", "0.25 times"]


def test_R77_what_nobody_recorded_is_said():
    sections = {one.title: one.items[0] for one in profile([], "USD")}
    assert "recorded as an event" in sections["Which services do they ask for?"].empty.why
    assert str(FEW) in sections["Where do they buy?"].empty.why and not sections["Where do they buy?"].rows


def test_R77_what_to_set_by_the_profile_names_what_leads_and_why():
    rows = {row[0]: row[1:] for row in shown("What to set by it?")}
    assert rows["Order of media"] == ["letter, email", "80.0 %, of others 50.0 %; 75.0 %, of others 50.0 %"]
    # Five of the segment buy by web: too few to lead with it, however much of their own it is.
    assert rows["Touchpoint to lead with"] == ["till", "70.0 %, of others 70.0 %"]
    assert rows["Categories to show first"][0] == "DELI, MEAT"
    assert rows["Day to write before"][0] == "Tuesday" and rows["Price"][1] == "10.0 %, of others 40.0 %"


def test_R77_a_setting_of_which_too_few_tell_is_not_known():
    rows = {row[0]: row[1:] for row in shown("What to set by it?")}
    assert rows["Brands to show first"] == [
        "not known",
        f"nothing that {FEW} or more of this segment have in common",
    ]
    assert {row[1] for row in shown("What to set by it?", [])} == {"not known"}
