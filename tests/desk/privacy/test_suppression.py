"""The list of erased people: keyed hashes of normalized identifiers, asked about at every door."""

from uuid import uuid4

import pytest

from sterna.desk.config.refused import Refused
from sterna.desk.sources import suppression
from sterna.desk.sources.actions.suppressing import suppress
from sterna.desk.sources.models import Suppressed
from sterna.desk.sources.suppression import erased, hashed, named, normal, suppressed

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("email", " Ann@Shop.Example ", "ann@shop.example"),
        ("phone", "+1 (555) 010-99", "0015550 1099"),
        ("card", "ＡＢ１", "ab1"),
        ("email", "straße@x.org", "STRASSE@x.org"),
    ],
)
def test_spellings_of_one_identifier_are_one(kind, one, other):
    assert normal(kind, one) == normal(kind, other)
    assert hashed(kind, one) == hashed(kind, other)


def test_kinds_and_values_are_kept_apart():
    assert len({hashed("card", "7"), hashed("user_id", "7"), hashed("card", "70"), hashed("car", "d7")}) == 4


def test_the_hash_depends_on_the_secret(settings):
    first = hashed("email", "ann@x.org")
    settings.SECRET_KEY = "another"
    assert hashed("email", "ann@x.org") != first and len(first) == 32


def test_only_those_on_the_list_are_found():
    assert suppressed([("email", "ann@x.org")]) == set()
    assert suppress([("email", "Ann@x.org"), ("card", "7")], uuid4()) == 2
    assert suppress([("email", "ann@x.org")], uuid4()) == 0
    asked = [("email", "ANN@X.ORG"), ("email", "bob@x.org"), ("card", "7"), ("user_id", "7")]
    assert suppressed(iter(asked)) == {("email", "ANN@X.ORG"), ("card", "7")}
    assert suppressed([]) == set()
    assert Suppressed.objects.count() == 2


def test_a_list_under_another_secret_is_not_added_to(settings):
    suppress([("card", "7")], uuid4())
    assert suppression.is_under_this_key()
    settings.SECRET_KEY = "another"
    assert not suppression.is_under_this_key()
    with pytest.raises(Refused, match="another STERNA_SECRET_KEY"):
        suppress([("card", "8")], uuid4())


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"userId": "7"}, {("card", "7")}),
        ({"anonymousId": "d"}, {("anonymous_id", "d")}),
        ({"previousId": "p"}, {("anonymous_id", "p"), ("card", "p")}),
        ({"traits": {"email": "a@x.org", "phone": 5550199}}, {("email", "a@x.org"), ("phone", "5550199")}),
        ({"context": {"traits": {"email": "a@x.org"}}}, {("email", "a@x.org")}),
        ({"context": {"externalIds": [{"type": "card", "id": "9"}, "odd", {}]}}, {("card", "9")}),
        ({"properties": {"email": "a@x.org"}}, {("email", "a@x.org")}),
        ({"userId": {"odd": []}, "anonymousId": True, "traits": [], "context": "x"}, set()),
        ({"userId": "  ", "anonymousId": None}, set()),
        ("no object", set()),
        (None, set()),
    ],
)
def test_what_an_event_names(body, found):
    assert named(body, "card") == found


def test_an_event_that_names_an_erased_person_is_told_from_its_neighbors():
    bodies = [{"userId": "7"}, {"userId": "8"}, {"userId": "8", "traits": {"email": "A@x.org"}}]
    assert erased(bodies, "card") == [False, False, False]
    suppress([("card", "7"), ("email", "a@x.org")], uuid4())
    assert erased(bodies, "card") == [True, False, True]
    assert erased([], "card") == []
