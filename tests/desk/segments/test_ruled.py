"""Segments and stages in the records: published with a manager each, handed over, retired, refused by name."""

from decimal import Decimal

import pytest

from sterna.desk.audit.models import Entry
from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.segments.actions import appoint, publish_ruled, retire_ruled
from sterna.desk.segments.models import Definition, Steward
from sterna.desk.segments.ruled_queries import (
    managers,
    primary,
    ruled_in_force,
    said,
    scheme_of,
    users_of_classes,
    users_of_scheme,
)
from sterna.desk.segments.ruled_texts import read_schemes
from sterna.desk.users.actions import add_user
from sterna.desk.users.models import User
from sterna.engine.errors import BadInput
from sterna.engine.rules import Behavior, HasFact, InPlace, Worth
from sterna.engine.segments.ruled import Ruled, Seat

pytestmark = pytest.mark.django_db
WHY = "the first segments"


def spends(least: int) -> Worth:
    return Worth(measure="spend", least=Decimal(least))


def needs(*names: str, reason: str = "", **changed) -> Ruled:
    seats = tuple(Seat(place=name, enter=spends(10 * at)) for at, name in enumerate(names, start=1))
    return Ruled(
        **{"name": "needs", "kind": "segments", "seats": seats, "rest": "others", "reason": reason} | changed
    )


@pytest.fixture
def staff() -> dict[str, User]:
    return {
        role: add_user(role, "a long password", role, full_name=f"{role} person")
        for role in ("manager", "analyst", "staff")
    }


def test_R77_every_segment_has_one_manager_and_none_is_published_without(staff):
    ann, bob = staff["manager"], staff["staff"]
    with pytest.raises(Refused, match="nobody manages big, others: every segment has one manager"):
        publish_ruled(needs("big"), {}, ann, WHY)
    assert not Definition.objects.filter(kind="segments").exists()
    definition, warnings = publish_ruled(needs("big"), {"big": ann, "others": bob}, ann, WHY)
    assert (definition.version, warnings, managers("needs")) == (1, [], {"big": ann, "others": bob})
    # The same again is the same row; a segment that is no more has no manager.
    assert publish_ruled(needs("big"), {}, ann, WHY)[0].pk == definition.pk
    publish_ruled(needs("small"), {"small": bob}, ann, "other words")
    assert managers("needs") == {"small": bob, "others": bob}
    assert Steward.objects.get(place="big").until == clock.today()


def test_R77_a_segment_is_handed_over_and_the_history_of_its_managers_is_kept(staff):
    ann, bob = staff["manager"], staff["staff"]
    definition, _ = publish_ruled(needs("big"), {"big": ann, "others": ann}, ann, WHY)
    appoint(definition, "big", bob, ann, "Ann goes on leave")
    appoint(definition, "big", bob, ann, "said twice")
    assert managers("needs")["big"] == bob
    assert [one.manager for one in Steward.objects.filter(place="big").order_by("until")] == [ann, bob]
    assert Entry.objects.filter(action="appoint manager").count() == 1
    bob.is_active = False
    bob.save()
    for refused, said_so in (
        ((definition, "big", bob, ann, "x"), "does not work here any more"),
        ((definition, "none such", ann, ann, "x"), "has no segment none such"),
        ((definition, "big", ann, ann, "  "), "write why"),
        ((definition, "big", ann, staff["analyst"], "x"), "may not"),
    ):
        with pytest.raises(Refused, match=said_so):
            appoint(*refused)


@pytest.mark.parametrize(
    ("changed", "said_so"),
    [
        (
            {"seats": (Seat(place="a", enter=HasFact(fact_class="no.such")),)},
            "the taxonomy has no class no.such",
        ),
        (
            {"seats": (Seat(place="a", enter=InPlace(scheme="tiers", among=("gold",))),)},
            "there is no scheme tiers",
        ),
        ({"seats": (Seat(place="a/b", enter=spends(1)),)}, "'a/b' cannot be a name"),
        ({"name": "."}, "cannot be a name"),
    ],
)
def test_what_nobody_here_can_know_is_refused_by_name(staff, changed, said_so):
    scheme = needs("a", **changed)
    named = dict.fromkeys(scheme.places, staff["manager"])
    with pytest.raises(Refused, match=said_so):
        publish_ruled(scheme, named, staff["manager"], WHY)


def test_R86_nine_segments_are_refused_and_seven_warned_of(staff):
    ann = staff["manager"]
    names = [f"s{number}" for number in range(8)]
    nine = needs(*names)
    named = dict.fromkeys(nine.places, ann)
    with pytest.raises(BadInput, match="9 segments, more than eight"):
        publish_ruled(nine, named, ann, WHY)
    _, warnings = publish_ruled(needs(*names, reason="Three countries"), named, ann, WHY)
    assert "9 segments are many" in warnings[0]
    assert publish_ruled(needs(*names[:5]), named, ann, "fewer")[1] == []
    assert "7 segments are many" in publish_ruled(needs(*names[:6]), named, ann, "more")[1][0]


def test_a_name_is_of_one_kind_of_scheme_and_a_scheme_that_is_asked_for_stays(staff):
    ann = staff["manager"]
    named = {"a": ann, "others": ann}
    publish_ruled(needs("a"), named, ann, WHY)
    stages = Ruled(name="needs", kind="stages", seats=(Seat(place="a", enter=spends(1)),))
    with pytest.raises(Refused, match="another kind of scheme"):
        publish_ruled(stages, {}, ann, WHY)
    asking = InPlace(scheme="needs", among=("a", "b"))
    life = Ruled(name="life", kind="stages", seats=(Seat(place="kept", enter=asking),))
    with pytest.raises(Refused, match="needs has no place b"):
        publish_ruled(life, {}, ann, WHY)
    asking = InPlace(scheme="needs", among=("a",))
    publish_ruled(Ruled(name="life", kind="stages", seats=(Seat(place="kept", enter=asking),)), {}, ann, WHY)
    assert users_of_scheme("needs") == ["kept of life"]
    with pytest.raises(Refused, match="needs is asked for by kept of life: change these first"):
        retire_ruled("needs", ann, "no more")
    retire_ruled("life", ann, "no more")
    retire_ruled("needs", ann, "no more")
    assert ruled_in_force() == [] and managers("needs") == {} and primary() is None
    with pytest.raises(Refused, match="no segments or stages needs in force"):
        retire_ruled("needs", ann, "twice")
    publish_ruled(needs("a"), named, ann, "back again")
    assert [one.name for one in ruled_in_force()] == ["needs"]


def test_only_who_may_manage_writes_and_nobody_without_a_reason(staff):
    named = dict.fromkeys(("a", "others"), staff["manager"])
    with pytest.raises(Refused, match="may not change tiers"):
        publish_ruled(needs("a"), named, staff["analyst"], WHY)
    with pytest.raises(Refused, match="write why the segments change"):
        publish_ruled(needs("a"), named, staff["manager"], " ")


def test_the_taxonomy_knows_which_segment_uses_a_class(staff):
    ann = staff["manager"]
    scheme = needs("a", seats=(Seat(place="a", enter=HasFact(fact_class="demography.age")),))
    publish_ruled(scheme, dict.fromkeys(scheme.places, ann), ann, WHY)
    [use] = users_of_classes()
    assert (use.fact_class, use.sentence, use.collects) == (
        "demography.age",
        f"segment a of needs of {ann.name}",
        False,
    )


def test_a_rule_is_said_with_the_titles_of_classes_and_measures():
    assert said(HasFact(fact_class="demography.household_size", among=("3",))) == "have Household size 3"
    assert said(spends(5)) == "have spend of at least 5"
    assert said(HasFact(fact_class="gone")) == "have gone"


TEXT = """
schemes:
  - name: needs
    kind: segments
    rest: others
    seats:
      - {place: big, enter: {op: value, measure: spend, least: 100}}
    managers: {big: manager, others: staff}
  - name: life
    kind: stages
    seats:
      - place: quiet
        enter: {op: behavior, most: 0, within_days: 60}
        leave: {op: behavior, least: 1, within_days: 30}
"""


def test_a_file_of_schemes_is_read_whole(staff):
    segments, stages = read_schemes(TEXT)
    assert segments.managers == {"big": staff["manager"], "others": staff["staff"]} and stages.managers == {}
    assert segments.scheme == needs("big", seats=(Seat(place="big", enter=spends(100)),))
    assert stages.scheme.seats[0].leave == Behavior(least=Decimal(1), within_days=30)


@pytest.mark.parametrize(
    ("text", "said_so"),
    [
        ("schemes: []", "a list under `schemes:`"),
        ("- a", "a list under `schemes:`"),
        (TEXT + "more: 1\n", "a list under `schemes:`"),
        ("schemes: [1]", "where a scheme should stand"),
        (TEXT.replace("{big: manager, others: staff}", "[manager]"), "not listed as place: user name"),
        (TEXT.replace("big: manager", "small: manager"), "has no place small to be managed"),
        (TEXT.replace("big: manager", "big: eve"), "nobody called eve"),
        (TEXT.replace("op: value", "op: exec"), "this is no scheme of segments or stages"),
    ],
)
def test_what_is_no_file_of_schemes_is_refused(staff, text, said_so):
    with pytest.raises((BadInput, Refused), match=said_so):
        read_schemes(text)


def test_scheme_of_reads_what_was_published(staff):
    ann = staff["manager"]
    scheme = needs("a", change_limit=Decimal("0.25"))
    definition, _ = publish_ruled(scheme, dict.fromkeys(scheme.places, ann), ann, WHY)
    assert scheme_of(definition) == scheme


def test_R86_terms_of_before_come_into_force_again_as_a_version_of_their_own(staff):
    ann, bob = staff["manager"], staff["staff"]
    first = publish_ruled(needs("big"), {"big": ann, "others": bob}, ann, WHY)[0]
    publish_ruled(needs("small"), {"small": bob}, ann, WHY)
    again = publish_ruled(needs("big"), {"big": ann}, ann, "The small ones were too few.")[0]
    assert (again.version, again.body) == (3, first.body)
    assert [one.pk for one in ruled_in_force()] == [again.pk]
    assert publish_ruled(needs("big"), {}, ann, WHY)[0] == again
