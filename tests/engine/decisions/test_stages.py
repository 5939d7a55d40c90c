"""An asset that is bound to stages of the relationship goes to who stands in one of them now, and to nobody else."""

import pytest

from sterna.engine.lake import Lake, open_lake
from sterna.engine.plans import of_body, rows
from tests.engine.decisions.test_choose import WHO, choose, world

STAGES = ["newcomer", "active"]


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


def bound(stage: str | None, stages: list[str] = STAGES, life: str | None = "life", **more: str) -> dict:
    """The world of Ann, whose voucher is bound to stages, and who stands in `stage`; None: in no row at all."""
    given = world()
    given["assets"][0] |= {"life": life, "stages": ", ".join(stages)}
    given["asset_stages"] = [{"asset": "voucher", "stage": one} for one in stages]
    if stage is not None:
        given["places"].append({"customer_id": WHO, "scheme": "life", "to_place": stage})
    given["places"] += [
        {"customer_id": WHO, "scheme": scheme, "to_place": place} for scheme, place in more.items()
    ]
    return given


def outcome(lake: Lake, given: dict) -> tuple[str, str | None, str]:
    row = choose(lake, given)[WHO]
    return row["outcome"], row["reason_code"], row["reason"]


def test_R66_who_stands_in_one_of_the_stages_is_offered_it_and_who_stands_elsewhere_is_told_why(lake):
    assert [outcome(lake, bound(stage))[0] for stage in STAGES] == ["contact", "contact"]
    assert outcome(lake, bound("quiet")) == (
        "left out",
        "stage",
        "voucher is offered in these stages of life: newcomer, active; they stand in quiet.",
    )


@pytest.mark.parametrize("stage", [None, "none"])
def test_R66_who_stands_in_no_stage_is_not_offered_it(duck, stage):
    said = "voucher is offered in these stages of life: newcomer, active; they stand in none of its stages."
    assert outcome(duck, bound(stage)) == ("left out", "stage", said)


def test_R66_the_stage_is_that_of_the_scheme_the_plan_names_and_of_no_other(duck):
    assert outcome(duck, bound("quiet", other="active"))[1] == "stage"
    assert outcome(duck, bound("active", other="quiet"))[0] == "contact"
    assert outcome(duck, bound("active", life=None)) == (
        "left out",
        "stage",
        "voucher is offered in these stages (the plan does not name of what): newcomer, active; they stand in none of "
        "its stages.",
    )


def test_R66_a_stage_is_a_whole_name_and_not_a_part_of_one(duck):
    assert outcome(duck, bound("act"))[1] == "stage"
    assert outcome(duck, bound("newcomer, active"))[1] == "stage"


def test_R66_an_asset_that_is_bound_to_nothing_goes_to_everybody(duck):
    assert outcome(duck, world())[0] == "contact"


def test_R66_the_old_offer_ends_and_the_one_of_the_new_stage_is_given_at_the_next_decision(duck):
    def offered(stage: str) -> str:
        given = bound(stage, ["newcomer"])
        given["assets"].append(given["assets"][0] | {"asset": "basket", "stages": "active"})
        given["asset_stages"].append({"asset": "basket", "stage": "active"})
        given["routes"].append(given["routes"][0] | {"asset": "basket"})
        return choose(duck, given)[WHO]["asset"]

    assert [offered(stage) for stage in ("newcomer", "active", "newcomer")] == [
        "voucher",
        "basket",
        "voucher",
    ]


def test_R66_what_stands_nearer_to_the_offer_than_the_stage_is_told_first(duck):
    # Ann may not be written to at all, so that the stage is not what keeps the voucher from her.
    assert outcome(duck, bound("quiet") | {"consents": []})[1] == "consent"
    assert outcome(duck, bound("quiet") | {"addresses": []})[1] == "address"
    # No interest either: the stage is asked first, because it says when the offer could be for her at all.
    assert outcome(duck, bound("quiet") | {"values": []})[1] == "stage"


def test_R66_the_rows_of_a_plan_name_its_stages_once_each_and_nothing_where_none_is_named():
    asset = {
        "id": "voucher", "goals": ["up", "stay"], "stages": ["newcomer", "active", "newcomer"],
        "unit_cost": "1.00", "purpose": "marketing",
    }  # fmt: skip
    plan = of_body({"plan": "p", "life": "life", "assets": [asset, {"id": "free", "goals": ["up"]}]}).plan
    laid = rows(plan)
    assert laid["asset_stages"].to_pylist() == [
        {"asset": "voucher", "stage": "newcomer"},
        {"asset": "voucher", "stage": "active"},
    ]
    told = [(row["asset"], row["goal"], row["life"], row["stages"]) for row in laid["assets"].to_pylist()]
    assert told == [
        ("voucher", "up", "life", "newcomer, active"),
        ("voucher", "stay", "life", "newcomer, active"),
        ("free", "up", "life", None),
    ]
    assert rows(None)["asset_stages"].num_rows == 0
