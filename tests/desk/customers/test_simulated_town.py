"""A town of couples, kiosks and default values: how right the rules of event time are, measured pair by pair."""

import random
from collections import Counter
from collections.abc import Iterable

import pytest

from sterna.desk.customers.rules import Identifier
from tests.desk.customers.people import directory, told

PERSONS, EVENTS = 1_500, 6.5
# Per person: a share of couples has one address, number or tablet for two; some make a second account.
MAIL_SHARED, PHONE_SHARED, TABLET_SHARED, AGAIN = 0.06, 0.03, 0.08, 0.02
KIOSKS, AT_KIOSK, DEFAULTS = 20, 0.03, 0.02
NOBODY = ("guest", "null", "0")


def town(seed: int) -> tuple[list[tuple[Identifier, ...]], dict[Identifier, int]]:
    """The events of a year as the identifiers that each names, and whose each user id and own device really is.

    A device that was never seen with a user is left out of the truth: nobody could tell whose it is.
    """
    chance = random.Random(seed)
    truth: dict[Identifier, int] = {}
    events: list[tuple[Identifier, ...]] = []
    for person in range(PERSONS):
        couple = person // 2
        mail = couple if chance.random() < MAIL_SHARED else f"p{person}"
        phone = couple if chance.random() < PHONE_SHARED else f"p{person}"
        tablet = ("web", "anonymous_id", f"tablet-{couple}") if chance.random() < TABLET_SHARED else None
        users = [("web", "user_id", f"u{person}")]
        users += [("web", "user_id", f"u{person}-again")] if chance.random() < AGAIN else []
        devices = [
            ("web", "anonymous_id", f"d{person}-{number}") for number in range(chance.choice((1, 1, 2, 3)))
        ]
        truth |= dict.fromkeys((*users, *devices), person)
        for _ in range(max(2, round(chance.gauss(EVENTS, 2)))):
            events.append(_event(chance, users, devices, tablet, f"{mail}@home.org", f"+1555{phone}"))
    chance.shuffle(events)
    met = {each for named in events if len(named) > 1 and named[0][2] not in NOBODY for each in named}
    return events, {each: person for each, person in truth.items() if each in met}


def _event(chance, users, devices, tablet, mail: str, phone: str) -> tuple[Identifier, ...]:
    device = chance.choice(devices)
    if tablet and chance.random() < 0.4:
        device = tablet
    elif chance.random() < AT_KIOSK:
        device = ("web", "anonymous_id", f"kiosk-{chance.randrange(KIOSKS)}")
    user = chance.choice(users)
    if chance.random() < DEFAULTS:
        user = ("web", "user_id", chance.choice(NOBODY))
    kind = chance.random()
    if kind < 0.35:
        return (device,)
    named: tuple[Identifier, ...] = (user, device)
    if kind > 0.85:
        told_mail = mail if chance.random() > DEFAULTS else "noreply@shop.org"
        named += (("web", "email", told_mail), ("web", "phone", phone))
    return named


def scores(
    clusters: Iterable[Iterable[Identifier]], truth: dict[Identifier, int]
) -> tuple[float, float, float]:
    """Precision, recall and F1 over all pairs of identifiers of which it is known whose they are."""

    def pairs(counts: Iterable[int]) -> int:
        return sum(count * (count - 1) // 2 for count in counts)

    found = [[each for each in cluster if each in truth] for cluster in clusters]
    claimed = pairs(len(cluster) for cluster in found)
    right = sum(pairs(Counter(truth[each] for each in cluster).values()) for cluster in found)
    real = pairs(Counter(truth.values()).values())
    precision, recall = right / claimed, right / real
    return precision, recall, 2 * precision * recall / (precision + recall)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_R20_in_a_town_of_couples_and_kiosks_nobody_is_taken_for_another(seed):
    # Measured, three seeds: precision 1.00, recall 0.97, F1 0.98. The naive union of all that met: 0.01 and 0.02.
    events, truth = town(seed)
    book = directory()
    for named in events:
        book.resolve(told(*named))
    groups = [[node.identifier for node in cluster.members] for cluster in book.graph.clusters()]
    precision, _, f1 = scores(groups, truth)
    assert precision >= 0.93 and f1 >= 0.88, (precision, f1)
    largest = max(Counter(truth[each] for each in group if each in truth).__len__() for group in groups)
    assert largest <= 4
    kiosks = {("anonymous_id", f"kiosk-{number}") for number in range(KIOSKS)}
    assert kiosks <= book.shared


def naive(events: Iterable[tuple[Identifier, ...]]) -> list[set[Identifier]]:
    """Everybody who ever met in an event is one: what the rules are there to prevent."""
    group: dict[Identifier, set[Identifier]] = {}
    for named in events:
        joined = set(named).union(*(group.get(each, set()) for each in named))
        group.update(dict.fromkeys(joined, joined))
    return list({id(members): members for members in group.values()}.values())


def test_without_the_rules_a_town_becomes_a_few_persons():
    events, truth = town(1)
    precision, _, f1 = scores(naive(events), truth)
    assert precision < 0.1 and f1 < 0.2
