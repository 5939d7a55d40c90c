"""What moves come to if they go on: figures by hand from planted cells, and what is said where nothing can be told."""

from datetime import date

import pytest

from sterna.desk.dashboards.queries import going_on
from sterna.desk.dashboards.queries.current import run_of_period_before
from sterna.desk.segments.models import MatrixCell
from sterna.engine.segments import markov
from tests.desk.dashboards.reading import shown, table

pytestmark = pytest.mark.django_db

# None, bronze and silver at the opening (rows) and at the close, and whom only the close knows.
HALVES = {
    ("none", "none"): 5, ("none", "bronze"): 5,
    ("bronze", "none"): 10, ("bronze", "bronze"): 20, ("bronze", "silver"): 10,
    ("silver", "bronze"): 4, ("silver", "silver"): 4,
    ("new", "bronze"): 3,
}  # fmt: skip


def plant(run, cells):
    MatrixCell.objects.filter(run_id=run.pk).delete()
    for (source, target), customers in cells.items():
        MatrixCell.objects.create(
            run_id=run.pk, scheme="value", from_place=source, to_place=target, customers=customers, opening=0,
            from_amount=0, to_amount=0,
        )  # fmt: skip


def test_R4_the_outlook_of_a_matrix_by_hand(world):
    plant(world.second, HALVES)
    found = going_on.outlook(world.second)
    assert [each.place for each in found.tiers] == ["silver", "bronze", "none"] and found.top == "silver"
    silver, bronze, none = found.tiers
    assert (silver.opening, bronze.opening, none.opening) == (8, 40, 10)
    assert (silver.now, bronze.now, none.now) == (14, 32, 15)  # newcomers stand there now
    assert (silver.stayed, bronze.stayed, none.stayed) == (0.5, 0.5, 0.5)
    # From bronze: b = 1 + b/2 + n/4 and n = 1 + n/2 + b/2, so b = 6 and n = 8.
    assert [each.periods for each in found.tiers] == pytest.approx([0, 6, 8])
    assert [each.arrive for each in found.tiers] == pytest.approx([1, 1, 1])
    assert [each.expected for each in found.tiers] == pytest.approx([7 + 8, 7 + 16 + 7.5, 8 + 7.5])


def test_who_never_comes_back_makes_the_top_a_matter_of_chance(world):
    plant(world.second, {**HALVES, ("none", "bronze"): 0, ("none", "none"): 10})
    _, bronze, none = going_on.outlook(world.second).tiers
    assert (bronze.arrive, bronze.periods) == (pytest.approx(0.5), None)
    assert (none.arrive, none.periods) == (0.0, None)


def test_a_tier_in_which_nobody_stood_is_named_and_nothing_made_up(world, analyst):
    plant(world.second, {pair: count for pair, count in HALVES.items() if pair[0] != "silver"})
    found = going_on.outlook(world.second)
    assert found.tiers == [] and found.reason.startswith("Nobody stood in silver at the opening")
    assert "Nobody stood in silver at the opening" in shown(analyst, "moves")


def test_the_page_shows_the_outlook_of_its_run(world, analyst):
    plant(world.second, HALVES)
    rows = table(analyst, "If moves go on like this", "moves")
    assert [row[0].name for row in rows] == ["silver", "bronze", "none"]
    assert [row[4] for row in rows] == ["0.0", "6.0", "8.0"]
    assert [row[6] for row in rows] == pytest.approx([15, 30.5, 15.5])


def test_R4_steadiness_is_asked_of_the_run_of_the_period_before_by_the_same_tiers(world, analyst):
    assert run_of_period_before(world.second) == world.first
    plant(world.first, HALVES)
    plant(world.second, {pair: 3 * count for pair, count in HALVES.items()})
    same = going_on.outlook(world.second).test
    assert same.statistic == pytest.approx(0, abs=1e-9) and same.p == pytest.approx(1)
    assert "is not refuted" in shown(analyst, "moves")
    plant(world.second, {**HALVES, ("bronze", "bronze"): 2, ("bronze", "silver"): 28})
    other = going_on.outlook(world.second).test
    assert other.p < 0.05 and "do not count on them" in shown(analyst, "moves")
    scheme = {**world.first.brief["scheme"], "sha256": "0" * 64}
    world.first.brief = {**world.first.brief, "scheme": scheme}
    world.first.save()
    assert going_on.outlook(world.second).test is None
    assert "of no period before is it known where all tiers went" in shown(analyst, "moves")


def test_a_period_of_which_one_tier_is_not_known_makes_nothing_steady(world):
    plant(world.second, HALVES)
    plant(world.first, {pair: count for pair, count in HALVES.items() if pair[0] == "none"})
    assert going_on.outlook(world.second).test is None


def test_tiers_of_few_customers_are_named(world, analyst):
    plant(world.second, HALVES)
    assert going_on.outlook(world.second).few.startswith("Few stood in silver (8), none (10) at the opening")
    assert "what is said of them is mostly chance" in shown(analyst, "moves")
    plant(world.second, {pair: 10 * count for pair, count in HALVES.items()})
    assert going_on.outlook(world.second).few == ""


def test_a_run_long_before_is_no_period_before(world):
    plant(world.first, HALVES)
    plant(world.second, HALVES)
    assert going_on.outlook(world.second).test is not None
    world.first.until = date(2017, 3, 31)
    world.first.save()
    assert going_on.outlook(world.second).test is None


@pytest.mark.parametrize(
    ("test", "said"),
    [
        (None, "of no period before is it known where all tiers went"),
        (markov.Test(0.0, 0, None), "of no period before is it known where all tiers went"),
        (markov.Test(48.1, 40, 0.18), "is not refuted (G2 48.1, 40 degrees of freedom, p 0.18)"),
        (markov.Test(469.5, 80, 2e-56), "(G2 469.5, 80 degrees of freedom, p 2e-56): do not count on them"),
    ],
)
def test_what_a_test_says_is_a_sentence(test, said):
    assert said in going_on.says(test)
