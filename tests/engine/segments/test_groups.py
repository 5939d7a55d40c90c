"""Groups A, B and C: what each asks for, that only B to A is ever proposed, and how still they stand."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.engine.errors import BadInput
from sterna.engine.segments import groups
from sterna.engine.segments.groups import Judgement, Past, Standing, Terms, Threshold

ON = date(2026, 3, 1)
TERMS = Terms(
    groups="clients",
    version=1,
    thresholds=(
        Threshold(measure="assets", least=Decimal(1_000_000)),
        Threshold(measure="revenue", least=Decimal(9_000)),
    ),
    reasons={"family": "family of a client in A", "center": "a center of influence"},
)
RICH = {"assets": Decimal(1_000_000), "revenue": Decimal(9_000)}


def judged(**holds: bool) -> tuple[Judgement, ...]:
    said = {"need": True, "want": True, "value": True} | holds
    return tuple(Judgement(kind, is_so, "Ann", ON, "as we spoke") for kind, is_so in said.items())


def test_R45_the_thresholds_and_all_three_judgements_make_an_A():
    assert groups.missing_for_a(TERMS, Standing(RICH, judged())) == []
    groups.check_entry(TERMS, "A", Standing(RICH, judged()), ON, "")


@pytest.mark.parametrize("kind", groups.KINDS)
def test_R45_without_one_judgement_nobody_is_an_A(kind):
    one_missing = tuple(each for each in judged() if each.kind != kind)
    assert groups.missing_for_a(TERMS, Standing(RICH, one_missing)) == [
        f"nobody has judged whether the customer {groups.ASKED[kind]}"
    ]
    assert "does not hold" in groups.missing_for_a(TERMS, Standing(RICH, judged(**{kind: False})))[0]


@pytest.mark.parametrize("measure", ["assets", "revenue"])
def test_R45_one_cent_below_a_threshold_is_at_most_B(measure):
    below = RICH | {measure: RICH[measure] - Decimal("0.01")}
    [said] = groups.missing_for_a(TERMS, Standing(below, judged()))
    assert said.startswith(f"{measure} is ") and "and A asks for" in said
    with pytest.raises(BadInput, match=rf"group A \(ideal\): {measure} is"):
        groups.check_entry(TERMS, "A", Standing(below, judged()), ON, "")
    groups.check_entry(
        TERMS, "B", Standing(below, judged()), ON, "inherits", ON + timedelta(90), "call in May"
    )


def test_R45_unknown_is_not_zero_and_not_enough():
    [said] = groups.missing_for_a(TERMS, Standing(RICH | {"assets": None}, judged()))
    assert said == "assets is unknown, and A asks for 1,000,000"


@pytest.mark.parametrize(
    ("figures", "reached"),
    [
        (RICH, True),
        (RICH | {"assets": None}, False),
        (RICH | {"assets": Decimal("999999.99")}, False),
        ({}, False),
    ],
)
def test_R45_the_figures_alone_are_reached_or_not(figures, reached):
    assert groups.reaches_a(TERMS, figures) is reached
    assert groups.reaches_a(Terms(groups="clients", version=1, reasons={"a": "b"}), figures)


def test_a_threshold_with_a_title_is_called_by_it():
    titled = (Threshold(measure="fact:wealth.here", least=Decimal(1), title="balances"),)
    terms = Terms(groups="clients", version=1, thresholds=titled, reasons={"family": "family"})
    assert groups.missing_for_a(terms, Standing({}, judged())) == ["balances is unknown, and A asks for 1"]


def test_the_newest_judgement_counts():
    later = Judgement("want", False, "Bo", ON + timedelta(1), "moves abroad")
    assert "Bo found on 2026-03-02" in groups.missing_for_a(TERMS, Standing(RICH, (later, *judged())))[0]


def test_R44_groups_work_without_any_figure():
    plain = Terms(groups="clients", version=1, reasons={"family": "family"})
    groups.check_terms(plain)
    assert groups.missing_for_a(plain, Standing({}, judged())) == []
    assert groups.proposes(plain, "B", Standing({}, judged()), (), ON)


@pytest.mark.parametrize(
    ("reason", "expected_on", "step", "said"),
    [
        (" ", ON + timedelta(1), "call", "it gives no reason to expect group A"),
        ("inherits", None, "call", "it names no day by which group A is expected"),
        ("inherits", ON, "call", "which is not to come"),
        ("inherits", ON + timedelta(1), "", "it names no next step"),
    ],
)
def test_R47_a_blank_for_B_is_refused(reason, expected_on, step, said):
    with pytest.raises(BadInput, match=said):
        groups.check_entry(TERMS, "B", Standing({}), ON, reason, expected_on, step)


def test_R47_B_past_its_day_is_overdue():
    assert groups.is_overdue("B", ON - timedelta(1), ON)
    assert not groups.is_overdue("B", ON, ON) and not groups.is_overdue("A", ON - timedelta(1), ON)


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("", "'nothing' is no reason"),
        ("rich: very", "'rich' is no reason"),
        ("family", "without words of its own"),
    ],
)
def test_R48_C_without_a_reason_is_refused(reason, said):
    with pytest.raises(BadInput, match=said):
        groups.check_entry(TERMS, "C", Standing({}), ON, reason)
    groups.check_entry(TERMS, "C", Standing({}), ON, "family: the daughter of a client in A")


def test_R49_assets_that_swing_round_the_line_for_a_year_make_one_proposal_at_most():
    past: list[Past] = []
    for week in range(52):
        day = ON + timedelta(weeks=week)
        swinging = {"assets": Decimal(1_200_000 if week % 2 else 800_000), "revenue": Decimal(10_000)}
        if groups.proposes(TERMS, "B", Standing(swinging, judged()), past, day):
            past.append(Past(day, is_open=False))  # and somebody declines it
    assert len(past) == 1


@given(group=st.sampled_from("AC"), assets=st.integers(0, 10**9))
def test_R49_out_of_A_and_C_nothing_is_proposed(group, assets):
    assert not groups.proposes(TERMS, group, Standing(RICH | {"assets": Decimal(assets)}, judged()), (), ON)


def test_R49_an_open_proposal_is_not_made_again_however_old():
    old = [Past(ON - timedelta(900), is_open=True)]
    assert not groups.proposes(TERMS, "B", Standing(RICH, judged()), old, ON)
    assert groups.proposes(TERMS, "B", Standing(RICH, judged()), [old[0]._replace(is_open=False)], ON)


def test_R49_stability_is_of_those_who_were_there():
    opening, closing = date(2025, 3, 1), ON
    stays = [
        (date(2024, 1, 1), None),  # still there
        (date(2024, 1, 1), date(2025, 9, 1)),  # left for another group,
        (date(2025, 9, 1), None),  # which counts once
        (date(2024, 1, 1), date(2025, 2, 1)),  # gone before
        (date(2025, 1, 1), date(2026, 3, 2)),  # left after
    ]
    assert groups.stability(stays, opening, closing) == pytest.approx(2 / 3)
    assert groups.stability([], opening, closing) is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"reasons": {}}, "no reason for group C"),
        ({"reasons": {"family": " "}}, "no code or no words"),
        ({"thresholds": (TERMS.thresholds[0],) * 2}, "of one measure"),
        ({"thresholds": (Threshold(measure="assets", least=Decimal("Infinity")),)}, "no finite amount"),
        ({"rest_days": 0}, "rests for no day"),
        ({"review_months": 0}, "after no month"),
    ],
)
def test_terms_that_decide_nothing_are_refused(changed, said):
    import msgspec

    groups.check_terms(TERMS)
    with pytest.raises(BadInput, match=said):
        groups.check_terms(msgspec.structs.replace(TERMS, **changed))
