"""An asset is offered in its season, once what it waits for is there, and by a medium that is not shut that day."""

from datetime import date, timedelta

import pytest

from sterna.engine import plans
from sterna.engine.lake import Lake, open_lake
from tests.engine.decisions.test_choose import CUT, WHO, choose, world
from tests.engine.plans.house import plan

DAY = timedelta(days=1)


@pytest.fixture(params=["duckdb", "spark"])
def lake(request, tmp_path):
    if request.param == "spark":
        yield request.getfixturevalue("spark_lake")
        return
    with open_lake("duckdb", tmp_path) as opened:
        yield opened


@pytest.fixture
def duck(tmp_path):
    with open_lake("duckdb", tmp_path) as opened:
        yield opened


def decided(lake: Lake, *shut: dict, **asset: object) -> tuple[str, str | None, str]:
    given = world()
    given["assets"][0] |= asset
    given["blackouts"] = list(shut)
    row = choose(lake, given)[WHO]
    return row["outcome"], row["reason_code"], row["reason"]


def blackout(opens: date, closes: date, why: str = "Easter", medium: str = "email") -> dict:
    return {"medium": medium, "opens": opens, "closes": closes, "why": why}


def test_R66_each_of_the_three_is_told_with_its_day_on_both_engines(lake):
    assert decided(lake, opens=CUT + DAY) == ("left out", "season", "voucher is offered from 2017-07-02 on.")
    assert decided(lake, closes=CUT - DAY) == ("left out", "season", "voucher was offered until 2017-06-30.")
    assert decided(lake, waits="Voucher codes, Texts") == (
        "left out",
        "prerequisite",
        "voucher waits for what is not there yet: Voucher codes, Texts.",
    )
    assert decided(lake, blackout(CUT, CUT + DAY)) == (
        "left out",
        "blackout",
        "Nothing leaves by email until 2017-07-02 (Easter).",
    )


@pytest.mark.parametrize(
    ("opens", "closes", "outcome"),
    [
        (None, None, "contact"),
        (CUT, CUT, "contact"),
        (CUT - DAY, None, "contact"),
        (None, CUT + DAY, "contact"),
        (CUT + DAY, None, "left out"),
        (None, CUT - DAY, "left out"),
        (CUT + DAY, CUT + 2 * DAY, "left out"),
    ],
)
def test_R88_both_ends_of_a_season_belong_to_it(duck, opens, closes, outcome):
    assert decided(duck, opens=opens, closes=closes)[0] == outcome


@pytest.mark.parametrize(
    ("opens", "closes", "medium", "outcome"),
    [
        (CUT, CUT, "email", "left out"),
        (CUT - DAY, CUT, "email", "left out"),
        (CUT - DAY, CUT - DAY, "email", "contact"),
        (CUT + DAY, CUT + DAY, "email", "contact"),
        (CUT, CUT, "letter", "contact"),
    ],
)
def test_R88_both_ends_of_a_blackout_belong_to_it_and_it_shuts_its_medium_alone(
    duck, opens, closes, medium, outcome
):
    assert decided(duck, blackout(opens, closes, medium=medium))[0] == outcome


def test_R88_of_two_blackouts_over_one_day_the_later_end_is_told_once(duck):
    two = (blackout(CUT - DAY, CUT, "Easter"), blackout(CUT, CUT + 5 * DAY, "Stocktaking"))
    outcome, code, said = decided(duck, *two)
    assert (outcome, code) == ("left out", "blackout") and "until 2017-07-06" in said
    assert decided(duck, blackout(CUT, CUT, ""))[2] == "Nothing leaves by email until 2017-07-01."


def test_R66_who_can_be_reached_another_way_that_day_is(duck):
    given = world()
    given["routes"].append(given["routes"][0] | {"medium": "letter", "preference": 2})
    given["consents"].append(given["consents"][0] | {"medium": "letter"})
    given["addresses"].append({"customer_id": WHO, "medium": "letter", "address": "1 High Street"})
    given["blackouts"] = [blackout(CUT, CUT)]
    row = choose(duck, given)[WHO]
    assert (row["outcome"], row["medium"]) == ("contact", "letter")


def test_R66_of_two_assets_the_one_that_would_be_offered_but_for_its_season_is_told(duck):
    given = world()
    given["assets"].append(given["assets"][0] | {"asset": "basket", "opens": CUT + DAY})
    given["routes"].append(given["routes"][0] | {"asset": "basket"})
    given["past_contacts"] = [
        {"contact_id": "p", "customer_id": WHO, "asset": "voucher", "due_on": CUT - DAY}
    ]
    assert choose(duck, given)[WHO]["reason"] == "basket is offered from 2017-07-02 on."


@pytest.mark.parametrize(
    "asset",
    [{"opens": CUT + DAY}, {"closes": CUT - DAY}, {"waits": "Codes"}, {"opens": CUT, "waits": "Codes"}],
)
def test_R66_who_said_no_is_told_that_and_not_what_keeps_the_asset_from_everybody(duck, asset):
    given = world()
    given["assets"][0] |= asset
    given["consents"][0]["granted"] = False
    given["blackouts"] = [blackout(CUT, CUT)]
    assert choose(duck, given)[WHO]["reason_code"] == "consent"


def test_R60_a_plan_is_laid_out_with_its_seasons_blackouts_and_what_waits():
    asset = {"id": "voucher", "goals": ["up"], "opens": "2017-10-01", "closes": "2017-11-30"}
    routes = [{"medium": "email"}, {"medium": "letter"}]
    spans = [
        {"opens": "2017-12-24", "closes": "2017-12-26", "why": "Christmas"},
        {"opens": "2017-11-01", "closes": "2017-11-01", "media": ["letter", "letter"]},
    ]
    of = plan(assets=[asset | {"routes": routes}, {"id": "other", "goals": ["up"]}], blackouts=spans)
    laid = plans.rows(of, {"voucher": ("Codes", "Texts")})
    voucher, other = laid["assets"].to_pylist()
    assert (voucher["opens"], voucher["closes"]) == (date(2017, 10, 1), date(2017, 11, 30))
    assert (voucher["waits"], other["waits"], other["opens"]) == ("Codes, Texts", None, None)
    assert laid["blackouts"].to_pylist() == [
        {"medium": medium, "opens": opens, "closes": closes, "why": why}
        for medium, opens, closes, why in (
            ("email", date(2017, 12, 24), date(2017, 12, 26), "Christmas"),
            ("letter", date(2017, 12, 24), date(2017, 12, 26), "Christmas"),
            ("letter", date(2017, 11, 1), date(2017, 11, 1), ""),
        )
    ]
    assert plans.rows(None)["blackouts"].num_rows == 0
