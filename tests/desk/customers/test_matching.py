"""Linking of profiles: sure pairs merge, doubtful ones wait with evidence, relatives live together, answers stay."""

import pytest
from django.db import IntegrityError, transaction

from sterna.desk.audit.models import Entry
from sterna.desk.config.refused import Refused
from sterna.desk.customers import queries
from sterna.desk.customers.actions import answer_pair, identify, keep_addresses, match_profiles, merge, undo
from sterna.desk.customers.models import (
    Fact,
    IdentityDecision,
    IdentityEdge,
    LinkModel,
    ReviewPair,
    SourceRecord,
)
from sterna.desk.customers.profiling import profiles
from sterna.desk.sources.signals import AddressesSaid
from sterna.desk.users.models import Role, User
from tests.desk.customers.people import NOON, whose

pytestmark = pytest.mark.django_db

# card: name, born, e-mail, letter
PEOPLE = {
    "1": ("Rosalind Achterberg", "1961-04-02", "rosalind@achterberg.net", "12 Mill Lane\nGreenfield 40501"),
    "2": ("Rosalind Achterberg", "1961-04-02", "rosalind@achterberg.net", "12 Mill Lane\nGreenfield 40501"),
    "3": ("Cornelius Achterberg", "1959-11-23", "cornelius@work.net", "12 Mill Lane\nGreenfield 40501"),
    "4": ("Thaddeus Brown", "1980-03-05", "tb@one.net", "9 Oak Street\nMilton 77000"),
    "5": ("Thaddeus Brown", "1980-05-03", "brown@two.net", "77 Elm Road\nHaddon 12001"),
    "6": ("Imogen Vandersteen", "1990-06-15", "imogen@three.net", "3 Hill Row\nPorter 33100"),
}


def tell(cards: dict[str, tuple[str, str, str, str]], source: str = "till") -> None:
    identify(source, "card", list(cards), NOON)
    for card, told in cards.items():
        know(f"{source}/card:{card}", told[0], told[1])
    for medium, place in (("email", 2), ("letter", 3)):
        keep_addresses(
            AddressesSaid(source, "card", medium, [(card, told[place]) for card, told in cards.items()], NOON)
        )


def know(key: str, name: str, born: str) -> None:
    """What somebody is called and when they were born."""
    record = SourceRecord.objects.get(key=key)
    for fact_class, value in (("name.full", name), ("events.birth_date", born)):
        Fact.objects.create(
            source_record=record, fact_class=fact_class, value=value, source="till", purpose="service",
            observed_on=NOON.date(), recorded_at=NOON,
        )  # fmt: skip


def pair(*cards: str) -> ReviewPair:
    ids = sorted(SourceRecord.objects.filter(value__in=cards).values_list("pk", flat=True))
    return ReviewPair.objects.get(left=ids[0], right=ids[1])


def together(*cards: str) -> bool:
    return SourceRecord.objects.filter(value__in=cards).values("customer").distinct().count() == 1


def test_R20_who_is_surely_one_person_becomes_one_customer_and_relatives_one_household():
    tell(PEOPLE)
    done = match_profiles()
    assert (done.profiles, done.merged) == (6, 1)
    assert together("1", "2") and not together("1", "3") and not together("4", "5")
    home = queries.household_of(whose("till/card:1", "till/card:2"))
    assert home is not None and home == queries.household_of(whose("till/card:3"))
    edge = IdentityEdge.objects.get(kind="matched")
    assert edge.probability >= 0.95 and edge.evidence["model"] == done.model
    assert edge.evidence["comparisons"]["birth_date"]["level"] == "the same"
    assert match_profiles().merged == 0


def test_R20_with_automatic_merges_off_sure_pairs_wait_too(monkeypatch):
    monkeypatch.setenv("STERNA_AUTOMATIC_MERGES", "no")
    tell(PEOPLE)
    done = match_profiles()
    assert done.merged == 0 and not together("1", "2")
    assert pair("1", "2").state == "open" and pair("1", "2").probability >= 0.95


def test_R20_a_doubtful_pair_waits_with_the_evidence_as_a_waterfall():
    tell(PEOPLE)
    match_profiles()
    found = queries.reviewed(pair("4", "5"))
    names = {each.name: each for each in found.comparisons}
    assert names["birth_date"].level == "day and month swapped"
    assert {names["surname"].left, names["surname"].right} == {"brown"}
    # The steps add up to the weight of the pair: log2 of the odds.
    total = found.prior + sum(each.weight for each in found.comparisons)
    assert total == pytest.approx(found.pair.weight, abs=0.01)


def test_R20_answers_hold_for_ever():
    tell(PEOPLE)
    match_profiles()
    doubtful = pair("4", "5")
    answer_pair(doubtful, "different", "asked both", None)
    match_profiles()
    assert pair("4", "5").state == "different" and not together("4", "5")
    tell({"4": PEOPLE["4"], "5": PEOPLE["4"]}, "post")
    match_profiles()
    assert not together("4", "5")


def test_R20_a_yes_merges_and_the_same_answer_again_changes_nothing():
    tell(PEOPLE)
    match_profiles()
    for _ in range(2):
        answer_pair(pair("4", "5"), "same", "he moved", None)
    assert together("4", "5") and Entry.objects.filter(action="answer pair").count() == 1
    with pytest.raises(Refused, match="answered already"):
        answer_pair(pair("4", "5"), "different", "no", None)


def test_R6_an_answer_may_be_two_persons_of_one_household():
    tell(PEOPLE)
    match_profiles()
    answer_pair(pair("4", "5"), "household", "father and son", None)
    assert not together("4", "5")
    assert (
        queries.household_of(whose("till/card:4")) == queries.household_of(whose("till/card:5")) is not None
    )


def test_what_cannot_be_answered_is_refused():
    tell(PEOPLE)
    match_profiles()
    doubtful = pair("4", "5")
    with pytest.raises(Refused, match="same, different or household"):
        answer_pair(doubtful, "maybe", "x", None)
    with pytest.raises(Refused, match="write why"):
        answer_pair(doubtful, "same", " ", None)
    staff = User.objects.create(username="bo", first_name="Bo", role=Role.STAFF)
    with pytest.raises(Refused, match="Bo is staff"):
        answer_pair(doubtful, "same", "x", staff)
    with pytest.raises(Refused, match="Bo is staff"):
        match_profiles(actor=staff)
    merge(whose("till/card:4"), whose("till/card:5"), "one", None)
    with pytest.raises(Refused, match="one customer by now"):
        answer_pair(doubtful, "different", "x", None)


def test_a_pair_that_became_one_or_is_doubted_no_more_leaves_the_queue():
    tell(PEOPLE)
    match_profiles()
    merge(whose("till/card:4"), whose("till/card:5"), "one", None)
    match_profiles()
    assert (pair("4", "5").state, pair("4", "5").reason) == ("settled", "they are one customer by now")
    undo(IdentityDecision.objects.get(), "two", None)
    match_profiles()
    assert pair("4", "5").state == "open"


def test_R20_a_model_is_kept_as_it_was_trained_and_scores_until_a_new_one_is_asked_for():
    tell(PEOPLE)
    first = match_profiles().model
    assert match_profiles().model == first and LinkModel.objects.get().version == 1
    model = LinkModel.objects.get()
    with pytest.raises(IntegrityError, match="stays as it was written"), transaction.atomic():
        LinkModel.objects.filter(pk=model.pk).update(body="{}")
    tell({"7": ("Ann Other", "1970-02-03", "ann@four.net", "1 Side Street\nMilton 77000")})
    assert match_profiles(train=True).model != first
    assert list(LinkModel.objects.order_by("version").values_list("version", flat=True)) == [1, 2]


def test_R20_two_user_ids_of_one_source_are_not_merged_by_a_machine():
    for number in ("u1", "u2"):
        identify("web", "user_id", [number], NOON)
        know(f"web/user_id:{number}", "Rosalind Achterberg", "1961-04-02")
        keep_addresses(AddressesSaid("web", "user_id", "email", [(number, "rosalind@achterberg.net")], NOON))
    match_profiles()
    assert not together("u1", "u2") and pair("u1", "u2").veto == "two user ids"


@pytest.mark.parametrize("people", [{}, {"1": PEOPLE["1"]}])
def test_nobody_or_one_is_nothing_to_compare(people):
    if people:
        tell(people)
    assert match_profiles().profiles == len(people) and not LinkModel.objects.exists()


def test_the_queue_is_read_page_by_page_the_most_probable_first():
    identify("till", "card", [str(number) for number in range(1, 32)], NOON)
    records = list(SourceRecord.objects.order_by("pk").values_list("pk", flat=True))
    for number, other in enumerate(records[1:]):
        ReviewPair.objects.create(
            left_id=records[0], right_id=other, probability=(number % 3) / 10, evidence={}, found_at=NOON
        )
    seen: list[ReviewPair] = []
    while page := queries.review_queue(after=(seen[-1].probability, seen[-1].pk) if seen else None, size=7):
        seen += page
    assert len({each.pk for each in seen}) == len(seen) == 30
    assert [each.probability for each in seen] == sorted((each.probability for each in seen), reverse=True)
    assert queries.review_counts() == {"open": 30, "same": 0, "different": 0, "household": 0, "settled": 0}


def test_a_profile_is_put_together_from_all_that_sources_say():
    tell({"1": PEOPLE["1"]})
    (row,) = profiles().to_pylist()
    told = {key: value for key, value in row.items() if value is not None and key != "record"}
    assert told == {
        "given_name": "Rosalind",
        "surname": "Achterberg",
        "birth_date": "1961-04-02",
        "email": "rosalind@achterberg.net",
        "street_number": "12",
        "address": "Mill Lane",
        "postcode": "40501",
        "suburb": "Greenfield",
    }


@pytest.mark.parametrize(
    ("name", "given", "surname"),
    [
        ("Achterberg, Rosalind", "Rosalind", "Achterberg"),
        ("Anna Maria Roth", "Anna Maria", "Roth"),
        ("Cher", None, "Cher"),
    ],
)
def test_a_full_name_is_taken_apart(name, given, surname):
    tell({"1": (name, "1990-01-01", "a@b.net", "Castle")})
    (row,) = profiles().to_pylist()
    assert (row["given_name"], row["surname"], row["address"]) == (given, surname, None)
